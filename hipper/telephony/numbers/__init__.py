"""Telephone numbers: what was dialled, emergency, classes, formats, masks, extensions, short numbers."""
