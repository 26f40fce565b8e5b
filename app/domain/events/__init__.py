"""What happens to a user, as it happens."""
