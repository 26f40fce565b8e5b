"""Everything about a user handed over, or erased."""
