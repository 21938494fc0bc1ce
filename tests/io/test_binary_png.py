from __future__ import annotations

from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from napari_fncells.core.binary import binary_mask
from napari_fncells.io.binary_png import encode_binary, verify_binary
from napari_fncells.io.proof import VerificationError

LABELS = np.zeros((6, 9), np.uint16)
LABELS[1:5, 1:4], LABELS[1:5, 4:6] = 1, 700
BOTH = pytest.mark.parametrize("gap", [False, True])


@BOTH
def test_the_file_is_the_mask(gap: bool, tmp_path: Path) -> None:
    data = encode_binary(LABELS, gap=gap)
    with Image.open(BytesIO(data)) as image:
        assert (image.format, image.mode) == ("PNG", "L")
        pixels = np.asarray(image)
    np.testing.assert_array_equal(pixels, binary_mask(LABELS, gap=gap) * 255)
    assert set(np.unique(pixels)) == {0, 255}
    path = tmp_path / "Zelle ü.png"
    path.write_bytes(data)
    verify_binary(path, LABELS, gap=gap)


@BOTH
@pytest.mark.parametrize("shape", [(1, 1), (1, 50), (50, 1), (300, 400)])
@pytest.mark.parametrize("value", [0, 1, 65_535])
def test_uniform_masks(gap: bool, shape: tuple[int, int], value: int, tmp_path: Path) -> None:
    labels = np.full(shape, value, np.uint16)
    path = tmp_path / "m.png"
    path.write_bytes(encode_binary(labels, gap=gap))
    verify_binary(path, labels, gap=gap)


def save(path: Path, pixels: np.ndarray) -> None:
    Image.fromarray(pixels).save(path, format="PNG")


RIGHT = binary_mask(LABELS).astype(np.uint8) * 255
FLIPPED = RIGHT.copy()
FLIPPED[0, 0] = 255
GREY = RIGHT.copy()
GREY[2, 2] = 254


@pytest.mark.parametrize(
    "pixels",
    [FLIPPED, GREY, RIGHT // 255, RIGHT[:-1], RIGHT.T, np.dstack([RIGHT] * 3), RIGHT > 0,
     RIGHT.astype(np.uint16) * 257],
    ids=["one pixel", "grey", "0 and 1", "short", "turned", "colour", "one bit", "16 bit"],
)  # fmt: skip
def test_any_other_picture_is_refused(pixels: np.ndarray, tmp_path: Path) -> None:
    path = tmp_path / "m.png"
    save(path, pixels)
    if pixels.dtype == bool:  # the same values, however packed
        verify_binary(path, LABELS)
        return
    with pytest.raises(VerificationError, match=r"m\.png does not read back"):
        verify_binary(path, LABELS)


@BOTH
@pytest.mark.parametrize("size", [0, 1, 20, 60])
def test_a_damaged_file_is_refused(gap: bool, size: int, tmp_path: Path) -> None:
    path = tmp_path / "m.png"
    path.write_bytes(encode_binary(LABELS, gap=gap)[:size])
    with pytest.raises(VerificationError):
        verify_binary(path, LABELS, gap=gap)


@BOTH
def test_a_file_that_is_gone_is_refused(gap: bool, tmp_path: Path) -> None:
    with pytest.raises(VerificationError):
        verify_binary(tmp_path / "m.png", LABELS, gap=gap)
