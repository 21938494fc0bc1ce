"""Binary mask as PNG: uint8, 0 = background, 255 = cell."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image as PilImage

from napari_fncells.core.binary import binary_mask
from napari_fncells.core.labels import Labels
from napari_fncells.io.proof import VerificationError

FOREGROUND = 255


def encode_binary(
    labels: Labels,
    *,
    gap: bool = False,
    ignored: NDArray[np.bool_] | None = None,
    ignore_value: int = 0,
) -> bytes:
    """PNG of (Y, X) instance labels, 8-bit grey.

    Parameters
    ----------
    labels
        0 = background.
    gap
        Whether touching cells are kept apart by a line one pixel wide.
    ignored, ignore_value
        Regions left undecided, and the value of their pixels.
    """
    buffer = BytesIO()
    mask = _expected(labels, gap, ignored, ignore_value)
    PilImage.fromarray(mask).save(buffer, format="PNG", optimize=False)
    return buffer.getvalue()


def verify_binary(
    path: Path,
    labels: Labels,
    *,
    gap: bool = False,
    ignored: NDArray[np.bool_] | None = None,
    ignore_value: int = 0,
) -> None:
    """Decode a file by another library than the one that wrote it, and compare.

    Raises
    ------
    VerificationError
        Where the file is not there, is no 8-bit mask or another one.
    """
    found = _decode(path)
    expected = _expected(labels, gap, ignored, ignore_value)
    if found is None or found.dtype != np.uint8 or found.shape != expected.shape:
        raise VerificationError(f"{path.name} does not read back as an 8-bit mask.")
    if not np.array_equal(found, expected):
        raise VerificationError(f"{path.name} does not read back as the mask on screen.")


def _expected(
    labels: Labels, gap: bool, ignored: NDArray[np.bool_] | None, ignore_value: int
) -> NDArray[np.uint8]:
    cells = binary_mask(labels, gap=gap)
    mask = cells.astype(np.uint8) * FOREGROUND
    if ignored is not None and ignore_value:
        mask[ignored & ~cells] = ignore_value
    return mask


def _decode(path: Path) -> NDArray[np.generic] | None:
    """Pixels of a file, or None where it is no picture."""
    try:
        # Not imread: it cannot open every path on Windows
        data = np.frombuffer(path.read_bytes(), dtype=np.uint8)
        return cv2.imdecode(data, cv2.IMREAD_UNCHANGED)
    except (OSError, cv2.error):
        return None
