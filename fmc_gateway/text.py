"""Text from the wire, made fit for JSON, logs and PostgreSQL."""

from __future__ import annotations


def clean(text: str) -> str:
    """``text`` with bytes that were no UTF-8 (they arrive as lone surrogates) replaced by ``?``."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


def clean_or_none(text: str | None) -> str | None:
    return None if text is None else clean(text)
