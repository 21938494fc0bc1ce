"""What a long step says: words, and how much of the whole is done."""

from __future__ import annotations

from typing import Self

_UNITS = ((1e9, "GB", 2), (1e6, "MB", 0), (1e3, "kB", 0))


class Progress(str):
    """Words about a step, with the part of it that is done.

    Attributes
    ----------
    share
        0 to 1; None where the whole is not known.
    """

    share: float | None
    __slots__ = ("share",)

    def __new__(cls, words: str, share: float | None = None) -> Self:
        """Make the words."""
        made = super().__new__(cls, words)
        made.share = share
        return made


def in_bytes(count: float) -> str:
    """A number of bytes for people: '414 MB'."""
    for unit, name, decimals in _UNITS:
        if count >= unit:
            return f"{count / unit:.{decimals}f} {name}"
    return f"{count:.0f} bytes"
