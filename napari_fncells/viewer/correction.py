"""What mouse gestures do to the current picture's mask."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from napari_fncells.core.edits import EditKind
from napari_fncells.core.errors import UserError
from napari_fncells.session.image import ImageSession, Outcome
from napari_fncells.viewer.area import work_area
from napari_fncells.viewer.gestures import Path, Points
from napari_fncells.viewer.layer import MaskLayer

if TYPE_CHECKING:
    from napari_fncells.viewer.workspace import Workspace


class Correction:
    """The hand that gestures move (`gestures.Hand`).

    Parameters
    ----------
    workspace
        Whose current picture is worked on.
    """

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    def mask_to_correct(self) -> MaskLayer | None:
        """The mask a gesture works on: an empty one is begun where there is none yet."""
        workspace = self._workspace
        if workspace.current is None:
            return None
        try:
            workspace.require_session()
        except UserError as error:
            workspace.report(str(error))
            return None
        return workspace.mask_layer

    def be_at(self, x: float, y: float) -> None:
        """Take note of where the pointer is on the canvas, in px."""
        self._workspace.review.pointer.be_at(x, y)

    def point_to(self, row: float, column: float) -> None:
        """Move the work area of a large picture to a place that lies outside of it."""
        mask = self._workspace.mask_layer
        if mask is None:
            return
        area = mask.area
        inside = area.top <= row < area.bottom and area.left <= column < area.right
        if not inside:
            mask.move_area(work_area(mask.document.shape, (row, column)))

    def fix_at(self, row: int, column: int) -> Outcome:
        """Mend what is wrong at a pixel; a cell that was added can be resized at once."""
        return self._adding(lambda session: session.fix_at(row, column))

    def remove_inside(self, path: Path) -> Outcome:
        """Remove the cells inside a lasso."""
        return self._session().remove_inside(path)

    def cut_or_join(self, path: Path) -> Outcome:
        """Cut a cell along a stroke, or join two."""
        return self._session().cut_or_join(path)

    def trace(self, path: Path) -> Outcome:
        """Add a cell by its outline, or give the outline to the cell it goes over."""
        return self._adding(lambda session: session.trace(path))

    def select_at(self, y: float, x: float) -> None:
        """Select the cell at a point of the world."""
        mask = self._workspace.mask_layer
        if mask is not None:
            row, column = mask.picture_position((y, x))
            self._workspace.review.select_at(round(row), round(column))

    def turn(self, delta: float) -> None:
        """Grow or shrink by turns of the wheel."""
        self._workspace.review.turn(delta)

    def show_trail(self, kind: str, points: Points) -> None:
        """Ask the window to draw the path of a gesture."""
        self._workspace.trail.emit(kind, points)

    def report(self, message: str) -> None:
        """Say something in the status bar."""
        self._workspace.report(message)

    def _session(self) -> ImageSession:
        session = self._workspace.require_session()
        self._workspace.settle()
        return session

    def _adding(self, act: Callable[[ImageSession], Outcome]) -> Outcome:
        """Do what may add or redraw a cell, and select that: it can be resized at once."""
        outcome = act(self._session())
        change = outcome.edit.change if outcome.edit is not None else None
        if change is not None and change.kind in (EditKind.ADD, EditKind.REDRAW):
            self._workspace.review.keep(
                next(item.id for item in change.objects if item.after is not None)
            )
        return outcome
