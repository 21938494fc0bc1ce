"""The picture of the cells' states: one small code per pixel, worked out box by box."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
from numpy.typing import NDArray

from napari_fncells.core.box_index import BoxIndex
from napari_fncells.core.colouring import Colouring, Followed
from napari_fncells.core.document import Document
from napari_fncells.core.edits import Edit
from napari_fncells.core.geometry import Box
from napari_fncells.core.grow import Region
from napari_fncells.core.labels import Labels
from napari_fncells.core.line_drawing import (
    dashed_outline,
    dashes_in,
    hatching_in,
    outline_of,
    rim_of,
)
from napari_fncells.core.objects import CellObject, ObjectState
from napari_fncells.core.state_codes import (
    CANDIDATE,
    CLASSES,
    CODES,
    HALO,
    HATCH,
    IGNORED,
    OUTLINE,
    PROPOSED,
    RIM,
    SELECTED,
    TILE,
    VEIL,
)


class StateImage:
    """Codes of a document's cells, kept up to date by its edits.

    Parameters
    ----------
    document
        Read, never written.
    area
        Part of the picture that is worked out; all of it where omitted.

    Attributes
    ----------
    codes
        (area.height, area.width) uint8: see `CODES`, `OUTLINE`, `SELECTED`, `IGNORED` and
        `VEIL`. Outlines are 2 px wide and lie inside the cells; those of unsure and removed cells
        are dashed. Ignored regions are hatched where no cell that counts lies.
    """

    def __init__(self, document: Document, area: Box | None = None) -> None:
        self._document = document
        self.area = area or Box.whole(document.shape)
        self.codes: NDArray[np.uint8] = np.zeros((self.area.height, self.area.width), np.uint8)
        self._selected: int | None = None
        self._marked: frozenset[int] = frozenset()
        self._proposed: Region | None = None
        self._candidates: dict[int, Region] = {}
        self._candidate_boxes = BoxIndex()
        self._colouring: Colouring | None = None
        self._table = np.full(64, CODES[ObjectState.ADDED], np.uint8)
        self._table[0] = 0
        self._ignored: frozenset[int] = frozenset(document.ignored_cells)
        # Removed cells: the outlines of those in a window are found among thousands
        self._removed = BoxIndex()
        self._note(document.objects.values())
        self.update(self.area)

    @property
    def selected(self) -> int | None:
        """Id of the cell whose outline is highlighted, or None."""
        return self._selected

    def select(self, i: int | None) -> list[Box]:
        """Highlight another cell, or none; returns the boxes that changed."""
        former, self._selected = self._selected, i
        if former == i:
            return []
        known = [self._document.objects.get(n) for n in (former, i) if n is not None]
        return [self.update(cell.box) for cell in known if cell is not None]

    @property
    def marked(self) -> frozenset[int]:
        """Ids of the cells that are highlighted like the selected one."""
        return self._marked

    def mark(self, ids: frozenset[int]) -> list[Box]:
        """Highlight these cells like the selected one; returns the boxes that changed."""
        changed, self._marked = self._marked ^ ids, ids
        known = (self._document.objects.get(i) for i in changed)
        return [self.update(box) for box in _joined([c.box for c in known if c is not None])]

    def propose(self, region: Region | None) -> list[Box]:
        """Draw the outline of what may be a cell, or of nothing; returns what changed."""
        former, self._proposed = self._proposed, region
        return [self.update(part.box) for part in (former, region) if part is not None]

    def show_candidates(self, regions: Mapping[int, Region]) -> list[Box]:
        """Draw the outlines of what may be missed cells, by any numbers; returns what changed.

        A region keeps its number as long as it is the same.
        """
        gone = self._candidates.keys() - regions.keys()
        new = regions.keys() - self._candidates.keys()
        boxes = [self._candidates[number].box for number in gone]
        boxes += [regions[number].box for number in new]
        for number in gone:
            self._candidate_boxes.drop(number)
        for number in new:
            self._candidate_boxes.put(number, regions[number].box)
        self._candidates = dict(regions)
        return [self.update(box) for box in _joined(boxes)]

    def colour_by(self, colouring: Colouring | None) -> None:
        """Tell something else than the state by the colour of living cells; None for the state."""
        self._colouring = colouring
        self._note(self._document.objects.values())
        self.update(self.area)

    def renew(self, ids: Iterable[int]) -> list[Box]:
        """Show cells that are of another class than before; returns the boxes that changed."""
        cells = [c for i in ids if (c := self._document.objects.get(i)) is not None and c.alive]
        self._note(cells)
        return [self.update(box) for box in _joined([cell.box for cell in cells])]

    def take_in(self, edit: Edit) -> list[Box]:
        """Follow an edit of the document; returns the boxes that changed, which may overlap."""
        changed = [part for c in edit.change.objects for part in (c.before, c.after) if part]
        for item in edit.change.objects:
            self._removed.drop(item.id)
        turned = self._turned()
        # First, as the classes of cells follow from it
        followed = self._colouring.follow(edit) if self._colouring is not None else Followed()
        turned += [self._document.objects[i] for i in followed.cells]
        self._note(item.after for item in edit.change.objects if item.after)
        self._note(turned)
        boxes = [patch.box for patch in (*edit.change.patches, *edit.change.ignored)]
        boxes += [*(cell.box for cell in (*changed, *turned)), *followed.boxes]
        return [self.update(box) for box in _joined(boxes)]

    def update(self, box: Box) -> Box:
        """Work a box of the picture out anew; returns it with its halo, within the area."""
        target = box.padded(HALO).clip_to(self.area)
        if target.height <= 0 or target.width <= 0:
            return Box(0, 0, 0, 0)
        # Square by square: copies of a large picture would take many times its memory
        for tile in target.tiles(TILE):
            window = tile.padded(HALO).clip(self._document.shape)
            labels = self._document.labels[window.slices]
            codes = self._codes_of(labels, window)
            self.codes[tile.within(self.area)] = codes[tile.within(window)]
        return target.shifted(-self.area.top, -self.area.left)

    def _turned(self) -> list[CellObject]:
        """Living cells that have come to be ignored since, or to count again."""
        now = self._document.ignored_cells
        if not now and not self._ignored:
            return []
        turned = [self._document.objects.get(i) for i in now ^ self._ignored]
        self._ignored = frozenset(now)
        return [cell for cell in turned if cell is not None and cell.alive]

    def _codes_of(self, labels: Labels, window: Box) -> NDArray[np.uint8]:
        """Codes of a window of the labels."""
        self._reach(int(labels.max(initial=0)))
        codes: NDArray[np.uint8] = self._table[labels]
        outline = outline_of(labels)
        codes += outline.view(np.uint8) * np.uint8(OUTLINE)
        unsure = CODES[ObjectState.UNSURE]
        dashes = dashes_in(window)
        codes[(codes == unsure + OUTLINE) & dashes] = unsure
        # One that an edit has just taken away is still noted until that is taken in
        for cell in map(self._document.objects.get, self._removed.meeting(window)):
            if cell is not None and cell.footprint is not None:
                place = dashed_outline(cell.box, cell.footprint.mask, window, labels, dashes)
                codes[place] = CODES[ObjectState.REMOVED] + OUTLINE
        self._hatch(codes, labels, window)
        self._outline_more(codes, window)
        for number in self._candidate_boxes.meeting(window):
            region = self._candidates[number]
            codes[dashed_outline(region.box, region.mask, window, labels, dashes)] = CANDIDATE
        if self._proposed is not None and self._proposed.box.overlaps(window):
            place = dashed_outline(self._proposed.box, self._proposed.mask, window, labels, dashes)
            codes[place] = PROPOSED
        if self._selected is not None:
            codes[outline & (labels == self._selected)] = SELECTED
        if self._marked:
            codes[outline & np.isin(labels, list(self._marked), kind="table")] = SELECTED
        return codes

    def _note(self, cells: Iterable[CellObject]) -> None:
        """Remember the states of cells."""
        for cell in cells:
            self._reach(cell.id)
            ignored = cell.alive and cell.id in self._ignored
            self._table[cell.id] = IGNORED if ignored else self._code(cell)
            if not cell.alive:
                self._removed.put(cell.id, cell.box)

    def _code(self, cell: CellObject) -> int:
        if self._colouring is None or not cell.alive:
            return CODES[cell.state]
        return CLASSES + self._colouring.class_of(cell)

    def _outline_more(self, codes: NDArray[np.uint8], window: Box) -> None:
        """Draw what is not in the mask, such as the cells that another one has besides."""
        if self._colouring is None:
            return
        last = CLASSES + len(self._colouring.titles) - 1
        everywhere, whole = np.zeros(codes.shape, np.uint8), np.zeros(codes.shape, bool)
        for box, mask in self._colouring.outlines(window):
            codes[dashed_outline(box, mask, window, everywhere, whole)] = last + OUTLINE

    def _hatch(self, codes: NDArray[np.uint8], labels: Labels, window: Box) -> None:
        """Draw ignored ground, and that inside ignored cells, into the codes of a window."""
        # Not by the document's area: paint of a stroke under way is to be seen, too
        ignored = self._document.ignored[window.slices]
        if not ignored.any():
            return
        ground = (ignored > 0) & ((labels == 0) | (codes == IGNORED))
        codes[ground] = VEIL
        codes[ground & hatching_in(window)] = HATCH
        codes[ground & rim_of(ignored)] = RIM

    def _reach(self, i: int) -> None:
        """Make the table long enough for an id; one not known yet is being painted: added."""
        if i >= self._table.size:
            longer = np.full(max(i + 1, 2 * self._table.size), CODES[ObjectState.ADDED], np.uint8)
            longer[: self._table.size] = self._table
            self._table = longer


def _joined(boxes: list[Box]) -> list[Box]:
    """Boxes of which none lies within another; where they are many, one for each square."""
    if len(boxes) > 64:
        squares: dict[tuple[int, int], Box] = {}
        for box in boxes:
            square = box.top // TILE, box.left // TILE
            squares[square] = squares.get(square, box).union(box)
        return list(squares.values())
    kept: list[Box] = []
    for box in sorted(set(boxes), key=lambda b: -b.height * b.width):
        if not any(other.union(box) == other for other in kept):
            kept.append(box)
    return kept
