"""Candidates: what may be missed cells, the parts of the score map just under the cutoff."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from napari_fncells.core.auto.draft import AutoResult
from napari_fncells.core.box_index import BoxIndex
from napari_fncells.core.cutoff import cutoff_of
from napari_fncells.core.document import Document
from napari_fncells.core.doubt.sight import Scores, kind_of
from napari_fncells.core.edits import Change, EditKind, ObjectChange
from napari_fncells.core.geometry import Box
from napari_fncells.core.grow import Region
from napari_fncells.core.labels import boxes
from napari_fncells.core.likeness import judge_steps, likely_cells, likeness_map
from napari_fncells.core.objects import CellObject, Footprint, ObjectState, Origin
from napari_fncells.core.params import MEAN_SD, DraftParams, Params, preset
from napari_fncells.core.relief import relief
from napari_fncells.core.score import ScoreMap, background_statistics, score_map
from napari_fncells.core.scorer import Scorer, model_steps
from napari_fncells.core.segment import LARGE, cells_of

_SAME = 0.3
"""Share of the smaller of two regions that both have, from which on they are one place."""


class CandidateParams(Params):
    """How far under the cutoff candidates are looked for."""

    depth: Annotated[
        float,
        Field(
            gt=0,
            lt=1,
            description="How far the cutoff is lowered: a share of its height above the ground.",
        ),
    ] = 0.7


@dataclass(frozen=True, eq=False)
class Look:
    """A second look at a picture, by the settings of its draft.

    Attributes
    ----------
    scores
        That the draft was cut from.
    regions
        What a lower cutoff would draft, in no particular order; cells and removed ones
        included, see `open_candidates`. What it would of the second scores comes last.
    second
        The scores of a draft of another kind, where it was looked at, too.
    same
        By number of a region of the second: those of the first that lie at the same place.
    """

    scores: Scores
    regions: tuple[Region, ...]
    second: Scores | None = None
    same: Mapping[int, frozenset[int]] = field(default_factory=dict)

    def with_second(self, other: Look) -> Look:
        """Look at the places of another look, too."""
        near = BoxIndex()
        for number, region in enumerate(self.regions):
            near.put(number, region.box)
        same = {
            number: frozenset(n for n in near.meeting(r.box) if _same_place(r, self.regions[n]))
            for number, r in enumerate(other.regions, len(self.regions))
        }
        return Look(self.scores, (*self.regions, *other.regions), other.scores, same)


def look_steps(
    image: NDArray[np.generic],
    draft: DraftParams,
    pixel_size: float | None = None,
    params: CandidateParams | None = None,
    scorer: Scorer | None = None,
) -> Generator[str, None, Look]:
    """Score a picture again and find the parts that a lower cutoff would draft, in steps.

    Parameters
    ----------
    image
        (Y, X) or (Y, X, C), any real dtype.
    draft
        Parameters of the draft whose cutoff is lowered.
    pixel_size
        Side of a pixel in µm, where known.
    params
        How far; the defaults of `CandidateParams` where omitted.
    scorer
        Runs the model, where the draft is by one.

    Raises
    ------
    ParameterError
        See `core.segment.draft`.
    """
    params = params or CandidateParams()
    sized = draft.in_pixels(pixel_size)
    if sized.by_likeness and image.shape[0] * image.shape[1] > LARGE:
        # As its draft was made
        sized = preset(MEAN_SD)
    yield "Looking for missed cells"
    if sized.by_likeness:
        judged = yield from judge_steps(image, sized)
        return look_at_pieces(judged, sized, params)
    if sized.by_model:
        score = yield from model_steps(image, sized, scorer)
    else:
        score = relief(score_map(image, sized.score), sized.cutoff)
    return look_at_score(score, sized, params)


def look_at_pieces(judged: AutoResult, draft: DraftParams, params: CandidateParams) -> Look:
    """A second look at the pieces of a picture; sizes in px."""
    cutoff = draft.cutoff.amount
    lowered = (1 - params.depth) * cutoff
    scores = Scores.of(likeness_map(judged), cutoff, kind_of(draft))
    return Look(scores, _regions(likely_cells(judged, lowered, draft), lowered))


def look_at_score(score: ScoreMap, draft: DraftParams, params: CandidateParams) -> Look:
    """A second look at the relief of a picture; sizes in px."""
    cutoff = cutoff_of(score.values, draft.cutoff)
    ground, _ = background_statistics(score.values)
    lowered = cutoff - params.depth * max(cutoff - ground, 0.0)
    scores = Scores.of(score, cutoff, kind_of(draft))
    return Look(scores, _regions(cells_of(score, lowered, draft), lowered))


def _regions(labels: NDArray[np.int32], level: float) -> tuple[Region, ...]:
    return tuple(
        Region(Box.of(slices), labels[slices] == i, level) for i, slices in boxes(labels).items()
    )


def _same_place(one: Region, other: Region) -> bool:
    """Whether who looks at one of two regions sees the other, too."""
    smaller = min(np.count_nonzero(one.mask), np.count_nonzero(other.mask))
    return bool(_shared(one, other) > _SAME * smaller)


def _shared(one: Region, other: Region | Footprint) -> int:
    """Number of pixels that both cover."""
    if not one.box.overlaps(other.box):
        return 0
    common = one.box.clip_to(other.box)
    both = one.mask[common.within(one.box)] & other.mask[common.within(other.box)]
    return int(np.count_nonzero(both))


def open_candidates(document: Document, regions: tuple[Region, ...]) -> list[Region]:
    """Those that no cell, no removed or dismissed one and no ignored region overlaps."""
    removed = [cell for cell in document.objects.values() if not cell.alive]
    return [region for region in regions if _is_open(document, region, removed)]


def dismiss(document: Document, region: Region) -> Change:
    """Remember for good that there is no cell in a region: no draft will propose one there."""
    gone = CellObject(
        document.next_id,
        ObjectState.REMOVED,
        Origin.CANDIDATE,
        region.box,
        0,
        Footprint.of(region.box, region.mask),
    )
    return Change(EditKind.JUDGE, (), (ObjectChange(None, gone),), "dismiss the missed cell", {})


def _is_open(document: Document, region: Region, removed: list[CellObject]) -> bool:
    planes = (document.labels, document.ignored) if document.ignored_area else (document.labels,)
    if any(plane[region.box.slices][region.mask].any() for plane in planes):
        return False
    footprints = (cell.footprint for cell in removed if cell.footprint is not None)
    return not any(_shared(region, footprint) for footprint in footprints)
