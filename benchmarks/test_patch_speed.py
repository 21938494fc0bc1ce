"""Patches a second, of pictures as large as those of FNC: run with -s to see figures."""

from __future__ import annotations

from pathlib import Path
from time import perf_counter

import numpy as np
import pytest

from napari_fncells.core.geometry import Box
from napari_fncells.core.labels import Labels, boxes
from napari_fncells.core.objects import CellObject, ObjectState, Origin
from napari_fncells.core.params.patches import PatchParams, WeightParams
from napari_fncells.core.params.split import SplitParams
from napari_fncells.core.patches import cut_patches
from napari_fncells.core.simulate import simulate_image
from napari_fncells.core.weight_map import weight_map
from napari_fncells.io.exporters.base import GroundTruth
from napari_fncells.io.images import Image
from napari_fncells.io.patches import PATCH_FORMS
from napari_fncells.session.patching import PatchJob, write_patches

PICTURES = 8


@pytest.fixture(scope="module")
def truths() -> list[GroundTruth]:
    """Simulated pictures of 1200 x 1600, all different."""
    return [a_truth(seed) for seed in range(PICTURES)]


def a_truth(seed: int) -> GroundTruth:
    pixels, labels = simulate_image("crowded" if seed % 2 else "sparse", seed=seed)
    image = Image(np.asarray(pixels), name=f"{seed}.png")
    numbers = labels.astype(np.uint16)
    return GroundTruth(f"{seed}.png", f"{seed}", numbers, cells_of(numbers), lambda: image)


def cells_of(labels: Labels) -> tuple[CellObject, ...]:
    state, origin = ObjectState.ACCEPTED, Origin.DRAFT
    return tuple(CellObject(i, state, origin, Box.of(s), 1) for i, s in boxes(labels).items())


@pytest.mark.parametrize("form", sorted(PATCH_FORMS))
@pytest.mark.parametrize("weights", [False, True], ids=["plain", "weights"])
def test_patches_written_and_read_back(
    form: str, weights: bool, truths: list[GroundTruth], tmp_path: Path
) -> None:
    params = PatchParams(scheme="fnc", weights=WeightParams() if weights else None)
    begun = perf_counter()
    report = write_patches(truths, tmp_path / "o", PatchJob(params, SplitParams(by="image"), form))
    taken = perf_counter() - begun
    size = sum(path.stat().st_size for path in (tmp_path / "o").rglob("*") if path.is_file())
    number = report.manifest.patches
    print(f"\n{form}: {number / taken:.1f} patches/s, {size / number / 1e3:.0f} kB a patch")
    assert number == 12 * PICTURES


def test_cut_alone(benchmark: object, truths: list[GroundTruth]) -> None:
    params = PatchParams(scheme="fnc")
    truth = truths[0]
    pixels = truth.read_pixels().pixels
    benchmark(lambda: list(cut_patches("a", pixels, truth.labels, params)))  # type: ignore[operator]


def test_weight_map(benchmark: object, truths: list[GroundTruth]) -> None:
    benchmark(weight_map, truths[0].labels, WeightParams())  # type: ignore[operator]
