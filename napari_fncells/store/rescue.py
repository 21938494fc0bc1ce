"""Work whose journal is broken or cannot be written: the newest of all that is left of it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from napari_fncells.io.save_error import SaveError
from napari_fncells.io.working import ReadBack
from napari_fncells.store.adoption import adopt_files, local_time, read_files
from napari_fncells.store.opened import Opened, adopt_state, reached_by
from napari_fncells.store.salvage import Salvage, rebuild


def show_unwritable(opened: Opened, found: Salvage, error: SaveError) -> None:
    """Show what a journal holds that can be read and not written."""
    opened.document, _ = rebuild(opened.document.shape, found.edits, opened.place.annotator)
    opened.header = found.header or opened.header
    opened.error = error
    opened.reached = reached_by(opened.document, None, len(found.edits), found.digest)


def use_salvage(opened: Opened, found: Salvage, reason: str, kept: Path) -> None:
    """Go on from the newest of what could be salvaged and the mask files."""
    document, _ = rebuild(opened.document.shape, found.edits, opened.place.annotator)
    opened.document = document
    opened.eager = True
    until = document.history[-1].time if document.edit_count else None
    reached = document.edit_count
    lineage = found.header.lineage if found.header else ""
    source = f"all {reached} edits"
    if found.snapshot is not None and found.snapshot.sequence > reached:
        reached = found.snapshot.sequence
        until = _time(found.snapshot_time)
        source = "the last snapshot"
        adopt_state(document, found.snapshot, source)
    files = read_files(opened)
    if files is not None and _newer(files, lineage, reached, until):
        until, source = files.time, "the mask files"
        adopt_files(opened, files)
    what = f"The journal of {opened.place.name} {reason}; it is kept as {kept}."
    if until is None:
        opened.notes.append(f"{what} Nothing could be recovered: the mask begins empty.")
    else:
        opened.notes.append(
            f"{what} Recovered from {source}: your work up to {local_time(until)}."
        )


def _newer(files: ReadBack, lineage: str, reached: int, until: datetime | None) -> bool:
    if until is None:
        return True
    if lineage and files.state.journal == lineage:
        return files.state.edits > reached
    return files.time > until


def _time(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return datetime.now(UTC)
