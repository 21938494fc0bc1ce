"""Binary mask as PNG: uint8, 0 = background, 255 = cell."""

from __future__ import annotations

from functools import partial
from io import BytesIO
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image as PilImage

from napari_fncells.core.binary import binary_mask, component_count, touching_pairs
from napari_fncells.core.labels import Labels
from napari_fncells.core.params.export import ExportParams
from napari_fncells.io.exporters.base import Comparison, GroundTruth, PerPicture
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


def _encode(truth: GroundTruth, params: ExportParams, *, gap: bool) -> bytes:
    return encode_binary(
        truth.labels, gap=gap, ignored=truth.ignored, ignore_value=params.ignore_value
    )


def _compare(path: Path, truth: GroundTruth, params: ExportParams, *, gap: bool) -> Comparison:
    cells = len(truth.cells)
    try:
        verify_binary(
            path, truth.labels, gap=gap, ignored=truth.ignored, ignore_value=params.ignore_value
        )
    except VerificationError as error:
        return Comparison(cells, 0, exact=False, problem=error.sentence)
    kept = binary_mask(truth.labels, gap=gap)
    left = set(np.unique(truth.labels[kept]).tolist())
    touching = len(touching_pairs(truth.labels))
    notes = []
    if touching and not gap:
        notes.append(f"{touching} pairs of touching cells run together.")
    if truth.ignored is not None and not params.ignore_value:
        notes.append("Ignored regions are background.")
    return Comparison(
        cells,
        component_count(kept),
        exact=True,
        lost=tuple(cell.id for cell in truth.cells if cell.id not in left),
        notes=tuple(notes),
    )


BINARY_PNG = PerPicture(
    "binary-png",
    "Binary masks, PNG 0/255",
    "Read by everything; cells that touch run together.",
    ".png",
    partial(_encode, gap=False),
    partial(_compare, gap=False),
)
BINARY_PNG_GAP = PerPicture(
    "binary-png-gap",
    "Binary masks with 1-px gaps, PNG 0/255",
    "As above, with a line of background between cells that touch.",
    ".png",
    partial(_encode, gap=True),
    partial(_compare, gap=True),
)
