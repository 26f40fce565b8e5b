"""Colleagues, and who is calling."""
