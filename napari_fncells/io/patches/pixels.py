"""Arrays as PNG and TIFF with their depth kept, written by one library and read by another."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import cv2
import imagecodecs
import numpy as np
import tifffile
from numpy.typing import NDArray

Pixels = NDArray[np.generic]

# Higher levels take two to ten times as long for a tenth fewer bytes
_LEVEL = 1
_TIFF_OF_OPENCV = (np.uint8, np.uint16, np.float32)


def encode_pixels(pixels: Pixels) -> tuple[str, bytes]:
    """PNG where it can hold the array, else TIFF.

    Parameters
    ----------
    pixels
        (Y, X) or (Y, X, C), any real dtype.

    Returns
    -------
    suffix
        '.png' or '.tif'.
    data
        Bytes of the file.
    """
    if fits_png(pixels):
        return ".png", bytes(imagecodecs.png_encode(pixels, level=_LEVEL))
    buffer = BytesIO()
    tifffile.imwrite(
        buffer,
        pixels,
        photometric="minisblack",
        planarconfig=None if pixels.ndim == 2 else "contig",
        compression="zlib",
        compressionargs={"level": _LEVEL},
        metadata=None,
        software=False,
    )
    return ".tif", buffer.getvalue()


def fits_png(pixels: Pixels) -> bool:
    """Whether PNG can hold an array."""
    plain = pixels.ndim == 2 or pixels.shape[2] == 3
    return plain and pixels.dtype in (np.uint8, np.uint16)


def decode_pixels(name: str, data: bytes) -> Pixels:
    """Array of a file that `encode_pixels` wrote.

    Raises
    ------
    ValueError
        It cannot be read.
    """
    if Path(name).suffix == ".tif":
        return _decode_tiff(name, data)
    pixels = _by_opencv(data)
    if pixels is None:
        raise ValueError(f"{name} is no picture")
    return pixels


def _decode_tiff(name: str, data: bytes) -> Pixels:
    try:
        with tifffile.TiffFile(BytesIO(data)) as file:
            page = file.pages.first
            # What OpenCV cannot hold is read by the library that wrote it
            if page.samplesperpixel > 1 or page.dtype not in _TIFF_OF_OPENCV:
                return np.asarray(page.asarray())
    except Exception as error:
        raise ValueError(f"{name} cannot be read: {error}") from error
    pixels = _by_opencv(data)
    if pixels is None:
        raise ValueError(f"{name} is no picture")
    return pixels


def _by_opencv(data: bytes) -> Pixels | None:
    try:
        found = cv2.imdecode(np.frombuffer(data, dtype=np.uint8), cv2.IMREAD_UNCHANGED)
    except cv2.error:
        return None
    if found is None or found.ndim == 2:
        return found
    return np.asarray(found[..., ::-1])
