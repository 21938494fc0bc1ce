"""Likely missed cells: which candidates are open, how likely each is, kept up to date by edits."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from napari_fncells.core.auto.likeness import likeness
from napari_fncells.core.box_index import BoxIndex
from napari_fncells.core.candidates import Look, open_candidates
from napari_fncells.core.disagreement import DOUBTFUL
from napari_fncells.core.document import Document
from napari_fncells.core.doubt.beside import beside
from napari_fncells.core.doubt.doubts import Doubts, Row
from napari_fncells.core.doubt.features import NAMES, Features, measure
from napari_fncells.core.doubt.sight import ScoreKind, Sight
from napari_fncells.core.doubt.verdicts import NO, OPEN, YES, learned
from napari_fncells.core.doubt.weights import CANDIDATE_WEIGHTS
from napari_fncells.core.doubt.windows import REACH, Shape
from napari_fncells.core.edits import Edit
from napari_fncells.core.grow import Region
from napari_fncells.core.labels import Labels
from napari_fncells.core.objects import Origin

LEAST = 0.05
"""Likelihood below which a candidate is not worth a look, unless the second draft has it."""
_CHUNK = 200


@dataclass(frozen=True, eq=False)
class Likely:
    """The open candidates at one moment.

    Attributes
    ----------
    chances
        Chance that it is a missed cell, by the number of the candidate; the likeliest first.
    """

    chances: Mapping[int, float]


class Candidates:
    """The candidates of a document, by their numbers from 0.

    Parameters
    ----------
    document
        Read, never written; whoever makes this hands its edits on, see `take_in`.
    sight
        The picture, with the scores that the candidates were found in.
    look
        What a lower cutoff would draft.
    doubts
        Of the document's cells, which candidates are compared with.
    """

    def __init__(self, document: Document, sight: Sight, look: Look, doubts: Doubts) -> None:
        self._document = document
        self._sight = sight
        # What the draft holds itself is none, whatever becomes of it
        self.regions = look.regions
        self._same = look.same
        self._doubts = doubts
        self._near = BoxIndex()
        self._open: set[int] = set()
        self._verdicts: dict[int, int] = {}
        self._rows: dict[int, Row] = {}
        self._stale: set[int] = set()
        self._likely: tuple[bool, Likely] | None = None
        for number, region in enumerate(self.regions):
            self._near.put(number, region.box)
        self._look_at(range(len(self.regions)))

    def put(self, rows: Mapping[int, Row]) -> None:
        """Take in what was measured of candidates, by their numbers, in the mask as it is."""
        self._rows.update(rows)
        self._stale -= rows.keys()

    def take_in(self, edit: Edit) -> None:
        """Follow an edit: what lies where it changed anything is looked at again."""
        # Cells say what is usual
        self._likely = None
        boxes = [patch.box for patch in (*edit.change.patches, *edit.change.ignored)]
        boxes += [part.box for c in edit.change.objects for part in (c.before, c.after) if part]
        near: set[int] = set()
        for box in boxes:
            near.update(self._near.meeting(box.padded(REACH)))
        self._look_at(sorted(near))

    def likely(self, *, adapted: bool = True) -> Likely:
        """The open candidates that are worth a look.

        Parameters
        ----------
        adapted
            Whether what was adopted and dismissed so far counts.
        """
        if self._likely is None or self._likely[0] is not adapted:
            self._likely = adapted, self._found(adapted=adapted)
        return self._likely[1]

    def _found(self, *, adapted: bool) -> Likely:
        shown = set(self.open)
        numbers = sorted(shown | self._verdicts.keys())
        if not numbers:
            return Likely({})
        table = self.table(numbers)
        chances = likeness(table, CANDIDATE_WEIGHTS)
        if adapted:
            verdicts = [self._verdicts.get(n, OPEN) for n in numbers]
            chances = learned(table, chances, np.array(verdicts, dtype=np.int8))
        worth = worth_a_look(table, chances)
        shown.intersection_update(
            n for n, is_worth in zip(numbers, worth, strict=True) if is_worth
        )
        return Likely(_ordered(numbers, chances, shown))

    @property
    def open(self) -> list[int]:
        """Numbers of the candidates on which there is no decision; of one place, only one."""
        return sorted(n for n in self._open if self._open.isdisjoint(self._same.get(n, ())))

    def table(self, numbers: Sequence[int]) -> Features:
        """What candidates, open ones or decided on, are beside the cells of the picture."""
        self._measure()
        cells = self._doubts.rows
        rows = np.array([self._rows[n] for n in numbers]).reshape(-1, len(NAMES))
        every = np.concatenate([cells, rows])
        usual = np.arange(len(every)) < len(cells)
        found = beside(every, self._sight.kinds, usual)
        # Those of the second scores
        stray = np.array([n in self._same for n in numbers], dtype=np.float64)
        return {n: column[len(cells) :] for n, column in found.items()} | {"stray": stray}

    def _look_at(self, numbers: Sequence[int]) -> None:
        """See which of some candidates are open, and what was decided on the others."""
        some = {id(self.regions[n]): n for n in numbers}
        found = {
            some[id(region)]
            for region in open_candidates(self._document, tuple(self.regions[n] for n in numbers))
        }
        for n in numbers:
            self._verdicts.pop(n, None)
            self._open.discard(n)
            if n in found:
                self._open.add(n)
            else:
                verdict = self._decided(self.regions[n])
                if verdict != OPEN:
                    self._verdicts[n] = verdict
        self._stale.update(numbers)

    def _decided(self, region: Region) -> int:
        """Whether a candidate that is not open was adopted, or dismissed."""
        objects = self._document.objects
        ids = np.unique(self._document.labels[region.box.slices][region.mask])
        living = [objects[int(i)] for i in ids if int(i) in objects]
        if living:
            by_hand = all(cell.origin is Origin.HAND for cell in living)
            return YES if by_hand else OPEN
        gone = (cell for cell in objects.values() if cell.origin is Origin.CANDIDATE)
        overlapping = any(cell.box.overlaps(region.box) for cell in gone)
        return NO if overlapping else OPEN

    def _measure(self) -> None:
        wanted = sorted(self._stale & (self._open | self._verdicts.keys()))
        self._stale.clear()
        shapes = [Shape(self.regions[n].box, 0, self.regions[n].mask) for n in wanted]
        rows = measure(self._sight, self._document.labels, shapes)
        self._rows.update(zip(wanted, rows, strict=True))


def measure_steps(
    labels: Labels, sight: Sight, look: Look
) -> Generator[str, None, dict[int, Row]]:
    """Measure the candidates that lie in no cell, by their numbers, in steps for any thread."""
    free = [
        number
        for number, region in enumerate(look.regions)
        if not labels[region.box.slices][region.mask].any()
    ]
    found: dict[int, Row] = {}
    for begin in range(0, len(free), _CHUNK):
        yield "Looking at what may be missed"
        part = free[begin : begin + _CHUNK]
        shapes = [Shape(look.regions[n].box, 0, look.regions[n].mask) for n in part]
        found |= dict(zip(part, measure(sight, labels, shapes), strict=True))
    return found


def worth_a_look(table: Features, chances: NDArray[np.float64]) -> NDArray[np.bool_]:
    """(n,) which candidates one is led to: the likely ones, and all that the second draft has.

    However sure a model is that there is nothing: that it finds nothing may be its own fault.
    """
    compared = sum(table[f"second {kind.value}"] for kind in ScoreKind)
    drafted = (compared > 0) & (table["left_out"] < DOUBTFUL)
    return np.asarray((chances >= LEAST) | drafted, dtype=np.bool_)


def _ordered(
    numbers: Sequence[int], chances: NDArray[np.float64], shown: set[int]
) -> dict[int, float]:
    """Chances of those to be shown, the likeliest first."""
    order = np.argsort(-chances, kind="stable").tolist()
    return {numbers[k]: float(chances[k]) for k in order if numbers[k] in shown}
