"""Notes: what the expert writes about a picture or a cell, each in a line."""

from __future__ import annotations

import unicodedata

MOST = 2000
"""Characters that a note may have; what is more is cut off."""


def tidy(text: str) -> str:
    """Text as a note may hold it: one line without control characters, not too long."""
    line = " ".join(text.split())
    kept = "".join(c for c in line if unicodedata.category(c) not in ("Cc", "Cs"))
    return kept[:MOST].strip()


def joined(first: str, second: str) -> str:
    """The note on what two notes were on."""
    both = dict.fromkeys(note for note in (first, second) if note)
    return tidy("; ".join(both))
