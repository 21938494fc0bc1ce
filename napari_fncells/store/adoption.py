"""Mask files taken over into a picture's work while it is opened."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import numpy as np

from napari_fncells.core.cell_mask import Base
from napari_fncells.io.working import ReadBack, WorkingFileError, WorkingFiles, glance, read
from napari_fncells.io.working_record import WorkState
from napari_fncells.store.codec import encode_details
from napari_fncells.store.opened import Opened, adopt_state
from napari_fncells.store.rows import Visit


def catch_up_with_files(opened: Opened) -> None:
    """Mask files that are ahead of their own journal: it was put back to an earlier state."""
    names = _names(opened)
    seen = names and glance(names)
    if not seen or seen.journal != opened.header.lineage:
        return
    opened.files_time, opened.files_edits = seen.time, seen.edits
    count = opened.document.edit_count
    if seen.edits <= count:
        return
    files = read_files(opened)
    if files is None:
        opened.files_edits = 0
        return
    adopt_files(opened, files)
    opened.eager = opened.document.edit_count > count
    opened.notes.append(
        f"The journal of {opened.place.name} ends at edit {count}, its mask files of "
        f"{local_time(files.time)} are ahead of it: the mask was taken from them."
    )


def show_files_only(opened: Opened, reason: str) -> None:
    """Read-only: the last mask files."""
    files = read_files(opened)
    name = opened.place.name
    if files is None:
        what = "No mask has been saved yet: what you see is empty"
    else:
        adopt_files(opened, files)
        what = f"You see the mask as saved at {local_time(files.time)}"
    sentence = f"{name} can only be looked at here: {reason}. {what}."
    opened.document.read_only = sentence
    opened.notes.append(sentence)


def begin_from_nameless(opened: Opened) -> None:
    """Go on from what was done before the annotator gave a name."""
    place = opened.place
    if not place.annotator or place.working is None:
        return
    names = WorkingFiles.of(place.working, place.name)
    try:
        files = read(names, opened.document.shape, place.image_sha256)
    except (WorkingFileError, OSError):
        return
    if files is None:
        return
    adopt_files(opened, files)
    # They are not ours to replace: ours have the name
    opened.files_hashes, opened.files_edits = None, 0
    opened.files_time = None
    opened.notes.append(
        f"{place.name}: begun from the mask of {local_time(files.time)}, made before a name was "
        "given; that one stays as it is."
    )


def read_files(opened: Opened) -> ReadBack | None:
    """Read the mask files; None where there are none, or none that can be read, which is told."""
    names = _names(opened)
    if names is None:
        return None
    try:
        files = read(names, opened.document.shape, opened.place.image_sha256)
    except (WorkingFileError, OSError) as error:
        opened.notes.append(str(error))
        return None
    if files is not None and files.note:
        opened.notes.append(files.note)
    return files


def adopt_files(opened: Opened, files: ReadBack) -> None:
    """Make what mask files hold the picture's work."""
    state = files.state
    work = state.summary.state if state.summary is not None else None
    if state.done:
        work = WorkState.DONE
    ignored = None if state.ignored is None else state.ignored.astype(np.uint8)
    base = Base(state.edits, state.labels, state.objects, ignored, state.note)
    adopt_state(opened.document, base, "the mask files", work)
    opened.files_time = files.time
    opened.files_edits = opened.document.edit_count
    names = _names(opened)
    opened.files_hashes = names.hashes if names else None
    opened.visits = opened.visits or _visits(state.effort)


def _names(opened: Opened) -> WorkingFiles | None:
    place = opened.place
    if place.working is None:
        return None
    return WorkingFiles.of(place.working, place.name, place.annotator)


def _visits(effort: Iterable[Mapping[str, Any]]) -> list[Visit]:
    """Effort as mask files hold it."""
    own = {"id", "started", "author", "active_seconds"}
    return [
        Visit(
            str(facts.get("id", "")),
            str(facts.get("started", "")),
            str(facts.get("author", "")),
            float(facts.get("active_seconds", 0.0)),
            encode_details({k: v for k, v in facts.items() if k not in own}),
        )
        for facts in effort
    ]


def local_time(time: datetime) -> str:
    """A time as people here write it."""
    return f"{time.astimezone():%Y-%m-%d %H:%M:%S}"
