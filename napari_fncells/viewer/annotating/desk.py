"""What a simulated annotator sits at: the viewer, its hand and eye, and who counts."""

from __future__ import annotations

import numpy as np

from napari_fncells.core.annotator.attention import Attention
from napari_fncells.core.annotator.drawing import length
from napari_fncells.core.annotator.params import AnnotatorParams
from napari_fncells.core.annotator.sight import Truth, View
from napari_fncells.core.annotator.tally import Tally
from napari_fncells.core.document import Document
from napari_fncells.core.path import Points
from napari_fncells.viewer.pointer import Pointer
from napari_fncells.viewer.workspace import Workspace

_FEW = 4
"""Clicks after which one knows whether they do in a picture."""


class Desk:
    """Joins a workspace with the eye and the hand of a simulated annotator.

    Parameters
    ----------
    workspace
        With a picture and its mask.
    truth
        Gives out what is true of a part of the picture.
    params
        How exact eye and hand are.
    tally
        Counts; it knows more than the annotator, to whom it tells nothing.
    """

    def __init__(
        self, workspace: Workspace, truth: Truth, params: AnnotatorParams, tally: Tally
    ) -> None:
        self.workspace = workspace
        self.params = params
        self.attention = Attention(params)
        self.rng = np.random.default_rng([params.seed, 2])
        self.pointer = Pointer(workspace)
        # Of the cells added by a click in this picture, whether the outline was right
        self.grown: list[bool] = []
        self._truth = truth
        self._tally = tally

    @property
    def document(self) -> Document:
        """The mask, as it is on the screen."""
        return self.workspace.require_session().document

    @property
    def view(self) -> View:
        """What is on the screen now."""
        box = self.pointer.view
        return View(box, self.document.labels[box.slices], self._truth.window(box))

    def look(self, kind: str) -> View:
        """See what came on the screen: one look."""
        self._tally.looked(kind)
        return self.view

    @property
    def growing_pays(self) -> bool:
        """Whether to add a cell by a click, by what came of it here; else one draws at once."""
        return len(self.grown) < _FEW or 2 * sum(self.grown) >= len(self.grown)

    def press(self, name: str, kind: str) -> None:
        """Press the key of a command that leads on or agrees."""
        self.pointer.press(name)
        self._tally.moved(kind)

    def correct(self, name: str, kind: str) -> None:
        """Press the key of a command that changes the mask."""
        self.pointer.press(name)
        self._done(kind)

    def click(
        self, place: tuple[float, float], kind: str, *held: str, exact: bool = False
    ) -> None:
        """Click near a place of the picture."""
        self.pointer.click(*(place if exact else self._astray(place)), *held)
        self._done(kind)

    def point_at(self, place: tuple[float, float]) -> None:
        """Move the pointer near a place of the picture; that is part of what is done there."""
        self.pointer.hover(*self._astray(place))

    def drag(self, path: Points, kind: str, *held: str) -> None:
        """Drag along a path in the picture."""
        self.pointer.drag(path, *held)
        self._done(kind)

    def wheel(self, notch: int, *, first: bool) -> None:
        """Turn the wheel by one notch out (+1) or in (-1); a burst of them is one gesture."""
        self.pointer.wheel(notch)
        self._tally.strained("notches")
        if first:
            self._done("wheel")
        else:
            self._tally.note(self.document.labels)

    def trace(self, path: Points) -> None:
        """Draw the outline of a cell."""
        self._tally.strained("px traced", length(path))
        self.drag(path, "trace", "Control", "Shift")

    @property
    def wobble(self) -> float:
        """SD by which strokes stray, in px of the picture as it is seen."""
        return self.params.wobble / self.pointer.zoom

    def move_to(self, row: float, column: float) -> View:
        """Move the picture aside to see more of something: a move and a look."""
        self.pointer.look_at(row, column)
        self._tally.moved("pan")
        return self.look("aside")

    def zoom_out(self) -> None:
        """Move away from the picture, as far as when it was opened; nothing is judged there."""
        self.workspace.viewer.reset_view()
        self._tally.moved("zoom out")

    def _astray(self, place: tuple[float, float]) -> tuple[float, float]:
        """Where the hand comes to that aims at a place of the picture, on the screen."""
        aside = self.rng.normal(scale=self.params.jitter / self.pointer.zoom, size=2)
        box = self.pointer.view
        return (
            float(np.clip(place[0] + aside[0], box.top, box.bottom - 1)),
            float(np.clip(place[1] + aside[1], box.left, box.right - 1)),
        )

    def _done(self, kind: str) -> None:
        self._tally.corrected(kind, self.document.labels)
