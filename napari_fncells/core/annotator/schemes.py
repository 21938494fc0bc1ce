"""The gestures of other programs, counted by what is published of them.

The annotator goes over the picture part by part, with the eye of `Attention`; there are no
candidates and no walk from cell to cell. Where nothing is published, what is taken favours them.

- *napari* alone: the first removal takes 3 actions (fill tool, label 0, click), each further one
  1, though the tool would have to be chosen again after each cell that was added. A cell is added
  by M (new label), 2 (paint), trace and fill: 4. Traced over a merged piece, that cuts it.
- *Cellpose*' window: Ctrl+click removes, 1. A cell is added by tracing its perimeter, counted as 1
  though it is long. A bad outline, and a merged piece, is removed and traced anew. Two parts are
  merged by a click on one and Alt+click on the other: 2; for napari the same is counted (pick a
  label, fill). Parts that would not make a good outline together are removed, and the cell is
  traced: that takes fewer.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from napari_fncells.core.annotator import drawing
from napari_fncells.core.annotator.attention import Attention
from napari_fncells.core.annotator.judging import Comparison, Fault, Judgement, iou
from napari_fncells.core.annotator.params import AnnotatorParams
from napari_fncells.core.annotator.sight import TruthWindows, View
from napari_fncells.core.annotator.tally import AnnotatorReport, Tally
from napari_fncells.core.coverage import sweep
from napari_fncells.core.geometry import Box
from napari_fncells.core.matching import IOU_THRESHOLD, refuse_other_shape
from napari_fncells.core.params.coverage import CoverageParams
from napari_fncells.core.path import box_of, enclosed


@dataclass(frozen=True)
class Scheme:
    """What corrections cost in a program.

    Attributes
    ----------
    name
        The program's.
    first_removal
        Actions of the first removal; each further one is 1.
    adding
        Actions that add a cell by its outline.
    merging
        Actions that make one cell of two.
    overpaints
        Whether a cell can be traced over another one.
    """

    name: str
    first_removal: int
    adding: int
    merging: int
    overpaints: bool


SCHEMES = (
    Scheme("napari alone", first_removal=3, adding=4, merging=2, overpaints=True),
    Scheme("Cellpose window", first_removal=1, adding=1, merging=2, overpaints=False),
)

_MARGIN = 0.95
"""Share of the canvas that a picture takes up where all of it is seen, as napari has it."""


def work_by_scheme(
    scheme: Scheme,
    truth: NDArray[np.integer],
    draft: NDArray[np.integer],
    canvas: tuple[int, int],
    params: AnnotatorParams | None = None,
) -> AnnotatorReport:
    """Let a simulated annotator correct a draft in another program.

    Parameters
    ----------
    scheme
        What its corrections cost.
    truth, draft
        (Y, X) instance labels of the true cells, and of what the work begins from.
    canvas
        Height and width of the screen, in px.
    params
        How exact it sees and draws.

    Raises
    ------
    UserError
        For masks of different shapes.
    """
    refuse_other_shape(draft, truth)
    worker = _Worker(scheme, truth, draft, params or AnnotatorParams())
    worker.go_over(canvas)
    return worker.tally.report(scheme.name, "sweep")


class _Worker:
    """One picture in the hands of a simulated annotator."""

    def __init__(
        self,
        scheme: Scheme,
        truth: NDArray[np.integer],
        draft: NDArray[np.integer],
        params: AnnotatorParams,
    ) -> None:
        self._scheme, self._params = scheme, params
        self._truth = TruthWindows(truth)
        self._labels = draft.astype(np.int32)
        self._next = int(draft.max(initial=0)) + 1
        self._attention = Attention(params)
        self._rng = np.random.default_rng([params.seed, 2])
        self._removed_any = False
        self._zoom = 1.0
        self._judged: set[int] = set()
        self.tally = Tally(truth, draft)

    def go_over(self, canvas: tuple[int, int]) -> None:
        """Go over all parts of the picture."""
        known = CoverageParams()
        shape = self._truth.shape
        # As the sweep: not farther off than where the whole picture is seen
        fits = _MARGIN * min(c / side for c, side in zip(canvas, shape, strict=True))
        zoom = self._zoom = max(known.sweep_zoom, fits)
        size = canvas[0] / zoom, canvas[1] / zoom
        visited: list[Box] = []
        for part in sweep(shape, size, known.overlap):
            self.tally.moved("next part")
            self.tally.looked("part")
            self._work_on(part, visited)
            visited.append(part)

    def _view(self, box: Box) -> View:
        return View(box, self._labels[box.slices], self._truth.window(box))

    def _work_on(self, part: Box, visited: list[Box]) -> None:
        comparison = Comparison(self._view(part))
        for piece in comparison.pieces:
            view = self._view(part)
            mask = view.labels == piece
            if piece in self._judged or not mask.any():
                continue
            if view.goes_on_unseen(self._truth.shape, mask, visited):
                continue
            self._judged.add(piece)
            view = self._in_full(view, mask)
            judgement = Comparison(view).judge(piece)
            wrong = judgement.fault is not Fault.NONE
            if not self._attention.seems_wrong("cell", piece, wrong=wrong):
                continue
            for cell in judgement.cells if not wrong else ():
                self._attention.overlook("missed", cell)
            self._mend(view.box, piece, judgement)
        view = self._view(part)
        for cell in Comparison(view).missed():
            mask = view.truth == cell
            if view.goes_on_unseen(self._truth.shape, mask, visited):
                continue
            if self._attention.seems_wrong("missed", cell, wrong=True):
                self._trace(self._in_full(view, mask).box, cell)

    def _mend(self, box: Box, piece: int, judgement: Judgement) -> None:
        fault = judgement.fault
        overpainted = fault is Fault.MERGED and self._scheme.overpaints
        if fault is Fault.PART and not self._would_fit(box, judgement):
            # Merging them and then redrawing the whole takes more
            for part in judgement.pieces:
                self._remove(part)
            self._trace(box, judgement.cells[0])
            return
        if fault is Fault.PART:
            piece = self._merge(judgement.pieces)
        elif overpainted:
            for cell in judgement.cells[1:]:
                self._trace(box, cell, over=True)
        if fault is Fault.PART or overpainted:
            # What came of it may still have a bad outline
            judgement = Comparison(self._view(box)).judge(piece)
            fault = judgement.fault
            if fault is not Fault.OUTLINE:
                return
        self._remove(piece)
        if fault in (Fault.MERGED, Fault.OUTLINE):
            for cell in judgement.cells:
                self._trace(box, cell)

    def _would_fit(self, box: Box, judgement: Judgement) -> bool:
        """Whether the parts of a cell, merged, are its match."""
        view = self._view(box)
        union = np.isin(view.labels, judgement.pieces)
        return iou(union, view.truth == judgement.cells[0]) > IOU_THRESHOLD

    def _remove(self, piece: int) -> None:
        self._labels[self._labels == piece] = 0
        times = 1 if self._removed_any else self._scheme.first_removal
        self._removed_any = True
        self.tally.corrected("remove", self._labels, times)

    def _merge(self, pieces: tuple[int, ...]) -> int:
        """Make one of several pieces; returns which."""
        first, *others = pieces
        for other in others:
            self._labels[self._labels == other] = first
            self.tally.corrected("join", self._labels, self._scheme.merging)
        return first

    def _trace(self, box: Box, cell: int, *, over: bool = False, again: bool = True) -> None:
        """Trace a cell; once more where the outline came out too badly."""
        mask = self._view(box).truth == cell
        if not mask.any():
            return
        path = drawing.outline(mask, self._params.wobble / self._zoom, self._rng) + box[:2]
        self.tally.strained("px traced", drawing.length(path))
        place = box_of(path).clip(self._truth.shape)
        inside = enclosed(path, place, even_odd=False)
        labels = self._labels[place.slices]
        labels[inside & ((labels == 0) | over)] = self._next
        fresh, self._next = self._next, self._next + 1
        self._judged.add(fresh)
        self.tally.corrected("trace", self._labels, self._scheme.adding)
        view = self._view(box)
        if again and not Comparison(view).is_found(cell) and (view.labels == fresh).any():
            self._remove(fresh)
            self._trace(box, cell, over=over, again=False)

    def _in_full(self, view: View, mask: NDArray[np.bool_]) -> View:
        """Move the picture aside where the screen cuts something off."""
        if not view.beyond(self._truth.shape, mask):
            return view
        rows, columns = np.nonzero(mask)
        box, shape = view.box, self._truth.shape
        top = box.top + round(float(rows.mean())) - box.height // 2
        left = box.left + round(float(columns.mean())) - box.width // 2
        self.tally.moved("pan")
        self.tally.looked("aside")
        return self._view(Box(top, left, top + box.height, left + box.width).clip(shape))
