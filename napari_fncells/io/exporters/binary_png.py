"""Binary mask as PNG: uint8, 0 = background, 255 = cell."""

from __future__ import annotations

from dataclasses import dataclass
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


@dataclass(frozen=True)
class BinaryPng:
    """Writer of 0/255 PNG masks.

    Attributes
    ----------
    gap
        Whether touching cells are kept apart by a line one pixel wide.
    """

    name: str
    title: str
    gap: bool
    suffix: str = ".png"

    def encode(self, labels: Labels) -> bytes:
        """PNG of (Y, X) instance labels, 8-bit grey."""
        mask = binary_mask(labels, gap=self.gap).astype(np.uint8) * FOREGROUND
        buffer = BytesIO()
        PilImage.fromarray(mask).save(buffer, format="PNG", optimize=False)
        return buffer.getvalue()

    def verify(self, path: Path, labels: Labels) -> None:
        """Decode a file by another library than the one that wrote it, and compare.

        Raises
        ------
        VerificationError
            Where the file is not there, is no 8-bit mask or another one.
        """
        found = _decode(path)
        expected = binary_mask(labels, gap=self.gap)
        if found is None or found.dtype != np.uint8 or found.shape != expected.shape:
            raise VerificationError(f"{path.name} does not read back as an 8-bit mask.")
        if not np.array_equal(found, expected.astype(np.uint8) * FOREGROUND):
            raise VerificationError(f"{path.name} does not read back as the mask on screen.")


def _decode(path: Path) -> NDArray[np.generic] | None:
    """Pixels of a file, or None where it is no picture."""
    try:
        # Not imread: it cannot open every path on Windows
        data = np.frombuffer(path.read_bytes(), dtype=np.uint8)
        return cv2.imdecode(data, cv2.IMREAD_UNCHANGED)
    except (OSError, cv2.error):
        return None


BINARY_PNG = BinaryPng("binary-png", "Binary mask, PNG 0/255", gap=False)
BINARY_PNG_GAP = BinaryPng("binary-png-gap", "Binary mask with 1-px gaps, PNG 0/255", gap=True)
