"""Arrays in folders of OME-Zarr (NGFF 0.4 and 0.5), read within bounds and nowhere else."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from napari_fncells.io.read_error import ImageReadError
from napari_fncells.io.zarr_files import Meta, attributes_of, damaged, read_array

SUFFIX = ".zarr"


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
        raise damaged(folder, "names label images that are no folders in it")
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
        raise damaged(folder, "does not say what it holds as OME-Zarr does") from error


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
    return read_array(folder, folder / found.place / found.paths[level], max_bytes)


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
    """Of NGFF 0.4, or of 0.5, which has them under a name of its own."""
    found = attributes_of(folder, group)
    inner = found.get("ome")
    return inner if isinstance(inner, dict) else found
