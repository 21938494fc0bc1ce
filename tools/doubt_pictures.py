"""Pictures with drafts, their candidates and what is wrong with them, for the doubt queue.

`python -m tools.doubt_pictures FOLDER` makes the automatic drafts of real pictures by weights that
never saw the picture, some minutes of work, and keeps them in a folder for the other two tools.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
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
from napari_fncells.core.document import Document
from napari_fncells.core.doubt.beside import beside
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
from napari_fncells.core.score import ScoreMap, score_map
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
SEEDS = range(3000, 3006)
"""Of simulated pictures; none of those that other weights were fitted to."""
SIMULATED = "simulated"
HELD_OUT = "auto, left out"
MODEL = "fncells-1"
METHODS = (AUTO, HELD_OUT, MEAN_SD, MODEL)
STRICTER = {AUTO: (0.7, 0.85), HELD_OUT: (0.7, 0.85), MEAN_SD: (4.5, 6.0), MODEL: (0.93, 0.98)}
"""Cutoffs, as settings, of drafts that leave out many a cell: more candidates to learn from."""
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
    second
        Name of the draft of another kind that was known, too; empty for none.
    strict
        Whether the cutoff was higher than usual: true cells are candidates then.
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
    second: str
    strict: bool
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


class Drafted:
    """A draft of a picture, and what of it is right.

    Parameters
    ----------
    picture
        The picture.
    method
        Of the draft.
    labels
        The draft.
    strict
        Whether its cutoff was higher than usual.
    """

    def __init__(self, picture: Picture, method: str, labels: Labels, *, strict: bool) -> None:
        self.picture, self.method, self.strict = picture, method, strict
        self.document = Document(labels.shape)
        self.document.commit(apply_draft(self.document, labels, {}))
        self._areas = np.bincount(picture.truth.ravel())
        by_iou = match_objects(self.document.labels, picture.truth, "iou")
        by_distance = match_objects(self.document.labels, picture.truth, "v1")
        self._missed = frozenset(by_iou.false_negatives)
        cells = [self.document.objects[i] for i in sorted(self.document.objects)]
        ids = [cell.id for cell in cells]
        masks = [self.document.labels[cell.box.slices] == cell.id for cell in cells]
        drawn = [Region(c.box, mask, 0.0) for c, mask in zip(cells, masks, strict=True)]
        self._cells = {
            "places": _places(drawn),
            "wrong": np.isin(ids, by_iou.false_positives),
            "wrong_v1": np.isin(ids, by_distance.false_positives),
            "over_a_cell": np.array([bool(self._under(r, _OVER)) for r in drawn], dtype=bool),
            "seen_at_cells": [self._under(r, _SHOWS) & self._missed for r in drawn],
        }

    def looked_at(self, look: Look, second: str = "") -> Material:
        """What is known of it by a look, which may be with a second draft."""
        pixels = self.picture.pixels
        plane = pixels if pixels.ndim == 2 else pixels[..., brightest_channel(pixels)]
        sight = Sight.of(plane, look.scores, look.second)
        doubts = Doubts(self.document, sight)
        rows = doubts.rows
        candidates = Candidates(self.document, sight, look, doubts)
        proposed = [candidates.regions[n] for n in candidates.open]
        return Material(
            self.picture.name,
            self.picture.group,
            self.method,
            second,
            self.strict,
            cells=beside(rows, sight.kinds, np.ones(len(rows), dtype=bool)),
            candidates=candidates.table(candidates.open),
            candidate_places=_places(proposed),
            missed=self._missed,
            seen_at_candidates=[self._under(r, _SHOWS) & self._missed for r in proposed],
            **self._cells,
        )

    def _under(self, region: Region, share: float) -> set[int]:
        """True cells of which a region holds more than a share of the smaller of the two."""
        inside = self.picture.truth[region.box.slices][region.mask]
        ids, common = np.unique(inside, return_counts=True)
        return {
            int(i)
            for i, pixels in zip(ids, common, strict=True)
            if i and pixels > share * min(self._areas[i], inside.size)
        }


def _places(regions: Sequence[Region]) -> NDArray[np.int64]:
    return np.array([region.box for region in regions], dtype=np.int64).reshape(-1, 4)


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
            yield Picture(f"{kind} {seed}", SIMULATED, *simulate_image(kind, seed))


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

    def drafts(self, picture: Picture, *, strict: bool = False) -> Iterator[Material]:
        """By each method, by itself and with the second draft that it is set beside.

        Parameters
        ----------
        picture
            The picture.
        strict
            Whether also by cutoffs higher than usual.
        """
        sources = self._sources(picture)
        blind = HELD_OUT if HELD_OUT in sources else AUTO
        usual = {method: source.look(source.usual) for method, source in sources.items()}
        seconds = {AUTO: MODEL, HELD_OUT: MODEL, MODEL: blind, MEAN_SD: blind}
        for method, source in sources.items():
            for amount in (source.usual, *(STRICTER[method] if strict else ())):
                look = usual[method] if amount == source.usual else source.look(amount)
                labels = in_reading_order(source.cells(look.scores.cutoff))
                drafted = Drafted(picture, method, labels, strict=amount != source.usual)
                yield drafted.looked_at(look)
                second = seconds[method]
                yield drafted.looked_at(look.with_second(usual[second]), second)

    def _sources(self, picture: Picture) -> dict[str, Source]:
        auto, mean_sd = preset(AUTO), preset(MEAN_SD)
        sources = {AUTO: Source(auto, judged=finish(judge_steps(picture.pixels, auto)))}
        kept = self._left_out / f"{picture.name}.npz"
        if kept.exists():
            with np.load(kept) as file:
                judged = AutoResult.of(file["pieces"], file["likenesses"], "")
            sources[HELD_OUT] = Source(auto, judged=judged)
        heights = relief(score_map(picture.pixels, mean_sd.score), mean_sd.cutoff)
        sources[MEAN_SD] = Source(mean_sd, heights)
        sources[MODEL] = Source(self._model, finish(self._scorer(picture.pixels, self._model)))
        return sources


@dataclass(frozen=True, eq=False)
class Source:
    """What drafts of a picture by one method are cut from: scores, or pieces.

    Attributes
    ----------
    params
        Of the usual draft.
    """

    params: DraftParams
    score: ScoreMap | None = None
    judged: AutoResult | None = None

    @property
    def usual(self) -> float:
        """The usual cutoff, as a setting."""
        return self.params.cutoff.amount

    def cells(self, cutoff: float) -> NDArray[np.int32]:
        """Cells above a cutoff."""
        if self.judged is not None:
            return likely_cells(self.judged, cutoff, self.params)
        return cells_of(self._known_score, cutoff, self.params)

    def look(self, amount: float) -> Look:
        """Look at what lies under a cutoff."""
        params = self.params.with_settings({"cutoff.amount": amount})
        if self.judged is not None:
            return look_at_pieces(self.judged, params, CandidateParams())
        return look_at_score(self._known_score, params, CandidateParams())

    @property
    def _known_score(self) -> ScoreMap:
        if self.score is None:
            raise ValueError("there are neither pieces nor scores")
        return self.score


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
