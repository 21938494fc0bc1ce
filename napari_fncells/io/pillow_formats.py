"""BMP, GIF, WebP and animated PNG by Pillow, each decoder called by name, never guessed."""

from __future__ import annotations

import io
import struct
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

import numpy as np
import PIL.Image
from PIL import BmpImagePlugin, GifImagePlugin, PngImagePlugin, WebPImagePlugin

from napari_fncells.io.bmp_runs import check_runs
from napari_fncells.io.parts import Parts
from napari_fncells.io.raster import (
    ALPHA_NOTE,
    CMYK_NOTE,
    ONE_BIT_NOTE,
    PALETTE_NOTE,
    Pixels,
    Raster,
    Source,
)
from napari_fncells.io.read_error import ReadCode

_STRIP_BYTES = 32 << 20
_BMP_HEAD = 54
_WEBP_BYTES = 24  # for each pixel, at most, while it is decoded (measured)
_PLAIN_MODES: dict[str, tuple[str, tuple[str, ...]]] = {
    "1": ("L", (ONE_BIT_NOTE,)),
    "L": ("L", ()),
    "LA": ("L", (ALPHA_NOTE,)),
    "P": ("RGB", (PALETTE_NOTE,)),
    "PA": ("RGB", (PALETTE_NOTE, ALPHA_NOTE)),
    "RGB": ("RGB", ()),
    "RGBX": ("RGB", ()),
    "RGBA": ("RGB", (ALPHA_NOTE,)),
    "CMYK": ("RGB", (CMYK_NOTE,)),
}


def read_bmp(source: Source) -> Raster:
    """Read a BMP file."""
    data = source.read_all()
    opened = BmpImagePlugin.BmpImageFile(io.BytesIO(data))
    source.check_size(opened.height, opened.width, len(opened.getbands()), 1)
    if data[30:34] in {b"\1\0\0\0", b"\2\0\0\0"} and len(data) >= _BMP_HEAD:
        check_runs(source, data, opened.width, opened.height)
    return decode(source, opened)


def read_gif(source: Source, page: int | None) -> Raster:
    """Read a GIF file; `page` is the frame."""
    data = source.read_all()
    with _without_warnings():
        try:
            opened = GifImagePlugin.GifImageFile(io.BytesIO(data))
            if opened.size != struct.unpack_from("<HH", data, 6):
                raise source.damaged("is a GIF file with a frame beyond its border")
            return _decode_frame(source, opened, page)
        except PIL.Image.DecompressionBombError as error:
            raise source.error(
                ReadCode.TOO_LARGE,
                "declares more pixels than a GIF can sensibly hold",
                "Save the picture as TIFF or PNG.",
            ) from error


def read_webp(source: Source, page: int | None) -> Raster:
    """Read a WebP file; `page` is the frame."""
    data = source.read_all()
    # the decoder takes the canvas's memory when it is made, so the size is read before
    width, height = _webp_size(source, data)
    source.check_size(height, width, _WEBP_BYTES, 1)
    return _decode_frame(source, WebPImagePlugin.WebPImageFile(io.BytesIO(data)), page)


def decode_apng(source: Source, data: bytes, page: int) -> Raster:
    """Decode one frame of an animated PNG whose other chunks were taken out before."""
    if data[24] == 16:
        raise source.unsupported("16-bit animated PNG")
    with _without_warnings():
        opened = PngImagePlugin.PngImageFile(io.BytesIO(data))
        if getattr(opened, "n_frames", 1) <= page:
            raise source.damaged("is an animated PNG whose frames are damaged")
        return _decode_frame(source, opened, page)


@contextmanager
def _without_warnings() -> Iterator[None]:
    """Keep Pillow's remarks on odd animations off the terminal; its errors still come."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def decode(source: Source, opened: PIL.Image.Image) -> Raster:
    """Decode what Pillow opened into 8-bit grey or RGB.

    Parameters
    ----------
    source
        The file, for its limits and errors.
    opened
        A picture whose pixels may not be loaded yet.

    Returns
    -------
    Raster
        (Y, X) or (Y, X, 3) uint8.
    """
    # Pillow holds colours in four bytes, beside the three that are given
    source.check_size(opened.height, opened.width, 2 if opened.mode in {"1", "L"} else 7, 1)
    if opened.mode not in _PLAIN_MODES:
        raise source.unsupported(f"pixels of kind '{opened.mode}'")
    mode, notes = _PLAIN_MODES[opened.mode]
    try:
        opened.load()
    except OSError as error:
        if "truncated" in str(error):
            raise source.truncated() from error
        raise
    return Raster(_to_array(opened, mode), notes)


def _decode_frame(source: Source, opened: PIL.Image.Image, page: int | None) -> Raster:
    parts = Parts(getattr(opened, "n_frames", 1))
    index = source.check_page(page, parts, "frames")
    if index:
        opened.seek(index)
    return replace(decode(source, opened), parts=parts)


def _to_array(opened: PIL.Image.Image, mode: str) -> Pixels:
    """Copy by strips: converting the whole at once would hold it three times."""
    height, width = opened.height, opened.width
    shape = (height, width) if mode == "L" else (height, width, 3)
    pixels = np.empty(shape, np.uint8)
    rows = max(1, _STRIP_BYTES // (4 * width))
    for top in range(0, height, rows):
        strip = opened.crop((0, top, width, min(height, top + rows)))
        pixels[top : top + rows] = np.asarray(strip.convert(mode))
    return pixels


def _webp_size(source: Source, data: bytes) -> tuple[int, int]:
    readers: dict[bytes, Callable[[], tuple[int, int]]] = {
        b"VP8X": lambda: (_uint24(data, 24) + 1, _uint24(data, 27) + 1),
        b"VP8L": lambda: _lossless_size(struct.unpack_from("<I", data, 21)[0]),
        b"VP8 ": lambda: _lossy_size(*struct.unpack_from("<HH", data, 26)),
    }
    reader = readers.get(data[12:16])
    if reader is None:
        raise source.damaged("is a WebP file without a picture")
    try:
        return reader()
    except struct.error as error:
        raise source.truncated() from error


def _uint24(data: bytes, offset: int) -> int:
    return int.from_bytes(data[offset : offset + 3], "little")


def _lossless_size(bits: int) -> tuple[int, int]:
    return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1


def _lossy_size(width: int, height: int) -> tuple[int, int]:
    return width & 0x3FFF, height & 0x3FFF
