"""What was planted in a picture, and what became of it, as the history tells."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from napari_fncells.core.edits import Change

PLANTED, HIDDEN = "planted", "hidden"
FOUND, MISSED = "found", "missed"
"""Keys of an edit's details; each holds ids."""


class Plants:
    """Ids of what was planted, ever; ids are never used again, so nothing is taken back here.

    Attributes
    ----------
    planted, hidden
        False cells put in, and drafted cells taken out.
    found, missed
        What was settled; to be found after it was shown does not count.
    """

    def __init__(self) -> None:
        self.planted: set[int] = set()
        self.hidden: set[int] = set()
        self.found: set[int] = set()
        self.missed: set[int] = set()

    def note(self, change: Change) -> None:
        """Take in an edit that plants or settles."""
        for key in (PLANTED, HIDDEN, FOUND, MISSED):
            ids = change.details.get(key, ())
            getattr(self, key).update(int(i) for i in ids)
        self.found -= self.missed
