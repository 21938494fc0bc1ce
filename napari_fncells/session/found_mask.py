"""A mask as it is found: in a journal, in mask files, or as it was given."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from napari_fncells.core.attention.clean import NOTHING_PLANTED, Attention, CleanMask, attention_of
from napari_fncells.core.errors import UserError
from napari_fncells.core.geometry import Box
from napari_fncells.core.ignore import counted
from napari_fncells.core.labels import Labels, boxes, present
from napari_fncells.core.objects import CellObject, ObjectState, Origin
from napari_fncells.io.images import Image
from napari_fncells.io.masks import load_labels
from napari_fncells.io.working import ReadBack
from napari_fncells.io.working_record import WorkingSummary, WorkState
from napari_fncells.session.entry import EntryState, state_of
from napari_fncells.session.keeping import Keeper
from napari_fncells.session.summary import summary_of
from napari_fncells.session.words import cells_in_words


@dataclass(frozen=True, eq=False)
class FoundMask:
    """A mask as it was found.

    Attributes
    ----------
    state
        How far the expert is.
    labels
        (Y, X) uint16 or uint32; 0 = background.
    cells
        Those in the mask.
    notes
        What is to be known of it, in sentences.
    ignored
        (Y, X) bool: regions that were left undecided; None where there are none.
    attention
        What became of the errors that were planted.
    """

    state: EntryState
    labels: Labels
    cells: tuple[CellObject, ...]
    notes: tuple[str, ...] = ()
    ignored: NDArray[np.bool_] | None = None
    attention: Attention = NOTHING_PLANTED

    @property
    def counted(self) -> FoundMask:
        """The mask without the cells in ignored regions; see `core.ignore.counted`."""
        labels, ignored = counted(self.labels, self.cells, self.ignored)
        if labels is self.labels:
            return replace(self, ignored=ignored)
        left = set(present(labels).tolist())
        cells = tuple(cell for cell in self.cells if cell.id in left)
        gone = len(self.cells) - len(cells)
        are = "is" if gone == 1 else "are"
        note = f"{cells_in_words(gone).capitalize()} in ignored regions {are} left out."
        return replace(
            self, labels=labels, cells=cells, ignored=ignored, notes=(*self.notes, note)
        )


def from_keeper(keeper: Keeper) -> FoundMask:
    """Work as the journal has it; the mask files follow where they were behind."""
    document = keeper.document
    notes = list(keeper.notes)
    if keeper.state.files_edits < document.edit_count:
        try:
            keeper.save_files()
            notes.append("Its mask files were behind its history: they were written anew.")
        except UserError as error:
            notes.append(f"Its mask files are behind its history: {error}")
    work, clean = summary_of(document, 0.0), CleanMask(document)
    return FoundMask(
        state_of(work),
        clean.labels(),
        clean.cells,
        _with_note(document.note, notes),
        document.ignored > 0 if document.ignored_area else None,
        attention_of(document),
    )


def from_files(found: ReadBack) -> FoundMask:
    """Work as the mask files have it."""
    state = found.state
    work = state.summary.state if state.summary is not None else WorkState.IN_WORK
    if state.done:
        work = WorkState.DONE
    alive = tuple(cell for cell in state.objects if cell.alive)
    return FoundMask(
        state_of(WorkingSummary(state=work)),
        state.labels,
        alive,
        _with_note(state.note, [found.note] if found.note else []),
        state.ignored,
        _attention(state.summary),
    )


def _attention(summary: WorkingSummary | None) -> Attention:
    """What mask files say of the attention check."""
    if summary is None:
        return NOTHING_PLANTED
    return Attention(summary.planted_found, summary.planted_missed)


def from_given(mask: Path, image: Image) -> FoundMask:
    """Take the mask that was there before the work on a picture began.

    Raises
    ------
    UserError
        It cannot be read, or is not of the picture's size.
    """
    given = load_labels(mask)
    if given.values.shape != image.pixels.shape[:2]:
        rows, columns = given.values.shape
        raise UserError(
            f"{mask.name} is {rows} x {columns} pixels, the picture {image.name} "
            f"{image.pixels.shape[0]} x {image.pixels.shape[1]}.",
            "Put the mask that belongs to it there.",
        )
    notes = (f"Its mask is {mask.name} as it was given; nobody has looked at it.", *given.notes)
    cells = cells_in(given.values, ObjectState.DRAFT, Origin.DRAFT)
    return FoundMask(EntryState.GIVEN, given.values, cells, notes)


def _with_note(note: str, notes: list[str]) -> tuple[str, ...]:
    """What is to be known, and what the expert wrote of the picture."""
    return (*notes, f"Note: {note}") if note else tuple(notes)


def cells_in(labels: Labels, state: ObjectState, origin: Origin) -> tuple[CellObject, ...]:
    """Cells as the pixels show them, by rising id, all of one state."""
    return tuple(
        CellObject(i, state, origin, Box.of(place), int(np.count_nonzero(labels[place] == i)))
        for i, place in boxes(labels).items()
    )


def agreeing(work: FoundMask) -> FoundMask:
    """Labels and cells of the same ids, these in order; pixels count where they differ."""
    known = {cell.id: cell for cell in work.cells}
    if sorted(known) == present(work.labels).tolist():
        return replace(work, cells=tuple(known[i] for i in sorted(known)))
    found = cells_in(work.labels, ObjectState.EDITED, Origin.HAND)
    note = "What was known of its cells does not fit its pixels: the pixels were taken."
    cells = tuple(known.get(cell.id, cell) for cell in found)
    return replace(work, cells=cells, notes=(*work.notes, note))
