"""Working files read back, and mended where they do not fit together."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from napari_fncells.core.geometry import Box
from napari_fncells.core.labels import Labels, boxes
from napari_fncells.core.notes import tidy
from napari_fncells.core.objects import CellObject, ObjectState, Origin
from napari_fncells.io.working.contents import (
    Regions,
    WorkingFileError,
    read_labels,
    read_record,
    read_regions,
)
from napari_fncells.io.working.files import WorkingFiles, sha256_of
from napari_fncells.io.working.state import WorkingState
from napari_fncells.io.working_record import WorkingImage, WorkingRecord, cell_object


@dataclass(frozen=True)
class ReadBack:
    """What was read from working files.

    Attributes
    ----------
    state
        Pixels and objects.
    time
        When they were written.
    note
        What had to be mended, in a sentence; empty for files that fit together.
    """

    state: WorkingState
    time: datetime
    note: str = ""


def read(files: WorkingFiles, shape: tuple[int, int], sha256: str | None) -> ReadBack | None:
    """Read the working files of a picture.

    Labels count for more than the record: where the record is missing, damaged or of another
    moment, cells are made up from the labels.

    Parameters
    ----------
    files
        Which.
    shape
        (Y, X) of the picture.
    sha256
        Hash of the picture, None where it need not be the same.

    Returns
    -------
    ReadBack or None
        None where there are none.

    Raises
    ------
    WorkingFileError
        Where they are there but hold no mask of this picture that can be read.
    """
    record, trouble = read_record(files.record)
    if record is not None and sha256 is not None and record.image.sha256 != sha256:
        raise WorkingFileError(
            f"The mask files {files.labels.name} and {files.record.name} belong to another "
            "content of the picture and were not used.",
            "They are kept when new ones are written.",
        )
    if not files.labels.exists():
        if record is None and not trouble:
            return None
        raise WorkingFileError(f"The mask file {files.labels} is missing.", "Put it back there.")
    data, labels = read_labels(files.labels, shape)
    regions = read_regions(files.ignored, shape)
    if record is None:
        trouble = trouble or f"{files.record.name} is missing"
        return _made_up(files, labels, regions.pixels, trouble)
    changed = [] if record.labels.sha256 == sha256_of(data) else [files.labels]
    if (record.ignored.sha256 if record.ignored is not None else "") != regions.sha256:
        changed.append(files.ignored)
    if changed or regions.trouble:
        return _mended(files, labels, regions, record, changed)
    state = WorkingState(
        labels,
        tuple(cell_object(cell) for cell in record.cells),
        record.done,
        record.edits,
        record.journal,
        record.image,
        record.annotator,
        record.effort,
        record.summary,
        regions.pixels,
        tidy(record.note),
    )
    return ReadBack(state, record.time)


def _mended(
    files: WorkingFiles,
    labels: Labels,
    regions: Regions,
    record: WorkingRecord,
    changed: list[Path],
) -> ReadBack:
    """Pixels that are newer or older than their record: cells that still fit keep their state."""
    known = {cell.id: cell_object(cell) for cell in record.cells}
    objects = {i: item for i, item in known.items() if not item.alive}
    for item in _objects_of(labels):
        old = known.get(item.id)
        same = old is not None and old.alive and (old.box, old.area) == (item.box, item.area)
        known_as = item if old is None else replace(item, note=old.note)
        objects[item.id] = old if same and old is not None else known_as
    time = datetime.fromtimestamp(files.labels.stat().st_mtime, UTC)
    state = WorkingState(
        labels,
        tuple(objects.values()),
        False,
        record.edits,
        "",
        record.image,
        record.annotator,
        record.effort,
        None,
        regions.pixels,
        tidy(record.note),
    )
    return ReadBack(state, time, _what_happened(files, regions, changed))


def _what_happened(files: WorkingFiles, regions: Regions, changed: list[Path]) -> str:
    """Say how the files came not to fit together."""
    if regions.trouble:
        return f"{regions.trouble} The ignored regions are lost."
    if files.ignored in changed and not regions.sha256:
        return f"{files.ignored.name} is missing: the ignored regions are lost."
    names = " and ".join(path.name for path in changed)
    was = "was" if len(changed) == 1 else "were"
    return f"{names} {was} changed after {files.record.name}."


def _made_up(
    files: WorkingFiles, labels: Labels, ignored: NDArray[np.bool_] | None, trouble: str
) -> ReadBack:
    height, width = labels.shape
    image = WorkingImage(name="", sha256="", height=height, width=width)
    objects = tuple(_objects_of(labels))
    state = WorkingState(labels, objects, False, 0, "", image, ignored=ignored)
    time = datetime.fromtimestamp(files.labels.stat().st_mtime, UTC)
    return ReadBack(state, time, f"{trouble}: the states of the cells are lost.")


def _objects_of(labels: Labels) -> list[CellObject]:
    """Cells as the pixels show them, as drawn by hand."""
    found = []
    for i, slices in boxes(labels).items():
        area = int(np.count_nonzero(labels[slices] == i))
        found.append(CellObject(i, ObjectState.ADDED, Origin.HAND, Box.of(slices), area))
    return found
