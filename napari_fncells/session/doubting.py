"""The doubts of a session's cells, what may be missed, and the way through both."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from napari_fncells.core.candidates import Look
from napari_fncells.core.doubt.doubts import AT_ONCE, Doubts, Measured, Ranking, Row
from napari_fncells.core.doubt.missing import Candidates, Likely, measure_steps
from napari_fncells.core.doubt.sight import Scores, Sight
from napari_fncells.core.doubt.verdicts import get_ready
from napari_fncells.core.doubt.walk import Walk
from napari_fncells.core.edits import Edit
from napari_fncells.core.objects import CellObject, ObjectState, Origin
from napari_fncells.core.params import AUTO, DraftParams, preset
from napari_fncells.core.scorer import Scorer
from napari_fncells.core.segment import LARGE
from napari_fncells.session.opinions import MOST_UNASKED, looks_steps
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
    since
        Number of edits that were made before.
    doubts
        Whose cells were measured.
    measured
        Of cells.
    look
        At the picture once more, where that was to be done.
    candidates
        What was measured of the candidates.
    """

    draft: Mapping[str, Any] | None
    since: int
    doubts: Doubts
    measured: Measured
    look: Look | None = None
    candidates: Mapping[int, Row] = field(default_factory=dict)


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
        self._second: Scores | None = None
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
        return self.measured and self._ready and not self._to_be_seen

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
            Runs the model, where the draft is by one, and for a second opinion where it is not.
        missed
            Whether missed cells are looked for in any case.
        """
        known, document = self._known, self._session.document
        # Whoever waits for the cells alone does not wait for a second opinion
        look = missed or (self._to_be_seen and (self._scores is None or self.measured))
        # With the scores that are looked at, cells are measured anew
        doubts = Doubts(document, self._sight) if look else known
        measuring = doubts.measure_steps()
        draft, since, params = self._draft, document.edit_count, self._params
        image, base, other = self._session.image, self._sight, self._session.other_draft
        made = other[0] if other is not None and other[0].by_model else None
        scored = self._scored

        def steps() -> Generator[str, None, Found]:
            yield "Looking at what is doubtful"
            get_ready()
            if not look:
                return Found(draft, since, doubts, (yield from measuring))
            looked = yield from looks_steps(image, params, scorer, made)
            sight = replace(base, scores=looked.scores, second=looked.second)
            doubts.see(sight if scored else base)
            measured = yield from measuring
            candidates = yield from measure_steps(document.labels, sight, looked)
            return Found(draft, since, doubts, measured, looked, candidates)

        return steps()

    def put(self, found: Found) -> None:
        """Take in what the steps found, unless there is another draft by now."""
        known, document = self._known, self._session.document
        self._ready = True
        if found.draft is not self._draft:
            return
        if found.look is None:
            if found.doubts is known:
                known.put(found.measured)
            return
        if self._candidates is not None:
            # The same was seen meanwhile; whoever walks on there keeps the way
            return
        doubts, later = found.doubts, document.edits_since(found.since)
        for edit in later:
            doubts.take_in(edit)
        doubts.put(found.measured)
        if self._scored:
            self._scores, self._second = found.look.scores, found.look.second
        self._doubts = doubts
        sight = replace(self._sight, scores=found.look.scores, second=found.look.second)
        self._candidates = Candidates(document, sight, found.look, doubts)
        self._candidates.put(found.candidates)
        for edit in later:
            self._candidates.take_in(edit)
        self.candidate_walk = Walk()

    # -- how it is done ----------------------------------------------------------------------

    @property
    def _known(self) -> Doubts:
        self._renew()
        if self._doubts is None:
            self._scores = self._session.scores
            other = self._session.other_draft
            self._second = other[1] if other is not None else None
            self._doubts = Doubts(self._session.document, self._sight)
        return self._doubts

    @property
    def _sight(self) -> Sight:
        if self._base is None:
            self._base = Sight.of(self._session.plane)
        return replace(self._base, scores=self._scores, second=self._second)

    @property
    def _scored(self) -> bool:
        """Whether the draft in force was cut from scores that can be had."""
        details = self._draft or {}
        # Drafts of other programs have no cutoff, or one for their own probabilities
        return details.get("cutoff") is not None and "source" not in details["params"]

    @property
    def _to_be_seen(self) -> bool:
        """Whether the picture is to be looked at once more, with a second opinion.

        Not unasked in a large one; somewhat larger ones have their scores made again.
        """
        rows, columns = self._session.document.shape
        most = LARGE if self._scores is None else MOST_UNASKED
        return self._candidates is None and self._scored and rows * columns <= most

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
            self._scores = self._second = self._doubts = self._candidates = None

    def _follow(self, edit: Edit) -> None:
        if self._doubts is not None:
            self._doubts.take_in(edit)
        if self._candidates is not None:
            self._candidates.take_in(edit)


def _counts(cell: CellObject) -> bool:
    """Whether a cell is one to look at, or was."""
    drafted = cell.origin in (Origin.DRAFT, Origin.PLANT)
    return drafted or (cell.alive and cell.state in OPEN_STATES)
