"""Masks of every make say the same cells; labels keep their numbers."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import ndimage as ndi

from napari_fncells.io.images import ImageReadError, ReadCode
from napari_fncells.io.masks import (
    MaskKind,
    label_parts,
    load_labels,
    load_mask,
    mask_kind,
    read_labels,
    read_mask,
)
from tests.io.odd_files import ODD_FILES, chunk, pillow, png, tiff, tiff_pages

Array = npt.NDArray[Any]
IN_FOLDER = settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=50
)


def discs() -> npt.NDArray[np.bool_]:
    """Three round cells."""
    y, x = np.mgrid[:60, :80]
    centres = [(15, 15), (20, 60), (45, 35)]
    return np.any([(y - cy) ** 2 + (x - cx) ** 2 < 81 for cy, cx in centres], axis=0)


def soft(sigma: float = 0.5) -> Array:
    """The same cells with grey rims, as drawn by hand or scaled."""
    return np.rint(ndi.gaussian_filter(discs() * 255.0, sigma)).astype(np.uint8)


@pytest.fixture
def write(tmp_path: Path) -> Callable[[bytes], Path]:
    def write(data: bytes) -> Path:
        path = tmp_path / "mask"
        path.write_bytes(data)
        return path

    return write


def rgb(mask: Array, *weights: int) -> Array:
    return np.stack([mask.astype(np.uint8) * w for w in weights], axis=2)


BINARY: dict[str, Callable[[], bytes]] = {
    "8-bit PNG": lambda: png(discs() * 255, 8, 0),
    "16-bit PNG": lambda: png(discs() * 65535, 16, 0),
    "1-bit PNG": lambda: png(discs(), 1, 0),
    "0 and 1": lambda: png(discs() * 1, 8, 0),
    "8-bit TIFF": lambda: tiff(discs().astype(np.uint8) * 255),
    "16-bit TIFF": lambda: tiff(discs().astype(np.uint16) * 65535),
    "1-bit TIFF": lambda: tiff(discs()),
    "white as zero": lambda: tiff(~discs(), photometric="miniswhite"),
    "float TIFF": lambda: tiff(discs().astype(np.float32)),
    "grey RGB": lambda: png(rgb(discs(), 255, 255, 255), 8, 2),
    "one colour": lambda: png(rgb(discs(), 0, 255, 255), 8, 2),
    "grey and opaque": lambda: png(np.dstack([discs() * 255, np.full((60, 80), 255)]), 8, 4),
    "grey and clear": lambda: png(np.dstack([discs() * 255, np.zeros((60, 80))]), 8, 4),
    "palette": lambda: png(discs(), 1, 3, before=chunk(b"PLTE", b"\0\0\0\xff\xff\xff")),
    "GIF": lambda: pillow(discs().astype(np.uint8) * 255, "GIF"),
    "JPEG": lambda: pillow(discs().astype(np.uint8) * 255, "JPEG"),
}


@pytest.mark.parametrize("make", BINARY.values(), ids=BINARY)
def test_every_make_of_mask_reads_the_same(
    write: Callable[[bytes], Path], make: Callable[[], bytes]
) -> None:
    path = write(make())
    mask = read_mask(path)
    np.testing.assert_array_equal(mask, discs())
    assert mask.dtype == bool
    labels = load_labels(path)
    assert labels.kind is MaskKind.BINARY
    assert labels.values.dtype == np.uint16
    assert labels.values.max() == 3
    np.testing.assert_array_equal(labels.values > 0, discs())
    assert any("3 cells" in note for note in labels.notes)


@pytest.mark.parametrize("top", [255, 65535])
def test_grey_rims_belong_to_the_cell_and_are_told(
    write: Callable[[bytes], Path], caplog: pytest.LogCaptureFixture, top: int
) -> None:
    values = soft().astype(np.uint16) * (top // 255)
    path = write(png(values, 8 if top == 255 else 16, 0))
    mask = load_mask(path)
    np.testing.assert_array_equal(mask.values, values > 0)
    grey = np.count_nonzero((values > 0) & (values < top))
    assert any(f"{grey} pixels have grey values" in note for note in mask.notes)
    with caplog.at_level(logging.WARNING):
        np.testing.assert_array_equal(read_mask(path), values > 0)
    assert "grey values" in caplog.text
    labels = load_labels(path)
    assert labels.kind is MaskKind.BINARY
    assert labels.values.max() == 3


def test_an_empty_mask_has_no_cells(write: Callable[[bytes], Path]) -> None:
    path = write(png(np.zeros((9, 9), np.uint16), 16, 0))
    assert not read_mask(path).any()
    labels = load_labels(path)
    assert labels.kind is MaskKind.BINARY
    assert not labels.values.any()


def test_parts_that_touch_at_a_corner_are_one_cell() -> None:
    mask = np.array([[1, 0, 0], [0, 1, 0], [0, 0, 0], [1, 0, 1]], bool)
    labels, count = label_parts(mask)
    assert count == 3
    assert labels[0, 0] == labels[1, 1]


def test_more_cells_than_16_bits_hold() -> None:
    mask = np.zeros((520, 520), bool)
    mask[::2, ::2] = True
    labels, count = label_parts(mask)
    assert (count, labels.dtype) == (67_600, np.uint32)
    assert labels.max() == 67_600


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "uint32", "int32", "float32"])
def test_labels_keep_their_numbers(write: Callable[[bytes], Path], dtype: str) -> None:
    labels = ndi.label(discs())[0] * 50
    path = write(tiff(labels.astype(dtype)))
    np.testing.assert_array_equal(read_labels(path), labels)
    loaded = load_labels(path)
    np.testing.assert_array_equal(loaded.values, labels)
    assert loaded.kind is MaskKind.LABELS
    assert loaded.values.dtype == np.uint16
    np.testing.assert_array_equal(read_mask(path), discs())


def test_large_label_numbers_stay(write: Callable[[bytes], Path]) -> None:
    labels = np.array([[0, 1, 70_000, 4_000_000_000]], np.uint32)
    loaded = load_labels(write(tiff(labels)))
    np.testing.assert_array_equal(loaded.values, labels)
    assert loaded.values.dtype == np.uint32


@IN_FOLDER
@given(
    hnp.arrays(
        st.sampled_from([np.uint8, np.uint16]),
        hnp.array_shapes(min_dims=2, max_dims=2, max_side=8),
        elements=st.sampled_from([0, 1, 2, 7, 100]),
    )
)
def test_small_numbers_are_labels(tmp_path: Path, values: Array) -> None:
    for name, data in [("a.png", png(values, 8 * values.itemsize, 0)), ("a.tif", tiff(values))]:
        path = tmp_path / name
        path.write_bytes(data)
        np.testing.assert_array_equal(read_labels(path), values)
        np.testing.assert_array_equal(read_mask(path), values > 0)
        loaded = load_labels(path)
        np.testing.assert_array_equal(loaded.values > 0, values > 0)
        if len(set(values.flat) - {0}) > 1:
            np.testing.assert_array_equal(loaded.values, values)


def test_a_picture_taken_for_labels_is_told(write: Callable[[bytes], Path]) -> None:
    noise = np.random.default_rng(0).integers(0, 200, (40, 40))
    assert any("picture" in note for note in load_labels(write(png(noise, 8, 0))).notes)
    cells = label_image(3, 9)
    assert load_labels(write(png(cells, 16, 0))).notes == ()


def label_image(*numbers: int) -> Array:
    """Squares side by side, 6 pixels apart, with these numbers."""
    values = np.zeros((12, 20 * len(numbers)), np.uint16)
    for place, number in enumerate(numbers):
        values[2:10, 20 * place + 3 : 20 * place + 17] = number
    return values


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (label_image(255), MaskKind.BINARY),
        (label_image(1, 1), MaskKind.BINARY),
        (label_image(1, 2), MaskKind.LABELS),
        (label_image(254, 255), MaskKind.LABELS),
        (label_image(255, 255, 255, 7), MaskKind.LABELS),
        (label_image(65535, 65535, 1), MaskKind.LABELS),
        (soft(), MaskKind.BINARY),
        (soft(0.7), MaskKind.BINARY),
        (soft() // 4, MaskKind.LABELS),
        (soft().astype(np.uint16) * 257, MaskKind.BINARY),
    ],
)
def test_the_rule_for_what_a_file_is(values: Array, kind: MaskKind) -> None:
    assert mask_kind(values) is kind


@pytest.mark.parametrize(
    ("make", "problem"),
    [
        (lambda: png(np.dstack([discs() * 255, ~discs() * 255, discs()]), 8, 2), "colour"),
        (lambda: tiff(np.array([[0.0, 0.5, 1.5]], np.float32)), "fractions"),
        (lambda: tiff(np.array([[0, -1, 2]], np.int16)), "negative"),
        (lambda: tiff(np.array([[0, 1, 1 << 40]], np.uint64)), "32 bit"),
        (lambda: tiff(np.array([[0.0, np.nan, 2.0]], np.float32)), "fractions"),
    ],
)
def test_what_holds_no_labels_is_refused(
    write: Callable[[bytes], Path], make: Callable[[], bytes], problem: str
) -> None:
    path = write(make())
    for reader in (read_labels, load_labels):
        with pytest.raises(ImageReadError, match=problem) as caught:
            reader(path)
        assert caught.value.code is ReadCode.UNSUPPORTED


def test_coloured_cells_are_not_run_together(write: Callable[[bytes], Path]) -> None:
    colours = np.zeros((8, 8, 3), np.uint8)
    colours[2:6, :4, 0] = 255
    colours[2:6, 4:, 1] = 255
    with pytest.raises(ImageReadError, match="colour"):
        load_labels(write(png(colours, 8, 2)))


@pytest.mark.parametrize("name", ["cut.tif", "text.png", "bomb.png", "nothing.tif", "pages.tif"])
@pytest.mark.parametrize("reader", [read_mask, read_labels, load_labels])
def test_odd_files_give_the_readers_error(
    write: Callable[[bytes], Path], name: str, reader: Callable[[Path], Any]
) -> None:
    make, code = ODD_FILES[name]
    with pytest.raises(ImageReadError) as caught:
        reader(write(make()))
    assert caught.value.code == code


def test_masks_of_several_pages_are_not_guessed(write: Callable[[bytes], Path]) -> None:
    page = discs().astype(np.uint8)
    with pytest.raises(ImageReadError, match="2 pictures"):
        read_mask(write(tiff_pages(page, page)))


@pytest.mark.parametrize(
    ("stem", "cells"),
    [("yellow_Mar32bS2C2R2_DMl_200x", 35), ("yellow_empty", 0), ("red_RT353S2C1R5_r1", 57)],
)
def test_real_masks(real_data: Path, stem: str, cells: int) -> None:
    path = real_data / "fnc" / f"{stem}_mask.png"
    labels = load_labels(path)
    assert labels.kind is MaskKind.BINARY
    assert labels.values.max() == cells
    np.testing.assert_array_equal(labels.values > 0, read_mask(path))
