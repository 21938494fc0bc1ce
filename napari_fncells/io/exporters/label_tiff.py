"""Label image as TIFF: each cell's pixels have its id, 0 = background.

16 bits, as ImageJ writes them, while ids fit; above 65,535 an ordinary TIFF of 32 bits without a
sign. ImageJ has no such type: it reads the file as floats, which hold ids up to 16,777,216.
"""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import tifffile
from numpy.typing import NDArray

from napari_fncells.core.params.export import ExportParams
from napari_fncells.io.exporters.agreement import IGNORED_LOST, compare_labels, unreadable
from napari_fncells.io.exporters.base import Comparison, GroundTruth, PerPicture
from napari_fncells.io.label_mark import TIFF_KEY, TIFF_VALUE

# The largest whole number up to which float32 holds all
_FLOAT_EXACT = 1 << 24
_LARGEST_16_BIT = 65_535


def encode_label_tiff(labels: NDArray[np.unsignedinteger], pixel_size: float | None) -> bytes:
    """TIFF of (Y, X) instance labels, uint16 where the ids fit, else uint32; zlib inside.

    Parameters
    ----------
    labels
        0 = background.
    pixel_size
        µm a pixel; None where it is not known.
    """
    buffer = BytesIO()
    options: dict[str, Any] = {"compression": "zlib", "compressionargs": {"level": 1}}
    if int(labels.max(initial=0)) <= _LARGEST_16_BIT:
        metadata = {TIFF_KEY: TIFF_VALUE}
        if pixel_size:
            options["resolution"] = (1 / pixel_size, 1 / pixel_size)
            metadata["unit"] = "um"
        pixels = labels.astype(np.uint16, copy=False)
        tifffile.imwrite(buffer, pixels, imagej=True, metadata=metadata, **options)
        return buffer.getvalue()
    if pixel_size:
        options["resolution"] = (1e4 / pixel_size, 1e4 / pixel_size)
        options["resolutionunit"] = "CENTIMETER"
    tifffile.imwrite(
        buffer,
        labels.astype(np.uint32, copy=False),
        photometric="minisblack",
        description=f"{TIFF_KEY}={TIFF_VALUE}",
        metadata=None,
        **options,
    )
    return buffer.getvalue()


def _encode(truth: GroundTruth, _params: ExportParams) -> bytes:
    return encode_label_tiff(truth.labels, truth.pixel_size)


def _compare(path: Path, truth: GroundTruth, _params: ExportParams) -> Comparison:
    found = decoded(path)
    if found is None:
        return unreadable(truth, f"{path.name} does not read back as a label image.")
    notes = () if truth.ignored is None else (IGNORED_LOST,)
    top = int(truth.labels.max(initial=0))
    if top > _LARGEST_16_BIT:
        notes = (*notes, _wide_note(top))
    return compare_labels(found, truth, path.name, notes=notes)


def decoded(path: Path) -> NDArray[Any] | None:
    """Pixels of a file as OpenCV reads them, or None where it is no picture."""
    try:
        # Not imread: it cannot open every path on Windows
        data = np.frombuffer(path.read_bytes(), dtype=np.uint8)
        return cv2.imdecode(data, cv2.IMREAD_UNCHANGED)
    except (OSError, cv2.error):
        return None


def _wide_note(top: int) -> str:
    shown = "ImageJ shows them as floats" + (", not exactly." if top > _FLOAT_EXACT else ".")
    return f"Ids above 65,535 are kept in 32 bits; {shown}"


LABEL_TIFF = PerPicture(
    "label-tiff",
    "Label images, TIFF 16 or 32 bit",
    "Read by ImageJ, QuPath, Cellpose, StarDist and scikit-image; does not hold states.",
    ".tif",
    _encode,
    _compare,
)
