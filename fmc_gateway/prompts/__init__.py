"""Spoken announcements in Dutch and English: their texts, how they are made, where they are found."""
