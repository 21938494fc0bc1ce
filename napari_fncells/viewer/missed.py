"""Going from one missed-cell candidate to the next; adopting and dismissing them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from napari_fncells.core.candidates import candidate_steps, dismiss, open_candidates
from napari_fncells.core.changes import add_cell
from napari_fncells.core.grow import Region
from napari_fncells.core.params import AUTO, DraftParams, preset
from napari_fncells.session.image import ImageSession, Outcome
from napari_fncells.session.seen_weights import params_of

if TYPE_CHECKING:
    from napari_fncells.viewer.workspace import Workspace

_BAND = 64  # px


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
    """

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._of: tuple[ImageSession, int] | None = None
        self._found: tuple[Region, ...] = ()
        self.current: Region | None = None

    def step(self, by: int) -> None:
        """Go to the next (+1) or previous (-1) candidate; they are looked for at first."""
        session = self._workspace.require_session()
        draft = session.draft_in_force
        # Another draft has another score map or cutoff
        at = session, draft.sequence if draft is not None else 0
        if self._of == at:
            self._go(session, by)
            return

        def go(found: tuple[Region, ...]) -> None:
            self._of, self._found = at, found
            if self._workspace.session is session:
                self._go(session, by)

        params, scorer = _params_of(session), self._workspace.scorer
        steps = candidate_steps(session.image.pixels, params, scorer=scorer)
        self._workspace.runner("Looking for missed cells", steps, go)

    def leave(self) -> None:
        """Highlight no candidate any more."""
        if self.current is not None:
            self.current = None
            self._workspace.overlay.propose(None)

    def adopt(self) -> Outcome:
        """Make the candidate a cell, with the outline found in the picture."""
        session, region = self._taken()
        depth = cv2.distanceTransform(
            np.pad(region.mask.astype(np.uint8), 1), cv2.DIST_L2, cv2.DIST_MASK_PRECISE
        )
        row, column = np.unravel_index(int(depth.argmax()), depth.shape)
        outcome = session.fix_at(region.box.top + int(row) - 1, region.box.left + int(column) - 1)
        if outcome.edit is not None:
            return outcome
        change = add_cell(session.document, region)
        if change is None:
            return outcome
        edit = session.document.commit(change)
        return Outcome(f"{change.summary.capitalize()}.", edit)

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

    def _go(self, session: ImageSession, by: int) -> None:
        """Highlight the candidate so many places on in reading order."""
        left = sorted(open_candidates(session.document, self._found), key=_place)
        if not left:
            self.leave()
            self._workspace.report("No missed cell is left to look at.")
            return
        index = next((n for n, region in enumerate(left) if region is self.current), None)
        if index is None:
            index = -1 if by > 0 else 0
        index = (index + by) % len(left)
        self.current = left[index]
        self._workspace.overlay.propose(self.current)
        self._workspace.look_at(self.current.box)
        self._workspace.report(
            f"A missed cell? {index + 1} of {len(left)}. A adopts it, D dismisses it for good."
        )


def _place(region: Region) -> tuple[int, int]:
    """Order in which candidates are walked: bands from the top, each from the left."""
    return region.box.top // _BAND, region.box.left


def _params_of(session: ImageSession) -> DraftParams:
    """Parameters of the draft in force, where this program made it from the picture."""
    draft = session.draft_in_force
    details = draft.change.details if draft is not None else {}
    # Drafts of other programs have no cutoff, or one for their own probabilities
    if details.get("cutoff") is None or "source" in details["params"]:
        return preset(AUTO)
    return params_of(details)
