"""A pipeline gives what the plain functions give, whatever was asked before, and no work twice."""

from __future__ import annotations

import gc
import weakref
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from napari_fncells.core import pipeline as module
from napari_fncells.core.errors import ParameterError
from napari_fncells.core.intensity import intensity
from napari_fncells.core.params import AUTO, preset
from napari_fncells.core.pipeline import Pipeline
from napari_fncells.core.regions import region_table
from napari_fncells.core.score import score_map
from napari_fncells.core.segment import draft, mask_of
from napari_fncells.core.simulate import simulate_image
from tests.pictures import SETTINGS, cell_picture

MOVES: tuple[dict[str, Any], ...] = (
    {"channel": "green"},
    {"channel": "pca"},
    {"smoothing": 1.0},
    {"background": 30.0},
    {"background": 30.0, "ground": "top_hat"},
    {"contrast": 25.0},
    {"blobs": "log"},
    {"method": "background_sd", "amount": 3.0},
    {"method": "local_gaussian", "amount": 4.0},
    {"method": "local_mean", "amount": 4.0, "window": 61.0},
    {"amount": 2.5},
    {"window": 81.0},
    {"hysteresis": 0.4},
    {"half_maximum": 0.5},
    {"hole_area": 50},
    {"opening": 2},
    {"closing": 3},
    {"split": "intensity"},
    {"split": "fnc_v1"},
    {"split": "none"},
    {"outline_offset": 1.5},
    {"min_area": 50},
    {"roundness": 0.7},
    {"border": True},
)
STAGES = (
    "intensity", "wide_gaussian", "plane_score", "relief", "cutoff_of", "mask_of", "cells_in",
    "region_table",
)  # fmt: skip


@settings(max_examples=25, deadline=None, derandomize=True, database=None)
@given(moves=st.lists(st.sampled_from(MOVES), min_size=1, max_size=8), fresh=st.booleans())
def test_whatever_was_asked_before_the_draft_is_the_plain_one(
    moves: list[dict[str, Any]], fresh: bool
) -> None:
    image = cell_picture()
    known = Pipeline(image)
    params = SETTINGS
    for move in moves:
        params = (SETTINGS if fresh else params).with_settings(move)
        expected, found = draft(image, params), known.draft(params)
        assert found.cutoff == expected.cutoff
        assert (found.method, found.params) == (expected.method, params)
        assert found.score.meaning == expected.score.meaning
        np.testing.assert_array_equal(found.score.values, expected.score.values)
        np.testing.assert_array_equal(found.labels, expected.labels)


@pytest.mark.parametrize("exact", [False, True])
@pytest.mark.parametrize("method", ["mean_sd", "local_gaussian"])
def test_each_stage_is_that_of_the_plain_functions(method: str, exact: bool) -> None:
    image = cell_picture()
    params = SETTINGS.with_settings({"method": method, "background": 40, "window": 121})
    known = Pipeline(image, exact=exact)
    plain = draft(image, params, exact=exact)
    np.testing.assert_array_equal(known.plane(params), intensity(image))
    score = score_map(image, params.score, exact=exact)
    np.testing.assert_array_equal(known.score(params).values, score.values)
    assert known.score(params).step == score.step == 1
    np.testing.assert_array_equal(known.relief(params).values, plain.score.values)
    assert known.cutoff(params) == plain.cutoff
    for cutoff in (None, plain.cutoff * 1.4):
        at = plain.cutoff if cutoff is None else cutoff
        mask = mask_of(plain.score, at, params)
        np.testing.assert_array_equal(known.mask(params, cutoff), mask)
        labels = known.labels(params, cutoff)
        np.testing.assert_array_equal(labels, known.draft(params, cutoff=cutoff).labels)
        assert known.areas(params, cutoff=cutoff).sum() == mask.sum()
        table = region_table(labels, intensity(image))
        found = known.regions(params, cutoff)
        for name in ("ids", "area", "box", "centroid", "mean", "maximum"):
            np.testing.assert_array_equal(getattr(found, name), getattr(table, name))


@pytest.mark.parametrize(
    ("move", "first"),
    [
        ({"channel": "green"}, "intensity"),
        ({"smoothing": 3.0}, "wide_gaussian"),
        ({"background": 20.0}, "plane_score"),
        ({"method": "local_mean"}, "relief"),
        ({"amount": 3.1}, "cutoff_of"),
        ({"hysteresis": 0.3}, "mask_of"),
        ({"opening": 2}, "mask_of"),
        ({"min_area": 40}, "cells_in"),
        ({"split": "intensity"}, "cells_in"),
        ({}, None),
    ],
    ids=str,
)
@pytest.mark.parametrize("quick", [False, True])
def test_only_what_depends_on_a_setting_is_done_again(
    move: dict[str, Any], first: str | None, quick: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = Pipeline(np.tile(cell_picture(), (4, 4, 1)))
    start = SETTINGS.with_settings({"background": 50.0, "amount": 2.0})
    known.draft(start, quick=quick)
    known.regions(start, quick=quick)
    calls: Counter[str] = Counter()
    for name in STAGES:
        plain = getattr(module, name)

        def counted(*args: Any, _name: str = name, _plain: Any = plain, **named: Any) -> Any:
            calls[_name] += 1
            return _plain(*args, **named)

        monkeypatch.setattr(module, name, counted)
    moved = start.with_settings(move)
    known.draft(moved, quick=quick)
    known.regions(moved, quick=quick)
    assert all(count == 1 for count in calls.values())
    expected = STAGES[STAGES.index(first) :] if first else ()
    assert set(calls) == set(expected)


def test_a_moved_cutoff_makes_the_mask_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    known = Pipeline(cell_picture())
    cutoff = known.draft(SETTINGS).cutoff
    for name in STAGES[:5]:
        monkeypatch.setattr(module, name, None)
    higher = known.mask(SETTINGS, cutoff * 1.2)
    assert 0 < higher.sum() < known.mask(SETTINGS, cutoff).sum()


def test_only_the_newest_of_each_stage_is_kept() -> None:
    known = Pipeline(cell_picture())
    first = [weakref.ref(known.relief(SETTINGS).values), weakref.ref(known.labels(SETTINGS))]
    known.labels(SETTINGS.with_settings({"smoothing": 4}))
    gc.collect()
    assert [kept() is None for kept in first] == [True, True]


def test_what_is_kept_cannot_be_written_to() -> None:
    labels = Pipeline(cell_picture()).labels(SETTINGS)
    with pytest.raises(ValueError, match="read-only"):
        labels[0, 0] = 1


def test_threads_wait_for_one_another() -> None:
    image = cell_picture()
    known = Pipeline(image)
    wanted = [SETTINGS.with_settings(move) for move in MOVES]
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda params: known.draft(params).labels, wanted * 2))
    for params, labels in zip(wanted * 2, found, strict=True):
        np.testing.assert_array_equal(labels, draft(image, params).labels)


def test_an_error_leaves_the_pipeline_usable() -> None:
    known = Pipeline(cell_picture()[..., :2])
    with pytest.raises(ParameterError, match="2 channels"):
        known.draft(SETTINGS.with_settings({"channel": "luminance"}))
    assert known.draft(SETTINGS).labels.max() > 0


def test_sizes_in_micrometres() -> None:
    image = cell_picture()
    params = SETTINGS.in_unit("um", 0.5)
    found = Pipeline(image, 0.5).draft(params)
    np.testing.assert_array_equal(found.labels, draft(image, SETTINGS).labels)
    assert found.params == params
    with pytest.raises(ParameterError, match="does not tell"):
        Pipeline(image).draft(params)


WIDE: tuple[dict[str, Any], ...] = (
    {"smoothing": 8},
    {"background": 60},
    {"background": 40, "ground": "rolling_ball"},
    {"background": 12, "ground": "top_hat"},
    {"contrast": 40},
    {"blobs": "dog"},
    {"blobs": "log"},
    {"method": "local_gaussian", "amount": 6},
    {"method": "local_median", "amount": 6},
    {"method": "niblack", "amount": 2},
    {"method": "sauvola", "amount": -1},
)


@pytest.mark.parametrize("move", WIDE, ids=str)
@pytest.mark.parametrize("shape", [(1200, 1600), (851, 1203)])
def test_a_quick_look_is_nearly_the_draft(move: dict[str, Any], shape: tuple[int, int]) -> None:
    image = simulate_image("crowded", seed=4)[0][: shape[0], : shape[1]]
    params = preset(AUTO).with_settings({"split": "none", "opening": 3, **move})
    known = Pipeline(image)
    full, quick = known.draft(params), known.draft(params, quick=True)
    assert quick.labels.shape == quick.score.values.shape == full.labels.shape
    assert quick.score is not full.score
    spread = float(full.score.values.std())
    assert quick.cutoff == pytest.approx(full.cutoff, abs=0.2 * spread)
    one, other = full.labels > 0, quick.labels > 0
    assert one.any()
    assert np.count_nonzero(one & other) > 0.9 * np.count_nonzero(one | other)
    np.testing.assert_array_equal(
        known.regions(params, quick=True).area, np.bincount(quick.labels.ravel())[1:]
    )
    np.testing.assert_array_equal(known.draft(params).labels, full.labels)


@pytest.mark.parametrize(
    "move",
    [
        {"smoothing": 1},
        {"method": "local_mean", "window": 3, "amount": 3},
        {"blobs": "dog", "blob_min": 1},
    ],
    ids=str,
)
def test_where_filters_are_narrow_a_quick_look_is_the_draft(move: dict[str, Any]) -> None:
    params = SETTINGS.with_settings(move)
    known = Pipeline(np.tile(cell_picture(), (4, 4, 1)))
    np.testing.assert_array_equal(
        known.draft(params, quick=True).labels, known.draft(params).labels
    )


@pytest.mark.parametrize("shape", [(1, 1), (1, 900_000), (900_000, 1), (3, 400_000)])
def test_quick_looks_at_thin_pictures(shape: tuple[int, int]) -> None:
    image = np.random.default_rng(0).integers(0, 200, shape, dtype=np.uint8)
    params = SETTINGS.with_settings({"background": 30, "min_area": 0, "split": "none"})
    assert Pipeline(image).draft(params, quick=True).labels.shape == shape
