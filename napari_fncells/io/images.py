"""The front door for pictures: what a file is and declares is checked before it is decoded."""

from __future__ import annotations

import hashlib
import io
import os
import re
import stat
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast

import numpy as np

from napari_fncells.core.errors import UserError
from napari_fncells.io.bioio_formats import read_bioio
from napari_fncells.io.header import SUFFIXES, Format, identify
from napari_fncells.io.jpeg import read_jpeg
from napari_fncells.io.parts import ALL, WHOLE, Part, Parts
from napari_fncells.io.pillow_formats import read_bmp, read_gif, read_webp
from napari_fncells.io.png import read_png
from napari_fncells.io.raster import (
    MAX_BYTES,
    MEMORY_SHARE,
    Pixels,
    Raster,
    Source,
    select_channel,
)
from napari_fncells.io.read_error import ImageReadError, ReadCode
from napari_fncells.io.tiff import read_tiff

__all__ = [
    "IMAGE_SUFFIXES",
    "Image",
    "ImageReadError",
    "ReadCode",
    "default_max_bytes",
    "list_images",
    "read_image",
]

IMAGE_SUFFIXES: tuple[str, ...] = tuple(SUFFIXES)


@dataclass(frozen=True, eq=False)
class Image:
    """A picture in memory.

    Parameters
    ----------
    pixels
        (Y, X) or (Y, X, C), a real dtype as stored in the file, without alpha.
    path
        The file, None for a picture that was made in memory.
    name
        What to call it: the file's name.
    sha256
        Hex digest of the file's bytes; of one of several pictures in a file, of these and of
        its page, as a mask made of one depth is none of another's.
    pixel_size
        Side of a pixel in µm, None where the file does not say.
    notes
        Everything that was changed or assumed on the way, in plain words.
    parts
        The pictures and channels that the file holds.
    part
        Which of them this is.
    """

    pixels: Pixels
    path: Path | None = None
    name: str = ""
    sha256: str | None = None
    pixel_size: float | None = None
    notes: tuple[str, ...] = ()
    parts: Parts = WHOLE
    part: Part = ALL


def read_image(
    path: str | os.PathLike[str],
    *,
    page: int | None = None,
    channel: int | None = None,
    max_bytes: int | None = None,
) -> Image:
    """Read one picture: PNG, TIFF, BigTIFF, OME-TIFF, JPEG, WebP, BMP or GIF.

    CZI, ND2 and LIF, too, where bioio's plug-in for them is installed.

    The content decides the format, not the name. The depth is kept. The pixels stay in the
    stored grid; what was converted, dropped or assumed is told in the notes. No other file
    is opened, whatever the metadata name.

    Parameters
    ----------
    path
        The file.
    page
        Which picture of a file that holds several, counted from 0.
    channel
        Which channel to give as (Y, X), counted from 0; None for all.
    max_bytes
        The most that decoding may take; `default_max_bytes()` where None.

    Returns
    -------
    Image
        The picture.

    Raises
    ------
    ImageReadError
        The file is missing, not a picture, damaged, cut short, too large, unsafe or not
        supported, or it holds several pictures and `page` was not given.
    """
    file = Path(path)
    try:
        _check_regular(file)
        with file.open("rb") as stream:
            limit = default_max_bytes() if max_bytes is None else max_bytes
            source = Source(file, stream, os.fstat(stream.fileno()).st_size, limit)
            return _read(source, page, channel)
    except UserError:
        raise
    except OSError as error:
        # without a number it is a decoder's complaint, not the system's
        explain = _undecodable(file) if error.errno is None else _explain_system(error, file)
        raise explain from error
    except MemoryError as error:
        raise ImageReadError(
            ReadCode.TOO_LARGE,
            file,
            f"{file.name} does not fit into the memory that is free.",
            "Close other programs or cut the picture into parts.",
        ) from error
    except Exception as error:
        # Decoders raise whatever they like on hostile files: all of it means one thing.
        raise _undecodable(file) from error


def default_max_bytes() -> int:
    """Give the most bytes that decoding may take now.

    Returns
    -------
    int
        The smaller of 4 GiB, which a 400-megapixel file does not reach, and 60 % of the
        memory that is free.
    """
    with suppress(Exception):  # without a figure for the memory the cap alone holds
        import psutil  # type: ignore[import-untyped]

        return min(MAX_BYTES, int(psutil.virtual_memory().available * MEMORY_SHARE))
    return MAX_BYTES


def list_images(folder: str | os.PathLike[str]) -> list[Path]:
    """List the pictures of a folder in the order a person expects (2 before 10).

    Hidden files and everything in subfolders, `fncells` among them, are left out.

    Parameters
    ----------
    folder
        The folder.

    Returns
    -------
    list of Path
        Files with the suffix of a picture; their content is not looked at.

    Raises
    ------
    ImageReadError
        The folder cannot be listed.
    """
    place = Path(folder)
    try:
        with os.scandir(place) as entries:
            names = [
                entry.name
                for entry in entries
                if os.path.splitext(entry.name)[1].lower() in SUFFIXES  # noqa: PTH122
                and not entry.name.startswith(".")
                and _is_file(entry)
            ]
    except (OSError, ValueError) as error:
        raise _explain_system(error, place) from error
    return [place / name for name in sorted(names, key=_natural)]


def _is_file(entry: os.DirEntry[str]) -> bool:
    """Whether it is a file; a link that leads in a circle is none, and no reason to stop."""
    try:
        return entry.is_file()
    except OSError:
        return False


def _natural(name: str) -> tuple[list[tuple[int, int, str]], str]:
    parts = re.split(r"(\d+)", name.casefold())
    key = [(0, int(p), "") if p.isdecimal() else (1, 0, p) for p in parts if p]
    return key, name


def _check_regular(file: Path) -> None:
    """Refuse folders, and pipes and devices too: reading those may never end."""
    try:
        mode = file.stat().st_mode
    except ValueError as error:  # a name with a NUL character
        raise _explain_system(error, file) from error
    if stat.S_ISREG(mode):
        return
    what = "a folder" if stat.S_ISDIR(mode) else "not an ordinary file"
    raise ImageReadError(
        ReadCode.NOT_A_FILE, file, f"{file.name or file} is {what}.", "Choose a picture file."
    )


def _read(source: Source, page: int | None, channel: int | None) -> Image:
    if source.size == 0:
        raise source.error(
            ReadCode.EMPTY, "is empty (0 bytes)", "Copy the file again from where it came."
        )
    kind, notes = identify(source)
    raster = _decode(source, kind, page, channel)
    raster = _check_content(source, raster)
    source.stream.seek(0)
    digest = hashlib.file_digest(cast("io.BufferedReader", source.stream), "sha256").hexdigest()
    if page is not None and raster.parts.pages > 1:
        digest = hashlib.sha256(f"{digest} page {page}".encode()).hexdigest()
    return Image(
        raster.pixels,
        source.path,
        source.path.name,
        digest,
        raster.pixel_size,
        (*notes, *raster.notes),
        raster.parts,
        Part(page=page, channel=channel),
    )


def _decode(source: Source, kind: Format, page: int | None, channel: int | None) -> Raster:
    if kind is Format.TIFF:
        return read_tiff(source, page, channel)
    if kind in {Format.CZI, Format.ND2, Format.LIF}:
        return read_bioio(source, kind, page, channel)
    several: dict[Format, Callable[[Source, int | None], Raster]] = {
        Format.PNG: read_png,
        Format.GIF: read_gif,
        Format.WEBP: read_webp,
    }
    if kind in several:
        raster = several[kind](source, page)
    else:
        source.check_page(page, WHOLE)
        raster = read_jpeg(source) if kind is Format.JPEG else read_bmp(source)
    return select_channel(source, raster, channel)


def _check_content(source: Source, raster: Raster) -> Raster:
    pixels, notes = raster.pixels, raster.notes
    if pixels.ndim not in {2, 3} or 0 in pixels.shape:
        raise source.damaged(f"holds no picture (its shape is {pixels.shape})")
    if pixels.dtype.kind not in "uif":
        raise source.unsupported(f"pixels of kind {pixels.dtype}")
    if pixels.dtype.kind == "f" and not np.isfinite(pixels).all():
        notes = (*notes, "Some pixels are not finite numbers (NaN or infinite).")
    return replace(raster, notes=notes)


def _explain_system(error: OSError | ValueError, file: Path) -> ImageReadError:
    name = file.name or str(file)
    if isinstance(error, PermissionError):
        return ImageReadError(
            ReadCode.NO_PERMISSION,
            file,
            f"{name} may not be read by you.",
            "Ask for the right to read it, or copy it to your own folder.",
        )
    if isinstance(error, FileNotFoundError | NotADirectoryError | ValueError):
        return ImageReadError(
            ReadCode.MISSING, file, f"{file} does not exist.", "Check the name and the folder."
        )
    return ImageReadError(
        ReadCode.IO,
        file,
        f"{name} could not be read: {getattr(error, 'strerror', None) or error}.",
        "Check the disk or the network, then open it again.",
    )


def _undecodable(file: Path) -> ImageReadError:
    return ImageReadError(
        ReadCode.DAMAGED,
        file,
        f"{file.name} cannot be decoded: its content breaks the rules of its format.",
        "Copy the file again or export the picture again.",
    )
