"""The doubts of a session's cells, what may be missed, and the way through both."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from napari_fncells.core.candidates import Look, look_steps
from napari_fncells.core.doubt.doubts import AT_ONCE, Doubts, Measured, Ranking
from napari_fncells.core.doubt.missing import Candidates, Likely
from napari_fncells.core.doubt.sight import Scores, Sight
from napari_fncells.core.doubt.verdicts import get_ready
from napari_fncells.core.doubt.walk import Walk
from napari_fncells.core.edits import Edit
from napari_fncells.core.objects import CellObject, ObjectState, Origin
from napari_fncells.core.params import AUTO, DraftParams, preset
from napari_fncells.core.scorer import Scorer
from napari_fncells.core.segment import LARGE
from napari_fncells.session.seen_weights import params_of

if TYPE_CHECKING:
    from napari_fncells.session.image import ImageSession

OPEN_STATES = (ObjectState.DRAFT, ObjectState.UNSURE)
"""States of cells that are still to be decided on."""


@dataclass(frozen=True, eq=False)
class Found:
    """What came of long work.

    Attributes
    ----------
    draft
        Details of the draft that it is about.
    measured
        Of cells.
    look
        At the picture once more, where that was to be done.
    """

    draft: Mapping[str, Any] | None
    measured: Measured
    look: Look | None


class Doubting:
    """Measured at the first question, and from then on kept up to date by the edits.

    Long work is given out as steps, see `steps`; until it is done, the answers are without it.

    Parameters
    ----------
    session
        Whose picture, mask and draft it is about.

    Attributes
    ----------
    walk
        The way through the cells.
    candidate_walk
        The way through the candidates, by their numbers.
    """

    def __init__(self, session: ImageSession) -> None:
        self._session = session
        self._base: Sight | None = None
        self._draft: Mapping[str, Any] | None = None
        self._scores: Scores | None = None
        self._doubts: Doubts | None = None
        self._candidates: Candidates | None = None
        self._ready = False
        self.walk = Walk()
        self.candidate_walk = Walk()
        session.document.committed.connect(self._follow)

    # -- what is known -----------------------------------------------------------------------

    @property
    def measured(self) -> bool:
        """Whether `ranking` answers at once: few cells are left to be measured."""
        return self._known.stale <= AT_ONCE

    @property
    def complete(self) -> bool:
        """Whether `steps` has nothing to add."""
        return self.measured and self._ready and not self._rescored

    @property
    def candidates(self) -> Candidates | None:
        """What may be missed, once it was looked for."""
        self._renew()
        return self._candidates

    def ranking(self) -> Ranking:
        """Doubts of all living cells."""
        return self._known.ranking(adapted=self._ready)

    def likely(self) -> Likely:
        """The open candidates that are worth a look; none before they were looked for."""
        candidates = self.candidates
        return Likely({}) if candidates is None else candidates.likely(adapted=self._ready)

    @property
    def wanted(self) -> set[int]:
        """Ids of the cells that are still to be decided on; ignored ones are passed over."""
        ignored = self._session.document.ignored_cells
        cells = self._session.document.cells
        return {c.id for c in cells if c.state in OPEN_STATES and c.id not in ignored}

    @property
    def progress(self) -> tuple[int, int]:
        """How many cells of the draft, and unsure ones, were looked at; of how many."""
        document = self._session.document
        ignored = document.ignored_cells
        cells = [c for c in document.objects.values() if _counts(c) and c.id not in ignored]
        seen = self.walk.seen
        return sum(c.state not in OPEN_STATES or c.id in seen for c in cells), len(cells)

    # -- long work ---------------------------------------------------------------------------

    def steps(
        self, scorer: Scorer | None = None, *, missed: bool = False
    ) -> Generator[str, None, Found]:
        """What is to be known and is not, in steps for any thread; `put` takes it in.

        Parameters
        ----------
        scorer
            Runs the model, where the draft is by one.
        missed
            Whether missed cells are looked for, too.
        """
        measuring = self._known.measure_steps()
        look = missed or self._rescored
        draft, image, params = self._draft, self._session.image, self._params

        def steps() -> Generator[str, None, Found]:
            yield "Looking at what is doubtful"
            get_ready()
            measured = yield from measuring
            if not look:
                return Found(draft, measured, None)
            looked = yield from look_steps(image.pixels, params, image.pixel_size, scorer=scorer)
            return Found(draft, measured, looked)

        return steps()

    def put(self, found: Found) -> None:
        """Take in what the steps found, unless there is another draft by now."""
        known = self._known
        self._ready = True
        if found.draft is not self._draft:
            return
        known.put(found.measured)
        if found.look is None:
            return
        if self._scores is None and self._scored:
            self._scores = found.look.scores
            self._doubts = known = Doubts(self._session.document, self._sight)
        sight = replace(self._sight, scores=found.look.scores)
        self._candidates = Candidates(self._session.document, sight, found.look.regions, known)
        self.candidate_walk = Walk()

    # -- how it is done ----------------------------------------------------------------------

    @property
    def _known(self) -> Doubts:
        self._renew()
        if self._doubts is None:
            self._scores = self._session.scores
            self._doubts = Doubts(self._session.document, self._sight)
        return self._doubts

    @property
    def _sight(self) -> Sight:
        if self._base is None:
            self._base = Sight.of(self._session.plane)
        other = self._session.above_in_other
        return replace(self._base, scores=self._scores, other=other)

    @property
    def _scored(self) -> bool:
        """Whether the draft in force was cut from scores that can be had."""
        details = self._draft or {}
        # Drafts of other programs have no cutoff, or one for their own probabilities
        return details.get("cutoff") is not None and "source" not in details["params"]

    @property
    def _rescored(self) -> bool:
        """Whether the scores are to be made again: not unasked in a picture of that size."""
        rows, columns = self._session.document.shape
        return self._scores is None and self._scored and rows * columns <= LARGE

    @property
    def _params(self) -> DraftParams:
        """Parameters of the draft in force, where this program made it from the picture."""
        return params_of(self._draft) if self._draft and self._scored else preset(AUTO)

    def _renew(self) -> None:
        """Begin anew where another draft is in force."""
        draft = self._session.draft_in_force
        details = draft.change.details if draft is not None else None
        if details is not self._draft:
            self._draft = details
            self._scores = self._doubts = self._candidates = None

    def _follow(self, edit: Edit) -> None:
        if self._doubts is not None:
            self._doubts.take_in(edit)
        if self._candidates is not None:
            self._candidates.take_in(edit)


def _counts(cell: CellObject) -> bool:
    """Whether a cell is one to look at, or was."""
    drafted = cell.origin in (Origin.DRAFT, Origin.PLANT)
    return drafted or (cell.alive and cell.state in OPEN_STATES)
