"""Outlines of one picture: grown from its intensity, moved in and out, learned from."""

from __future__ import annotations

from collections import OrderedDict
from contextlib import suppress
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from napari_fncells.core.document import Document
from napari_fncells.core.edits import Edit
from napari_fncells.core.errors import UserError
from napari_fncells.core.geometry import Box
from napari_fncells.core.grow import (
    GrowParams,
    Growth,
    NothingToGrowError,
    OutlinePrior,
    OutlineSample,
    Region,
    grow_steps,
    outline_sample,
    steps_around,
)
from napari_fncells.core.intensity import brightest_channel
from napari_fncells.core.objects import CellObject, ObjectState
from napari_fncells.core.params import ScoreParams
from napari_fncells.core.pieces import deepest
from napari_fncells.core.score import ScoreMap, background_statistics, score_map

_SMOOTHING = 2.0
_HALO = 16  # more than the reach of the smoothing, so that a window scores like the picture
_AROUND = 32
"""Ground, in px, that is looked at around a cell."""
_CONFIRMED = (ObjectState.ACCEPTED, ObjectState.ADDED, ObjectState.EDITED)
_LADDERS = 8
"""Cells whose ladders are kept: those resized last."""
_SAMPLES = 40
"""Cells that outlines are learned from: those confirmed last."""
_FRESH = 3
"""Cells measured anew at one click, so that it is not held up; the rest have their turn later."""

_ENOUGH = 3
"""Confirmed cells from which the way outlines are drawn is told."""
_COMPARED = 15
"""Drafted cells that confirmed ones are compared with."""

Shape = tuple[Box, int]


class Outlines:
    """Grows and measures cells in windows of a picture: no cost grows with the picture.

    Parameters
    ----------
    pixels
        (Y, X) or (Y, X, C), read only.
    document
        Its labels are read, its edits followed.
    """

    def __init__(self, pixels: NDArray[np.generic], document: Document) -> None:
        self._pixels = pixels
        self._document = document
        self._params = GrowParams()
        self._channel: int | None = None
        self._ladders: OrderedDict[int, Growth] = OrderedDict()
        self._samples: dict[int, tuple[Shape, OutlineSample | None]] = {}
        # The candidate asked for last, at which edit, and what was found
        self._around: tuple[Region, int, Growth | None] | None = None
        confirmed = (cell.id for cell in document.cells if cell.state in _CONFIRMED)
        self._confirmed: OrderedDict[int, None] = OrderedDict.fromkeys(confirmed)
        document.committed.connect(self._follow)

    @property
    def plane(self) -> NDArray[np.generic]:
        """The channel that shows the cells, as a view of the picture."""
        if self._pixels.ndim == 2:
            return self._pixels
        if self._channel is None:
            self._channel = brightest_channel(self._pixels)
        plane: NDArray[np.generic] = self._pixels[..., self._channel]
        return plane

    @property
    def offset(self) -> float | None:
        """How far outlines are drawn outside (+) the steepest edge, in px; None if unknown."""
        prior = self.prior
        return prior.offset if prior.count else None

    @property
    def draft_offset(self) -> float | None:
        """How far drafts lie inside (+) or outside (-) the outlines confirmed, in px.

        None where too few cells were confirmed, or none is left as it was drafted to compare.
        """
        drafted = [cell for cell in self._document.cells if cell.state is ObjectState.DRAFT]
        prior = self.prior
        measured = [self._measured(cell) for cell in drafted[:_COMPARED]]
        offsets = [sample.offset for sample in measured if sample is not None]
        if prior.count < _ENOUGH or not offsets:
            return None
        return prior.offset - float(np.median(offsets))

    @property
    def prior(self) -> OutlinePrior:
        """What the cells confirmed last tell of outlines in this picture.

        Cells that were changed since they were measured are measured again, a few at a time.
        """
        samples, fresh = [], 0
        for i in islice(reversed(self._confirmed), _SAMPLES):
            cell = self._document.objects[i]
            known = self._samples.get(i)
            if known is None or known[0] != _shape(cell):
                if fresh == _FRESH:
                    continue
                fresh += 1
                known = self._samples[i] = _shape(cell), self._measured(cell)
            if known[1] is not None:
                samples.append(known[1])
        return OutlinePrior.of(samples)

    def growth_at(self, row: int, column: int) -> Growth:
        """Grow the cell at a pixel, with smaller and larger outlines.

        Raises
        ------
        NothingToGrowError
            Where there is none to be seen.
        """
        window = Box.square(row, column, self._params.reach + _HALO).clip(self._document.shape)
        labels = self._document.labels[window.slices]
        point = row - window.top, column - window.left
        growth = grow_steps(self._score(window), labels, point, self._params, self.prior)
        return growth.shifted(window.top, window.left)

    def around(self, candidate: Region) -> Growth | None:
        """Grow the cell at a missed-cell candidate; None where there is none to be seen.

        Asked for again before the next edit, the answer is the same and costs nothing.
        """
        edits = self._document.edit_count
        known = self._around
        if known is None or known[0] is not candidate or known[1] != edits:
            row, column = deepest(candidate.mask)
            growth = None
            with suppress(NothingToGrowError):
                growth = self.growth_at(candidate.box.top + row, candidate.box.left + column)
            known = self._around = candidate, edits, growth
        return known[2]

    def remember(self, cell: int, growth: Growth) -> None:
        """Keep the outlines that a cell was grown with, to resize it along them."""
        self._ladders[cell] = growth
        self._ladders.move_to_end(cell)
        if len(self._ladders) > _LADDERS:
            self._ladders.popitem(last=False)

    def resized(self, cell: CellObject, notches: int) -> tuple[Region, bool]:
        """The outline that many steps farther out, or in where negative.

        Returns
        -------
        region
            As far that way as there are steps.
        last
            Whether there are no more that way.

        Raises
        ------
        UserError
            Where the cell is at that end already.
        """
        growth, at = self._place(cell)
        to = min(max(at + notches, 0), len(growth.steps) - 1)
        if to == at:
            raise UserError(f"Cell {cell.id} cannot {way(notches)} any further.")
        return growth.steps[to], to in (0, len(growth.steps) - 1)

    def figures(self, cell: CellObject) -> tuple[float, float]:
        """Mean intensity of a living cell, and by how many SD it stands above its ground."""
        mine = self._document.labels[cell.box.slices] == cell.id
        values = self.plane[cell.box.slices][mine].astype(np.float64)
        known = values[np.isfinite(values)]
        mean = float(known.mean()) if known.size else 0.0
        window = cell.box.padded(_AROUND).clip(self._document.shape)
        score = self._score(window)
        free = self._document.labels[window.slices] == 0
        if not free.any():
            return mean, 0.0
        ground, deviation = background_statistics(score.values[free].reshape(1, -1))
        height = float(score.values[cell.box.within(window)][mine].mean()) - ground
        noise = max(deviation, score.step / 2)
        return mean, height / noise if noise > 0 else 0.0

    def _place(self, cell: CellObject) -> tuple[Growth, int]:
        """The ladder of a cell and the step it stands on."""
        growth = self._ladders.get(cell.id)
        at = None if growth is None else self._step(cell, growth)
        if growth is None or at is None:
            # Never grown, or changed by another tool since
            growth = self._steps_around(cell)
            at = growth.chosen
        self.remember(cell.id, growth)
        return growth, at

    def _step(self, cell: CellObject, growth: Growth) -> int | None:
        """Index of the step that has just the cell's pixels, or None."""
        mine = self._document.labels[cell.box.slices] == cell.id
        return next(
            (
                k
                for k, step in enumerate(growth.steps)
                if step.box == cell.box and np.array_equal(step.mask, mine)
            ),
            None,
        )

    def _steps_around(self, cell: CellObject) -> Growth:
        window = cell.box.padded(_AROUND + _HALO).clip(self._document.shape)
        labels = self._document.labels[window.slices].copy()
        labels[labels == cell.id] = 0
        growth = steps_around(
            self._score(window), labels, self._region(cell, window), self._params
        )
        return growth.shifted(window.top, window.left)

    def _measured(self, cell: CellObject) -> OutlineSample | None:
        reach = max(cell.box.height, cell.box.width) // 2 + _AROUND + _HALO
        row, column = (round(value) for value in cell.box.centre)
        window = Box.square(row, column, reach).clip(self._document.shape)
        return outline_sample(self._score(window), self._region(cell, window))

    def _region(self, cell: CellObject, window: Box) -> Region:
        """A living cell's pixels in a window's frame."""
        mask = self._document.labels[cell.box.slices] == cell.id
        return Region(cell.box.shifted(-window.top, -window.left), mask, 0.0)

    def _score(self, window: Box) -> ScoreMap:
        return score_map(self.plane[window.slices], ScoreParams(smoothing=_SMOOTHING))

    def _follow(self, edit: Edit) -> None:
        """Note which cells are confirmed, those of the newest edit last."""
        for item in edit.change.objects:
            self._confirmed.pop(item.id, None)
            if item.after is not None and item.after.state in _CONFIRMED:
                self._confirmed[item.id] = None
            else:
                self._samples.pop(item.id, None)


def way(notches: int) -> str:
    """Which way an outline moves."""
    return "grow" if notches > 0 else "shrink"


def _shape(cell: CellObject) -> Shape:
    """What changes when the pixels do, for all that matters to a measure."""
    return cell.box, cell.area
