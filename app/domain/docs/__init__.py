"""The documentation as a page, and the kinds of problems: from our own files, without any other host."""
