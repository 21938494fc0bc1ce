"""One picture being worked on: its pixels, its mask and what the expert does to it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from napari_fncells.core.attention.choose import Planting, is_due, plant
from napari_fncells.core.attention.settle import give_away, in_words, settle
from napari_fncells.core.disagreement import DOUBTFUL, WORDS, disagreement
from napari_fncells.core.document import Document
from napari_fncells.core.doubt.sight import Scores, kind_of
from napari_fncells.core.edits import Edit, EditKind
from napari_fncells.core.effort import Effort, EffortClock
from napari_fncells.core.errors import UserError
from napari_fncells.core.geometry import Box
from napari_fncells.core.grow import Region
from napari_fncells.core.intensity import intensity
from napari_fncells.core.objects import CellObject, ObjectState
from napari_fncells.core.params import DraftParams
from napari_fncells.core.redraft import apply_draft
from napari_fncells.core.segment import Draft
from napari_fncells.io.images import Image
from napari_fncells.session import proposals
from napari_fncells.session.doubting import Doubting
from napari_fncells.session.outlines import Outlines
from napari_fncells.session.proposals import Proposal, known_cell
from napari_fncells.session.seen_weights import SCORED_BY
from napari_fncells.session.words import figures_in_words

T = TypeVar("T")
_GIVEN_AWAY = "That was an error planted by the attention check, no cell: it was taken out."


@dataclass(frozen=True)
class Outcome:
    """What came of a gesture.

    Attributes
    ----------
    message
        For the status bar.
    edit
        The edit made, or None where nothing was changed.
    missed
        Boxes of planted errors that were missed and are put right now.
    """

    message: str
    edit: Edit | None = None
    missed: tuple[Box, ...] = ()


class ImageSession:
    """A picture and the document of its mask.

    What the expert may do never raises: where it cannot be done, the outcome says why and
    nothing is changed.

    Parameters
    ----------
    image
        The picture. Its pixels are read, never written.
    author
        The annotator's name.
    document
        The mask to go on with; a new one where omitted.
    earlier
        Effort of earlier visits.

    Attributes
    ----------
    image, document
        What the session joins.
    doubting
        The doubts of its cells, and what may be missed.
    clock
        Time at work on the picture; whoever sees a sign of life tells it.
    attention
        How many errors are planted under each draft, and by which seed; None for none.
    """

    def __init__(
        self,
        image: Image,
        author: str = "",
        document: Document | None = None,
        earlier: Effort | None = None,
    ) -> None:
        rows, columns = image.pixels.shape[:2]
        if document is not None and document.shape != (rows, columns):
            raise ValueError(f"the mask has the shape {document.shape}, not {(rows, columns)}")
        self.image = image
        self.document = Document((rows, columns), author) if document is None else document
        self.clock = EffortClock(earlier=earlier)
        self.attention: Planting | None = None
        self._outlines = Outlines(image.pixels, self.document)
        # Pixels above the cutoff in the last draft of each kind: by a model or not
        self._above: dict[bool, NDArray[np.bool_]] = {}
        self._made: dict[bool, tuple[DraftParams, Scores]] = {}
        # With the draft that they are of, by the details of its edit
        self._scores: tuple[Mapping[str, Any], Scores] | None = None
        self.doubting = Doubting(self)

    def apply(self, draft: Draft, **details: Any) -> Edit:
        """Put a draft in place of the untouched cells of the last one.

        Parameters
        ----------
        draft
            The draft.
        details
            Anything else for the record (JSON values), such as the `source` of one that another
            program made.
        """
        if draft.score.source:
            details |= {SCORED_BY: dict(draft.score.source)}
        origin = {
            "method": draft.method,
            "params": draft.params.model_dump(mode="json") | details,
            "cutoff": draft.cutoff,
        }
        title = draft.params.model or draft.method
        change = apply_draft(self.document, draft.labels, origin, summary=f"draft ({title})")
        if "source" not in details:
            self._above[draft.params.by_model] = draft.score.values > draft.cutoff
            # Before the draft is in force, so that nobody misses them
            scores = Scores.of(draft.score, draft.cutoff, kind_of(draft.params))
            self._scores = change.details, scores
            self._made[draft.params.by_model] = draft.params, scores
        edit = self.document.commit(change)
        self.attend(draft.score.values)
        return edit

    def adopt(
        self,
        labels: NDArray[np.integer],
        method: str,
        ignored: NDArray[np.bool_] | None = None,
        **details: Any,
    ) -> Edit:
        """Take another program's mask as the draft.

        Parameters
        ----------
        labels
            (Y, X) instance labels; they get new ids where cells are there already.
        method
            Where it comes from, for the record.
        ignored
            (Y, X) regions that it leaves undecided: they come to those that are there.
        details
            Anything else for the record (JSON values).

        Raises
        ------
        ValueError
            For labels of another shape.
        """
        origin = {"method": method, "params": details, "cutoff": None}
        change = apply_draft(
            self.document, labels, origin, summary=f"adopt {method}", ignored=ignored
        )
        edit = self.document.commit(change)
        self.attend()
        return edit

    def attend(self, score: NDArray[np.floating] | None = None) -> None:
        """Plant errors under a draft that was just made, where the attention check is on.

        Parameters
        ----------
        score
            (Y, X), higher = more cell-like; the intensities where omitted.
        """
        if self.attention is not None and is_due(self.document):
            values = intensity(self.image.pixels) if score is None else score
            seed = self.attention.seed ^ self.document.edit_count
            change = plant(self.document, values, seed, self.attention.params)
            if change is not None:
                self.document.commit(change)

    def fix_at(self, row: int, column: int) -> Outcome:
        """Mend what is wrong at a pixel, in one gesture.

        A cell is a false positive and is removed; background is a false negative and the cell
        there is added; where a removed cell was, that cell comes back.
        """
        return self._attempt(
            "fix", lambda: proposals.fix(self.document, self._outlines, row, column)
        )

    def outline_of(self, candidate: Region) -> Region:
        """The outline with which `adopt_candidate` makes a missed-cell candidate a cell."""
        growth = self._outlines.around(candidate)
        return candidate if growth is None else growth.region

    def adopt_candidate(self, candidate: Region) -> Outcome:
        """Make a missed-cell candidate a cell."""
        return self._attempt(
            "adopt", lambda: proposals.adopt(self.document, self._outlines, candidate)
        )

    def remove_inside(self, polygon: ArrayLike) -> Outcome:
        """Remove the cells with more than half of their area inside a lasso, in one step."""
        return self._attempt("lasso", lambda: proposals.lasso(self.document, polygon))

    def cut_or_join(self, path: ArrayLike) -> Outcome:
        """Cut the cell that a stroke crosses, or join the two that it leads from and to."""
        return self._attempt("cut or join", lambda: proposals.drag(self.document, path))

    def trace(self, path: ArrayLike) -> Outcome:
        """Add the cell inside an outline drawn by hand, or give it to the cell it goes over."""
        return self._attempt("trace", lambda: proposals.trace(self.document, path))

    def resize(self, cell_id: int | None, notches: int, *, continues: bool = False) -> Outcome:
        """Move the outline of a cell by a number of steps, outwards or, negative, inwards.

        Parameters
        ----------
        cell_id
            The cell.
        notches
            Turns of the wheel.
        continues
            Whether it belongs to the burst of the resize before it: undone with that. Without
            effect where the edit before is no resize of this cell.
        """
        return self._attempt(
            "resize",
            lambda: proposals.resize(
                self.document, self._outlines, cell_id, notches, continues=continues
            ),
        )

    def split(self, cell_id: int | None) -> Outcome:
        """Split a cell into as many as its shape shows."""
        return self._attempt("split", lambda: proposals.split(self.document, cell_id))

    def remove(self, cell_id: int | None) -> Outcome:
        """Remove a cell."""
        return self._attempt("remove", lambda: proposals.remove(self.document, cell_id))

    def accept(self, cell_id: int | None) -> Outcome:
        """Say that a cell is right as it is."""
        return self._attempt("accept", lambda: proposals.accept(self.document, cell_id))

    def unsure(self, cell_id: int | None) -> Outcome:
        """Say that it cannot be told whether a cell is right."""
        return self._attempt("unsure", lambda: proposals.unsure(self.document, cell_id))

    def remove_cells(self, ids: Iterable[int]) -> Outcome:
        """Remove several cells in one step."""
        return self._attempt("remove several", lambda: proposals.remove_cells(self.document, ids))

    def accept_cells(self, ids: Iterable[int]) -> Outcome:
        """Say of several cells, in one step, that they are right as they are."""
        return self._attempt(
            "accept several",
            lambda: proposals.judge_cells(self.document, ids, ObjectState.ACCEPTED),
        )

    def unsure_cells(self, ids: Iterable[int]) -> Outcome:
        """Say of several cells, in one step, that it cannot be told whether they are right."""
        return self._attempt(
            "unsure of several",
            lambda: proposals.judge_cells(self.document, ids, ObjectState.UNSURE),
        )

    def smooth(self, cell_id: int | None) -> Outcome:
        """Smooth the outline of a cell and fill its holes."""
        return self._attempt("smooth", lambda: proposals.smooth(self.document, cell_id))

    def revert(self, cell_id: int | None) -> Outcome:
        """Put a cell back to what its draft had; brings a removed one back, too."""
        return self._attempt("revert", lambda: proposals.revert(self.document, cell_id))

    def finish(self) -> Outcome:
        """Accept the cells that are left as drafted, and mark the picture as done.

        Where planted errors were missed, they are taken out and told of instead: the picture is
        not done yet, and `Outcome.missed` says where they are.
        """
        settled = None if self.document.read_only else settle(self.document)
        if settled is None:
            return self._attempt("finish", lambda: proposals.done(self.document))
        edit = self.document.commit(settled.change)
        told = in_words(self.document, settled)
        if settled.places:
            self.clock.count("finish")
            return Outcome(told, edit, settled.places)
        outcome = self._attempt("finish", lambda: proposals.done(self.document), continues=True)
        return replace(outcome, message=f"{outcome.message} {told}")

    def mark(self, said: Literal["unsure", "open"]) -> Outcome:
        """Say that one is not sure of the picture, or that it is open again."""
        return self._attempt("mark", lambda: proposals.mark(self.document, said))

    def note(self, text: str, cell_id: int | None = None) -> Outcome:
        """Write a note on a cell, or on the picture; an empty one takes it away."""
        return self._attempt("note", lambda: proposals.note(self.document, text, cell_id))

    def describe(self, cell_id: int | None) -> str:
        """Tell of a cell: id, state, area, mean intensity and score, and its note."""
        try:
            cell = known_cell(self.document, cell_id)
        except UserError as error:
            return str(error)
        note = f" · “{cell.note}”" if cell.note else ""
        if not cell.alive:
            return f"Cell {cell.id}: removed{note}"
        doubt = f" ({WORDS})" if self.disagreements([cell]).get(cell.id, 0) > DOUBTFUL else ""
        size = self.image.pixel_size
        area = None if size is None else cell.area * size**2
        ignored = ", in an ignored region" if cell.id in self.document.ignored_cells else ""
        return figures_in_words(cell, area, *self._outlines.figures(cell)) + ignored + doubt + note

    def disagreements(self, cells: Iterable[CellObject] | None = None) -> dict[int, float]:
        """How far the draft of the other kind leaves cells out, by a model or by threshold.

        Parameters
        ----------
        cells
            Living cells; all of them where omitted.

        Returns
        -------
        dict
            0 to 1 by id, see `core.disagreement`; empty where the picture was drafted in one way
            alone since it was opened.
        """
        above = self.above_in_other
        if above is None:
            return {}
        return disagreement(
            self.document.labels, self.document.cells if cells is None else cells, above
        )

    @property
    def above_in_other(self) -> NDArray[np.bool_] | None:
        """(Y, X) pixels above the cutoff in the last draft of the other kind; None for none."""
        return self._of_other_kind(self._above)

    @property
    def other_draft(self) -> tuple[DraftParams, Scores] | None:
        """Parameters and scores of the last draft of the other kind since the picture was opened.

        By a model where the one in force is by none, and by none where that is by one.
        """
        return self._of_other_kind(self._made)

    def _of_other_kind(self, by_kind: Mapping[bool, T]) -> T | None:
        draft = self.draft_in_force
        by_model = bool(draft and draft.change.details.get("params", {}).get("model"))
        return by_kind.get(not by_model) if draft is not None else None

    @property
    def scores(self) -> Scores | None:
        """Those of the draft in force, where it was made since the picture was opened."""
        draft, known = self.draft_in_force, self._scores
        if draft is None or known is None or known[0] is not draft.change.details:
            return None
        return known[1]

    @property
    def plane(self) -> NDArray[np.generic]:
        """The channel that shows the cells, as a view of the picture."""
        return self._outlines.plane

    def tombstone_at(self, row: int, column: int) -> CellObject | None:
        """The cell removed last among those that covered a pixel, or None."""
        return proposals.tombstone_at(self.document, row, column)

    def region_at(self, row: int, column: int) -> Region:
        """Grow the cell at a pixel.

        Only a window of the picture is scored, so the cost does not grow with the picture.

        Raises
        ------
        NothingToGrowError
            Where there is none to be seen.
        """
        return self._outlines.growth_at(row, column).region

    @property
    def draft_in_force(self) -> Edit | None:
        """The newest draft that was not undone."""
        return self.document.last_in_force(EditKind.DRAFT)

    @property
    def outline_offset(self) -> float | None:
        """How far the expert draws outlines outside (+) the steepest edge, in px.

        Learned from the cells confirmed so far; None where there are none.
        """
        return self._outlines.offset

    @property
    def draft_offset(self) -> float | None:
        """How far drafts lie inside (+) the outlines confirmed in this picture, in px.

        What a draft's `outline_offset` is to be raised by; None where that is not known.
        """
        return self._outlines.draft_offset

    @property
    def effort(self) -> Effort:
        """What the work on the picture has cost so far, earlier visits included.

        `clock.visit` is this visit alone.
        """
        return self.clock.effort(self.document)

    def _attempt(
        self, gesture: str, propose: Callable[[], Proposal], *, continues: bool = False
    ) -> Outcome:
        """Carry a gesture out, or say why it cannot be."""
        self.clock.count(gesture)
        try:
            change, message = propose()
            if change is not None:
                planted = give_away(self.document, change) if self.document.attended else None
                if planted is not None:
                    edit = self.document.commit(planted.change)
                    return Outcome(_GIVEN_AWAY, edit, planted.places)
                change = replace(change, continues=change.continues or continues)
                return Outcome(message, self.document.commit(change))
        except UserError as error:
            message = str(error)
        return Outcome(f"{message} Nothing changed.")
