"""The services of users and groups as resources."""
