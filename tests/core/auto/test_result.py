from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from napari_fncells.core.auto import AutoResult, auto_steps
from napari_fncells.core.errors import ParameterError
from napari_fncells.core.evaluate import score_picture
from napari_fncells.core.labels import label
from napari_fncells.core.simulate import simulate_image
from napari_fncells.core.steps import finish
from napari_fncells.io.images import read_image
from napari_fncells.io.masks import load_labels
from tests import pictures

CELLS = tuple((row, column, radius, 120) for row, column, radius, _ in pictures.CELLS)
REAL = Path(__file__).resolve().parents[4] / "shared" / "data"
RNG = np.random.default_rng(0)
NOISE = RNG.random((40, 50)) * 200
NAN, INF = NOISE.copy(), np.dstack([NOISE] * 3)
NAN[::3] = np.nan
INF[5], INF[6, :, 1] = np.inf, -np.inf
EMPTY: dict[str, Any] = {
    "zero": np.zeros((40, 50), np.uint8),
    "constant": np.full((40, 50), 77, np.uint8),
    "constant float": np.full((40, 50), 0.1),
    "saturated": np.full((40, 50, 3), 255, np.uint8),
    "saturated uint64": np.full((9, 9), 2**64 - 1, np.uint64),
    "all nan": np.full((40, 50), np.nan),
    "all inf": np.full((40, 50, 3), np.inf, np.float32),
    "one pixel": np.array([[7]], np.uint8),
    "one row": np.arange(300, dtype=np.uint8)[None],
    "one column": np.arange(7, dtype=np.uint16)[:, None],
    "one pixel in colour": np.array([[[1, 2, 3]]], np.uint8),
}
ODD: dict[str, Any] = {
    "nan": NAN,
    "inf": INF,
    "huge": NOISE * 1e300,
    "tiny": NOISE * 1e-40,
    "bool": NOISE > 100,
    "big-endian": NOISE.astype(">u2"),
    "not contiguous": np.dstack([NOISE] * 3)[::-2, ::3],
    "int8": (NOISE - 100).astype(np.int8),
    "float16": NOISE.astype(np.float16),
    "five channels": RNG.integers(0, 200, (40, 50, 5), np.uint8),
    "one bright pixel": np.pad(np.full((1, 1), 255, np.uint8), 30),
    "a bright half": np.repeat([[10, 200]], 30, axis=1).repeat(40, axis=0).astype(np.uint8),
    "steps": np.add.outer(np.arange(60), np.arange(90)).astype(np.uint8),
}


def cell_picture() -> NDArray[np.uint8]:
    return pictures.cell_picture(CELLS)


def drafted(image: NDArray[Any]) -> AutoResult:
    return finish(auto_steps(image))


def check(result: AutoResult, shape: tuple[int, ...]) -> None:
    """What holds for every draft."""
    labels, likeness = result.labels, result.likeness
    assert labels.shape == likeness.shape == shape[:2]
    assert labels.dtype == np.int32
    assert likeness.dtype == np.float32
    assert likeness.min(initial=0) >= 0
    assert likeness.max(initial=0) <= 1
    assert result.words.endswith(".")
    for cutoff in (0.0, 0.2, 0.5, 0.8, 1.0):
        cells = result.labels_at(cutoff)
        np.testing.assert_array_equal(cells > 0, likeness > np.float32(cutoff))
        np.testing.assert_array_equal(np.unique(cells[cells > 0]), 1 + np.arange(cells.max()))
    np.testing.assert_array_equal(labels, result.labels_at(0.5))
    for cell in range(1, result.pieces.max() + 1):
        assert label(result.pieces == cell).max() == 1
        assert np.unique(likeness[result.pieces == cell]).size == 1


def test_cells_are_found() -> None:
    image = cell_picture()

    result = drafted(image)

    check(result, image.shape)
    assert result.labels.max() == len(CELLS)
    for row, column, radius, _ in CELLS:
        cell = result.labels == result.labels[row, column]
        assert result.labels[row, column] > 0
        assert 0.6 < cell.sum() / (np.pi * radius**2) < 1.6


def test_a_spot_far_dimmer_than_the_cells_is_told_from_them() -> None:
    image = pictures.cell_picture((*CELLS[:3], (150, 190, 13, 25)))

    result = drafted(image)

    assert result.labels.max() == 3
    assert result.labels[150, 190] == 0
    assert result.pieces[150, 190] > 0
    assert "3 pieces look like cells, 1 did not (too faint 1)." in result.words


def test_it_says_what_it_chose() -> None:
    words = drafted(cell_picture()).words

    assert words.startswith("Red channel: its bright parts stand out most. Ground 8")
    assert "4 pieces look like cells" in words


@pytest.mark.parametrize(("axis", "name"), [(0, "Red"), (1, "Green"), (2, "Blue")])
def test_the_stained_channel_is_taken(axis: int, name: str) -> None:
    stained = cell_picture()[..., 0]
    image = np.full((*stained.shape, 3), 3, np.uint8)
    image[..., axis] = stained

    result = drafted(image)

    assert result.words.startswith(f"{name} channel")
    np.testing.assert_array_equal(result.labels, drafted(stained).labels)


@pytest.mark.parametrize("scale", [257, 16])
def test_other_units_give_the_same_draft(scale: int) -> None:
    image = cell_picture()
    plain = drafted(image)

    for copy in (image.astype(np.uint16) * scale, image.astype(np.float32), image / 1.0):
        other = drafted(copy)
        np.testing.assert_array_equal(other.labels, plain.labels)
        np.testing.assert_array_equal(other.likeness, plain.likeness)


def test_an_offset_changes_nothing() -> None:
    image = cell_picture()[..., 0].astype(np.int32)

    np.testing.assert_array_equal(drafted(image - 300).labels, drafted(image).labels)


def test_drafts_are_repeatable() -> None:
    image, _ = simulate_image("crowded", 5)
    image = image[:500, :600]

    first, second = drafted(image), drafted(image)

    np.testing.assert_array_equal(first.likeness, second.likeness)
    assert first.words == second.words


@pytest.mark.parametrize("factor", [0.4, 2.0])
def test_cells_of_another_scale_are_found(factor: float) -> None:
    image = cv2.resize(cell_picture(), None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)

    result = drafted(image)

    found = [result.labels[int(row * factor), int(column * factor)] for row, column, _, _ in CELLS]
    assert 0 not in found
    assert len(set(found)) == len(CELLS)


@pytest.mark.parametrize("name", EMPTY)
def test_a_picture_of_nothing_gives_an_empty_draft(name: str) -> None:
    result = drafted(EMPTY[name])

    check(result, EMPTY[name].shape)
    assert result.labels.max() == 0
    assert "empty" in result.words


@pytest.mark.parametrize("name", ODD)
def test_odd_pictures_give_a_defined_draft(name: str) -> None:
    check(drafted(ODD[name]), ODD[name].shape)


def test_what_is_no_picture_is_refused() -> None:
    with pytest.raises(ParameterError, match="axes"):
        drafted(np.zeros((2, 3, 4, 5)))


@settings(max_examples=40, deadline=None)
@given(
    arrays(
        np.uint8,
        st.tuples(st.integers(1, 40), st.integers(1, 40)),
        elements=st.sampled_from([0, 1, 90, 255]),
    )
)
def test_any_picture_gives_a_sound_draft(image: NDArray[np.uint8]) -> None:
    check(drafted(image), image.shape)


def test_steps_are_told() -> None:
    told = list(auto_steps(cell_picture()))

    assert told[0] == "Looking for the scale of the cells"
    assert told[-1] == "Drawing the outlines"
    assert len(told) > 10


@pytest.mark.parametrize(
    ("kind", "least"), [("sparse", 0.65), ("crowded", 0.8), ("dim", 0.8), ("red", 0.8)]
)
def test_simulated_pictures(kind: str, least: float) -> None:
    image, truth = simulate_image(kind, 77)

    f1 = score_picture(kind, drafted(image).labels, truth).detections["v1"].f1

    assert f1 is not None
    assert f1 >= least


REAL_PICTURES = [
    ("fnc/yellow_Mar32bS2C2R2_DMl_200x", 0.75),
    ("fnc/red_MAR32C2R3_PVHr_200x_r", 0.65),
    ("deepflash/TL_03", 0.6),
]


@pytest.mark.parametrize(("name", "least"), REAL_PICTURES)
def test_real_pictures(name: str, least: float) -> None:
    path = REAL / f"{name}_image.png"
    if not path.exists():
        pytest.skip("The real pictures are not here.")
    truth = load_labels(REAL / f"{name}_mask.png").values

    f1 = score_picture(name, drafted(read_image(path).pixels).labels, truth).detections["v1"].f1

    assert f1 is not None
    assert f1 >= least


def test_a_real_empty_picture_gives_an_empty_draft() -> None:
    path = REAL / "fnc/yellow_empty_image.png"
    if not path.exists():
        pytest.skip("The real pictures are not here.")

    assert drafted(read_image(path).pixels).labels.max() == 0
