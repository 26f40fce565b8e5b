"""Sounds that come with the package."""
