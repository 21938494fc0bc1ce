"""Arrays in folders of OME-Zarr (NGFF 0.4 and 0.5), read within bounds and nowhere else.

A folder of zarr may be written by anybody: its metadata is looked at first, so that zarr gets
nothing to read but plain numbers in known packings, from ordinary files inside the folder.
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_fncells.io.read_error import ImageReadError, ReadCode

SUFFIX = ".zarr"

_KINDS = "uif"
_PACKINGS = {"blosc", "zlib", "gzip", "zstd", "lz4", "bz2", "lzma"}
_CODECS = {"bytes", "crc32c", "blosc", "gzip", "zstd", "transpose", "sharding_indexed"}
_META_FILES = (".zgroup", ".zattrs", ".zarray", "zarr.json")
_MOST_META_BYTES = 1 << 26
_MOST_FILES = 1_000_000
_MOST_CHUNK_BYTES = 1 << 30
_CHUNK_SLACK = 1 << 16
_DEEPEST = 12
_AGAIN = "Copy the folder again or write it again."

Meta = dict[str, Any]


@dataclass(frozen=True)
class Multiscale:
    """A pyramid of arrays.

    Attributes
    ----------
    place
        Its group, from the folder on: '' for the picture, 'labels/cells' for labels.
    axes
        Names, such as 'cyx'.
    scale
        Of the first array, by axis.
    units
        By axis, where they are told.
    paths
        Of its arrays inside the group, the largest first.
    attributes
        All that the group says.
    """

    place: str
    axes: str
    scale: tuple[float, ...]
    units: dict[str, str]
    paths: tuple[str, ...]
    attributes: Meta


def is_ngff(path: Path) -> bool:
    """Whether a folder is one of OME-Zarr. Never raises."""
    try:
        return path.is_dir() and bool(_attributes(path, path).get("multiscales"))
    except (ImageReadError, OSError):
        return False


def label_names(folder: Path) -> tuple[str, ...]:
    """Names of the label images in a folder.

    Raises
    ------
    ImageReadError
        What it says of them cannot be read.
    """
    group = folder / "labels"
    names = _attributes(folder, group).get("labels", []) if group.is_dir() else []
    if not isinstance(names, list) or not all(_is_name(name) for name in names):
        raise _error(folder, "names label images that are no folders in it")
    return tuple(names)


def multiscale(folder: Path, place: str = "") -> Multiscale:
    """What a folder says of its picture, or of a label image.

    Parameters
    ----------
    folder
        The folder.
    place
        As in `Multiscale`.

    Raises
    ------
    ImageReadError
        It says nothing that can be read.
    """
    attributes = _attributes(folder, folder / place)
    try:
        found = attributes["multiscales"][0]
        axes = [axis if isinstance(axis, dict) else {"name": axis} for axis in found["axes"]]
        paths = tuple(level["path"] for level in found["datasets"])
        scale = _scale(found["datasets"][0])
        if not paths or not all(_is_name(part) for p in paths for part in p.split("/")):
            raise ValueError
        return Multiscale(
            place,
            "".join(str(axis["name"]) for axis in axes),
            scale,
            {axis["name"]: str(axis["unit"]) for axis in axes if "unit" in axis},
            paths,
            attributes,
        )
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        raise _error(folder, "does not say what it holds as OME-Zarr does") from error


def read_level(folder: Path, found: Multiscale, level: int, max_bytes: int) -> NDArray[Any]:
    """Read one array of a pyramid.

    Parameters
    ----------
    folder, found
        The folder, and what it says.
    level
        0 is the largest.
    max_bytes
        The most that its pixels may take.

    Raises
    ------
    ImageReadError
        It is unsafe, too large or damaged.
    """
    import zarr  # takes its time

    place = folder / found.place / found.paths[level]
    _check_files(folder, place)
    _check_array(folder, place, max_bytes)
    try:
        array = zarr.open_array(str(place), mode="r")
        return np.asarray(array[...])
    except Exception as error:  # decoders raise whatever they like on hostile files
        raise _error(folder, "is damaged: its pixels cannot be decoded") from error


def _scale(level: Meta) -> tuple[float, ...]:
    for transformation in level.get("coordinateTransformations", []):
        if transformation.get("type") == "scale":
            return tuple(float(value) for value in transformation["scale"])
    return ()


def _is_name(part: Any) -> bool:
    return (
        isinstance(part, str)
        and part not in {"", ".", ".."}
        and not set(part) & set("/\\:\0")
        and len(part) < 256
    )


def _attributes(folder: Path, group: Path) -> Meta:
    """Of NGFF 0.4 (zarr 2) or 0.5 (zarr 3)."""
    _check_inside(folder, group)
    if (group / "zarr.json").is_file():
        attributes = _json(folder, group / "zarr.json").get("attributes", {})
        found = attributes.get("ome", {}) if isinstance(attributes, dict) else {}
    elif (group / ".zattrs").is_file():
        found = _json(folder, group / ".zattrs")
    else:
        return {}
    return found if isinstance(found, dict) else {}


def _json(folder: Path, path: Path) -> Meta:
    _check_inside(folder, path)
    try:
        if path.stat().st_size > _MOST_META_BYTES:
            raise _error(folder, "says more of itself than any picture needs")
        found = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError) as error:
        raise _error(folder, f"is damaged: {path.name} cannot be read") from error
    if not isinstance(found, dict):
        raise _error(folder, f"is damaged: {path.name} is none of zarr")
    return found


def _check_array(folder: Path, place: Path, max_bytes: int) -> None:
    """Refuse arrays of objects, in unknown packings and of sizes beyond the limit."""
    if (place / "zarr.json").is_file():
        shape, chunks, dtype = _array_3(folder, _json(folder, place / "zarr.json"))
    else:
        shape, chunks, dtype = _array_2(folder, _json(folder, place / ".zarray"))
    sides = [*shape, *chunks]
    if len(shape) != len(chunks) or not all(type(n) is int and n > 0 for n in sides):
        raise _error(folder, "declares an array without pixels")
    if math.prod(shape) * dtype.itemsize > max_bytes:
        raise _error(folder, "declares more pixels than there is room for", ReadCode.TOO_LARGE)
    chunk = math.prod(chunks) * dtype.itemsize
    if chunk > max(_MOST_CHUNK_BYTES, math.prod(shape) * dtype.itemsize):
        raise _error(folder, "declares parts larger than the picture", ReadCode.TOO_LARGE)
    for path in _files(folder, place):
        if path.name not in _META_FILES and path.stat().st_size > 2 * chunk + _CHUNK_SLACK:
            raise _error(folder, "holds a part larger than it declares")


def _array_2(folder: Path, meta: Meta) -> tuple[list[int], list[int], np.dtype[Any]]:
    packing = meta.get("compressor")
    known = packing is None or (isinstance(packing, dict) and packing.get("id") in _PACKINGS)
    if not known or meta.get("filters"):
        raise _error(folder, "is packed in a way that is not taken here")
    return _lists(folder, meta.get("shape"), meta.get("chunks"), meta.get("dtype"))


def _array_3(folder: Path, meta: Meta) -> tuple[list[int], list[int], np.dtype[Any]]:
    _check_codecs(folder, meta.get("codecs"), 0)
    grid = meta.get("chunk_grid")
    configuration = grid.get("configuration") if isinstance(grid, dict) else None
    chunks = configuration.get("chunk_shape") if isinstance(configuration, dict) else None
    return _lists(folder, meta.get("shape"), chunks, meta.get("data_type"))


def _check_codecs(folder: Path, codecs: Any, depth: int) -> None:
    if not isinstance(codecs, list) or depth > 2:
        raise _error(folder, "is packed in a way that is not taken here")
    for codec in codecs:
        if not isinstance(codec, dict) or codec.get("name") not in _CODECS:
            raise _error(folder, "is packed in a way that is not taken here")
        inner = codec.get("configuration", {})
        if isinstance(inner, dict):
            for key in {"codecs", "index_codecs"} & inner.keys():
                _check_codecs(folder, inner[key], depth + 1)


def _lists(
    folder: Path, shape: Any, chunks: Any, dtype: Any
) -> tuple[list[int], list[int], np.dtype[Any]]:
    try:
        kind = np.dtype(dtype) if isinstance(dtype, str) else None
    except (TypeError, ValueError, SyntaxError):
        kind = None
    if kind is None or kind.kind not in _KINDS or kind.fields is not None:
        raise _error(folder, "holds an array of other things than numbers")
    if not isinstance(shape, list) or not isinstance(chunks, list):
        raise _error(folder, "declares an array without a shape")
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
                        raise _error(
                            folder, "holds links, which are not followed", ReadCode.UNSAFE
                        )
                    if entry.is_dir(follow_symlinks=False):
                        left.append((Path(entry.path), depth + 1))
                    elif entry.is_file(follow_symlinks=False):
                        yield Path(entry.path)
                    else:
                        raise _error(folder, "holds a device", ReadCode.UNSAFE)
        except OSError as error:
            raise _error(folder, "cannot be read", ReadCode.IO) from error
        if seen > _MOST_FILES or depth > _DEEPEST:
            raise _error(folder, "holds too many files", ReadCode.TOO_LARGE)


def _linked(folder: Path) -> ImageReadError:
    return _error(folder, "holds links, which are not followed", ReadCode.UNSAFE)


def _error(folder: Path, problem: str, code: ReadCode = ReadCode.DAMAGED) -> ImageReadError:
    return ImageReadError(code, folder, f"{folder.name} {problem}.", _AGAIN)
