"""Speed of a click, of the wheel's outlines and of learning from a cell."""

from __future__ import annotations

import numpy as np
import pytest

from napari_fncells.core.grow import OutlinePrior, grow_steps, outline_sample, steps_around
from napari_fncells.core.score import ScoreMap, score_map
from napari_fncells.core.simulate import simulate_image

PLACE = tuple[int, int]


@pytest.fixture(scope="module")
def scene() -> tuple[ScoreMap, np.ndarray, list[PLACE]]:
    """A crowded picture and places on ten of its cells."""
    image, truth = simulate_image("crowded", seed=4)
    places = []
    for i in np.unique(truth)[1:11]:
        rows, columns = np.nonzero(truth == i)
        places.append((int(np.median(rows)), int(np.median(columns))))
    return score_map(image), np.zeros(truth.shape, np.uint16), places


@pytest.mark.benchmark(group="grow")
def test_ten_clicks(benchmark, scene) -> None:
    score, labels, places = scene
    benchmark(lambda: [grow_steps(score, labels, place) for place in places])


@pytest.mark.benchmark(group="grow")
def test_ten_clicks_after_confirmed_cells(benchmark, scene) -> None:
    score, labels, places = scene
    regions = [grow_steps(score, labels, place).region for place in places[:3]]
    prior = OutlinePrior.of(s for r in regions if (s := outline_sample(score, r)) is not None)
    assert prior.count
    benchmark(lambda: [grow_steps(score, labels, place, prior=prior) for place in places])


@pytest.mark.benchmark(group="outline")
def test_steps_around(benchmark, scene) -> None:
    score, labels, places = scene
    region = grow_steps(score, labels, places[0]).region
    benchmark(steps_around, score, labels, region)


@pytest.mark.benchmark(group="outline")
def test_outline_sample(benchmark, scene) -> None:
    score, labels, places = scene
    region = grow_steps(score, labels, places[0]).region
    assert benchmark(outline_sample, score, region) is not None
