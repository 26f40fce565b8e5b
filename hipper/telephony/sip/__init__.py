"""The Session Initiation Protocol, sans-I/O (RFC 3261): bytes and time in, messages and events out."""
