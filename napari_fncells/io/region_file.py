"""Ignored regions as a file: a PNG of one bit a pixel, white where a pixel is ignored."""

from __future__ import annotations

import io

import imagecodecs
import numpy as np
from numpy.typing import NDArray
from PIL import Image as PilImage

_SIGNATURE = b"\x89PNG\r\n\x1a\n"


def encode_regions(ignored: NDArray[np.bool_]) -> bytes:
    """Bytes of the file of (Y, X) regions."""
    stream = io.BytesIO()
    PilImage.fromarray(np.asarray(ignored, bool)).save(stream, format="PNG", compress_level=1)
    return stream.getvalue()


def decode_regions(data: bytes, shape: tuple[int, int]) -> NDArray[np.bool_]:
    """Read what `encode_regions` wrote, by another library than wrote it.

    Any grey PNG of that size will do: what is not black is ignored.

    Parameters
    ----------
    data
        The file.
    shape
        (Y, X) of the picture; another size is refused before anything is unpacked.

    Raises
    ------
    ValueError
        Where it is no such file.
    """
    if data[:8] != _SIGNATURE or data[12:16] != b"IHDR":
        raise ValueError("it is no PNG file")
    columns, rows = (int.from_bytes(data[at : at + 4], "big") for at in (16, 20))
    if (rows, columns) != shape:
        raise ValueError(f"it is {rows} x {columns} pixels, the picture {shape[0]} x {shape[1]}")
    try:
        pixels = np.asarray(imagecodecs.png_decode(data))
    except Exception as error:
        # The codec raises whatever it likes on a damaged file
        raise ValueError("it is damaged") from error
    if pixels.shape != shape:
        raise ValueError("it has colours")
    found: NDArray[np.bool_] = pixels > 0
    return found
