"""The review of cells by keys: which cell a key means, going from one to the next."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from napari_fncells.core.edits import EditKind
from napari_fncells.core.walk import next_to_review
from napari_fncells.session.image import ImageSession, Outcome
from napari_fncells.viewer.missed import Missed

if TYPE_CHECKING:
    from napari_fncells.viewer.workspace import Workspace

BURST_S = 1.0
"""Turns of the wheel that follow one another within this are undone together."""


class Review:
    """Selects, walks and judges cells.

    A key means the cell walked to, until the pointer moves; then the one under the pointer, else
    the selected one.

    Parameters
    ----------
    workspace
        Whose current picture is worked on.
    """

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._selected: int | None = None
        self._several: frozenset[int] = frozenset()
        self._walked_at: Any = None
        self._wheel, self._wheel_at = 0.0, 0.0
        self._last_turn = (-1, 0.0)
        self._missed = Missed(workspace)

    @property
    def selected(self) -> int | None:
        """Id of the selected cell, or None."""
        return self._selected if self._is_alive(self._selected) else None

    @property
    def target(self) -> int | None:
        """Id of the cell that a key means, or None."""
        if self._walked_at is not None and self._walked_at == self._pointer():
            return self.selected
        hovered = self._hovered()
        return hovered if hovered is not None else self.selected

    # -- selecting and walking -------------------------------------------------------------

    def select(self, i: int | None) -> None:
        """Select a cell, or none."""
        self._select(i, frozenset())

    def select_several(self, ids: Iterable[int]) -> None:
        """Select cells; where no other is under the pointer, A, D and U mean all of them."""
        several = frozenset(ids)
        if len(several) > 1:
            self._select(None, several)
        else:
            self._select(next(iter(several), None), frozenset())

    @property
    def several(self) -> frozenset[int]:
        """Ids of the living cells selected together; empty where one is selected, or none."""
        return frozenset(i for i in self._several if self._is_alive(i))

    def select_at(self, row: int, column: int) -> None:
        """Select the cell at a pixel and say what is known of it; on the ground, none."""
        session = self._workspace.session
        if session is None:
            return
        cell = session.document.cell_at(row, column)
        self.select(cell.id if cell else None)
        if cell is not None:
            self._workspace.report(session.describe(cell.id))

    def step(self, by: int) -> None:
        """Go to the next (+1) or previous (-1) cell to review; the camera follows."""
        session = self._workspace.session
        cell = next_to_review(session.document, self._selected, by) if session else None
        if session is None or cell is None:
            self._workspace.report("There is no cell to review.")
            return
        self.select(cell.id)
        self._workspace.look_at(cell.box)
        self._walked_at = self._pointer()
        self._workspace.report(session.describe(cell.id))

    def step_candidate(self, by: int) -> None:
        """Go to the next (+1) or previous (-1) missed-cell candidate; the camera follows."""
        self._missed.step(by)
        self._walked_at = self._pointer()

    # -- what a key does to the cell it means ------------------------------------------------

    def accept(self) -> None:
        """Accept the cell, or adopt the candidate walked to."""
        if self._means_several:
            self.act_on_several(ImageSession.accept_cells)
            return
        if self.at_candidate:
            self._workspace.report(self._missed.adopt().message)
            return
        self._act(lambda session, i: session.accept(i))

    def remove(self) -> None:
        """Remove the cell, or dismiss the candidate walked to."""
        if self._means_several:
            self.act_on_several(ImageSession.remove_cells)
            return
        if self.at_candidate:
            self._workspace.report(self._missed.dismiss().message)
            return
        self._act(lambda session, i: session.remove(i))

    def unsure(self) -> None:
        """Mark the cell as unsure."""
        if self._means_several:
            self.act_on_several(ImageSession.unsure_cells)
            return
        self._act(lambda session, i: session.unsure(i))

    def act_on_several(self, act: Callable[[ImageSession, frozenset[int]], Outcome]) -> None:
        """Do something to the selected cells, be they one or many, in one step."""
        session = self._workspace.require_session()
        one = frozenset() if self.selected is None else frozenset([self.selected])
        self._workspace.settle()
        self._workspace.report(act(session, self.several or one).message)

    def split(self) -> None:
        """Split the cell by its shape."""
        self._act(lambda session, i: session.split(i))

    def smooth(self) -> None:
        """Smooth the cell and fill its holes."""
        self._act(lambda session, i: session.smooth(i))

    def revert(self) -> None:
        """Give the cell the outline its draft had."""
        self._act(lambda session, i: session.revert(i))

    def note(self) -> None:
        """Let a note be written on the cell."""
        i = self.target
        if i is None:
            self._workspace.report("No cell under the pointer and none selected.")
            return
        if i != self.selected:
            self.select(i)
        self._workspace.note_wanted.emit(i)

    def resize(self, notches: int) -> None:
        """Grow (+) or shrink (-) the cell just added or selected."""
        i = self.selected if self.selected is not None else self.target
        if i is None:
            self._workspace.report("Click a cell first, or add one: then grow or shrink it.")
            return
        if self._workspace.session is None:
            return
        self._workspace.settle()
        continues = self._continues(i)
        outcome = self._workspace.session.resize(i, notches, continues=continues)
        self._last_turn = (i, time.monotonic())
        self._workspace.report(outcome.message)

    def turn(self, delta: float) -> None:
        """Follow the wheel: whole notches resize, fractions of a trackpad add up."""
        now = time.monotonic()
        if now - self._wheel_at > BURST_S:
            self._wheel = 0.0
        self._wheel += delta
        self._wheel_at = now
        notches = int(self._wheel)
        if notches:
            self._wheel -= notches
            self.resize(notches)

    # -- how it is done --------------------------------------------------------------------

    @property
    def at_candidate(self) -> bool:
        """Whether a candidate was walked to and the pointer has not moved since."""
        return self._missed.current is not None and self._walked_at == self._pointer()

    @property
    def _means_several(self) -> bool:
        """Whether a key means the cells selected together."""
        return bool(self.several) and not self.at_candidate and self._hovered() is None

    def _select(self, i: int | None, several: frozenset[int]) -> None:
        self._selected, self._several = i, several
        self._walked_at = None
        self._missed.leave()
        self._workspace.overlay.select(i)
        self._workspace.overlay.mark(several)
        self._workspace.selected.emit()

    def _act(self, act: Callable[[ImageSession, int], Outcome]) -> None:
        session, i = self._workspace.session, self.target
        if session is None or i is None:
            self._workspace.report("No cell under the pointer and none selected: nothing changed.")
            return
        self._workspace.settle()
        walked = self._walked_at
        self._workspace.report(act(session, i).message)
        # The walk goes on from here, also where the cell is gone
        self._walked_at = walked

    def _continues(self, i: int) -> bool:
        """Whether the last edit was a turn of the wheel on this cell, a moment ago."""
        session = self._workspace.session
        cell, moment = self._last_turn
        if session is None or cell != i or time.monotonic() - moment > BURST_S:
            return False
        newest = session.document.edits_since(session.document.edit_count - 1)
        return bool(newest) and newest[0].change.kind is EditKind.RESIZE and not newest[0].reverts

    def _is_alive(self, i: int | None) -> bool:
        session = self._workspace.session
        return session is not None and i is not None and session.document.is_alive(i)

    def _pointer(self) -> Any:
        return tuple(self._workspace.viewer.cursor.position)

    def _hovered(self) -> int | None:
        """Cell under the pointer, where that is over the canvas."""
        mask = self._workspace.mask_layer
        if mask is None or not self._workspace.viewer.mouse_over_canvas:
            return None
        row, column = (round(v) for v in mask.picture_position(self._pointer()))
        cell = mask.document.cell_at(row, column)
        return cell.id if cell else None
