"""TIFF, BigTIFF and OME-TIFF: what is declared is checked against the file, then decoded."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import tifffile

from napari_fncells.io.jpeg import declared_size
from napari_fncells.io.quiet import collected_warnings
from napari_fncells.io.raster import (
    Pixels,
    Raster,
    Source,
    channel_note,
    orientation_note,
    select_channel,
)
from napari_fncells.io.tiff_colour import check_meaning, to_intensities
from napari_fncells.io.tiff_planes import Plane, layout

_OLD_JPEG = 6
_JPEG = 7
# None, CCITT, LZW, JPEG, Deflate, PackBits, LZMA, Zstandard. Compressions that are whole
# picture formats with sizes of their own are left out: their decoders would believe those.
_COMPRESSIONS = {1, 2, 3, 4, 5, _JPEG, 8, 32773, 32946, 34925, 50000}
_JPEG_HEAD = 1 << 16
_BUFFER_BYTES = 32 << 20
# Reading rules of single vendors that would load other pages or other files.
_NO_VENDOR_RULES = {"is_lsm": False, "is_ndpi": False, "is_scanimage": False}


def read_tiff(source: Source, page: int | None, channel: int | None) -> Raster:
    """Read one picture of a TIFF file.

    Parameters
    ----------
    source
        The file.
    page
        Which picture, counted from 0, where the file holds several (depths, time points,
        pages without a stated meaning).
    channel
        Which channel, counted from 0; None for all of them.

    Returns
    -------
    Raster
        (Y, X) or (Y, X, C) in the stored dtype and grid.

    Raises
    ------
    ImageReadError
        The file is damaged, cut short, too large or not supported, or it holds several
        pictures and none was chosen.
    """
    source.stream.seek(0)  # tifffile takes the present position for the start
    with collected_warnings() as faults:
        try:
            with tifffile.TiffFile(source.stream, **_NO_VENDOR_RULES) as tif:
                raster = _read(source, tif, page, channel)
        except tifffile.TiffFileError as error:
            raise _explain(source, error) from error
    if faults:
        note = f"The file breaks the rules of TIFF in {len(faults)} places; the pixels were read."
        return raster.noted(note)
    return raster


def _explain(source: Source, error: Exception) -> Exception:
    if "corrupted IFD structure" in str(error) or "not enough data" in str(error):
        return source.truncated("is a TIFF file whose directory is damaged or cut off")
    return source.damaged("is a TIFF file whose structure is damaged")


def _read(source: Source, tif: tifffile.TiffFile, page: int | None, channel: int | None) -> Raster:
    found = layout(source, tif)
    number = source.check_page(page, found.parts())
    planes, parts = found.pictures[number], found.parts(number)
    notes = found.notes
    if channel is not None and len(planes) > 1 and planes[0].page.samplesperpixel == 1:
        # only the wanted page is decoded
        planes = (planes[source.check_channel(channel, parts)],)
        notes, channel = (*notes, channel_note(channel, parts.channels)), None
    source.check_stack(len(planes), parts)
    for plane in planes:
        _check(source, plane.page, len(planes))
    decoded = [to_intensities(source, p.page, _decode(source, tif, p)) for p in planes]
    pixels = _stack(source, [pixels for pixels, _ in decoded])
    if len(planes) > 1:
        notes = (*notes, f"{len(planes)} channels, stored as separate pages, were put together.")
    notes = (*notes, *decoded[0][1], *_orientation(planes[0].page))
    return select_channel(source, Raster(pixels, notes, found.pixel_size, parts), channel)


def _orientation(page: Any) -> tuple[str, ...]:
    value = page.tags.valueof(274, 1)
    return orientation_note(int(value)) if isinstance(value, int) else ()


def _check(source: Source, page: Any, planes: int) -> None:
    """Refuse a page whose declarations do not fit the file, the limit or our abilities."""
    source.check_size(page.imagelength, page.imagewidth, 1, 1)
    if int(page.compression) == _OLD_JPEG:
        raise source.unsupported("old-style JPEG compression (TIFF compression 6)")
    if int(page.compression) not in _COMPRESSIONS:
        raise source.unsupported(f"the TIFF compression {_name(page.compression)}")
    if page.dtype is None or not isinstance(page.bitspersample, int):
        raise source.unsupported(f"samples of {page.bitspersample} bits")
    if page.dtype.kind not in "uifb":
        raise source.unsupported("complex numbers")
    if page.imagedepth != 1:
        raise source.unsupported("pages with depth (volumes)")
    itemsize = page.dtype.itemsize
    samples = page.samplesperpixel * planes
    source.check_size(page.imagelength, page.imagewidth, samples, itemsize)
    piece = math.prod(page.chunks) * itemsize
    if piece > source.max_bytes:
        raise source.too_large(piece, "tiles of ")
    check_meaning(source, page)
    _check_extents(source, page)


def _name(compression: int) -> str:
    name: str = getattr(compression, "name", "")
    return f"{name} ({int(compression)})" if name else str(int(compression))


def _check_extents(source: Source, page: Any) -> None:
    """Every strip or tile must be named, not empty, and lie within the file."""
    offsets, counts = page.dataoffsets, page.databytecounts
    pieces = math.prod(page.chunked)
    if len(offsets) < pieces or len(counts) < pieces:
        raise source.truncated(
            f"names {min(len(offsets), len(counts))} of the {pieces} parts of its picture"
        )
    for offset, count in zip(offsets[:pieces], counts[:pieces], strict=True):
        if offset <= 0 or count <= 0:
            raise source.truncated("lacks a part of its picture")
        if offset + count > source.size:
            raise source.truncated()
    if page.is_contiguous and (
        sum(counts[:pieces]) < page.nbytes or offsets[0] + page.nbytes > source.size
    ):
        raise source.truncated("holds fewer bytes than its picture needs")
    if int(page.compression) == _JPEG:
        _check_jpegs(source, page, offsets[:pieces], counts[:pieces])


def _check_jpegs(source: Source, page: Any, offsets: Any, counts: Any) -> None:
    """Check the JPEG parts: their decoder believes sizes of their own and fills up cut ones."""
    height, width = page.chunks[:2] if int(page.planarconfig) == 1 else page.chunks[-2:]
    for offset, count in zip(offsets, counts, strict=True):
        source.stream.seek(offset)
        size = declared_size(source.stream.read(min(count, _JPEG_HEAD)))
        if size is None or size[0] > height or size[1] > width:
            raise source.damaged("holds a JPEG part of another size than it declares")
        tail = min(count, 64)
        source.stream.seek(offset + count - tail)
        if b"\xff\xd9" not in source.stream.read(tail):
            raise source.truncated("holds a JPEG part that was cut off")


def _decode(source: Source, tif: tifffile.TiffFile, plane: Plane) -> Pixels:
    """Give one plane as (Y, X, S)."""
    page = plane.page
    if plane.frame:
        handle = tif.filehandle
        handle.seek(page.dataoffsets[0] + plane.frame * page.nbytes)
        stored = page.dtype.newbyteorder(tif.byteorder)
        blocks = handle.read_array(stored, math.prod(page.shaped)).reshape(page.shaped)
    else:
        try:
            blocks = page.asarray(squeeze=False, buffersize=_BUFFER_BYTES)
        except NotImplementedError as error:
            raise source.unsupported(f"a rare TIFF feature ({error})") from error
    blocks = np.asarray(blocks)[:, 0]
    # separate planes lie on the first axis, interleaved samples on the last
    joined: Pixels = np.moveaxis(blocks, 0, 2)[..., 0] if blocks.shape[0] > 1 else blocks[0]
    return joined.astype(joined.dtype.newbyteorder("="), copy=False)


def _stack(source: Source, parts: list[Pixels]) -> Pixels:
    if len(parts) == 1:
        return parts[0]
    if len({(part.shape, part.dtype) for part in parts}) > 1:
        raise source.damaged("declares channels of different sizes or kinds")
    return np.concatenate([np.atleast_3d(part) for part in parts], axis=2)
