from __future__ import annotations

import os
import subprocess
import sys
from io import BytesIO

import numpy as np
import pytest
from PIL import Image as PilImage

from napari_fncells.core.errors import UserError
from napari_fncells.core.params.augmentation import AugmentationParams
from napari_fncells.core.params.patches import PatchParams
from napari_fncells.io.contact_sheet import contact_sheet
from napari_fncells.session.augmentation import first_patch, preview
from tests.truths import Kind, a_truth

pytest.importorskip("albumentations")

STILL = AugmentationParams(rotation=0, flips=False, brightness=0, contrast=0, blur=0, elastic=0)


def a_patch(dtype: str = "uint8", channels: int = 3) -> tuple[np.ndarray, np.ndarray]:
    truth = a_truth("a", 4, Kind((64, 64), dtype, channels))
    return truth.read_pixels().pixels, truth.labels


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32", "float64"])
@pytest.mark.parametrize("channels", [1, 3, 5])
def test_kinds_of_pictures(dtype: str, channels: int) -> None:
    image, labels = a_patch(dtype, channels)
    found = preview(image, labels, AugmentationParams(), seed=2, count=4)
    assert len(found) == 4
    for pixels, moved in found:
        assert (pixels.dtype, pixels.shape) == (image.dtype, image.shape)
        assert (moved.dtype, moved.shape) == (labels.dtype, labels.shape)
        assert set(np.unique(moved)) <= set(np.unique(labels))  # nearest: no id between two
        assert np.isfinite(pixels).all()
    assert len({pixels.tobytes() for pixels, _ in found}) == 4


def test_the_seed_decides() -> None:
    image, labels = a_patch()
    first = preview(image, labels, AugmentationParams(), seed=5, count=6)
    again = preview(image, labels, AugmentationParams(), seed=5, count=3)
    other = preview(image, labels, AugmentationParams(), seed=6, count=3)
    for one, two, three in zip(first[:3], again, other, strict=True):
        np.testing.assert_array_equal(one[0], two[0])
        np.testing.assert_array_equal(one[1], two[1])
        assert not np.array_equal(one[0], three[0])


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
def test_nothing_changes_nothing(dtype: str) -> None:
    image, labels = a_patch(dtype)
    for pixels, moved in preview(image, labels, STILL, count=2):
        np.testing.assert_allclose(pixels, image, rtol=1e-6)
        np.testing.assert_array_equal(moved, labels)


def test_labels_follow_the_picture() -> None:
    _, labels = a_patch()
    image = np.where(labels > 0, 200, 0).astype(np.uint8)
    params = STILL.model_copy(update={"rotation": 180.0, "flips": True, "elastic": 6.0})
    for pixels, moved in preview(image, labels, params, seed=1, count=8):
        # Alike but for pixels at edges, which the picture mixes and labels do not
        both = (pixels > 100) == (moved > 0)
        assert both.mean() > 0.97


def test_flips_are_drawn_each_on_its_own() -> None:
    image = np.zeros((8, 8), np.uint8)
    image[0, 0] = 255
    params = STILL.model_copy(update={"flips": True})
    corners = {
        tuple(np.argwhere(pixels == 255)[0].tolist())
        for pixels, _ in preview(image, image, params, count=40)
    }
    assert corners == {(0, 0), (0, 7), (7, 0), (7, 7)}


def test_many_ids() -> None:
    image, _ = a_patch()
    labels = np.arange(64 * 64, dtype=np.uint32).reshape(64, 64) + np.uint32(2**31)
    for _, moved in preview(image, labels, STILL.model_copy(update={"flips": True}), count=4):
        assert sorted(moved.ravel().tolist()) == sorted(labels.ravel().tolist())


SILENT = """
import socket, os
def refuse(*args, **kwargs):
    raise AssertionError("the network was asked")
socket.socket.connect = socket.create_connection = socket.getaddrinfo = refuse
import warnings; warnings.simplefilter("error", UserWarning)
import numpy as np
from napari_fncells.session.augmentation import preview
from napari_fncells.core.params.augmentation import AugmentationParams
image = np.zeros((32, 32), np.uint8)
preview(image, image, AugmentationParams(), count=1)
assert os.environ["NO_ALBUMENTATIONS_UPDATE"] == "0"
print("silent")
"""


def test_the_network_is_not_asked() -> None:
    done = subprocess.run(
        [sys.executable, "-c", SILENT],
        capture_output=True,
        text=True,
        timeout=120,
        env=os.environ | {"NO_ALBUMENTATIONS_UPDATE": "0"},
        check=False,
    )
    assert done.stdout.strip() == "silent", done.stderr


def test_without_the_library(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "albumentations", None)
    image, labels = a_patch()
    with pytest.raises(UserError, match=r"not installed. .*napari-fncells\[patches\]"):
        preview(image, labels, STILL)


def test_the_patch_with_most_cells() -> None:
    truths = [a_truth("none.png", 0, Kind(cells=0)), a_truth("some.png", 1, Kind(cells=12))]
    patch = first_patch(truths, PatchParams(size=48))
    assert patch.cells > 1
    with pytest.raises(UserError, match="no picture with a cell"):
        first_patch(truths[:1], PatchParams(size=48))


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_a_contact_sheet(channels: int) -> None:
    image, labels = a_patch("uint16", channels)
    sheet = PilImage.open(BytesIO(contact_sheet([(image, labels)] * 5, side=32)))
    assert (sheet.format, sheet.mode) == ("PNG", "RGB")
    assert sheet.size == (3 * 38 + 6, 2 * 38 + 6)
    outline = (np.asarray(sheet) == (60, 220, 255)).all(axis=2)
    assert outline[6:38, 6:38].any()
    np.testing.assert_array_equal(outline[6:38, 6:38], outline[44:76, 44:76])
    assert not outline[44:, 82:].any()  # five are not six
    large = PilImage.open(BytesIO(contact_sheet([(image, labels)], side=100)))
    assert large.size == (112, 112)
