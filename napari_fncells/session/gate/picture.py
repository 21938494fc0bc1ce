"""The check of one picture of a set with its mask."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from napari_fncells.core.errors import UserError
from napari_fncells.core.geometry import Box
from napari_fncells.core.ignore import counted
from napari_fncells.core.labels import Labels, dense, present, unsigned
from napari_fncells.core.objects import CellObject, ObjectState, Origin
from napari_fncells.core.params.quality import QualityParams
from napari_fncells.core.quality import (
    Finding,
    Kind,
    QualityWatch,
    check_cell,
    check_shift,
    size_table,
)
from napari_fncells.core.regions import region_table
from napari_fncells.io.chosen import read_chosen
from napari_fncells.io.images import Image
from napari_fncells.io.masks import load_labels
from napari_fncells.io.working import ReadBack, WorkingFileError, WorkingFiles, read
from napari_fncells.io.working_record import WorkState
from napari_fncells.session.entry import Entry

Stamps = tuple[tuple[int, int], ...]
"""Size and time of the files that were looked at."""

_NO_CELLS = np.empty((0, 6), dtype=np.int64)


@dataclass(frozen=True, eq=False)
class PictureCheck:
    """What was found in one picture.

    Attributes
    ----------
    name
        Of the picture's file.
    sha256
        Of its bytes; empty where it cannot be read.
    findings
        All but what only the whole set tells: odd sizes and duplicates.
    sizes
        (N, 6) id, box and area of the cells.
    stamps
        Of the files looked at; it is looked at again where they differ.
    """

    name: str
    sha256: str = ""
    findings: tuple[Finding, ...] = ()
    sizes: NDArray[np.int64] = field(default_factory=lambda: _NO_CELLS)
    stamps: Stamps = ()


@dataclass(frozen=True)
class _Mask:
    """A mask as it was read.

    Attributes
    ----------
    labels, cells
        Pixels and the cells that count, ignored ones left out.
    state
        How far the work is.
    findings
        What was found in reading it.
    """

    labels: Labels
    cells: tuple[CellObject, ...]
    state: WorkState
    findings: tuple[Finding, ...] = ()


def check_picture(
    entry: Entry,
    params: QualityParams,
    working: Path,
    annotator: str = "",
    stamps: Stamps = (),
) -> PictureCheck:
    """Check a picture and its mask, as they are on the disk.

    Parameters
    ----------
    entry
        The picture in its list.
    params
        What to look for.
    working
        Folder of the mask files.
    annotator
        Whose.
    stamps
        Kept with the result.
    """
    try:
        image = read_chosen(entry.path)
    except UserError as error:
        found = Finding(Kind.UNREADABLE, str(error), print="picture")
        return PictureCheck(entry.name, findings=(found,), stamps=stamps)
    digest = image.sha256 or ""
    try:
        mask = _read_mask(entry, image, working, annotator)
    except _FaultError as fault:
        return PictureCheck(entry.name, digest, (fault.finding,), stamps=stamps)
    found_all = [*mask.findings, *_reviewed(mask.state, mask.cells)]
    found_all += _shifted(mask, entry)
    for cell in mask.cells:
        found_all += check_cell(mask.labels, cell, params)
    return PictureCheck(entry.name, digest, tuple(found_all), size_table(mask.cells), stamps)


def check_document(name: str, sha256: str, watch: QualityWatch, state: WorkState) -> PictureCheck:
    """Check a picture that is being worked on.

    Parameters
    ----------
    name, sha256
        Of its file.
    watch
        Follows its document.
    state
        How far the work is.
    """
    document = watch.document
    planted = {c.id for c in document.objects.values() if c.origin is Origin.PLANT}
    cells = tuple(c for c in document.counted if c.id not in planted)
    if state is WorkState.NEW:
        return PictureCheck(name, sha256, (no_mask(),))
    # What the attention check has planted is in no file
    of_cells = [each for each in watch.of_cells if planted.isdisjoint(each.cells)]
    found = (*_reviewed(state, cells), *watch.of_picture, *of_cells)
    return PictureCheck(name, sha256, found, size_table(cells))


def no_mask(words: str = "There is no mask.") -> Finding:
    """The finding that there is none."""
    return Finding(Kind.NO_MASK, words, print="none")


def mask_files(entry: Entry, working: Path, annotator: str) -> WorkingFiles:
    """The annotator's mask files; where there are none, those from before the name was given."""
    own = WorkingFiles.of(working, entry.name, annotator)
    if annotator and not own.labels.exists() and not own.record.exists():
        return WorkingFiles.of(working, entry.name)
    return own


def cells_as_given(labels: Labels) -> tuple[Labels, tuple[CellObject, ...]]:
    """Take labels of another program for draft cells, numbered as when they are opened."""
    ids, numbers = dense(labels)
    renumbered = numbers.astype(unsigned(ids.size))
    table = region_table(renumbered, renumbered)
    cells = [
        CellObject(int(i), ObjectState.DRAFT, Origin.DRAFT, Box(*box), int(area))
        for i, box, area in zip(table.ids, table.box.tolist(), table.area, strict=True)
    ]
    return renumbered, tuple(cells)


class _FaultError(Exception):
    """There is no mask that could be looked at."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(finding.sentence)
        self.finding = finding


def _read_mask(entry: Entry, image: Image, working: Path, annotator: str) -> _Mask:
    files = mask_files(entry, working, annotator)
    shape = image.pixels.shape[0], image.pixels.shape[1]
    try:
        back = read(files, shape, None)
    except WorkingFileError as error:
        other = _other_size(files.labels, shape)
        raise _FaultError(other or Finding(Kind.UNREADABLE, str(error), print="mask")) from error
    if back is not None:
        return _worked_on(back, image)
    if entry.given is None:
        raise _FaultError(no_mask(_why_none(entry)))
    try:
        given = load_labels(entry.given).values
    except UserError as error:
        raise _FaultError(Finding(Kind.UNREADABLE, str(error), print="mask")) from error
    if given.shape != shape:
        raise _FaultError(_size_differs(entry.given.name, given.shape, shape))
    labels, cells = cells_as_given(given)
    return _Mask(labels, cells, WorkState.GIVEN)


def _worked_on(back: ReadBack, image: Image) -> _Mask:
    state = back.state
    labels, cells = state.labels, tuple(cell for cell in state.objects if cell.alive)
    if state.ignored is not None:
        labels, _ = counted(labels, cells, state.ignored)
        left = set(present(labels).tolist())
        cells = tuple(cell for cell in cells if cell.id in left)
    far = state.summary.state if state.summary is not None else WorkState.IN_WORK
    if state.done:
        far = WorkState.DONE
    if far is WorkState.NEW:
        raise _FaultError(no_mask())
    found = []
    if state.image.sha256 and image.sha256 and state.image.sha256 != image.sha256:
        words = "The picture's file is another one than when the mask was made."
        found.append(Finding(Kind.CHANGED, words, print=image.sha256[:16]))
    return _Mask(labels, cells, far, tuple(found))


def _why_none(entry: Entry) -> str:
    if not entry.others:
        return "There is no mask."
    names = ", ".join(other.annotator or "somebody without a name" for other in entry.others)
    return f"There is no mask of yours; {names} worked on it."


def _other_size(labels: Path, shape: tuple[int, int]) -> Finding | None:
    """A mask that can be read, but has another size."""
    try:
        found = load_labels(labels).values.shape
    except UserError:
        return None
    return None if found == shape else _size_differs(labels.name, found, shape)


def _size_differs(name: str, found: tuple[int, ...], shape: tuple[int, ...]) -> Finding:
    sizes = [" x ".join(map(str, size)) for size in (found, shape)]
    words = f"{name} has {sizes[0]} pixels, the picture {sizes[1]}."
    return Finding(Kind.OTHER_SIZE, words, print=sizes[0])


def _reviewed(state: WorkState, cells: Iterable[CellObject]) -> list[Finding]:
    """Whether somebody has looked at all of it."""
    if state is WorkState.DONE:
        return []
    cells = tuple(cells)
    untouched = [cell for cell in cells if not cell.touched]
    words = f"{_STATES[state]}: {_untouched_in_words(len(untouched), len(cells))}."
    first = untouched[0].box if untouched else None
    ids = tuple(cell.id for cell in untouched[:1])
    return [Finding(Kind.UNREVIEWED, words, ids, first, state.value)]


_STATES = {
    WorkState.NEW: "New",
    WorkState.GIVEN: "As given",
    WorkState.DRAFT: "A draft",
    WorkState.IN_WORK: "Not done",
    WorkState.UNSURE: "Marked as unsure",
}


def _untouched_in_words(number: int, of: int) -> str:
    if of == 0:
        return "no cell"
    if number == 0:
        return "all cells were looked at"
    cells = "its one cell" if of == 1 else f"{number:,} of {of:,} cells"
    return f"nobody looked at {cells}"


def _shifted(mask: _Mask, entry: Entry) -> list[Finding]:
    """Whether a mask lies beside the one that it was begun from."""
    if entry.given is None or mask.state is WorkState.GIVEN:
        return []
    try:
        given = load_labels(entry.given).values
    except UserError:
        return []
    if given.shape != mask.labels.shape:
        return []
    found = check_shift(mask.labels, given, entry.given.name)
    return [] if found is None else [found]
