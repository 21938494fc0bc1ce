from __future__ import annotations

import warnings
from typing import Any, get_args

import numpy as np
import pytest

from napari_fncells.core.errors import ParameterError
from napari_fncells.core.params import (
    AUTO,
    FNC_V1_DRAFT,
    MEAN_SD,
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
from napari_fncells.core.score import ScoreMap, score_map
from napari_fncells.core.segment import Draft, draft, draft_steps, method_name, segment
from tests.core.naive import disk, ids_of, pieces
from tests.pictures import CELLS, SHAPE, cell_picture

THOROUGH = DraftParams(
    score=ScoreParams(smoothing=1, background=30),
    cutoff=CutoffParams(method="background_sd", amount=2),
    clean_up=CleanUpParams(opening=2, hole_area=9, min_area=4, split="distance", split_depth=0),
)
LOW = DraftParams(
    score=ScoreParams(channel="maximum"), cutoff=CutoffParams(method="percentile", amount=0)
)
RNG = np.random.default_rng(0)
NOISE = RNG.random((40, 50)) * 200
NAN, INF = NOISE.copy(), np.dstack([NOISE] * 3)
NAN[::3] = np.nan
INF[5], INF[6, :, 1] = np.inf, -np.inf
ODD: dict[str, Any] = {
    "zero": np.zeros((40, 50), np.uint8),
    "constant": np.full((40, 50), 77, np.uint8),
    "constant float": np.full((40, 50), 0.1),
    "saturated": np.full((40, 50, 3), 255, np.uint8),
    "saturated uint64": np.full((9, 9), 2**64 - 1, np.uint64),
    "nan": NAN,
    "inf": INF,
    "all nan": np.full((40, 50), np.nan),
    "all inf": np.full((40, 50, 3), np.inf, np.float32),
    "huge": NOISE * 1e300,
    "huge in colour": np.dstack([NOISE * 1e300, NOISE, NOISE]),
    "edge of float32": ((NOISE - 100) / 100 * np.finfo(np.float32).max).astype(np.float32),
    "tiny": NOISE * 1e-40,
    "bool": NOISE > 100,
    "big-endian": NOISE.astype(">u2"),
    "not contiguous": np.dstack([NOISE] * 3)[::-2, ::3],
}
for _shape in ((1, 1), (1, 7), (7, 1), (1, 300), (3, 3, 3), (1, 1, 3)):
    ODD[f"shape {_shape}"] = (RNG.random(_shape) * 200).astype(np.uint8)
for _channels in (1, 2, 4, 5):
    ODD[f"{_channels} channels"] = (RNG.random((40, 50, _channels)) * 200).astype(np.uint8)
for _dtype in (np.int8, np.uint16, np.int16, np.int64, np.float16, np.float32, np.longdouble):
    ODD[np.dtype(_dtype).name] = (NOISE / 2).astype(_dtype)


@pytest.mark.parametrize(
    "params", [AUTO, FNC_V1_DRAFT, THOROUGH, LOW], ids=["auto", "v1", "thorough", "low"]
)
@pytest.mark.parametrize("name", ODD)
def test_any_picture_gives_a_mask_or_one_clear_refusal(name: str, params: Any) -> None:
    image = ODD[name]
    before = image.copy()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        if name == "2 channels" and params == FNC_V1_DRAFT:
            with pytest.raises(ParameterError, match="2 channels"):
                draft(image, params)
            return
        result = draft(image, params)
    assert result.labels.shape == image.shape[:2]
    assert result.labels.dtype == np.uint16
    assert ids_of(result.labels) == set(range(1, int(result.labels.max()) + 1))
    assert result.score.values.dtype == np.float32
    assert np.isfinite(result.score.values).all()
    assert np.isfinite(result.cutoff)
    np.testing.assert_array_equal(image, before)
    if "constant" in name or "all" in name or name in ("zero", "saturated", "saturated uint64"):
        assert not result.labels.any()


EVERY: list[dict[str, Any]] = [
    *({"channel": name} for name in get_args(Channel)),
    *(
        {"background": size, "ground": name}
        for name in get_args(GroundMethod)
        for size in (9, 400)
    ),
    *({"blobs": name, "blob_min": 5, "blob_max": 40} for name in get_args(BlobMethod)),
    {"contrast": 12},
    {"contrast": 400, "smoothing": 0},
    *({"method": name, "amount": 2, "window": 400} for name in get_args(CutoffMethod)),
    {"method": "local_median", "amount": 2, "window": 3},
    {"method": "value", "amount": -1e6},
    {"hysteresis": 1, "half_maximum": 0.95},
    {"closing": 50, "opening": 50},
    *({"split": name, "split_contrast": 0, "split_depth": 0} for name in get_args(SplitMethod)),
    {"split": "intensity", "split_contrast": 1},
    {"outline_offset": 10},
    {"outline_offset": -10},
    {"roundness": 1, "border": True, "max_area": 1},
]
"""Every method, with sizes far beyond the pictures'."""


def drafted_or_refused(name: str, image: np.ndarray, params: DraftParams) -> Draft | None:
    """The draft; None where there cannot be one, and it is said why."""
    if name == "2 channels" and params.score.channel in ("luminance", "red", "green", "blue"):
        with pytest.raises(ParameterError, match="2 channels"):
            draft(image, params)
        return None
    if params.cutoff.method != "minimum":
        return draft(image, params)
    try:
        return draft(image, params)
    except ParameterError as refused:
        if "no valley" not in refused.sentence:
            raise
        return None


@pytest.mark.parametrize("move", EVERY, ids=str)
def test_every_method_takes_any_picture(move: dict[str, Any]) -> None:
    params = DraftParams().with_settings({"amount": 0.5, **move})
    for name, image in ODD.items():
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            result = drafted_or_refused(name, image, params)
        if result is None:
            continue
        assert result.labels.shape == image.shape[:2], name
        assert ids_of(result.labels) == set(range(1, int(result.labels.max()) + 1)), name
        assert np.isfinite(result.score.values).all(), name
        assert np.isfinite(result.cutoff), name
        flat = "constant" in name or "all" in name or name in ("zero", "saturated")
        if flat and params.cutoff.method != "value":
            assert not result.labels.any(), name


@pytest.mark.parametrize("shape", [(0, 0), (0, 5), (5, 0, 3), (5,), (2, 3, 4, 5)])
def test_what_is_no_picture_is_refused(shape: tuple[int, ...]) -> None:
    for call in (draft, score_map):
        with pytest.raises(ParameterError, match="shape"):
            call(np.zeros(shape))


def test_auto_finds_the_cells_of_a_clear_picture() -> None:
    result = draft(cell_picture())
    assert result.method == AUTO
    bright = [cell for cell in CELLS if cell[3] > 100]
    assert len(bright) <= result.labels.max() <= len(CELLS)
    assert result.words
    for row, column, radius, _ in bright:
        cell = result.labels == result.labels[row, column]
        true = disk(SHAPE, row, column, radius)
        assert (cell & true).sum() / (cell | true).sum() > 0.6


def test_a_picture_too_large_to_be_judged_is_cut_plainly(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("napari_fncells.core.segment.LARGE", 1000)
    result = draft(cell_picture())
    assert result.method == MEAN_SD
    assert result.words.startswith("The picture is too large to judge")
    np.testing.assert_array_equal(result.labels > 0, draft(cell_picture(), MEAN_SD).labels > 0)


def test_a_draft_tells_how_it_was_made() -> None:
    params = THOROUGH.with_settings({"amount": 5})
    result = draft(cell_picture(), params)
    assert result.method == "threshold"
    assert result.params == params
    again = segment(result.score, params)
    np.testing.assert_array_equal(again, result.labels)
    np.testing.assert_array_equal(segment(result.score, params, cutoff=result.cutoff), again)
    assert method_name(draft(cell_picture(), FNC_V1_DRAFT).params) == FNC_V1_DRAFT


def test_unknown_preset() -> None:
    with pytest.raises(ParameterError, match="'nonsense'"):
        draft(cell_picture(), "nonsense")


def test_steps_say_what_comes_next() -> None:
    steps = draft_steps(cell_picture(), LOW)
    assert [next(steps), next(steps)] == ["Computing the score map", "Cutting and cleaning up"]
    with pytest.raises(StopIteration) as finished:
        next(steps)
    assert finished.value.value.params == LOW


def test_segment_cuts_strictly_above() -> None:
    values = np.array([[0, 1, 2, 3], [0, 0, 0, 0], [3, 0, 0, 3]], np.float32)
    labels = segment(ScoreMap(values, ""), DraftParams(), cutoff=2)
    assert {tuple(p) for p in np.argwhere(labels)} == {(0, 3), (2, 0), (2, 3)}
    assert labels.max() == 3
    assert not segment(ScoreMap(values, ""), DraftParams(), cutoff=3).any()


def test_every_cell_is_one_piece_and_not_too_small() -> None:
    rng = np.random.default_rng(8)
    score = score_map(rng.normal(0, 1, (150, 150)), ScoreParams(smoothing=4))
    for depth in (0, 0.5, 2):
        params = DraftParams(
            clean_up=CleanUpParams(min_area=20, split="distance", split_depth=depth)
        )
        labels = segment(score, params, cutoff=0.0)
        assert labels.max() > 5
        for i in ids_of(labels):
            assert pieces(labels == i) == 1
            assert (labels == i).sum() >= 20


def test_more_cells_than_uint16_holds() -> None:
    values = np.zeros((520, 520), np.float32)
    values[::2, ::2] = 1
    labels = segment(ScoreMap(values, ""), DraftParams(), cutoff=0.5)
    assert labels.dtype == np.uint32
    assert labels.max() == 260 * 260 == np.count_nonzero(labels)
