"""JPEG: the markers are checked and sieved here, then only what carries pixels is decoded."""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

import imagecodecs
import numpy as np
from PIL import JpegImagePlugin

from napari_fncells.io import exif
from napari_fncells.io.pillow_formats import decode
from napari_fncells.io.raster import Raster, Source, orientation_note

_START_OF_SCAN = 0xDA
_END_OF_IMAGE = b"\xff\xd9"
_PROCESSES = {
    0xC0: "baseline",
    0xC1: "extended",
    0xC2: "progressive",
    0xC3: "lossless",
    0xC5: "differential",
    0xC6: "differential progressive",
    0xC7: "differential lossless",
    0xC9: "arithmetic-coded",
    0xCA: "arithmetic-coded progressive",
    0xCB: "arithmetic-coded lossless",
    0xCD: "differential arithmetic-coded",
    0xCE: "differential arithmetic-coded progressive",
    0xCF: "differential arithmetic-coded lossless",
}
_BY_PILLOW = {0xC0, 0xC1, 0xC2}
_LOSSLESS = 0xC3
_APP0, _APP1, _APP2, _APP14, _APP15, _COMMENT = 0xE0, 0xE1, 0xE2, 0xEE, 0xEF, 0xFE


@dataclass
class _Contents:
    process: int = 0
    precision: int = 0
    height: int = 0
    width: int = 0
    components: int = 0
    orientation: int = 1
    several: bool = False
    kept: list[bytes | memoryview] = field(default_factory=lambda: [b"\xff\xd8"])


def read_jpeg(source: Source) -> Raster:
    """Read a JPEG file.

    Returns
    -------
    Raster
        (Y, X) or (Y, X, 3) uint8, or (Y, X) of up to 16 bits for lossless JPEG, in the stored
        grid whatever an orientation tag says.

    Raises
    ------
    ImageReadError
        The file is damaged, cut short, too large, or of a kind that is not read.
    """
    data = source.read_all()
    contents = _sieve(source, data)
    itemsize = 1 if contents.precision <= 8 else 2
    source.check_size(contents.height, contents.width, contents.components, itemsize)
    notes = orientation_note(contents.orientation)
    if contents.several:
        notes = (*notes, "The file holds further pictures; the main one was read.")
    if contents.process == _LOSSLESS:
        raster = _lossless(source, contents, data)
    else:
        sieved = io.BytesIO(b"".join(contents.kept))
        raster = decode(source, JpegImagePlugin.JpegImageFile(sieved))
    return raster.noted(*notes)


def declared_size(part: bytes) -> tuple[int, int] | None:
    """Give the height and width that a JPEG stream declares, None where it does not.

    Parameters
    ----------
    part
        The beginning of a stream, such as one tile of a TIFF file.
    """
    contents = _Contents()
    for marker, start, end in _segments(part):
        _look(contents, marker, part[start:end])
        if contents.process:
            return contents.height, contents.width
    return None


def _segments(data: bytes) -> Iterator[tuple[int, int, int]]:
    """Give the marker of each segment and where its body begins and ends."""
    position = 2
    while position + 4 <= len(data) and data[position] == 0xFF:
        marker = data[position + 1]
        if marker == 0xFF:
            position += 1
            continue
        (length,) = struct.unpack_from(">H", data, position + 2)
        end = position + 2 + length
        if length < 2 or end > len(data):
            return
        yield marker, position + 4, end
        position = end


def _sieve(source: Source, data: bytes) -> _Contents:
    """Walk the segments up to the picture data, dropping those that a decoder need not see."""
    contents = _Contents()
    view = memoryview(data)
    for marker, start, end in _segments(data):
        if marker == _START_OF_SCAN:
            contents.kept.append(view[start - 4 :])
            _check_process(source, contents)
            return contents
        _look(contents, marker, data[start:end])
        if not _droppable(marker):
            contents.kept.append(view[start - 4 : end])
    raise source.truncated("is a JPEG file whose picture does not begin")


def _droppable(marker: int) -> bool:
    """Tell metadata from what decides the pixels: JFIF and Adobe state the colour model."""
    return marker == _COMMENT or (_APP0 < marker <= _APP15 and marker != _APP14)


def _look(contents: _Contents, marker: int, body: bytes) -> None:
    if marker in _PROCESSES and len(body) >= 6:
        contents.process = marker
        contents.precision, contents.height, contents.width, contents.components = (
            struct.unpack_from(">BHHB", body)
        )
    elif marker == _APP1 and body.startswith(b"Exif\0"):
        contents.orientation = exif.orientation(body[6:])
    elif marker == _APP2 and body.startswith(b"MPF\0"):
        contents.several = True


def _check_process(source: Source, contents: _Contents) -> None:
    if not contents.process:
        raise source.damaged("is a JPEG file without a frame header")
    if contents.process not in {*_BY_PILLOW, _LOSSLESS}:
        raise source.unsupported(f"{_PROCESSES[contents.process]} JPEG")
    if contents.process in _BY_PILLOW and contents.precision != 8:
        raise source.unsupported(f"{contents.precision}-bit JPEG")
    if contents.process == _LOSSLESS and contents.components != 1:
        raise source.unsupported("lossless JPEG in colour")
    if contents.height == 0:
        raise source.unsupported("JPEG whose height is stated after the picture")


def _lossless(source: Source, contents: _Contents, data: bytes) -> Raster:
    # This decoder fills up a file that was cut, so the end is looked for first.
    if not data.rstrip(b"\0").endswith(_END_OF_IMAGE):
        raise source.truncated()
    pixels = np.asarray(imagecodecs.jpeg8_decode(b"".join(contents.kept)))
    if pixels.shape != (contents.height, contents.width):
        raise source.damaged("does not hold the picture that it declares")
    return Raster(pixels)
