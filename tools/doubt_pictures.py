"""Pictures with drafts, their candidates and what is wrong with them, for the doubt queue.

`python -m tools.doubt_pictures FOLDER` makes the automatic drafts of real pictures by weights that
never saw the picture, some minutes of work, and keeps them in a folder for the other two tools.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import patch

import numpy as np
from numpy.typing import NDArray

from napari_fncells.core.auto import draft as auto_draft
from napari_fncells.core.auto.draft import AutoResult, auto_steps
from napari_fncells.core.candidates import (
    CandidateParams,
    Look,
    look_at_pieces,
    look_at_score,
)
from napari_fncells.core.cutoff import cutoff_of
from napari_fncells.core.document import Document
from napari_fncells.core.doubt.doubts import Doubts
from napari_fncells.core.doubt.features import Features
from napari_fncells.core.doubt.missing import Candidates
from napari_fncells.core.doubt.sight import Sight
from napari_fncells.core.grow import Region
from napari_fncells.core.intensity import brightest_channel
from napari_fncells.core.labels import Labels, in_reading_order
from napari_fncells.core.likeness import judge_steps, likely_cells
from napari_fncells.core.matching import match_objects
from napari_fncells.core.params import AUTO, MEAN_SD, DraftParams, preset
from napari_fncells.core.redraft import apply_draft
from napari_fncells.core.relief import relief
from napari_fncells.core.score import score_map
from napari_fncells.core.segment import cells_of
from napari_fncells.core.simulate import KINDS, simulate_image
from napari_fncells.core.steps import finish
from napari_fncells.io.images import read_image
from napari_fncells.io.masks import load_labels
from napari_fncells.io.samples import SAMPLES, sample_image_path, sample_truth_path
from napari_fncells.session.scoring import chosen_model
from tools import fit_auto

REAL = Path(__file__).resolve().parents[2] / "shared" / "data"
GROUPS = {
    "yellow": "fnc/yellow_*_image.png",
    "red": "fnc/red_*_image.png",
    "green": "fnc/green_*_image.png",
    "DeepFLaSH": "deepflash/*_image.png",
}
SEEDS = range(3000, 3004)
"""Of simulated pictures; none of those that other weights were fitted to."""
HELD_OUT = "auto, left out"
MODEL = "fncells-1"
METHODS = (AUTO, HELD_OUT, MEAN_SD, MODEL)
_SHOWS = 0.5
"""Share of the smaller of the two from which on who looks at one sees the other."""
_OVER = 0.3
"""The same, from which on a drafted cell is to be mended, not removed."""


@dataclass(frozen=True, eq=False)
class Picture:
    """A picture with its truth."""

    name: str
    group: str
    pixels: NDArray[np.generic]
    truth: NDArray[np.integer]


@dataclass(frozen=True, eq=False)
class Material:
    """What is known of a draft of a picture: cells and candidates, and the truth of them.

    Attributes
    ----------
    picture, group, method
        Names.
    compared
        Whether the draft of the other kind was known.
    cells, candidates
        What was measured of the drafted cells, by their ids, and of the open candidates.
    places, candidate_places
        (n, 4) boxes of both.
    wrong, wrong_v1
        Which of the cells match no true one: by IoU > 0.5, and by the rule of v1.
    over_a_cell
        Which of them lie over a true cell nevertheless: to be mended, not removed.
    missed
        True cells that no drafted one matches by IoU > 0.5.
    seen_at_cells, seen_at_candidates
        Which of these one sees who looks at a drafted cell, at a candidate.
    """

    picture: str
    group: str
    method: str
    compared: bool
    cells: Features
    candidates: Features
    places: NDArray[np.int64]
    candidate_places: NDArray[np.int64]
    wrong: NDArray[np.bool_]
    wrong_v1: NDArray[np.bool_]
    over_a_cell: NDArray[np.bool_]
    missed: frozenset[int]
    seen_at_cells: list[set[int]]
    seen_at_candidates: list[set[int]]


def material(
    picture: Picture,
    method: str,
    labels: Labels,
    look: Look,
    other: NDArray[np.bool_] | None = None,
) -> Material:
    """Measure a draft, with that of the other kind where known; compare it with the truth."""
    document = Document(labels.shape)
    document.commit(apply_draft(document, labels, {}))
    pixels = picture.pixels
    plane = pixels if pixels.ndim == 2 else pixels[..., brightest_channel(pixels)]
    sight = Sight.of(plane, look.scores, other)
    doubts = Doubts(document, sight)
    ranking = doubts.ranking(adapted=False)
    candidates = Candidates(document, sight, look.regions, doubts)
    cells = [document.objects[i] for i in ranking.ids.tolist()]
    drawn = [Region(c.box, document.labels[c.box.slices] == c.id, 0.0) for c in cells]
    proposed = [candidates.regions[n] for n in candidates.open]
    by_iou = match_objects(document.labels, picture.truth, "iou")
    by_distance = match_objects(document.labels, picture.truth, "v1")
    missed = frozenset(by_iou.false_negatives)
    return Material(
        picture.name,
        picture.group,
        method,
        other is not None,
        {name: column[: len(cells)] for name, column in ranking.table.items()},
        candidates.table(candidates.open),
        np.array([cell.box for cell in cells], dtype=np.int64).reshape(-1, 4),
        np.array([region.box for region in proposed], dtype=np.int64).reshape(-1, 4),
        np.isin(ranking.ids, by_iou.false_positives),
        np.isin(ranking.ids, by_distance.false_positives),
        np.array([bool(_under(r, picture.truth, _OVER)) for r in drawn], dtype=bool),
        missed,
        [_under(region, picture.truth, _SHOWS) & missed for region in drawn],
        [_under(region, picture.truth, _SHOWS) & missed for region in proposed],
    )


def _under(region: Region, truth: NDArray[np.integer], share: float) -> set[int]:
    """True cells of which a region holds more than a share of the smaller of the two."""
    ids, common = np.unique(truth[region.box.slices][region.mask], return_counts=True)
    own = np.count_nonzero(region.mask)
    return {
        int(i)
        for i, pixels in zip(ids, common, strict=True)
        if i and pixels > share * min(np.count_nonzero(truth == i), own)
    }


def real_pictures() -> Iterator[Picture]:
    for group, pattern in GROUPS.items():
        for path in sorted(REAL.glob(pattern)):
            mask = path.with_name(path.name.replace("_image", "_mask"))
            name = path.name.replace("_image.png", "")
            yield Picture(name, group, read_image(path).pixels, load_labels(mask).values)


def samples() -> Iterator[Picture]:
    for name in SAMPLES:
        pixels = read_image(sample_image_path(name)).pixels
        yield Picture(name, "samples", pixels, load_labels(sample_truth_path(name)).values)


def simulated() -> Iterator[Picture]:
    for kind in KINDS:
        for seed in SEEDS:
            yield Picture(f"{kind} {seed}", "simulated", *simulate_image(kind, seed))


class Drafter:
    """Drafts pictures by all methods.

    Parameters
    ----------
    left_out
        Folder with the automatic drafts by weights that never saw the picture.
    """

    def __init__(self, left_out: Path) -> None:
        self._left_out = left_out
        self._scorer, self._model = chosen_model(MODEL)

    def drafts(self, picture: Picture) -> Iterator[Material]:
        """By each method, by itself and compared with the draft of the other kind."""
        made = {}
        for method in METHODS:
            found = self._by_pieces(picture, method) or self._by_score(picture, method)
            if found is not None:
                made[method] = found
        for method, (labels, look) in made.items():
            other = made[AUTO if method == MODEL else MODEL][1].scores
            yield material(picture, method, labels, look)
            yield material(picture, method, labels, look, other.values > other.cutoff)

    def _by_pieces(self, picture: Picture, method: str) -> tuple[Labels, Look] | None:
        params = preset(AUTO)
        kept = self._left_out / f"{picture.name}.npz"
        if method == AUTO:
            judged = finish(judge_steps(picture.pixels, params))
        elif method == HELD_OUT and kept.exists():
            with np.load(kept) as file:
                judged = AutoResult.of(file["pieces"], file["likenesses"], "")
        else:
            return None
        labels = in_reading_order(likely_cells(judged, params.cutoff.amount, params))
        return labels, look_at_pieces(judged, params, CandidateParams())

    def _by_score(self, picture: Picture, method: str) -> tuple[Labels, Look] | None:
        if method == MODEL:
            params: DraftParams = self._model
            score = finish(self._scorer(picture.pixels, params))
        elif method == MEAN_SD:
            params = preset(MEAN_SD)
            score = relief(score_map(picture.pixels, params.score), params.cutoff)
        else:
            return None
        labels = in_reading_order(cells_of(score, cutoff_of(score.values, params.cutoff), params))
        return labels, look_at_score(score, params, CandidateParams())


def leave_out(folder: Path) -> None:
    """Draft each real picture by weights fitted to the others."""
    every = list(fit_auto.pictures())
    for fold in dict.fromkeys(one.fold for one in every):
        left = [one for one in every if one.fold == fold and one.group in GROUPS]
        train = [one for one in every if one.fold != fold]
        if not left:
            continue
        first, second = fit_auto.first_weights(train), fit_auto.second_weights(train)
        for one in left:
            with patch.multiple(auto_draft, PIECE_WEIGHTS=first, AMONG_WEIGHTS=second):
                found = finish(auto_steps(one.pixels))
            np.savez_compressed(
                folder / f"{one.name}.npz", pieces=found.pieces, likenesses=found.likenesses
            )
            print(one.name, flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    folder.mkdir(parents=True, exist_ok=True)
    leave_out(folder)


if __name__ == "__main__":
    main()
