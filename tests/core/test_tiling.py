"""Tile by tile it is, bit by bit, what it is of the whole picture."""

from __future__ import annotations

import threading
import tracemalloc
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from napari_fncells.core import segment
from napari_fncells.core.errors import ParameterError
from napari_fncells.core.geometry import Box
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
from napari_fncells.core.tiling.blocks import Blocks
from napari_fncells.core.tiling.draft import TiledDraft, draft_tiles
from napari_fncells.core.tiling.halo import halo_of

METHODS = [m for m in get_args(CutoffMethod) if m not in (*LOCAL_METHODS, "likeness")]
ALL_METHODS = [*METHODS, *LOCAL_METHODS]
AMOUNTS = {"percentile": 90.0, "value": 40.0, "niblack": 1.0, "sauvola": -0.5}

FEW = DraftParams(
    score=ScoreParams(smoothing=1.5),
    cutoff=CutoffParams(amount=1.0),
    clean_up=CleanUpParams(hole_area=50, min_area=20, split="distance", opening=2),
)


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


@pytest.mark.parametrize("name", [n for n, p in PRESETS.items() if not p.by_likeness])
@pytest.mark.parametrize("tile", [16, 50, 64, 512])
def test_presets(name: str, tile: int) -> None:
    params = PRESETS[name]
    if params.cutoff.method == "percentile":
        params = params.with_settings({"amount": 90})
    assert same(picture(1, (190, 230)), params, tile).count > 0


@pytest.mark.parametrize("method", ALL_METHODS)
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


score_params = st.builds(
    ScoreParams,
    channel=st.sampled_from(get_args(Channel)),
    smoothing=st.sampled_from([0.0, 0.8, 2.5, 7.0, 15.9, 20.0]),
    background=st.sampled_from([0.0, 0.0, 5.0, 18.0, 40.0]),
    ground=st.sampled_from(get_args(GroundMethod)),
    contrast=st.sampled_from([0.0, 0.0, 9.0, 60.0]),
    blobs=st.sampled_from(["none", *get_args(BlobMethod)]),
    blob_min=st.sampled_from([15.0, 30.0]),
    blob_max=st.sampled_from([30.0, 90.0]),
)
cutoff_params = st.builds(
    lambda method, shift, **others: CutoffParams(
        method=method, amount=AMOUNTS.get(method, 2.0) * shift, **others
    ),
    method=st.sampled_from([m for m in ALL_METHODS if m not in ("minimum", "value")]),
    shift=st.sampled_from([0.7, 1.0, 1.1]),
    window=st.sampled_from([3.0, 31.0, 75.0]),
    hysteresis=st.sampled_from([0.0, 0.0, 0.4]),
    half_maximum=st.sampled_from([0.0, 0.0, 0.5]),
)
clean_up_params = st.builds(
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


@settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    database=None,
    phases=(Phase.explicit, Phase.generate),
)
@given(
    seed=st.integers(0, 10_000),
    shape=st.tuples(st.integers(1, 180), st.integers(1, 180)),
    channels=st.sampled_from([0, 1, 3, 4, 5]),
    tile=st.sampled_from([24, 32, 64, 100, 256]),
    score=score_params,
    cutoff=cutoff_params,
    clean_up=clean_up_params,
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


def shapes() -> dict[str, np.ndarray]:
    """Masks of which one piece or hole spans many tiles."""
    rows, columns = np.indices((150, 130))
    angle, radius = np.arctan2(rows - 75, columns - 65), np.hypot(rows - 75, columns - 65)
    ring = (radius > 50) & (radius < 56)
    u_shape = np.zeros(rows.shape, bool)
    u_shape[5:140, [10, 70]] = u_shape[140, 10:71] = True
    comb = (columns % 8 == 3) & (rows > 3)
    comb[148] = True
    corners = (rows // 16 + columns // 16) % 2 == 0
    return {
        "spiral": (radius + 8 * angle / np.pi) % 16 < 5,
        "ring with a hole": ring,
        "ring in a ring": ring | ((radius > 20) & (radius < 24)),
        "open ring": ring & ~((columns > 60) & (columns < 63) & (rows < 75)),
        "u": u_shape,
        "comb": comb,
        "tiles that touch by corners": corners,
        "all": np.ones(rows.shape, bool),
        "none": np.zeros(rows.shape, bool),
        "noise": np.random.default_rng(0).random(rows.shape) < 0.55,
    }


@pytest.mark.parametrize("name", shapes())
@pytest.mark.parametrize("split", get_args(SplitMethod))
def test_what_spans_many_tiles(name: str, split: Any) -> None:
    image = shapes()[name].astype(np.uint8) * 200
    for hole_area in (0, 2000, 100_000):
        same(
            image,
            DraftParams(
                score=ScoreParams(smoothing=0),
                cutoff=CutoffParams(method="value", amount=100),
                clean_up=CleanUpParams(hole_area=hole_area, split=split, min_area=4),
            ),
            16,
        )


def test_outputs_and_pictures_of_any_kind(tmp_path: Path) -> None:
    image = picture(5, (170, 150))
    np.save(tmp_path / "picture.npy", image)
    scores = np.lib.format.open_memmap(tmp_path / "s.npy", "w+", np.float32, image.shape[:2])
    labels = np.lib.format.open_memmap(tmp_path / "l.npy", "w+", np.uint32, image.shape[:2])
    expected = same(image, FEW, 64)
    dask_array = pytest.importorskip("dask.array")
    for kind in (
        image,
        np.load(tmp_path / "picture.npy", mmap_mode="r"),
        dask_array.from_array(image, chunks=(50, 60, 3)),
    ):
        scores[:], labels[:] = 7, 7
        found = finish(draft_tiles(kind, FEW, score_out=scores, labels_out=labels, tile=64))
        assert found.labels is labels
        assert found.scores is scores
        np.testing.assert_array_equal(labels, expected.labels)
        np.testing.assert_array_equal(scores, expected.scores)


class Sliced:
    """A store on disk, as zarr's: read and written by slices, and nothing else."""

    def __init__(self, array: np.ndarray) -> None:
        self.array, self.shape, self.dtype = array, array.shape, array.dtype

    def __getitem__(self, key: tuple[slice, ...]) -> np.ndarray:
        assert all(isinstance(part, slice) for part in key)
        return self.array[key].copy()

    def __setitem__(self, key: tuple[slice, ...], value: np.ndarray) -> None:
        assert all(isinstance(part, slice) for part in key)
        self.array[key] = value


@pytest.mark.parametrize("method", ["mean_sd", "percentile", "otsu", "sauvola", "local_median"])
def test_stores_that_know_slices_alone(method: Any) -> None:
    image = picture(8, (170, 150))
    params = FEW.with_settings(
        {"method": method, "amount": AMOUNTS.get(method, 1.0), "blobs": "dog", "contrast": 30}
    ).with_settings({"background": 20, "half_maximum": 0.3, "split": "intensity"})
    expected = same(image, params, 64)
    scores, labels = np.zeros((170, 150), np.float32), np.zeros((170, 150), np.uint16)
    out = {"score_out": Sliced(scores), "labels_out": Sliced(labels)}
    found = finish(draft_tiles(Sliced(image), params, tile=64, **out))
    assert found.count == expected.count
    np.testing.assert_array_equal(labels, expected.labels)
    np.testing.assert_array_equal(scores, expected.scores)


def test_outputs_that_do_not_fit_are_refused() -> None:
    image = picture(5, (170, 150))
    with pytest.raises(ParameterError, match="shape"):
        finish(draft_tiles(image, FEW, labels_out=np.zeros((150, 170), np.uint16)))
    noise = (np.random.default_rng(0).random((64, 64)) < 0.2).astype(np.uint8) * 200
    every = DraftParams(
        score=ScoreParams(smoothing=0), cutoff=CutoffParams(method="value", amount=100)
    )
    with pytest.raises(ParameterError, match="uint8"):
        finish(draft_tiles(noise, every, labels_out=np.zeros(noise.shape, np.uint8)))
    with pytest.raises(ParameterError, match="likeness"):
        finish(draft_tiles(image, every.with_settings({"method": "likeness", "amount": 0.5})))
    with pytest.raises(ParameterError, match="axes"):
        finish(draft_tiles(np.zeros(7), every))


def test_it_stops_between_tiles() -> None:
    class Counting:
        def __init__(self, array: np.ndarray) -> None:
            self.array, self.shape, self.dtype, self.reads = array, array.shape, array.dtype, 0

        def __getitem__(self, key: Any) -> np.ndarray:
            self.reads += 1
            return self.array[key]

    image = Counting(picture(5, (170, 150), 0))
    before = threading.active_count()
    steps = draft_tiles(image, FEW, tile=16)
    assert next(steps) == "Computing the score map, part 1 of 110"
    steps.close()
    assert image.reads < 20
    assert threading.active_count() == before


def test_a_large_picture_is_drafted_by_tiles(monkeypatch: pytest.MonkeyPatch) -> None:
    image = picture(6, (150, 170))
    for params in (FEW, DraftParams(cutoff=CutoffParams(method="local_mean", amount=2))):
        whole = draft(image, params)
        with monkeypatch.context() as patch:
            patch.setattr(segment, "LARGE", 1000)
            tiled = draft(image, params)
        np.testing.assert_array_equal(tiled.labels, whole.labels)
        assert tiled.score.meaning == whole.score.meaning
        assert tiled.score.step == whole.score.step
        assert (tiled.method, tiled.params) == (whole.method, whole.params)
        assert "part by part" in tiled.words
        assert not whole.words


def test_memory_does_not_grow_with_the_picture() -> None:
    """What is held beside the arrays: a few bits a pixel, and the windows of two tiles."""
    peaks = {}
    for side in (512, 2048):
        image = np.tile(picture(7, (512, 512), 0), (side // 512, side // 512))
        scores, labels = np.zeros(image.shape, np.float32), np.zeros(image.shape, np.uint16)
        tracemalloc.start()
        finish(draft_tiles(image, FEW, score_out=scores, labels_out=labels, tile=128))
        peaks[side] = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    slope = (peaks[2048] - peaks[512]) / (2048**2 - 512**2)
    assert slope < 2, "bytes a pixel; the score map alone has 4"


@given(shape=st.tuples(st.integers(1, 60), st.integers(1, 60)), seed=st.integers(0, 100))
@settings(max_examples=60, deadline=None, derandomize=True, database=None)
def test_blocks_hold_what_is_put_in(shape: tuple[int, int], seed: int) -> None:
    rng = np.random.default_rng(seed)
    for dtype in (np.bool_, np.uint32):
        plain, blocks = np.zeros(shape, dtype), Blocks(shape, dtype, 16)
        for _ in range(6):
            ends = np.sort(rng.integers(0, np.array(shape)[:, None] + 1, (2, 2)), axis=1)
            box = Box(*(int(v) for v in ends.T.ravel()))
            values = (rng.integers(0, 9, (box.height, box.width)) // 6).astype(dtype)
            if rng.random() < 0.5:
                blocks.write(box, values)
                plain[box.slices] = values
            else:
                blocks.add(box, values)
                plain[box.slices] = np.where(values, values, plain[box.slices])
        np.testing.assert_array_equal(blocks.read(Box.whole(shape)), plain)


def test_the_halo_is_as_far_as_a_pixel_depends_on_others() -> None:
    params = DraftParams(
        score=ScoreParams(smoothing=2.5),
        clean_up=CleanUpParams(opening=3, closing=2, outline_offset=-1.5),
    )
    assert halo_of(params) == (10, 0, 10, 4)
    assert halo_of(params).total == 24
    local = params.with_settings({"method": "local_mean", "window": 31, "background": 20})
    assert halo_of(local).surroundings >= 15
    assert halo_of(local).score >= 160
