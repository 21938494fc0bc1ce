"""The simulator: the same for a seed, a clean truth, and figures like those of real pictures."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from pydantic import ValidationError
from scipy import ndimage

from napari_fncells.core.errors import ParameterError
from napari_fncells.core.simulate import KINDS, SimulationParams, simulate, simulate_image

EIGHT = np.ones((3, 3), bool)
SMALL = {"height": 384, "width": 512}


def small(kind: str, **changes: object) -> SimulationParams:
    return KINDS[kind].model_copy(update={**SMALL, **changes})


def areas(labels: NDArray[np.uint16]) -> NDArray[np.int64]:
    return np.bincount(labels.ravel())[1:]


def test_kinds_are_all_there() -> None:
    assert {"sparse", "crowded", "artefacts", "dim", "empty", "red", "green"} <= set(KINDS)


def test_full_size_picture_and_truth() -> None:
    image, labels = simulate_image("sparse", 7)
    assert image.shape == (1200, 1600, 3)
    assert image.dtype == np.uint8
    assert labels.shape == (1200, 1600)
    assert labels.dtype == np.uint16
    assert 8 <= labels.max() <= 14


@pytest.mark.parametrize("kind", ["crowded", "artefacts"])
def test_same_seed_same_picture_other_seed_other_picture(kind: str) -> None:
    first, again, other = (simulate(small(kind), seed) for seed in (3, 3, 4))
    assert np.array_equal(first.image, again.image)
    assert np.array_equal(first.labels, again.labels)
    assert first.distractors == again.distractors
    assert not np.array_equal(first.image, other.image)
    assert not np.array_equal(first.labels, other.labels)


def test_global_random_state_is_neither_used_nor_changed() -> None:
    np.random.seed(1)
    before = np.random.get_state()[1].copy()
    first = simulate(small("sparse"), 5).image
    assert np.array_equal(before, np.random.get_state()[1])
    np.random.seed(2)
    assert np.array_equal(first, simulate(small("sparse"), 5).image)


def test_more_fibres_leave_the_cells_where_they_are() -> None:
    few = simulate(small("sparse", neurite_count=0), 11)
    many = simulate(small("sparse", neurite_count=120), 11)
    assert np.array_equal(few.labels, many.labels)
    assert not np.array_equal(few.image, many.image)


@pytest.mark.parametrize("kind", sorted(KINDS))
@pytest.mark.parametrize("seed", [0, 1])
def test_each_true_cell_is_one_piece(kind: str, seed: int) -> None:
    params = small(kind)
    labels = simulate(params, seed).labels
    found = np.unique(labels)
    assert np.array_equal(found, np.arange(found.size)), "ids must be 1..n, ground 0"
    for number in found[1:]:
        assert ndimage.label(labels == number, structure=EIGHT)[1] == 1
    if found.size > 1:
        assert areas(labels).min() >= params.smallest_cell_px


def test_touching_cells_occur_in_crowded_pictures() -> None:
    labels = simulate(small("crowded", cell_count=150), 2).labels
    assert ndimage.label(labels > 0, structure=EIGHT)[1] < labels.max()


def test_empty_has_no_cell_but_something_to_be_fooled_by() -> None:
    result = simulate(KINDS["empty"], 1)
    assert result.labels.max() == 0
    assert {"debris", "out_of_focus"} <= {found.kind for found in result.distractors}
    assert result.image[..., 0].max() > 40


def test_ground_is_nearly_black_and_blue_almost_empty() -> None:
    image, labels = simulate_image("sparse", 0)
    ground = image[~ndimage.binary_dilation(labels > 0, iterations=25)]
    red, green, blue = ground.mean(axis=0)
    assert 3 < red < 13
    assert 0.3 * red < green < 0.65 * red
    assert blue < 0.4
    assert np.percentile(ground[:, 0], 99) < 40
    whole = image.reshape(-1, 3).astype(float)
    assert np.corrcoef(whole[:, 0], whole[:, 1])[0, 1] > 0.94
    assert whole[:, 2].mean() < 0.8


@pytest.mark.parametrize(("kind", "channel"), [("sparse", 0), ("red", 0), ("green", 1)])
def test_light_is_in_the_channel_of_the_colour(kind: str, channel: int) -> None:
    result = simulate(small(kind), 3)
    cells = result.image[result.labels > 0].mean(axis=0)
    assert cells.argmax() == channel
    ratio = (
        cells[1] / cells[0] if kind == "sparse" else np.delete(cells, channel).max() / cells.max()
    )
    assert (0.65 < ratio < 1.0) if kind == "sparse" else ratio < 0.25


def test_areas_are_those_of_real_cells() -> None:
    # Real yellow cells: p5 233, p50 1,136, p95 about 4,000 px.
    params = small("sparse", height=512, cell_count=110, picture_area_spread=0)
    found = np.concatenate([areas(simulate(params, seed).labels) for seed in range(9)])
    low, middle, high = np.percentile(found, [5, 50, 95])
    assert found.size > 100
    assert 150 < low < 600
    assert 900 < middle < 1400
    assert 2300 < high < 5000


def test_every_true_cell_stands_out_from_its_surroundings() -> None:
    result = simulate(small("dim", height=512, width=640, cell_count=60), 4)
    plane = ndimage.gaussian_filter(result.image[..., 0].astype(float), 1.0)
    ground = plane[~ndimage.binary_dilation(result.labels > 0, iterations=12)]
    means = ndimage.mean(plane, result.labels, np.arange(1, result.labels.max() + 1))
    assert np.min(means) > np.median(ground) + 2.0 * ground.std()


def test_brightness_and_size_vary_between_cells() -> None:
    result = simulate(small("sparse", cell_count=150), 6)
    means = ndimage.mean(
        result.image[..., 0], result.labels, np.arange(1, result.labels.max() + 1)
    )
    assert np.std(means) / np.mean(means) > 0.12
    assert np.std(np.log(areas(result.labels))) > 0.35


def test_outline_drawn_farther_outside_takes_in_darker_pixels() -> None:
    tight, wide = (
        simulate(small("sparse", cell_count=100, outline_offset_px=o, cell_area_spread=0), 8)
        for o in (-2.0, 3.0)
    )
    # The marked area stays; the body within it shrinks.
    inner = tight.image[tight.labels > 0].mean()
    assert wide.image[wide.labels > 0].mean() < inner


def test_artefacts_are_noted_and_are_not_cells() -> None:
    result = simulate(KINDS["artefacts"], 2)
    kinds = {found.kind for found in result.distractors}
    assert {"stripe", "macaroni", "filament", "debris", "neurite", "out_of_focus"} <= kinds
    for found in result.distractors:
        if found.kind in ("stripe", "macaroni"):
            y, x = int(found.y), int(found.x)
            assert result.labels[max(y, 0), max(x, 0)] == 0
    assert (result.image[..., 0] > 120).mean() > 0.01, "the stripe is bright and large"


@pytest.mark.parametrize("kind", sorted(KINDS))
@pytest.mark.parametrize("shape", [(128, 160), (48, 75)])
def test_small_pictures(kind: str, shape: tuple[int, int]) -> None:
    params = KINDS[kind].model_copy(update={"height": shape[0], "width": shape[1]})
    result = simulate(params, 0)
    assert result.image.shape == (*shape, 3)
    assert result.labels.shape == shape
    assert result.image.max() > 0


def test_small_picture_holds_a_cell() -> None:
    params = KINDS["sparse"].model_copy(update={"height": 128, "width": 160})
    assert max(simulate(params, seed).labels.max() for seed in range(3)) >= 1


def test_unknown_kind_and_negative_seed_say_what_to_do() -> None:
    with pytest.raises(ParameterError, match=r"sprase.*sparse"):
        simulate_image("sprase", 0)
    with pytest.raises(ParameterError, match="0 or more"):
        simulate_image("sparse", -1)


def test_parameters_are_closed_and_frozen() -> None:
    with pytest.raises(ValidationError):
        SimulationParams(cells=3)  # type: ignore[call-arg]
    with pytest.raises(ValidationError):
        SimulationParams(cell_count=-1)
    with pytest.raises(ValidationError):
        SimulationParams().cell_count = 3
    for name, described in SimulationParams.model_fields.items():
        assert described.description, name
