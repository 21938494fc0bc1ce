"""What is made and not yet on the disk, and how far the disk has come."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from pathlib import Path

from napari_fncells.io.save_error import SaveError
from napari_fncells.store.rows import Visit

GROUP = 64
GROUP_SECONDS = 0.05


@dataclass(frozen=True)
class Progress:
    """How far the journal has come.

    Attributes
    ----------
    issued
        Number of the last edit made.
    saved
        Number of the last edit that the disk has acknowledged.
    error
        Why edits cannot be written at present, or None.
    path
        The journal.
    """

    issued: int
    saved: int
    error: SaveError | None
    path: Path


@dataclass(frozen=True)
class Portion:
    """What is brought to the disk beside edits, in one go.

    Attributes
    ----------
    visits, meta
        Effort and notes.
    moving
        Where the journal is to go, as `Backlog.moving`.
    """

    visits: dict[str, Visit]
    meta: dict[str, str]
    moving: tuple[Path | None] | None


class Backlog:
    """Edits, effort and notes that wait for the disk; every use is within the writer's lock.

    Attributes
    ----------
    progress
        How far the disk has come with edits.
    began
        Whether there is a journal or to be one: effort and notes alone make none.
    moving
        The place that the journal is to go to, where it is to go; `(None,)` is its first one.
    """

    def __init__(self, progress: Progress, *, began: bool) -> None:
        self.progress = progress
        self.began = began
        self.moving: tuple[Path | None] | None = None
        self._visits: dict[str, Visit] = {}
        self._meta: dict[str, str] = {}
        self._since = 0.0

    @property
    def settled(self) -> bool:
        """Whether the disk has everything and nothing is wrong."""
        return self.up_to_date and self.progress.error is None

    @property
    def up_to_date(self) -> bool:
        """Whether nothing waits."""
        notes = self.began and (self._visits or self._meta)
        edits = self.progress.saved < self.progress.issued
        return not (notes or edits or self.moving)

    def issue(self, sequence: int) -> None:
        """Take the edits up to one."""
        self._begin_waiting()
        self.progress = replace(self.progress, issued=sequence)
        self.began = True

    def note_visit(self, visit: Visit) -> None:
        """Take effort."""
        self._begin_waiting()
        self._visits[visit.id] = visit

    def note(self, key: str, value: str) -> None:
        """Take a text to be kept."""
        self._begin_waiting()
        self._meta[key] = value

    def seconds_left(self, now: float) -> float:
        """How long what waits may go on waiting for more to come."""
        many = self.progress.issued - self.progress.saved >= GROUP
        return 0.0 if many else self._since + GROUP_SECONDS - now

    def portion(self) -> Portion:
        """What to write now."""
        return Portion(dict(self._visits), dict(self._meta), self.moving)

    def written(self, portion: Portion) -> None:
        """Let go of what was written, unless it is another by now."""
        if self.moving is portion.moving:
            self.moving = None
        visits, meta = portion.visits, portion.meta
        self._visits = {k: v for k, v in self._visits.items() if visits.get(k) is not v}
        self._meta = {k: v for k, v in self._meta.items() if meta.get(k) != v}

    def _begin_waiting(self) -> None:
        if self.up_to_date:
            self._since = time.monotonic()
