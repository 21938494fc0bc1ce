"""One picture being worked on: its pixels, its mask and what the expert does to it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from napari_fncells.core import changes
from napari_fncells.core.clump import split_by_shape
from napari_fncells.core.cut import cut_cell
from napari_fncells.core.document import Document
from napari_fncells.core.drag import Cut, meaning_of
from napari_fncells.core.edits import Change, Edit, EditKind
from napari_fncells.core.effort import Effort, EffortClock
from napari_fncells.core.errors import UserError
from napari_fncells.core.grow import Region
from napari_fncells.core.join import join_cells
from napari_fncells.core.judge import finish, judge
from napari_fncells.core.lasso import cells_inside
from napari_fncells.core.objects import CellObject, ObjectState
from napari_fncells.core.path import as_points
from napari_fncells.core.redraft import apply_draft
from napari_fncells.core.reshape import resize_cell, smooth_cell, trace_cell
from napari_fncells.core.revert import revert_cell
from napari_fncells.core.segment import Draft
from napari_fncells.io.images import Image
from napari_fncells.session.outlines import Outlines
from napari_fncells.session.words import (
    done_in_words,
    figures_in_words,
    judged_already,
    parts_in_words,
    removed_in_words,
)

Proposal = tuple[Change | None, str]
"""A change, and what to say of it; why there is none, where there is none."""


@dataclass(frozen=True)
class Outcome:
    """What came of a gesture.

    Attributes
    ----------
    message
        For the status bar.
    edit
        The edit made, or None where nothing was changed.
    """

    message: str
    edit: Edit | None = None


class ImageSession:
    """A picture and the document of its mask.

    What the expert may do never raises: where it cannot be done, the outcome says why and
    nothing is changed.

    Parameters
    ----------
    image
        The picture. Its pixels are read, never written.
    author
        The annotator's name.
    document
        The mask to go on with; a new one where omitted.
    earlier
        Effort of earlier visits.

    Attributes
    ----------
    image, document
        What the session joins.
    clock
        Time at work on the picture; whoever sees a sign of life tells it.
    """

    def __init__(
        self,
        image: Image,
        author: str = "",
        document: Document | None = None,
        earlier: Effort | None = None,
    ) -> None:
        rows, columns = image.pixels.shape[:2]
        if document is not None and document.shape != (rows, columns):
            raise ValueError(f"the mask has the shape {document.shape}, not {(rows, columns)}")
        self.image = image
        self.document = Document((rows, columns), author) if document is None else document
        self.clock = EffortClock(earlier=earlier)
        self._outlines = Outlines(image.pixels, self.document)

    def apply(self, draft: Draft) -> Edit:
        """Put a draft in place of the untouched cells of the last one."""
        details = {
            "method": draft.method,
            "params": draft.params.model_dump(mode="json"),
            "cutoff": draft.cutoff,
        }
        return self.document.commit(
            apply_draft(self.document, draft.labels, details, summary=f"draft ({draft.method})")
        )

    def adopt(self, labels: NDArray[np.integer], method: str, **details: Any) -> Edit:
        """Take another program's mask as the draft.

        Parameters
        ----------
        labels
            (Y, X) instance labels; they get new ids where cells are there already.
        method
            Where it comes from, for the record.
        details
            Anything else for the record (JSON values).

        Raises
        ------
        ValueError
            For labels of another shape.
        """
        origin = {"method": method, "params": details, "cutoff": None}
        change = apply_draft(self.document, labels, origin, summary=f"adopt {method}")
        return self.document.commit(change)

    def fix_at(self, row: int, column: int) -> Outcome:
        """Mend what is wrong at a pixel, in one gesture.

        A cell is a false positive and is removed; background is a false negative and the cell
        there is added; where a removed cell was, that cell comes back.
        """
        return self._attempt("fix", lambda: self._fix(row, column))

    def remove_inside(self, polygon: ArrayLike) -> Outcome:
        """Remove the cells with more than half of their area inside a lasso, in one step."""

        def propose() -> Proposal:
            cells = cells_inside(self.document, as_points(polygon))
            if not cells:
                return None, "There is no cell inside the lasso."
            return changes.remove_cells(self.document, cells), removed_in_words(cells)

        return self._attempt("lasso", propose)

    def cut_or_join(self, path: ArrayLike) -> Outcome:
        """Cut the cell that a stroke crosses, or join the two that it leads from and to."""

        def propose() -> Proposal:
            meaning = meaning_of(self.document, as_points(path))
            if isinstance(meaning, Cut):
                cell = meaning.cell
                change = cut_cell(self.document, cell, as_points(path))
                return change, parts_in_words("Cut", cell.id, change.details["pieces"])
            first, second = meaning.first, meaning.second
            change = join_cells(self.document, first, second, as_points(path))
            return change, f"Joined cells {first.id} and {second.id}: both are cell {first.id}."

        return self._attempt("cut or join", propose)

    def trace(self, path: ArrayLike) -> Outcome:
        """Add the cell inside an outline drawn by hand."""

        def propose() -> Proposal:
            change = trace_cell(self.document, as_points(path))
            return change, _added(change)

        return self._attempt("trace", propose)

    def resize(self, cell_id: int | None, notches: int, *, continues: bool = False) -> Outcome:
        """Move the outline of a cell by a number of steps, outwards or, negative, inwards.

        Parameters
        ----------
        cell_id
            The cell.
        notches
            Turns of the wheel.
        continues
            Whether it belongs to the burst of the resize before it: undone with that.
        """

        def propose() -> Proposal:
            cell = self._living(cell_id)
            change = resize_cell(self.document, cell, self._outlines.resized(cell, notches))
            if change is None:
                way = "grow" if notches > 0 else "shrink"
                return None, f"Cell {cell.id} cannot {way} any further."
            after = next(item.after for item in change.objects if item.id == cell.id)
            area = 0 if after is None else after.area
            return replace(change, continues=continues), f"Cell {cell.id}: {area:,} px²."

        return self._attempt("resize", propose)

    def split(self, cell_id: int | None) -> Outcome:
        """Split a cell into as many as its shape shows."""

        def propose() -> Proposal:
            cell = self._living(cell_id)
            change = split_by_shape(self.document, cell)
            return change, parts_in_words("Split", cell.id, change.details["pieces"])

        return self._attempt("split", propose)

    def remove(self, cell_id: int | None) -> Outcome:
        """Remove a cell."""

        def propose() -> Proposal:
            cell = self._living(cell_id)
            return changes.remove_cell(self.document, cell), removed_in_words([cell])

        return self._attempt("remove", propose)

    def accept(self, cell_id: int | None) -> Outcome:
        """Say that a cell is right as it is."""

        def propose() -> Proposal:
            cell = self._living(cell_id)
            change = judge(self.document, [cell], ObjectState.ACCEPTED)
            return change, f"Accepted cell {cell.id}." if change else judged_already(cell)

        return self._attempt("accept", propose)

    def unsure(self, cell_id: int | None) -> Outcome:
        """Say that it cannot be told whether a cell is right."""

        def propose() -> Proposal:
            cell = self._living(cell_id)
            change = judge(self.document, [cell], ObjectState.UNSURE)
            return change, f"Marked cell {cell.id} as unsure." if change else judged_already(cell)

        return self._attempt("unsure", propose)

    def smooth(self, cell_id: int | None) -> Outcome:
        """Smooth the outline of a cell and fill its holes."""

        def propose() -> Proposal:
            cell = self._living(cell_id)
            change = smooth_cell(self.document, cell)
            return change, f"Smoothed cell {cell.id}." if change else f"Cell {cell.id} is smooth."

        return self._attempt("smooth", propose)

    def revert(self, cell_id: int | None) -> Outcome:
        """Put a cell back to what its draft had; brings a removed one back, too."""

        def propose() -> Proposal:
            cell = self._known(cell_id)
            change = revert_cell(self.document, cell)
            already = "" if change else " already"
            return change, f"Cell {cell.id} is as its draft had it{already}."

        return self._attempt("revert", propose)

    def finish(self) -> Outcome:
        """Accept the cells that are left as drafted, and mark the picture as done."""

        def propose() -> Proposal:
            change = finish(self.document)
            if change is None:
                return None, "The picture is done already."
            return change, done_in_words(len(change.objects), self.document.cells)

        return self._attempt("finish", propose)

    def describe(self, cell_id: int | None) -> str:
        """Tell of a cell: id, state, area, mean intensity and score."""
        try:
            cell = self._known(cell_id)
        except UserError as error:
            return str(error)
        if not cell.alive:
            return f"Cell {cell.id}: removed"
        size = self.image.pixel_size
        area = None if size is None else cell.area * size**2
        return figures_in_words(cell, area, *self._outlines.figures(cell))

    def tombstone_at(self, row: int, column: int) -> CellObject | None:
        """The cell removed last among those that covered a pixel, or None."""
        here = {c.id: c for c in self.document.objects.values() if _covered(c, row, column)}
        if len(here) <= 1:
            return next(iter(here.values()), None)
        edits = self.document.newest_in_force
        newest = (here[item.id] for e in edits for item in e.change.objects if item.id in here)
        return next(newest, None)

    def region_at(self, row: int, column: int) -> Region:
        """Grow the cell at a pixel.

        Only a window of the picture is scored, so the cost does not grow with the picture.

        Raises
        ------
        NothingToGrowError
            Where there is none to be seen.
        """
        return self._outlines.region_at(row, column)

    @property
    def draft_in_force(self) -> Edit | None:
        """The newest draft that was not undone."""
        return self.document.last_in_force(EditKind.DRAFT)

    @property
    def effort(self) -> Effort:
        """What the work on the picture has cost so far, earlier visits included.

        `clock.visit` is this visit alone.
        """
        return self.clock.effort(self.document)

    def _attempt(self, gesture: str, propose: Callable[[], Proposal]) -> Outcome:
        """Carry a gesture out, or say why it cannot be."""
        self.clock.count(gesture)
        try:
            change, message = propose()
            if change is not None:
                return Outcome(message, self.document.commit(change))
        except UserError as error:
            message = str(error)
        return Outcome(f"{message} Nothing changed.")

    def _fix(self, row: int, column: int) -> Proposal:
        document = self.document
        if not (0 <= row < document.shape[0] and 0 <= column < document.shape[1]):
            return None, "Outside the picture."
        cell = document.cell_at(row, column)
        if cell is not None:
            return changes.remove_cell(document, cell), removed_in_words([cell])
        tombstone = self.tombstone_at(row, column)
        if tombstone is not None:
            change = changes.restore_cell(document, tombstone)
            return change, f"Restored cell {tombstone.id}." if change else _TAKEN
        added = changes.add_cell(document, self.region_at(row, column))
        return added, _added(added) if added else _TAKEN

    def _known(self, cell_id: int | None) -> CellObject:
        """A cell by its id, removed ones included.

        Raises
        ------
        UserError
            Where there is none.
        """
        cell = self.document.objects.get(cell_id or 0)
        if cell is None:
            raise UserError(
                f"There is no cell {cell_id}." if cell_id else "There is no cell here."
            )
        return cell

    def _living(self, cell_id: int | None) -> CellObject:
        cell = self._known(cell_id)
        if not cell.alive:
            raise UserError(f"Cell {cell.id} is removed.", "Shift+click on its place restores it.")
        return cell


_TAKEN = "The ground there belongs to other cells."


def _added(change: Change) -> str:
    """Say what a change that adds one cell added."""
    cell = change.objects[0].after
    return "" if cell is None else f"Added cell {cell.id}, {cell.area} px²."


def _covered(cell: CellObject, row: int, column: int) -> bool:
    """Whether a removed cell covered a pixel."""
    box = cell.box
    if cell.footprint is None or not (
        box.top <= row < box.bottom and box.left <= column < box.right
    ):
        return False
    return bool(cell.footprint.mask[row - box.top, column - box.left])
