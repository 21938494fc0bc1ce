"""The review of cells by keys: which cell a key means, going from one to the next."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from functools import partial
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from psygnal import Signal

from napari_fncells.core.edits import Action, Edit, EditKind
from napari_fncells.core.objects import ObjectState
from napari_fncells.session.choices import keep_choices, known_choices
from napari_fncells.session.image import ImageSession, Outcome
from napari_fncells.viewer.hover import Hover
from napari_fncells.viewer.missed import Missed
from napari_fncells.viewer.walking import Walking

if TYPE_CHECKING:
    from napari_fncells.viewer.workspace import Workspace

BURST_S = 1.0
"""Turns of the wheel that follow one another within this are undone together."""

_NO_CELL = "No cell under the pointer and none selected: nothing changed."


class Review:
    """Selects, walks and judges cells.

    A key, and the wheel, mean the cell that was walked to, just made or resized, until the pointer
    moves; then the one under the pointer, else the selected one. At a candidate they mean that,
    until the pointer is moved onto a cell.

    Parameters
    ----------
    workspace
        Whose current picture is worked on.

    Attributes
    ----------
    missed
        The missed-cell candidates.
    hover
        Where the pointer is, and whether it moved.
    moved
        Signal(): one is somewhere else, or how far one is changed.
    """

    moved = Signal()

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._choices = known_choices(workspace.saving.root)
        self._selected: int | None = None
        self._several: frozenset[int] = frozenset()
        self._walked = self._kept = False
        self.hover = Hover(workspace)
        self._wheel, self._wheel_at = 0.0, 0.0
        self._last_turn = (-1, 0.0)
        self._walking = Walking(workspace)
        self.missed = Missed(workspace)
        self.missed.shown = self._choices.candidates
        self.missed.arrived.connect(self._be_at_candidate)
        # What was decided on the way, by the number of the edit: a cell, or a candidate
        self._decided: WeakKeyDictionary[ImageSession, dict[int, tuple[str, int]]] = (
            WeakKeyDictionary()
        )

    @property
    def selected(self) -> int | None:
        """Id of the selected cell, or None."""
        return self._selected if self._is_alive(self._selected) else None

    @property
    def target(self) -> int | None:
        """Id of the cell that a key, or the wheel, means; None for none."""
        kept = self._walked or (self._kept and self.selected is not None)
        if kept and not self.hover.moved:
            return self.selected
        hovered = self._hovered()
        return hovered if hovered is not None else self.selected

    # -- selecting and walking -------------------------------------------------------------

    def select(self, i: int | None) -> None:
        """Select a cell, or none."""
        self._select(i, frozenset())

    def keep(self, i: int) -> None:
        """Select a cell that was just made or resized, and mean it until the pointer moves."""
        if i != self.selected:
            self.select(i)
        self._kept = True
        self.hover.rest()

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
        """Go to the next (+1) cell, the most doubtful first, or back (-1); the camera follows."""
        if self._workspace.session is None:
            self._workspace.report("There is no cell to review.")
            return
        self._walking.next(by, lambda i: self._arrive(i, by))

    def step_candidate(self, by: int) -> None:
        """Go to the next (+1) missed-cell candidate, the likeliest first, or back (-1)."""
        self.missed.step(by)

    def toggle_candidates(self) -> str | None:
        """Show the outlines of all likely missed cells, or hide them; says which in words."""
        said = self.missed.toggle()
        self._remember(candidates=self.missed.shown)
        self.moved.emit()
        return said

    @property
    def goes_on(self) -> bool:
        """Whether a decision on what was walked to goes on to the next; kept between starts."""
        return self._choices.goes_on

    @goes_on.setter
    def goes_on(self, goes_on: bool) -> None:
        self._remember(goes_on=goes_on)
        self.moved.emit()

    @property
    def told(self) -> str:
        """How far one is and what is doubtful about the cell one is at; empty for nothing."""
        session, i = self._workspace.session, self.selected
        if self.missed.current is not None:
            return self.missed.told
        if session is None or i is None or i != session.doubting.walk.current:
            return ""
        return self._walking.told(session, i)

    def take_in(self, edit: Edit) -> None:
        """Follow an edit: what was decided on is looked at; what is taken back is gone back to."""
        session = self._workspace.session
        if session is None:
            return
        ids = [item.id for item in edit.change.objects]
        walk = session.doubting.walk
        if edit.action is Action.UNDO:
            walk.forget(ids)
            said = f"Undone: {edit.change.summary}. "
            self._back_to(self._decided.get(session, {}).get(edit.reverts or 0), said)
        elif edit.change.kind is not EditKind.DRAFT:
            walk.note(ids)
        self.missed.take_in()
        self.moved.emit()

    def _arrive(self, i: int | None, by: int = 1, said: str = "") -> None:
        """Be at a cell that was walked to, and tell of it."""
        session = self._workspace.session
        cell = session.document.objects.get(i) if session is not None and i is not None else None
        if session is None or cell is None:
            self._workspace.report(said + self._nothing(session, by))
            self.moved.emit()
            return
        self.select(cell.id)
        self._workspace.look_at(cell.box)
        self._be_there()
        told, facts = self._walking.told(session, cell.id), session.describe(cell.id)
        # The dock has a place of its own for how far one is
        self._workspace.said.emit(f"{said}{facts}")
        self._workspace.viewer.status = f"{said}{told}. {facts}"
        self.moved.emit()

    def _nothing(self, session: ImageSession | None, by: int) -> str:
        """Why there is no cell to go to."""
        if session is None or not session.document.counts.final:
            return "There is no cell to review."
        if by < 0:
            return "This is the first cell you looked at."
        left = len(session.doubting.wanted)
        _, total = session.doubting.progress
        words = f"All {total:,} looked at."
        if left:
            words += f" N goes over the {left:,} left open."
        return words + self.missed.ahead(session)

    def _back_to(self, place: tuple[str, int] | None, said: str) -> None:
        """Go back to where a decision that is taken back was made."""
        session = self._workspace.session
        if place is None or session is None:
            return
        what, number = place
        if what == "candidate":
            session.doubting.candidate_walk.forget([number])
            self.missed.go_to(number, said)
        elif session.document.is_alive(number):
            session.doubting.walk.go_to(number)
            self._arrive(number, 1, said)

    # -- what a key does to the cell it means ------------------------------------------------

    def accept(self) -> None:
        """Accept the cell, or adopt the candidate walked to."""
        if self._means_several:
            self.act_on_several(ImageSession.accept_cells)
            return
        if self.at_candidate:
            self._decide_candidate(self.missed.adopt)
            return
        self._decide(lambda session, i: session.accept(i))

    def remove(self) -> None:
        """Remove the cell, or dismiss the candidate walked to."""
        if self._means_several:
            self.act_on_several(ImageSession.remove_cells)
            return
        if self.at_candidate:
            self._decide_candidate(self.missed.dismiss)
            return
        self._decide(lambda session, i: session.remove(i))

    def unsure(self) -> None:
        """Mark the cell as unsure."""
        if self._means_several:
            self.act_on_several(ImageSession.unsure_cells)
            return
        self._decide(lambda session, i: session.unsure(i))

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
        """Grow (+) or shrink (-) the cell; it is the selected one from then on."""
        session, i = self._workspace.session, self.target
        if session is None or i is None:
            self._workspace.report(_NO_CELL)
            return
        self._workspace.settle()
        outcome = session.resize(i, notches, continues=self._continues(i))
        self._last_turn = (i, time.monotonic())
        # The pointer may be outside of it now, and the next turn is meant for it, too
        self.keep(i)
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

    def _remember(self, **changes: bool) -> None:
        """Keep what was chosen for the next start, in the background."""
        self._choices = self._choices.at(**changes)
        saving = self._workspace.saving
        saving.later(partial(keep_choices, self._choices, saving.root))

    @property
    def at_candidate(self) -> bool:
        """Whether keys mean the candidate walked to: until the pointer is moved onto a cell."""
        return self.missed.current is not None and (
            not self.hover.moved or self._hovered() is None
        )

    @property
    def _means_several(self) -> bool:
        """Whether a key means the cells selected together."""
        return bool(self.several) and not self.at_candidate and self._hovered() is None

    def _select(self, i: int | None, several: frozenset[int]) -> None:
        self._selected, self._several = i, several
        self._walked = self._kept = False
        self.missed.leave()
        self._workspace.overlay.select(i)
        self._workspace.overlay.mark(several)
        self.moved.emit()
        self._workspace.selected.emit()

    def _act(self, act: Callable[[ImageSession, int], Outcome]) -> Outcome | None:
        session, i = self._workspace.session, self.target
        if session is None or i is None:
            self._workspace.report(_NO_CELL)
            return None
        self._workspace.settle()
        walked = self._walked
        outcome = act(session, i)
        self._workspace.report(outcome.message)
        # The walk goes on from here, also where the cell is gone
        self._walked = walked
        return outcome

    def _decide(self, act: Callable[[ImageSession, int], Outcome]) -> None:
        """Decide on the cell a key means; go on from one that was walked to."""
        session, i = self._workspace.session, self.target
        walk = session.doubting.walk if session is not None else None
        walked = walk is not None and i is not None and i == walk.current and self._walked
        outcome = self._act(act)
        if session is None or outcome is None or i is None or not walked:
            return
        if outcome.edit is not None:
            self._decided.setdefault(session, {})[outcome.edit.sequence] = "cell", i
        cell = session.document.objects.get(i)
        if self.goes_on and cell is not None and cell.state is not ObjectState.DRAFT:
            said = f"{outcome.message} "
            self._walking.next(1, lambda i: self._arrive(i, 1, said), fresh=True)

    def _decide_candidate(self, act: Callable[[], Outcome]) -> None:
        session = self._workspace.require_session()
        number = session.doubting.candidate_walk.current
        outcome = act()
        self._workspace.report(outcome.message)
        if outcome.edit is None or number is None:
            return
        self._decided.setdefault(session, {})[outcome.edit.sequence] = "candidate", number
        if self.goes_on:
            self.missed.step(1, fresh=True, said=f"{outcome.message} ")

    def _be_at_candidate(self) -> None:
        """Let keys mean the candidate walked to, if one is left, and no cell."""
        if self.missed.current is not None:
            self._selected, self._several = None, frozenset()
            self._workspace.overlay.select(None)
            self._workspace.overlay.mark(frozenset())
            self._be_there()
            self._workspace.selected.emit()
        self.moved.emit()

    def _be_there(self) -> None:
        """Let keys mean what was walked to, until the pointer moves."""
        self._walked, self._kept = True, False
        self.hover.rest()

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

    def _hovered(self) -> int | None:
        """Cell under the pointer, where that is over the canvas."""
        mask = self._workspace.mask_layer
        if mask is None or not self._workspace.viewer.mouse_over_canvas:
            return None
        row, column = (round(v) for v in mask.picture_position(self.hover.position))
        cell = mask.document.cell_at(row, column)
        return cell.id if cell else None
