"""Walking through the cells of the current picture, the most doubtful first."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from napari_fncells.session.doubting import Found
from napari_fncells.session.image import ImageSession

if TYPE_CHECKING:
    from napari_fncells.viewer.workspace import Workspace


class Walking:
    """Finds the cell to go to; what is not known yet is found out beside the work.

    Parameters
    ----------
    workspace
        Whose current picture is walked through.
    """

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._waiting: ImageSession | None = None

    def next(self, by: int, go: Callable[[int | None], None], *, fresh: bool = False) -> None:
        """Find the next (+1) or previous (-1) cell and go there.

        Parameters
        ----------
        by
            Which way.
        go
            Called with the id of the cell, or None where there is none: at once, or when the
            cells of a large picture have been measured.
        fresh
            Whether only cells count that were not looked at yet, or whose decision was taken back.
        """
        session = self._workspace.session
        if session is None:
            go(None)
            return
        doubting = session.doubting

        def found() -> None:
            if self._workspace.session is session:
                go(_next(session, by, fresh=fresh))

        if not doubting.measured:
            self._find_out(session, found)
            return
        found()
        if not doubting.complete:
            self._find_out(session, None)

    def told(self, session: ImageSession, i: int) -> str:
        """How far one is, and why the cell one is at is doubtful."""
        seen, total = session.doubting.progress
        doubt = session.doubting.ranking().doubt_of(i) if session.doubting.measured else None
        why = f": {doubt}" if doubt is not None and doubt.reasons else ""
        return f"{seen:,} of {total:,} looked at{why}"

    def _find_out(self, session: ImageSession, done: Callable[[], None] | None) -> None:
        """Do what is left to be done, beside the work."""
        if self._waiting is session:
            return
        self._waiting = session

        def put(found: Found) -> None:
            self._waiting = None
            session.doubting.put(found)
            if not session.doubting.measured:
                # With the scores that were made again
                self._find_out(session, done)
            elif done is not None:
                done()

        steps = session.doubting.steps(self._workspace.scorer)
        self._workspace.aside("Looking at what is doubtful", steps, put)


def _next(session: ImageSession, by: int, *, fresh: bool) -> int | None:
    """Id of the next or previous cell on the way; None where there is none."""
    doubting = session.doubting
    walk, document = doubting.walk, session.document
    if by < 0:
        return walk.back(document.is_alive)
    order = doubting.ranking().by_doubt
    wanted = doubting.wanted
    if fresh:
        wanted = {i for i in wanted if walk.is_new(i)}
    elif not wanted:
        # All were decided on: all of them once more
        wanted = set(order) - document.ignored_cells
    return walk.forward(order, wanted)
