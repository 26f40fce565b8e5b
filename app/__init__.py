"""The HTTP API of an installation (Litestar): ``python -m app``."""
