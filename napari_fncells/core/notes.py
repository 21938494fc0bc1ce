"""Notes: what the expert writes about a picture or a cell."""

from __future__ import annotations

import unicodedata

MOST = 2000
"""Characters that a note may have; what is more is cut off."""


def tidy(text: str) -> str:
    """Text as a note may hold it: no control characters but line breaks, not too long."""
    kept = (c for c in text if c == "\n" or unicodedata.category(c) not in ("Cc", "Cs"))
    return "".join(kept).strip()[:MOST].rstrip()


def joined(first: str, second: str) -> str:
    """The note on what two notes were on."""
    return first if first == second else tidy(f"{first}\n{second}")
