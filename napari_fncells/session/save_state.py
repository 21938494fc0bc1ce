"""How safe the work on a picture is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from napari_fncells.io.save_error import SaveError


@dataclass(frozen=True)
class SaveState:
    """How safe the work is.

    Attributes
    ----------
    issued
        Number of the last edit made.
    saved
        Number of the last edit that survives a crash.
    error
        Why edits cannot be saved at present, or None. They are in memory and go on being tried.
    read_only
        Why nothing may be changed, in a sentence; empty where it may.
    place
        The journal.
    files_time
        When the mask files beside the picture were last written; None for never.
    files_edits
        Number of the last edit that is in them.
    """

    issued: int
    saved: int
    error: SaveError | None
    read_only: str
    place: Path
    files_time: datetime | None
    files_edits: int

    @property
    def settled(self) -> bool:
        """Whether everything that was done is safe: the only time to show 'saved'."""
        return self.saved == self.issued and self.error is None
