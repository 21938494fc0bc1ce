"""A picture's work, opened: what the one who keeps it goes on with."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import numpy as np

from napari_fncells.core.cell_mask import Base
from napari_fncells.core.document import Document
from napari_fncells.core.edits import Change, EditKind, ObjectChange, Patch, patches_between
from napari_fncells.core.geometry import Box
from napari_fncells.io.save_error import SaveCode, SaveError
from napari_fncells.store.header import Header
from napari_fncells.store.journal import Journal
from napari_fncells.store.ledger import Ledger, Reached
from napari_fncells.store.locks import Claim
from napari_fncells.store.place import Place
from napari_fncells.store.reservation import Reservation, Taken
from napari_fncells.store.rows import SnapshotRow, Visit
from napari_fncells.store.tiles import Tail, split_tiles


@dataclass
class Opened:
    """A picture's work, opened.

    Attributes
    ----------
    place
        Where it is kept.
    document
        Pixels, objects and history.
    notes
        What the user should know, in sentences.
    error
        Why nothing can be written at present, or None.
    eager
        Whether the document holds edits that have to be written though none was made now.
    files_time
        When the mask files that were read had been written.
    files_edits
        Number of the document's edit that the mask files hold.
    files_hashes
        Hashes of the mask files, where the document was begun from them.
    known_files
        JSON of the hashes of the mask files that we wrote lately.
    visits
        Effort so far.
    journal, reached
        The open journal, and what it holds of the history.
    claims
        The locks held.
    reservation
        Tells others that the picture is being worked on; None where there are no mask files.
    taken
        Who else is at the picture, so that it is only shown.
    later
        What came up after the opening, in sentences.
    """

    place: Place
    document: Document
    header: Header
    notes: list[str] = field(default_factory=list)
    error: SaveError | None = None
    eager: bool = False
    files_time: datetime | None = None
    files_edits: int = 0
    files_hashes: tuple[str, ...] | None = None
    visits: list[Visit] = field(default_factory=list)
    known_files: str = "[]"
    journal: Journal | None = None
    reached: Reached | None = None
    claims: list[Claim] = field(default_factory=list)
    reservation: Reservation | None = None
    taken: Taken | None = None
    later: list[str] = field(default_factory=list)

    def ledger(self) -> Ledger:
        """The file that the document's edits go to."""
        return Ledger(
            self.place.journal,
            self.header,
            self.document.edits_since,
            self._prepare,
            self.journal,
            self.reached,
        )

    def release(self) -> None:
        """Let other windows have the picture."""
        with ExitStack() as stack:
            for claim in self.claims:
                stack.callback(claim.release)
            if self.reservation is not None:
                stack.callback(self.reservation.release)

    def _prepare(self) -> Path:
        """Make sure of the place before anything is written there."""
        self.place = self.place.settle()
        wanted = {self.place.lock, self.place.journal_lock}
        held = {claim.path for claim in self.claims}
        for path in sorted(wanted - held):
            self.claims.append(Claim(path))
        for claim in self.claims:
            if claim.path in wanted and claim.take() is not None:
                raise SaveError(
                    SaveCode.IN_USE,
                    self.place.journal,
                    f"{self.place.name} is open in another window by now.",
                    "Close it there, or save your work elsewhere.",
                )
        self._reserve()
        return self.place.journal

    def _reserve(self) -> None:
        """Tell others that the picture is being worked on, now that it is."""
        other = self.reservation.take() if self.reservation is not None else None
        if other is not None:
            self.later.append(
                f"{self.place.name} is open with {other.sentence_part}, too. Each annotator has "
                "mask files of their own, so nothing gets lost; but you work on the same picture."
            )


def adopt_state(document: Document, base: Base, source: str, state: str | None = None) -> None:
    """Make pixels, objects and note of a document those given, in one edit that can be undone.

    Where their history is not known, `state` says how far the work on the picture was.
    """
    whole, before = Box.whole(document.shape), document.labels
    kind = max(before.dtype, base.labels.dtype)
    patches = patches_between(whole, before.astype(kind), base.labels.astype(kind))
    ignored: tuple[Patch, ...] = ()
    if base.ignored is not None or document.ignored_area:
        after = np.zeros_like(document.ignored) if base.ignored is None else base.ignored
        ignored = patches_between(whole, document.ignored, after)
    known, wanted = dict(document.known), {item.id: item for item in base.objects}
    changes = tuple(
        ObjectChange(known.get(i), wanted.get(i))
        for i in sorted(known.keys() | wanted.keys())
        if known.get(i) != wanted.get(i)
    )
    change = Change(
        EditKind.REPLACE,
        patches,
        changes,
        f"recover {source}",
        {"source": source, "edits": base.sequence}
        | ({"state": state} if state else {})
        | ({"note": base.note, "former": document.note} if base.note != document.note else {}),
        ignored=ignored,
    )
    # An empty picture can be done, or have a note, too
    if not change.empty or state in ("done", "unsure") or "note" in change.details:
        document.commit(change)


def reached_by(document: Document, row: SnapshotRow | None, count: int, digest: bytes) -> Reached:
    """What a journal of so many edits, the last of that hash, holds of a document's history."""
    tail = Tail.empty(document.shape)
    if row is not None:
        tail.digests = split_tiles(row.tiles)
        tail.ignored = split_tiles(row.ignored) or tail.ignored
    tail.objects = dict(document.known)
    tail.last_id = document.next_id - 1
    tail.add(document.history[row.sequence if row else 0 : count])
    tail.note = document.note
    return Reached(count, digest, tail)
