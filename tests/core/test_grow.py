from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage as ndi

from napari_fncells.core.geometry import Box
from napari_fncells.core.grow import GrowParams, NothingToGrowError, Region, grow
from napari_fncells.core.score import ScoreMap, score_map
from tests.core.naive import disk, pieces

SHAPE = (200, 220)


def blob(row: float, column: float, radius: float, height: float = 100) -> np.ndarray:
    """A soft disk."""
    rows, columns = np.mgrid[: SHAPE[0], : SHAPE[1]]
    return height / (1 + np.exp((np.hypot(rows - row, columns - column) - radius) / 1.5))


def scored(*parts: np.ndarray, noise: float = 1.0, dtype: Any = np.uint8) -> ScoreMap:
    light = np.random.default_rng(4).normal(10, noise, SHAPE) + sum(parts)
    return score_map(light.clip(0, 255).astype(dtype))


def whole(region: Region) -> np.ndarray:
    mask = np.zeros(SHAPE, bool)
    mask[region.box.slices] = region.mask
    return mask


def iou(one: np.ndarray, other: np.ndarray) -> float:
    return np.count_nonzero(one & other) / np.count_nonzero(one | other)


NOTHING = np.zeros(SHAPE, np.uint16)


@pytest.mark.parametrize("radius", [8, 14, 25])
@pytest.mark.parametrize("height", [20, 100])
def test_a_blob(radius: int, height: int) -> None:
    score = scored(blob(100, 110, radius, height))
    region = grow(score, NOTHING, (100, 110))
    # Experts draw about 2 px outside the half height of a soft flank
    assert iou(whole(region), disk(SHAPE, 100, 110, radius + 2)) > 0.65
    assert region.box == Box.around(whole(region))
    assert (score.values[whole(region)] > region.level).mean() > 0.95


@pytest.mark.parametrize("at", [(95, 104), (106, 118), (100, 122)])
def test_any_click_on_the_blob_gives_about_the_same(at: tuple[int, int]) -> None:
    score = scored(blob(100, 110, 14))
    centre = whole(grow(score, NOTHING, (100, 110)))
    assert iou(whole(grow(score, NOTHING, at)), centre) > 0.8


@pytest.mark.parametrize(
    "centre", [(0, 110), (199, 110), (100, 0), (100, 219), (0, 0), (199, 219)]
)
def test_a_blob_cut_by_the_side(centre: tuple[int, int]) -> None:
    region = grow(scored(blob(*centre, 18)), NOTHING, centre)
    assert iou(whole(region), disk(SHAPE, *centre, 18)) > 0.6
    assert region.box.clip(SHAPE) == region.box


def test_the_neighbour_is_left_alone() -> None:
    score = scored(blob(100, 90, 16), blob(100, 118, 16))
    labels = disk(SHAPE, 100, 118, 17).astype(np.uint16) * 5
    region = grow(score, labels, (100, 88))
    assert not (whole(region) & (labels > 0)).any()
    assert iou(whole(region), disk(SHAPE, 100, 90, 16) & (labels == 0)) > 0.6


def test_a_cell_inside_the_hole_of_another_is_left_alone() -> None:
    """The hole is filled, but not where a cell is."""
    score = scored(blob(100, 110, 24))
    labels = np.where(disk(SHAPE, 100, 110, 6), 3, 0).astype(np.uint16)
    region = grow(score, labels, (100, 124))
    assert not (whole(region) & (labels > 0)).any()
    assert whole(region)[100, 95]


def test_holes_are_filled() -> None:
    ring = blob(100, 110, 20) - blob(100, 110, 6, 90)
    region = grow(scored(ring), NOTHING, (100, 124))
    assert whole(region)[100, 110]
    filled = ndi.binary_fill_holes(region.mask)
    np.testing.assert_array_equal(filled, region.mask)


@pytest.mark.parametrize("at", [(100, 110), (0, 0), (199, 219)])
def test_nothing_there(at: tuple[int, int]) -> None:
    flat = score_map(np.full(SHAPE, 12, np.uint8))
    for score in (flat, score_map(np.full(SHAPE, 0.1)), score_map(np.zeros(SHAPE))):
        with pytest.raises(NothingToGrowError, match="Nothing stands out"):
            grow(score, NOTHING, at)


def test_far_from_the_only_cell_nothing_stands_out() -> None:
    flat = np.full(SHAPE, 10.0) + blob(40, 40, 12).round()
    for dtype in (np.uint8, np.float64):
        with pytest.raises(NothingToGrowError):
            grow(score_map(flat.astype(dtype)), NOTHING, (160, 180))


def test_a_slope_of_one_grey_level_is_no_cell() -> None:
    step = np.full(SHAPE, 10, np.uint8)
    step[90:110, 100:120] = 10 + (np.indices((20, 20)).sum(0) % 2)
    with pytest.raises(NothingToGrowError):
        grow(score_map(step), NOTHING, (100, 110))


@pytest.mark.parametrize("scale", [1 / 255, 1e-4, 1000])
def test_pictures_in_fractions_grow_as_others(scale: float) -> None:
    """Half a grey level is noise in whole numbers, and everything in a picture from 0 to 1."""
    light = np.random.default_rng(4).normal(10, 1, SHAPE) + blob(100, 110, 14)
    as_is = grow(score_map(light), NOTHING, (100, 110))
    scaled = grow(score_map(light * scale), NOTHING, (100, 110))
    assert iou(whole(as_is), whole(scaled)) > 0.98
    assert scaled.level == pytest.approx(as_is.level * scale, rel=0.05)


@pytest.mark.parametrize("at", [(-1, 5), (5, -1), (200, 5), (5, 220)])
def test_outside_the_picture(at: tuple[int, int]) -> None:
    with pytest.raises(NothingToGrowError, match="outside"):
        grow(scored(blob(100, 110, 14)), NOTHING, at)


def test_on_a_cell() -> None:
    labels = NOTHING.copy()
    labels[100, 110] = 1
    with pytest.raises(NothingToGrowError, match="already"):
        grow(scored(blob(100, 110, 14)), labels, (100, 110))


def test_a_cell_larger_than_the_reach_is_not_cut_square() -> None:
    score = scored(blob(100, 110, 70))
    try:
        region = grow(score, NOTHING, (100, 110), GrowParams(reach=30))
    except NothingToGrowError:
        return
    assert region.box.height < 61
    assert region.box.width < 61


def test_a_process_is_cut_off() -> None:
    thin = np.zeros(SHAPE)
    thin[99:102, 110:190] = 100
    region = grow(scored(blob(100, 100, 14), thin), NOTHING, (100, 100))
    assert region.box.right < 130


@pytest.mark.parametrize("shape", [(1, 1), (1, 40), (40, 1), (3, 3)])
def test_pictures_too_small_for_a_cell(shape: tuple[int, int]) -> None:
    image = np.zeros(shape)
    image[0, 0] = 100
    with pytest.raises(NothingToGrowError):
        grow(score_map(image), np.zeros(shape, np.uint16), (0, 0))


def test_shifted() -> None:
    region = Region(Box(1, 2, 3, 5), np.ones((2, 3), bool), 4.0).shifted(10, 20)
    assert region.box == Box(11, 22, 13, 25)
    assert region.level == 4.0


@settings(max_examples=60, deadline=None, derandomize=True, database=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_a_grown_cell_is_always_sound(seed: int) -> None:
    """One piece on free ground, at the click, within reach, whatever lies around."""
    rng = np.random.default_rng(seed)
    shape = tuple(int(n) for n in rng.integers(20, 90, 2))
    image = rng.normal(20, 2, shape)
    for _ in range(rng.integers(1, 7)):
        spot = disk(shape, *(rng.random(2) * shape), rng.uniform(3, 20))
        image += rng.uniform(5, 100) * spot
    labels = np.zeros(shape, np.uint16)
    for i in range(1, int(rng.integers(1, 6))):
        labels[disk(shape, *(rng.random(2) * shape), rng.uniform(2, 12))] = i
    score = score_map(image)
    row, column = (int(rng.integers(n)) for n in shape)
    params = GrowParams(reach=int(rng.integers(8, 60)), min_area=int(rng.integers(1, 60)))
    try:
        region = grow(score, labels, (row, column), params)
    except NothingToGrowError:
        return
    mask = np.zeros(shape, bool)
    mask[region.box.slices] = region.mask
    assert region.box == Box.around(mask)
    assert not labels[mask].any()
    assert pieces(mask) == 1
    assert mask.sum() >= params.min_area
    assert region.box.union(Box.square(row, column, params.reach)) == Box.square(
        row, column, params.reach
    )
    near = Box.square(row, column, params.snap).clip(shape)
    assert mask[near.slices].any()
