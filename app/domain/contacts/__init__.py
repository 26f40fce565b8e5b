"""Contacts of a user, business and private."""
