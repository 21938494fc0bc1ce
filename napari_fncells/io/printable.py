"""Names of files as text that every file and screen can hold."""

from __future__ import annotations


def printable(text: str) -> str:
    """Text with what is no Unicode, which file names on Linux may hold, written out."""
    return text.encode("utf-8", "backslashreplace").decode()
