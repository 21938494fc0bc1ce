from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from napari_fncells.core.geometry import Box
from napari_fncells.core.grow import (
    GrowParams,
    Growth,
    NothingToGrowError,
    Region,
    grow,
    grow_steps,
    steps_around,
)
from napari_fncells.core.score import ScoreMap, score_map
from tests.core.naive import disk, pieces
from tests.core.test_grow import NOTHING, SHAPE, blob, iou, scored, whole


def masks_of(growth: Growth, shape: tuple[int, int] = SHAPE) -> list[np.ndarray]:
    found = []
    for step in growth.steps:
        mask = np.zeros(shape, bool)
        mask[step.box.slices] = step.mask
        found.append(mask)
    return found


def assert_nested(masks: list[np.ndarray]) -> None:
    for inner, outer in pairwise(masks):
        assert (outer | ~inner).all()
        assert outer.sum() > inner.sum()


def test_the_proposal_is_what_grow_gives() -> None:
    score = scored(blob(100, 110, 14))
    growth = grow_steps(score, NOTHING, (100, 110))
    region = grow(score, NOTHING, (100, 110))
    assert growth.region is growth.steps[growth.chosen]
    assert growth.region.box == region.box
    np.testing.assert_array_equal(growth.region.mask, region.mask)


def test_steps_are_nested_and_two_pixels_apart() -> None:
    growth = grow_steps(scored(blob(100, 110, 20)), NOTHING, (100, 110))
    masks = masks_of(growth)
    assert_nested(masks)
    assert growth.chosen >= 3
    assert len(masks) - growth.chosen > 3
    radii = np.sqrt([mask.sum() / np.pi for mask in masks])
    np.testing.assert_allclose(np.diff(radii), 2, atol=0.6)


def test_steps_keep_off_other_cells() -> None:
    labels = disk(SHAPE, 100, 122, 8).astype(np.uint16) * 3
    growth = grow_steps(scored(blob(100, 100, 12), blob(100, 122, 8)), labels, (100, 100))
    masks = masks_of(growth)
    assert not any((mask & (labels > 0)).any() for mask in masks)
    assert_nested(masks)
    assert all(pieces(mask) == 1 for mask in masks)


def test_a_cell_shut_in_by_others_grows_no_farther() -> None:
    """Ground beyond the neighbours is not reached around or through them."""
    labels = np.where(disk(SHAPE, 100, 110, 18), 0, 4).astype(np.uint16)
    masks = masks_of(grow_steps(scored(blob(100, 110, 14)), labels, (100, 110)))
    assert not (masks[-1] & (labels > 0)).any()
    assert masks[-1].sum() <= (labels == 0).sum()


@pytest.mark.parametrize("corner", [(0, 0), (0, 219), (199, 0), (199, 219)])
def test_steps_at_the_side_of_the_picture(corner: tuple[int, int]) -> None:
    growth = grow_steps(scored(blob(*corner, 18)), NOTHING, corner)
    assert_nested(masks_of(growth))
    assert all(step.box.clip(SHAPE) == step.box for step in growth.steps)


def test_no_step_leaves_the_reach() -> None:
    params = GrowParams(reach=30)
    growth = grow_steps(scored(blob(100, 110, 14)), NOTHING, (100, 110), params)
    limit = Box.square(100, 110, 30)
    assert all(step.box.union(limit) == limit for step in growth.steps)


def test_a_window_gives_what_the_picture_gives() -> None:
    score = scored(blob(100, 110, 14), blob(140, 150, 10))
    params = GrowParams(reach=40)
    window = Box.square(100, 110, 48).clip(SHAPE)
    part = ScoreMap(score.values[window.slices], score.meaning, score.step)
    inside = grow_steps(part, NOTHING[window.slices], (48, 48), params)
    moved = inside.shifted(window.top, window.left)
    growth = grow_steps(score, NOTHING, (100, 110), params)
    assert moved.chosen == growth.chosen
    for one, other in zip(moved.steps, growth.steps, strict=True):
        assert one.box == other.box
        np.testing.assert_array_equal(one.mask, other.mask)


@pytest.mark.parametrize(("factor", "shift"), [(1 / 255, 0.0), (257.0, 0.0), (3.0, 500.0)])
def test_contrast_and_brightness_do_not_matter(factor: float, shift: float) -> None:
    light = np.random.default_rng(4).normal(10, 1, SHAPE) + blob(100, 110, 14)
    as_is = whole(grow(score_map(light), NOTHING, (100, 110)))
    changed = whole(grow(score_map(light * factor + shift), NOTHING, (100, 110)))
    assert iou(as_is, changed) > 0.98


def test_bits_do_not_matter() -> None:
    light = np.random.default_rng(4).normal(10, 1, SHAPE) + blob(100, 110, 14)
    eight = whole(grow(score_map(light.astype(np.uint8)), NOTHING, (100, 110)))
    sixteen = whole(grow(score_map((light * 257).astype(np.uint16)), NOTHING, (100, 110)))
    assert iou(eight, sixteen) > 0.95


@pytest.mark.parametrize("at", [(94, 110), (106, 110), (100, 104), (104, 114)])
def test_a_click_six_pixels_off_a_small_cell_hits_it(at: tuple[int, int]) -> None:
    mask = whole(grow(scored(blob(100, 110, 10)), NOTHING, at))
    assert iou(mask, disk(SHAPE, 100, 110, 12)) > 0.6


def test_steps_around_hold_the_cell_as_it_is() -> None:
    score = scored(blob(100, 110, 14))
    mask = disk(SHAPE, 101, 108, 11) & ~disk(SHAPE, 101, 108, 3)
    region = Region(Box.around(mask) or Box(0, 0, 1, 1), mask[90:113, 97:120], 7.0)
    growth = steps_around(score, NOTHING, region)
    assert growth.region is region
    assert growth.chosen >= 1
    assert len(growth.steps) - growth.chosen > 3
    assert_nested(masks_of(growth))


def test_steps_around_a_cell_between_others() -> None:
    labels = np.zeros(SHAPE, np.uint16)
    labels[:, 130:] = 6
    mask = disk(SHAPE, 100, 118, 11)
    box = Box.around(mask)
    assert box is not None
    growth = steps_around(scored(blob(100, 118, 11)), labels, Region(box, mask[box.slices], 0.0))
    assert all(step.box.right <= 130 for step in growth.steps)
    np.testing.assert_array_equal(masks_of(growth)[growth.chosen], mask)


@settings(max_examples=40, deadline=None, derandomize=True, database=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_steps_are_always_sound(seed: int) -> None:
    """Nested, on free ground, tight boxes, whatever lies around."""
    rng = np.random.default_rng(seed)
    shape = (int(rng.integers(20, 90)), int(rng.integers(20, 90)))
    image = rng.normal(20, 2, shape)
    for _ in range(rng.integers(1, 6)):
        spot = disk(shape, *(rng.random(2) * shape), rng.uniform(3, 20))
        image += rng.uniform(5, 100) * spot
    labels = np.zeros(shape, np.uint16)
    for i in range(1, int(rng.integers(1, 5))):
        labels[disk(shape, *(rng.random(2) * shape), rng.uniform(2, 12))] = i
    point = int(rng.integers(shape[0])), int(rng.integers(shape[1]))
    params = GrowParams(reach=int(rng.integers(8, 60)))
    score = score_map(image)
    try:
        growth = grow_steps(score, labels, point, params)
    except NothingToGrowError:
        return
    masks = masks_of(growth, shape)
    assert_nested(masks)
    assert not any(labels[mask].any() for mask in masks)
    assert all(step.box == Box.around(m) for step, m in zip(growth.steps, masks, strict=True))
    around = steps_around(score, labels, growth.region, params)
    assert around.region is growth.region
    assert_nested(masks_of(around, shape))
