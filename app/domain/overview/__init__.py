"""The tiles a user chose to see (seed 4.7.2)."""
