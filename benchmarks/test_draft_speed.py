"""The chain score -> local cutoff -> holes -> small objects -> label -> table by several hands.

`make bench` shows the ratios within one run; tests/core/test_chain.py proves that the masks are
the same. The floor is what reading the picture and writing mask and labels once takes: no chain
that leaves its result in memory can be faster.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from benchmarks import chains
from napari_fncells.core.params import CleanUpParams, CutoffParams, DraftParams, ScoreParams
from napari_fncells.core.pipeline import Pipeline
from napari_fncells.core.simulate import simulate_image

SIDES = {"1200x1600": None, "4096x4096": 4096}
CHAINS: dict[str, Callable[[chains.Plane], object]] = {
    "ours": chains.ours,
    "ours, exact": lambda plane: chains.ours(plane, exact=True),
    "scikit-image": chains.scikit_image,
    "SciPy": chains.scipy,
    "floor": lambda plane: (plane > 1, plane.astype(np.int32)),
}


@pytest.mark.parametrize("hand", CHAINS)
@pytest.mark.parametrize("size", SIDES)
def test_chain(benchmark: Any, size: str, hand: str) -> None:
    benchmark.group = f"draft chain, {size}"
    plane = chains.plane_of(SIDES[size])
    rounds = 3 if hand in ("scikit-image", "SciPy") else 20
    benchmark.pedantic(CHAINS[hand], (plane,), rounds=rounds, warmup_rounds=1)


@pytest.fixture(scope="module")
def pipeline() -> Pipeline:
    return Pipeline(simulate_image("crowded", seed=4)[0])


START = DraftParams(
    score=ScoreParams(smoothing=2.5),
    cutoff=CutoffParams(method="mean_sd", amount=3.0),
    clean_up=CleanUpParams(
        opening=7, hole_area=600, min_area=300, split="distance", split_depth=2.5
    ),
)
CUTOFF: dict[str, Callable[[Pipeline, float], object]] = {
    "mask": lambda known, cutoff: known.mask(START, cutoff),
    "cells and table": lambda known, cutoff: (
        known.labels(START, cutoff),
        known.regions(START, cutoff),
    ),
}
SLOW: dict[str, dict[str, Any]] = {
    "smoothing": {"smoothing": 15.0},
    "wide ground": {"background": 60.0},
    "rolling ball": {"background": 12.0, "ground": "rolling_ball"},
    "top-hat": {"background": 12.0, "ground": "top_hat"},
    "contrast": {"contrast": 40.0},
    "spots, DoG": {"blobs": "dog"},
    "spots, LoG": {"blobs": "log"},
    "local median": {"method": "local_median", "window": 61.0},
    "Sauvola": {"method": "sauvola", "amount": -1.0},
}
"""Filters that take longest, at sizes at which they do."""


@pytest.mark.parametrize("what", CUTOFF)
def test_cutoff_moved(benchmark: Any, pipeline: Pipeline, what: str) -> None:
    """The mask at each step of the cutoff; the cells of it when it rests."""
    benchmark.group = "cutoff moved by a step, 1200x1600"
    pipeline.draft(START)
    start = pipeline.cutoff(START)
    steps = iter(range(1, 1000))

    def moved() -> tuple[Any, ...]:
        cutoff = start + 0.01 * next(steps)
        if what != "mask":
            pipeline.mask(START, cutoff)
        return pipeline, cutoff

    benchmark.pedantic(CUTOFF[what], setup=lambda: (moved(), {}), rounds=20)


@pytest.mark.parametrize("look", ["full", "quick"])
@pytest.mark.parametrize("name", SLOW)
def test_slow_filter_moved(benchmark: Any, pipeline: Pipeline, name: str, look: str) -> None:
    """The mask after a step of the slider of a slow filter, at full scale or as it is dragged."""
    benchmark.group = f"{name} moved by a step, 1200x1600"
    params = START.with_settings(SLOW[name])
    moved = iter(params.with_settings({"smoothing": 2.0 + by / 10}) for by in range(1, 100))
    if name == "smoothing":
        moved = iter(params.with_settings({"smoothing": 14.0 + by / 10}) for by in range(1, 100))
    quick = look == "quick"
    benchmark.pedantic(lambda: pipeline.mask(next(moved), quick=quick), rounds=5, warmup_rounds=1)


@pytest.mark.parametrize("name", ["cutoff", "opening", "smoothing", "background"])
def test_one_setting_moved(benchmark: Any, pipeline: Pipeline, name: str) -> None:
    """What a step of a slider costs behind the preview: the draft and its sizes."""
    benchmark.group = "draft after one step of a slider, 1200x1600"
    params = START
    start = pipeline.draft(params)
    steps = iter(range(1, 1000))

    def step() -> None:
        by = next(steps)
        at = start.cutoff + 0.05 * by if name == "cutoff" else None
        settings = {
            "cutoff": {},
            "opening": {"opening": 3 + by % 8},
            "smoothing": {"smoothing": 2.0 + by % 20 / 10},
            "background": {"background": 40.0 + by},
        }[name]
        moved = params.with_settings(settings)
        pipeline.draft(moved, cutoff=at)
        pipeline.areas(moved, cutoff=at)

    benchmark.pedantic(step, rounds=20, warmup_rounds=2)
