"""PNG: the chunks are checked and sieved here, then only what carries pixels is decoded."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import imagecodecs
import numpy as np

from napari_fncells.io import exif
from napari_fncells.io.parts import Parts
from napari_fncells.io.pillow_formats import decode_apng
from napari_fncells.io.raster import (
    ALPHA_NOTE,
    ONE_BIT_NOTE,
    PALETTE_NOTE,
    Pixels,
    Raster,
    Source,
    orientation_note,
    page_density_size,
)

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_GREY, _RGB, _PALETTE, _GREY_ALPHA, _RGBA = 0, 2, 3, 4, 6
_DEPTHS = {
    _GREY: (1, 2, 4, 8, 16),
    _RGB: (8, 16),
    _PALETTE: (1, 2, 4, 8),
    _GREY_ALPHA: (8, 16),
    _RGBA: (8, 16),
}
_DECODED_CHANNELS = {_GREY: 1, _RGB: 3, _PALETTE: 3, _GREY_ALPHA: 2, _RGBA: 4}
_STORED_CHANNELS = {**_DECODED_CHANNELS, _PALETTE: 1}
# Deflate cannot shrink better than this, so a file declaring more pixels is not whole.
_DEFLATE_LIMIT = 1040


class _Header(NamedTuple):
    width: int
    height: int
    depth: int
    colour: int
    compression: int
    filtering: int
    interlace: int


@dataclass
class _Contents:
    header: _Header
    chunks: dict[bytes, bytes] = field(default_factory=dict)
    pixel_parts: list[memoryview] = field(default_factory=list)
    animated_parts: list[memoryview] = field(default_factory=list)
    compressed: int = 0
    frames: int = 1

    def joined(self, parts: list[memoryview]) -> bytes:
        """Chunks as a file of their own; the file they come from is let go of."""
        data = b"".join([_SIGNATURE, *parts])
        self.pixel_parts, self.animated_parts = [], []
        return data


def read_png(source: Source, page: int | None) -> Raster:
    """Read a PNG file.

    Parameters
    ----------
    source
        The file.
    page
        The frame of an animated PNG; None where there is only one.

    Returns
    -------
    Raster
        (Y, X) or (Y, X, 3) uint8 or uint16, without alpha.

    Raises
    ------
    ImageReadError
        The file is damaged, cut short, too large, or holds several frames and none was chosen.
    """
    contents = _sieve(source, source.read_all())
    header = contents.header
    _check_memory(source, contents)
    stored = header.height * header.width * _STORED_CHANNELS[header.colour] * header.depth // 8
    if stored > contents.compressed * _DEFLATE_LIMIT:
        raise source.truncated(
            f"declares {header.width} × {header.height} pixels but holds too little data for them"
        )
    parts = Parts(contents.frames)
    index = source.check_page(page, parts, "frames")
    if contents.frames > 1:
        raster = decode_apng(source, contents.joined(contents.animated_parts), index)
        return replace(raster.noted(*_side_notes(contents)), parts=parts)
    if header.colour == _PALETTE:
        _check_indices(source, contents)
    pixels = np.asarray(imagecodecs.png_decode(contents.joined(contents.pixel_parts)))
    pixels, notes = _as_stored(pixels, header)
    if b"tRNS" in contents.chunks:
        notes = (*notes, "The transparent colour was ignored.")
    return Raster(pixels, (*notes, *_side_notes(contents)), _pixel_size(contents))


def _check_memory(source: Source, contents: _Contents) -> None:
    """Refuse a picture that needs more than the limit at any moment of its decoding."""
    header = contents.header
    itemsize = 2 if header.depth == 16 else 1
    decoded = _DECODED_CHANNELS[header.colour]
    # What is given is a copy of what was decoded where alpha is dropped or values are scaled
    copied = {_GREY_ALPHA: 1, _RGBA: 3, _GREY: int(header.depth in {2, 4})}.get(header.colour, 0)
    source.check_size(header.height, header.width, decoded + copied, itemsize)
    # The file is held while it is decoded, and let go of before the copy
    source.check_size(header.height, header.width, decoded, itemsize, beside=contents.compressed)


def _sieve(source: Source, data: bytes) -> _Contents:
    """Keep the chunks that carry pixels, the way they stand, and look into a few others."""
    contents: _Contents | None = None
    for kind, body, whole in _chunks(source, data):
        if contents is None:
            contents = _Contents(_header(source, kind, body))
        if kind in {b"IHDR", b"PLTE", b"IDAT", b"IEND"}:
            contents.pixel_parts.append(whole)
        if kind in {b"IHDR", b"PLTE", b"IDAT", b"IEND", b"acTL", b"fcTL", b"fdAT", b"tRNS"}:
            contents.animated_parts.append(whole)
        if kind == b"IDAT":
            contents.compressed += len(body)
        elif kind in {b"pHYs", b"eXIf", b"tRNS", b"acTL", b"PLTE"}:
            contents.chunks.setdefault(kind, bytes(body))
    if contents is None or not contents.compressed:
        raise source.damaged("is a PNG file without picture data")
    if contents.header.colour == _PALETTE and b"PLTE" not in contents.chunks:
        raise source.damaged("is a palette PNG without a palette")
    animation = contents.chunks.get(b"acTL", b"")
    if len(animation) == 8:
        contents.frames = max(1, int.from_bytes(animation[:4], "big"))
    return contents


def _chunks(source: Source, data: bytes) -> Iterator[tuple[bytes, memoryview, memoryview]]:
    view = memoryview(data)
    position = len(_SIGNATURE)
    while position + 12 <= len(data):
        length, kind = struct.unpack_from(">I4s", data, position)
        end = position + 12 + length
        if end > len(data):
            break
        body = view[position + 8 : end - 4]
        if kind != b"IDAT" and kind[:1].isupper():
            # the decoder checks the picture data itself
            (checksum,) = struct.unpack_from(">I", data, end - 4)
            if zlib.crc32(body, zlib.crc32(kind)) != checksum:
                raise source.damaged(f"has a wrong checksum in its {kind.decode('latin-1')} part")
        yield kind, body, view[position:end]
        if kind == b"IEND":
            return
        position = end
    raise source.truncated()


def _header(source: Source, kind: bytes, body: memoryview) -> _Header:
    if kind != b"IHDR" or len(body) != 13:
        raise source.damaged("is a PNG file without a header")
    header = _Header(*struct.unpack(">IIBBBBB", body))
    legal = (
        header.depth in _DEPTHS.get(header.colour, ())
        and header.compression == 0
        and header.filtering == 0
        and header.interlace in {0, 1}
    )
    if not legal:
        raise source.damaged(
            f"has an illegal PNG header (colour type {header.colour}, {header.depth} bit)"
        )
    return header


def _check_indices(source: Source, contents: _Contents) -> None:
    """Refuse indices beyond the palette, which the decoder would give as black."""
    header, colours = contents.header, len(contents.chunks[b"PLTE"]) // 3
    most = 2**header.depth
    if colours >= most:
        return
    # the same picture, declared to be grey
    body = struct.pack(">IIBBBBB", *header._replace(colour=_GREY))
    checksum = zlib.crc32(b"IHDR" + body)
    head = struct.pack(">I4s13sI", len(body), b"IHDR", body, checksum)
    rest = [part for part in contents.pixel_parts[1:] if bytes(part[4:8]) != b"PLTE"]
    indices = np.asarray(imagecodecs.png_decode(b"".join([_SIGNATURE, head, *rest])))
    if int(indices.max()) // (255 // (most - 1)) >= colours:
        raise source.damaged(f"uses colours beyond the {colours} of its palette")


def _as_stored(pixels: Pixels, header: _Header) -> tuple[Pixels, tuple[str, ...]]:
    if header.colour == _PALETTE:
        return pixels, (PALETTE_NOTE,)
    if header.colour == _GREY_ALPHA:
        return np.ascontiguousarray(pixels[..., 0]), (ALPHA_NOTE,)
    if header.colour == _RGBA:
        return np.ascontiguousarray(pixels[..., :3]), (ALPHA_NOTE,)
    if header.depth == 1:
        return pixels, (ONE_BIT_NOTE,)
    if header.depth < 8:
        # the decoder stretches small depths to 255; the stored values are what was measured
        top = 2**header.depth - 1
        return np.floor_divide(pixels, 255 // top, dtype=np.uint8), (
            f"{header.depth} bits per pixel: 0 to {top}.",
        )
    return pixels, ()


def _side_notes(contents: _Contents) -> tuple[str, ...]:
    return orientation_note(exif.orientation(contents.chunks.get(b"eXIf", b"")))


def _pixel_size(contents: _Contents) -> float | None:
    body = contents.chunks.get(b"pHYs", b"")
    if len(body) != 9:
        return None
    across, down, unit = struct.unpack(">IIB", body)
    return page_density_size(across) if unit == 1 and across == down else None
