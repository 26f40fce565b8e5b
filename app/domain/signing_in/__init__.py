"""Signing in as user@customer-domain, sessions per device, passwords (seed 2.2)."""
