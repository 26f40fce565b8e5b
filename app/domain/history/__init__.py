"""The calls of a user, as that user sees them."""
