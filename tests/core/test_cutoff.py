"""Every cutoff against the library's own, and on pictures that are none."""

from __future__ import annotations

from typing import get_args

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage as ndi
from skimage import filters

from napari_fncells.core.cutoff import amount_for, cutoff_of, threshold
from napari_fncells.core.errors import ParameterError
from napari_fncells.core.params import LOCAL_METHODS, CutoffMethod, CutoffParams
from napari_fncells.core.relief import relief
from napari_fncells.core.score import ScoreMap, background_statistics
from tests.core.naive import EIGHT

METHODS = tuple(m for m in get_args(CutoffMethod) if m != "likeness")  # looks for itself
GLOBAL = [method for method in METHODS if method not in LOCAL_METHODS]


def scene(seed: int = 0, shape: tuple[int, int] = (150, 190)) -> np.ndarray:
    """Noise on a sloping ground with bright disks."""
    rng = np.random.default_rng(seed)
    rows, columns = np.indices(shape)
    values = 10 + 0.05 * columns + rng.normal(0, 1.5, shape)
    for _ in range(9):
        row, column = rng.uniform(10, shape[0] - 10), rng.uniform(10, shape[1] - 10)
        values += rng.uniform(15, 60) * (np.hypot(rows - row, columns - column) < 8)
    return filters.gaussian(values, 1.5).astype(np.float32)


def score(seed: int = 0) -> ScoreMap:
    return ScoreMap(scene(seed), "grey")


@pytest.mark.parametrize("method", ["otsu", "triangle", "li", "yen", "isodata", "minimum"])
def test_rules_by_the_histogram_are_those_of_scikit_image(method: str) -> None:
    values = scene()
    expected = getattr(filters, f"threshold_{method}")(values)
    assert cutoff_of(values, CutoffParams(method=method)) == pytest.approx(expected, rel=1e-6)


def test_a_valley_that_is_not_there_is_said() -> None:
    values = np.linspace(0, 1, 10_000, dtype=np.float32).reshape(100, 100)
    with pytest.raises(ParameterError, match="no valley"):
        cutoff_of(values, CutoffParams(method="minimum"))


def test_cutoffs_by_level_and_spread() -> None:
    values = scene()
    double = values.astype(np.float64)
    mean, deviation = background_statistics(values)
    mad = np.median(np.abs(double - np.median(double)))
    for method, expected in {
        "mean_sd": double.mean() + 2 * double.std(),
        "background_sd": mean + 2 * deviation,
        "median_mad": np.median(double) + 2 * 1.4826 * mad,
        "percentile": np.percentile(double, 2),
        "value": 2.0,
    }.items():
        found = cutoff_of(values, CutoffParams(method=method, amount=2))
        assert found == pytest.approx(expected, rel=1e-5), method


@pytest.mark.parametrize("method", ["gaussian", "mean", "median"])
@pytest.mark.parametrize("side", [3, 31, 61])
def test_local_cutoffs_are_those_of_scikit_image(method: str, side: int) -> None:
    values = scene()
    params = CutoffParams(method=f"local_{method}", window=side, amount=2)
    measured = relief(ScoreMap(values, ""), params, exact=True)
    cutoff = cutoff_of(measured.values, params)
    level = filters.threshold_local(values, side, method=method)
    np.testing.assert_allclose(measured.values, values - level, atol=2e-3)
    expected = values > level + cutoff
    differ = np.count_nonzero((measured.values > cutoff) != expected)
    assert differ <= values.size // 5000


def test_niblack_and_sauvola_are_those_of_scikit_image() -> None:
    values = scene()
    for method, k, expected in (
        ("niblack", 1.5, values > filters.threshold_niblack(values, 31, k=-1.5)),
        (
            "sauvola",
            0.3,
            values - values.min()
            > filters.threshold_sauvola(
                values - values.min(), 31, k=0.3, r=np.ptp(values.astype(np.float64)) / 2
            ),
        ),
    ):
        params = CutoffParams(method=method, amount=k, window=31)
        measured = relief(ScoreMap(values, ""), params)
        found = threshold(measured, cutoff_of(measured.values, params), params)
        assert np.count_nonzero(found != expected) <= values.size // 2000, method


@pytest.mark.parametrize("method", LOCAL_METHODS)
def test_the_quick_relief_gives_nearly_the_same_mask(method: str) -> None:
    values = scene(shape=(200, 260))
    amount = {"niblack": 1.0, "sauvola": -1.0}.get(method, 3.0)
    params = CutoffParams(method=method, window=91, amount=amount)
    masks = []
    for exact in (False, True):
        measured = relief(ScoreMap(values, ""), params, exact=exact)
        masks.append(measured.values > cutoff_of(measured.values, params))
    quick, exact_mask = masks
    overlap = np.count_nonzero(quick & exact_mask) / np.count_nonzero(quick | exact_mask)
    # The quick median knows 255 levels
    assert overlap > (0.93 if method == "local_median" else 0.98)
    assert 0 < exact_mask.mean() < 0.5


def test_global_methods_have_no_relief() -> None:
    plain = score()
    for method in GLOBAL:
        assert relief(plain, CutoffParams(method=method, amount=1)) is plain


@settings(max_examples=60, deadline=None, derandomize=True, database=None)
@given(
    seed=st.integers(0, 1000),
    method=st.sampled_from([m for m in METHODS if m != "minimum"]),
    share=st.floats(0.05, 0.95),
)
def test_a_cutoff_set_by_hand_is_kept_as_an_amount(seed: int, method: str, share: float) -> None:
    params = CutoffParams(method=method, amount=0.2, window=31)
    measured = relief(ScoreMap(scene(seed, (60, 70)), ""), params)
    low, high = np.percentile(measured.values, [1, 99])
    wanted = float(low + share * (high - low))
    changed = amount_for(wanted, measured.values, params)
    again = relief(ScoreMap(scene(seed, (60, 70)), ""), changed)
    cutoff = cutoff_of(again.values, changed)
    assert changed.local == params.local
    masks = [values > at for values, at in ((measured.values, wanted), (again.values, cutoff))]
    assert np.count_nonzero(masks[0] != masks[1]) <= masks[0].size // 100
    if method in ("otsu", "li", "yen", "triangle", "isodata"):
        assert changed.method == "background_sd"
    else:
        assert changed.method == method


@settings(max_examples=60, deadline=None, derandomize=True, database=None)
@given(seed=st.integers(0, 1000), share=st.floats(0.05, 1.0))
def test_hysteresis_is_that_of_scikit_image(seed: int, share: float) -> None:
    measured = ScoreMap(scene(seed, (60, 70)), "")
    cutoff = float(np.percentile(measured.values, 95))
    ground = float(np.median(measured.values))
    found = threshold(measured, cutoff, CutoffParams(hysteresis=share))
    lower = np.float32(cutoff - share * (cutoff - ground))
    expected = filters.apply_hysteresis_threshold(measured.values, lower, np.float32(cutoff))
    # scikit-image joins pieces by sides alone; here corners join, too
    assert (found | ~expected).all()
    pieces = ndi.label(measured.values > lower, EIGHT)[0]
    reaching = np.unique(pieces[measured.values > np.float32(cutoff)])
    np.testing.assert_array_equal(found, np.isin(pieces, reaching) & (pieces > 0))


def test_the_half_maximum_draws_bright_cells_in() -> None:
    rows, columns = np.indices((80, 160))
    bright = 200 * np.exp(-(((rows - 40) ** 2 + (columns - 40) ** 2) / (2 * 8**2)))
    dim = 20 * np.exp(-(((rows - 40) ** 2 + (columns - 120) ** 2) / (2 * 8**2)))
    measured = ScoreMap((bright + dim).astype(np.float32), "")
    plain = threshold(measured, 5, CutoffParams())
    drawn = threshold(measured, 5, CutoffParams(half_maximum=0.5))
    assert plain[:, :80].sum() > 1.5 * plain[:, 80:].sum()
    radius = np.sqrt(np.array([drawn[:, :80].sum(), drawn[:, 80:].sum()]) / np.pi)
    np.testing.assert_allclose(radius, 8 * np.sqrt(2 * np.log(2)), rtol=0.05)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(
    "values",
    [
        np.zeros((20, 30)),
        np.full((20, 30), 7.0),
        np.full((1, 1), 3.0),
        np.array([[0.0, 1.0]]),
        np.arange(50.0)[None],
        np.where(np.indices((40, 40))[0] < 20, 0.0, 65535.0),
    ],
    ids=["zero", "constant", "one", "two", "row", "saturated"],
)
def test_no_picture_is_too_odd(method: str, values: np.ndarray) -> None:
    params = CutoffParams(method=method, amount=2, window=151)
    measured = relief(ScoreMap(values.astype(np.float32), ""), params)
    assert np.isfinite(measured.values).all()
    try:
        cutoff = cutoff_of(measured.values, params)
    except ParameterError:
        assert method == "minimum"
        return
    mask = threshold(measured, cutoff, params)
    if np.ptp(values) == 0 and method != "value":
        assert not mask.any(), "an empty picture gives an empty draft"
