"""Going from one missed-cell candidate to the next; showing, adopting and dismissing them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from psygnal import Signal

from napari_fncells.core.candidates import dismiss
from napari_fncells.core.grow import Region
from napari_fncells.session.doubting import Found
from napari_fncells.session.image import ImageSession, Outcome

if TYPE_CHECKING:
    from napari_fncells.viewer.workspace import Workspace

_NONE = "No missed cell is left to look at."


class Missed:
    """The candidates of the current picture.

    Parameters
    ----------
    workspace
        Whose current picture is looked at.

    Attributes
    ----------
    current
        The candidate walked to, or None.
    shown
        Whether the outlines of all open candidates are drawn.
    told
        How far one is, and how likely the candidate walked to is a cell.
    arrived
        Signal(): another candidate was walked to, at once or after a look at the picture; or none
        is left.
    """

    arrived = Signal()

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self.current: Region | None = None
        self._outline: Region | None = None
        self._to_find = False
        self.shown = False
        self.told = ""
        self._drawn = False

    @property
    def outline(self) -> Region | None:
        """The outline that adopting the candidate gives, which is drawn; None for none."""
        self._find()
        return self._outline

    def watch(self) -> None:
        """Find that outline once the camera is there: it takes as long as two frames or more."""
        if not self._workspace.glide.going:
            self._find()

    def step(self, by: int, *, fresh: bool = False, said: str = "") -> None:
        """Go to the next (+1) or previous (-1) candidate; they are looked for at first.

        Parameters
        ----------
        by
            Which way.
        fresh
            Whether only those count that were not looked at yet.
        said
            What is said before anything else.
        """
        session = self._workspace.require_session()
        if session.doubting.candidates is not None:
            self._go(session, by, fresh=fresh, said=said)
            return
        self._look_for(session, lambda: self._go(session, by, fresh=fresh, said=said))

    def go_to(self, number: int, said: str = "") -> None:
        """Go to a candidate by its number, where it is open."""
        session = self._workspace.session
        if session is None or number not in session.doubting.likely().chances:
            return
        session.doubting.candidate_walk.go_to(number)
        self._show(session, number, said)

    @staticmethod
    def ahead(session: ImageSession) -> str:
        """What G leads to, in words; empty where all was looked at."""
        doubting = session.doubting
        if doubting.candidates is None:
            return " G looks for missed cells."
        left = sum(doubting.candidate_walk.is_new(n) for n in doubting.likely().chances)
        cells = "cell" if left == 1 else "cells"
        return f" G leads to {left} likely missed {cells}." if left else ""

    def leave(self) -> None:
        """Highlight no candidate any more."""
        if self.current is not None:
            self.current = None
            self._to_find = False
            self._propose(None)

    def take_in(self) -> None:
        """Follow an edit: it may have changed what adopting the candidate gives, or taken it."""
        session = self._workspace.session
        candidates = session.doubting.candidates if session is not None else None
        if session is None or candidates is None or self.current is None:
            self.draw()
        elif any(candidates.regions[n] is self.current for n in candidates.open):
            self._seek()
        else:
            self.leave()

    def toggle(self) -> str | None:
        """Show the outlines of all open candidates, or hide them; says which in words."""
        self.shown = not self.shown
        if not self.shown:
            self.draw()
            return "Missed-cell candidates are hidden."
        self.follow()
        return None

    def follow(self) -> None:
        """Show the candidates of the current picture, where they are to be shown."""
        session = self._workspace.session
        if not self.shown or session is None:
            self.draw()
        elif session.doubting.candidates is None:
            self._look_for(session, self._tell)
        else:
            self._tell()

    def draw(self) -> None:
        """Draw what is to be shown; only what changed is drawn anew."""
        session, regions = self._workspace.session, {}
        if not self.shown and not self._drawn:
            return
        self._drawn = self.shown
        if self.shown and session is not None and session.doubting.candidates is not None:
            candidates = session.doubting.candidates
            likely = {n: candidates.regions[n] for n in session.doubting.likely().chances}
            # Of the one walked to, what adopting it gives is drawn in its place
            regions = {n: region for n, region in likely.items() if region is not self.current}
        self._workspace.overlay.show_candidates(regions)

    def adopt(self) -> Outcome:
        """Make the candidate a cell, with the outline that is drawn."""
        session, region = self._taken()
        return session.adopt_candidate(region)

    def dismiss(self) -> Outcome:
        """Never propose a cell there again."""
        session, region = self._taken()
        edit = session.document.commit(dismiss(session.document, region))
        return Outcome("Dismissed: nothing will be proposed there again.", edit)

    def _taken(self) -> tuple[ImageSession, Region]:
        """The candidate that is decided on; it is no longer highlighted."""
        region = self.current
        if region is None:
            raise ValueError("no candidate is highlighted")
        self._workspace.settle()
        self.leave()
        return self._workspace.require_session(), region

    def _look_for(self, session: ImageSession, done: Callable[[], None]) -> None:
        """Look for candidates, off the window's thread; then go on if the picture is the same."""

        def put(found: Found) -> None:
            session.doubting.put(found)
            if self._workspace.session is session and session.doubting.candidates is not None:
                done()

        steps = session.doubting.steps(self._workspace.scorer, missed=True)
        self._workspace.aside("Looking for missed cells", steps, put)

    def _go(self, session: ImageSession, by: int, *, fresh: bool, said: str) -> None:
        """Highlight another candidate: by likelihood, or back the way one came."""
        doubting = session.doubting
        chances, walk = doubting.likely().chances, doubting.candidate_walk
        if by < 0:
            number = walk.back(lambda n: n in chances)
        else:
            wanted = {n for n in chances if not fresh or walk.is_new(n)}
            number = walk.forward(list(chances), wanted)
        if number is None:
            if by < 0 and self.current is not None:
                self._workspace.report("This is the first candidate you looked at.")
                return
            self.leave()
            self._workspace.report(said + _NONE)
            self.arrived.emit()
            return
        self._show(session, number, said)

    def _show(self, session: ImageSession, number: int, said: str = "") -> None:
        doubting = session.doubting
        candidates = doubting.candidates
        if candidates is None:
            return
        chances = doubting.likely().chances
        self.current = candidates.regions[number]
        self._propose(self.current)
        self._seek()
        self._workspace.look_at(self.current.box)
        seen = doubting.candidate_walk.seen
        total = len(seen | chances.keys())
        self.told = f"A missed cell? {len(seen)} of {total}, {chances[number]:.0%} likely"
        ways = "A adopts the outline, D dismisses it for good."
        # The dock has a place of its own for how far one is
        self._workspace.said.emit(f"{said}{ways}")
        self._workspace.viewer.status = f"{said}{self.told}. {ways}"
        self.arrived.emit()

    def _seek(self) -> None:
        """Have the outline found anew: by `watch` where somebody calls it, else at once."""
        self._to_find = True
        if not self._workspace.glide.timed:
            self._find()

    def _find(self) -> None:
        """Find the outline that adopting the candidate gives, and draw it."""
        session = self._workspace.session
        if self._to_find and session is not None and self.current is not None:
            self._to_find = False
            self._propose(session.outline_of(self.current))

    def _propose(self, outline: Region | None) -> None:
        """Draw the outline that adopting the candidate gives, or for now its own; or none."""
        if outline is not self._outline:
            self._outline = outline
            self._workspace.overlay.propose(outline)
        self.draw()

    def _tell(self) -> None:
        session = self._workspace.session
        self.draw()
        number = len(session.doubting.likely().chances) if session is not None else 0
        cells = "cell" if number == 1 else "cells"
        self._workspace.report(
            f"{number} likely missed {cells}, dashed. G goes through them." if number else _NONE
        )
