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
from napari_fncells.core.params import AUTO, preset
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


@pytest.mark.parametrize("name", ["cutoff", "opening", "smoothing", "background"])
def test_one_setting_moved(benchmark: Any, pipeline: Pipeline, name: str) -> None:
    """What a step of a slider costs behind the preview: the draft and its sizes."""
    benchmark.group = "draft after one step of a slider, 1200x1600"
    params = preset(AUTO)
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
