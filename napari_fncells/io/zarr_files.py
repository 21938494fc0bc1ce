"""Folders of zarr (2 and 3) that anybody may have written: what is in them, within bounds.

Their metadata is looked at first, so that zarr gets nothing to read but plain numbers in known
packings, from ordinary files inside the folder.
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_fncells.io.read_error import ImageReadError, ReadCode
from napari_fncells.io.zarr_parts import PACKINGS, exceeds

Meta = dict[str, Any]

_KINDS = "uif"
_PLAIN_CODECS = {"bytes", "crc32c", "transpose"}
_META_FILES = (".zgroup", ".zattrs", ".zarray", "zarr.json")
_MOST_META_BYTES = 1 << 26
_MOST_FILES = 1_000_000
_MOST_CHUNK_BYTES = 1 << 30
_CHUNK_SLACK = 1 << 16
_DEEPEST = 12
_AGAIN = "Copy the folder again or write it again."


def read_array(folder: Path, place: Path, max_bytes: int) -> NDArray[Any]:
    """Read an array somewhere in a folder.

    Parameters
    ----------
    folder, place
        The folder that was opened, and the array's own in it.
    max_bytes
        The most that its numbers may take.

    Raises
    ------
    ImageReadError
        It is unsafe, too large or damaged.
    """
    import zarr  # takes its time

    _check_files(folder, place)
    _check_array(folder, place, max_bytes)
    try:
        array = zarr.open_array(str(place), mode="r")
        return np.asarray(array[...])
    except Exception as error:  # decoders raise whatever they like on hostile files
        raise damaged(folder, "is damaged: its pixels cannot be decoded") from error


def attributes_of(folder: Path, group: Path) -> Meta:
    """What a group in a folder says of itself, in either version; nothing where it is none.

    Raises
    ------
    ImageReadError
        It cannot be read, or lies behind a link.
    """
    _check_inside(folder, group)
    if (group / "zarr.json").is_file():
        found = _json(folder, group / "zarr.json").get("attributes", {})
    elif (group / ".zattrs").is_file():
        found = _json(folder, group / ".zattrs")
    else:
        return {}
    return found if isinstance(found, dict) else {}


def damaged(folder: Path, problem: str, code: ReadCode = ReadCode.DAMAGED) -> ImageReadError:
    """The error for a folder; `problem` goes on from its name."""
    return ImageReadError(code, folder, f"{folder.name} {problem}.", _AGAIN)


def _json(folder: Path, path: Path) -> Meta:
    _check_inside(folder, path)
    try:
        if path.stat().st_size > _MOST_META_BYTES:
            raise damaged(folder, "says more of itself than any picture needs")
        found = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError) as error:
        raise damaged(folder, f"is damaged: {path.name} cannot be read") from error
    if not isinstance(found, dict):
        raise damaged(folder, f"is damaged: {path.name} is none of zarr")
    return found


def _check_array(folder: Path, place: Path, max_bytes: int) -> None:
    """Refuse arrays of objects, in unknown packings and of sizes beyond the limit."""
    if (place / "zarr.json").is_file():
        meta = _json(folder, place / "zarr.json")
        packing, (shape, chunks, dtype) = _packing_3(folder, meta), _array_3(folder, meta)
    else:
        meta = _json(folder, place / ".zarray")
        packing, (shape, chunks, dtype) = _packing_2(folder, meta), _array_2(folder, meta)
    sides = [*shape, *chunks]
    if len(shape) != len(chunks) or not all(type(n) is int and n > 0 for n in sides):
        raise damaged(folder, "declares an array without pixels")
    if math.prod(shape) * dtype.itemsize > max_bytes:
        raise damaged(folder, "declares more pixels than there is room for", ReadCode.TOO_LARGE)
    chunk = math.prod(chunks) * dtype.itemsize
    if chunk > max(_MOST_CHUNK_BYTES, math.prod(shape) * dtype.itemsize):
        raise damaged(folder, "declares parts larger than the picture", ReadCode.TOO_LARGE)
    for path in _files(folder, place):
        if path.name not in _META_FILES and _is_too_large(path, packing, chunk):
            raise damaged(folder, "holds a part larger than it declares")


def _is_too_large(path: Path, packing: str | None, chunk: int) -> bool:
    """Whether a part has, or unpacks to, more bytes than it should."""
    packed = path.stat().st_size
    if packed > 2 * chunk + _CHUNK_SLACK:
        return True
    return packing is not None and packed > 0 and exceeds(path, packing, chunk + _CHUNK_SLACK)


def _packing_2(folder: Path, meta: Meta) -> str | None:
    packing = meta.get("compressor")
    name = packing.get("id") if isinstance(packing, dict) else packing
    if meta.get("filters") or not (name is None or _is_known(name)):
        raise _foreign(folder)
    return name


def _packing_3(folder: Path, meta: Meta) -> str | None:
    codecs = meta.get("codecs")
    if not isinstance(codecs, list) or not all(isinstance(codec, dict) for codec in codecs):
        raise _foreign(folder)
    names = [codec.get("name") for codec in codecs]
    packings = [name for name in names if name not in _PLAIN_CODECS]
    if len(packings) > 1 or not all(_is_known(name) for name in packings):
        raise _foreign(folder)
    return packings[0] if packings else None


def _is_known(name: object) -> bool:
    return isinstance(name, str) and name in PACKINGS


def _array_2(folder: Path, meta: Meta) -> tuple[list[int], list[int], np.dtype[Any]]:
    return _lists(folder, meta.get("shape"), meta.get("chunks"), meta.get("dtype"))


def _array_3(folder: Path, meta: Meta) -> tuple[list[int], list[int], np.dtype[Any]]:
    grid = meta.get("chunk_grid")
    configuration = grid.get("configuration") if isinstance(grid, dict) else None
    chunks = configuration.get("chunk_shape") if isinstance(configuration, dict) else None
    return _lists(folder, meta.get("shape"), chunks, meta.get("data_type"))


def _lists(
    folder: Path, shape: Any, chunks: Any, dtype: Any
) -> tuple[list[int], list[int], np.dtype[Any]]:
    try:
        kind = np.dtype(dtype) if isinstance(dtype, str) else None
    except (TypeError, ValueError, SyntaxError):
        kind = None
    if kind is None or kind.kind not in _KINDS or kind.fields is not None:
        raise damaged(folder, "holds an array of other things than numbers")
    if not isinstance(shape, list) or not isinstance(chunks, list):
        raise damaged(folder, "declares an array without a shape")
    return shape, chunks, kind


def _check_inside(folder: Path, path: Path) -> None:
    """No step from the folder to a file may be a link."""
    for step in [path, *path.parents]:
        if step == folder:
            return
        if step.is_symlink():
            raise _linked(folder)


def _check_files(folder: Path, place: Path) -> None:
    _check_inside(folder, place)
    for _ in _files(folder, place):
        pass


def _files(folder: Path, place: Path) -> Iterator[Path]:
    """All files below a place; links, devices and too many of them are refused."""
    seen, left = 0, [(place, 0)]
    while left:
        here, depth = left.pop()
        try:
            with os.scandir(here) as entries:
                for entry in entries:
                    seen += 1
                    if entry.is_symlink():
                        raise _linked(folder)
                    if entry.is_dir(follow_symlinks=False):
                        left.append((Path(entry.path), depth + 1))
                    elif entry.is_file(follow_symlinks=False):
                        yield Path(entry.path)
                    else:
                        raise damaged(folder, "holds a device", ReadCode.UNSAFE)
        except OSError as error:
            raise damaged(folder, "cannot be read", ReadCode.IO) from error
        if seen > _MOST_FILES or depth > _DEEPEST:
            raise damaged(folder, "holds too many files", ReadCode.TOO_LARGE)


def _foreign(folder: Path) -> ImageReadError:
    return damaged(folder, "is packed in a way that is not taken here", ReadCode.UNSUPPORTED)


def _linked(folder: Path) -> ImageReadError:
    return damaged(folder, "holds links, which are not followed", ReadCode.UNSAFE)
