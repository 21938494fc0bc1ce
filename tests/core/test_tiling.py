"""Tile by tile it is, bit by bit, what it is of the whole picture."""

from __future__ import annotations

from typing import Any, get_args

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from napari_fncells.core.errors import ParameterError
from napari_fncells.core.params import (
    LOCAL_METHODS,
    PRESETS,
    BlobMethod,
    Channel,
    CleanUpParams,
    CutoffMethod,
    CutoffParams,
    DraftParams,
    GroundMethod,
    ScoreParams,
    SplitMethod,
)
from napari_fncells.core.segment import draft
from napari_fncells.core.steps import finish
from napari_fncells.core.tiling.draft import TiledDraft, draft_tiles
from napari_fncells.core.tiling.halo import halo_of

METHODS = [method for method in get_args(CutoffMethod) if method not in LOCAL_METHODS]
AMOUNTS = {"percentile": 90.0, "value": 40.0, "niblack": 1.0, "sauvola": -0.5}


def picture(seed: int, shape: tuple[int, int], channels: int = 3) -> np.ndarray:
    """Bright disks and bars on a sloping ground with noise; 0 channels: grey."""
    rng = np.random.default_rng(seed)
    rows, columns = np.indices(shape)
    values = 10 + 0.05 * columns + rng.normal(0, 3, shape)
    for _ in range(3 + shape[0] * shape[1] // 5000):
        row, column, size = rng.uniform(0, shape[0]), rng.uniform(0, shape[1]), rng.uniform(3, 16)
        height = rng.uniform(20, 130)
        if rng.random() < 0.1:
            along = (rows - row) * np.sin(size) + (columns - column) * np.cos(size)
            across = (rows - row) * np.cos(size) - (columns - column) * np.sin(size)
            values += height * ((np.abs(along) < 80) & (np.abs(across) < 4))
        else:
            values += height * (np.hypot(rows - row, columns - column) < size)
    shares = (0.3, 1.0, 0.6, 0.2, 0.5)[:channels]
    stack = np.dstack([values * share for share in shares]) if channels else values
    return stack.clip(0, 255).astype(np.uint8)


def same(image: np.ndarray, params: DraftParams, tile: int) -> TiledDraft:
    """Draft tile by tile; fails where it is not that of the whole."""
    whole = draft(image, params)
    tiled = finish(draft_tiles(image, params, tile=tile))
    np.testing.assert_array_equal(tiled.scores, whole.score.values)
    assert tiled.cutoff == whole.cutoff
    np.testing.assert_array_equal(tiled.labels, whole.labels)
    assert tiled.labels.dtype == whole.labels.dtype
    assert tiled.count == int(whole.labels.max(initial=0))
    return tiled


@pytest.mark.parametrize("name", PRESETS)
@pytest.mark.parametrize("tile", [16, 50, 64, 512])
def test_presets(name: str, tile: int) -> None:
    params = PRESETS[name]
    if params.cutoff.method == "percentile":
        params = params.with_settings({"amount": 90})
    assert same(picture(1, (190, 230)), params, tile).count > 0


@pytest.mark.parametrize("method", METHODS + list(LOCAL_METHODS))
@pytest.mark.parametrize("tile", [24, 64])
def test_cutoffs(method: Any, tile: int) -> None:
    cutoff = CutoffParams(method=method, amount=AMOUNTS.get(method, 2.0), window=61)
    clean_up = CleanUpParams(min_area=9)
    try:
        same(picture(2, (180, 140)), DraftParams(cutoff=cutoff, clean_up=clean_up), tile)
    except ParameterError:
        assert method == "minimum"


@pytest.mark.parametrize("share", ["hysteresis", "half_maximum"])
@pytest.mark.parametrize("tile", [16, 40])
def test_pieces_by_their_peaks(share: str, tile: int) -> None:
    cutoff = CutoffParams(amount=2.0, **{share: 0.5})
    same(picture(3, (150, 170)), DraftParams(cutoff=cutoff), tile)


scores = st.builds(
    ScoreParams,
    channel=st.sampled_from(get_args(Channel)),
    smoothing=st.sampled_from([0.0, 0.8, 2.5, 7.0, 15.9, 20.0]),
    background=st.sampled_from([0.0, 5.0, 18.0, 40.0, 300.0]),
    ground=st.sampled_from(get_args(GroundMethod)),
    contrast=st.sampled_from([0.0, 0.0, 9.0, 60.0]),
    blobs=st.sampled_from(["none", *get_args(BlobMethod)]),
    blob_min=st.sampled_from([4.0, 15.0, 30.0]),
    blob_max=st.sampled_from([30.0, 90.0]),
)
cutoffs = st.builds(
    lambda method, shift, **others: CutoffParams(
        method=method, amount=AMOUNTS.get(method, 2.0) * shift, **others
    ),
    method=st.sampled_from([m for m in get_args(CutoffMethod) if m not in ("minimum", "value")]),
    shift=st.sampled_from([0.7, 1.0, 1.1]),
    window=st.sampled_from([3.0, 31.0, 75.0, 400.0]),
    hysteresis=st.sampled_from([0.0, 0.0, 0.4]),
    half_maximum=st.sampled_from([0.0, 0.0, 0.5]),
)
clean_ups = st.builds(
    CleanUpParams,
    hole_area=st.sampled_from([0, 5, 200, 100_000]),
    opening=st.sampled_from([0, 1, 4]),
    closing=st.sampled_from([0, 2, 5]),
    split=st.sampled_from(get_args(SplitMethod)),
    split_depth=st.sampled_from([0.5, 2.0]),
    split_contrast=st.sampled_from([0.05, 0.2]),
    outline_offset=st.sampled_from([0.0, 0.0, 3.0, -1.5, -4.0]),
    min_area=st.sampled_from([0, 12, 60]),
    max_area=st.sampled_from([0, 900]),
    roundness=st.sampled_from([0.0, 0.0, 0.5]),
    border=st.booleans(),
)


@settings(max_examples=120, deadline=None, derandomize=True, database=None)
@given(
    seed=st.integers(0, 10_000),
    shape=st.tuples(st.integers(1, 200), st.integers(1, 200)),
    channels=st.sampled_from([0, 1, 3, 4, 5]),
    tile=st.sampled_from([16, 23, 32, 64, 100, 256]),
    score=scores,
    cutoff=cutoffs,
    clean_up=clean_ups,
)
def test_any_parameters(
    seed: int,
    shape: tuple[int, int],
    channels: int,
    tile: int,
    score: ScoreParams,
    cutoff: CutoffParams,
    clean_up: CleanUpParams,
) -> None:
    params = DraftParams(score=score, cutoff=cutoff, clean_up=clean_up)
    same(picture(seed, shape, channels), params, tile)
