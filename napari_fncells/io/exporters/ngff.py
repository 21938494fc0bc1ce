"""OME-Zarr (NGFF 0.4), one folder a picture: the picture, its cells and what was left undecided.

Cells are the label image `cells`, with their states as properties; regions left undecided are
the label image `ignored`. Pictures above 1,024 px have smaller copies: means of 2 x 2 pixels,
and of labels every other pixel.
"""

from __future__ import annotations

import secrets
import shutil
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_fncells.core.errors import UserError
from napari_fncells.core.params.export import ExportParams
from napari_fncells.io.atomic import TEMPORARY_PREFIX, TEMPORARY_SUFFIX, sync_name
from napari_fncells.io.exporters.agreement import compare_labels, unreadable
from napari_fncells.io.exporters.base import Comparison, GroundTruth
from napari_fncells.io.images import default_max_bytes
from napari_fncells.io.ngff import Multiscale, label_names, multiscale, read_level
from napari_fncells.io.printable import printable
from napari_fncells.io.save_error import explain_os_error
from napari_fncells.io.zarr_files import Meta

SUFFIX = ".ome.zarr"
CELLS, IGNORED = "cells", "ignored"

_LARGEST_SIDE = 1024
_CHUNK = 1024
_UNIT = "micrometer"
# What rounding of a mean may make of a grey value
_ROUNDING = 0.5


@dataclass(frozen=True)
class OmeZarr:
    """Pictures with their labels."""

    name: str = "ome-zarr"
    title: str = "OME-Zarr, picture and labels"
    about: str = "Opened by napari, Fiji and QuPath; holds the picture, all ids and states."

    def writer(self, folder: Path, _params: ExportParams) -> _Writer:
        """Begin to write into a folder."""
        return _Writer(folder)

    def reader(self, folder: Path, _params: ExportParams) -> _Reader:
        """Begin to read what was written there."""
        return _Reader(folder)


@dataclass(frozen=True)
class _Writer:
    folder: Path

    def add(self, truth: GroundTruth) -> None:
        final = self.folder / f"{truth.stem}{SUFFIX}"
        temporary = final.with_name(f"{TEMPORARY_PREFIX}{secrets.token_hex(12)}{TEMPORARY_SUFFIX}")
        try:
            _write(temporary, truth)
            temporary.rename(final)
            sync_name(final)
        except OSError as error:
            raise explain_os_error(error, final) from error
        finally:
            shutil.rmtree(temporary, ignore_errors=True)

    def close(self) -> None:
        pass


@dataclass(frozen=True)
class _Reader:
    folder: Path

    def compare(self, truth: GroundTruth) -> Comparison:
        path = self.folder / f"{truth.stem}{SUFFIX}"
        try:
            return _compare(path, truth)
        except UserError as error:
            return unreadable(truth, error.sentence)


def _write(folder: Path, truth: GroundTruth) -> None:
    import zarr  # these take their time

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        from ome_zarr.format import FormatV04
        from ome_zarr.writer import write_multiscale, write_multiscale_labels

    group = zarr.open_group(str(folder), mode="w-", zarr_format=2)
    pixels = _planes_first(truth.read_pixels().pixels)
    scale, units = _scale(truth)
    shared: dict[str, Any] = {"fmt": FormatV04(), "axes_units": units}
    if pixels.ndim == 3:
        levels, axes, every = _means(pixels), "cyx", {"c": 1.0, **scale}
    else:
        levels, axes, every = _means(pixels), "yx", scale
    write_multiscale(
        _chunked(levels), group, axes=axes, scale=every, name=printable(truth.name), **shared
    )
    images: dict[str, tuple[NDArray[Any], list[Meta]]] = {CELLS: (truth.labels, _states(truth))}
    if truth.ignored is not None:
        images[IGNORED] = truth.ignored.astype(np.uint8), []
    for name, (labels, properties) in images.items():
        about = {"properties": properties, "source": {"image": "../../"}}
        write_multiscale_labels(
            _chunked(_thinned(labels)),
            group,
            name,
            axes="yx",
            scale=scale,
            label_metadata=about,
            **shared,
        )


def _scale(truth: GroundTruth) -> tuple[dict[str, float], dict[str, str] | None]:
    """Sides of a pixel, and their units where they are known."""
    size = truth.pixel_size
    units = None if size is None else {"y": _UNIT, "x": _UNIT}
    return {"y": size or 1.0, "x": size or 1.0}, units


def _states(truth: GroundTruth) -> list[Meta]:
    return [{"label-value": cell.id, "state": str(cell.state)} for cell in truth.cells]


def _planes_first(pixels: NDArray[Any]) -> NDArray[Any]:
    return pixels if pixels.ndim == 2 else np.moveaxis(pixels, 2, 0)


def _means(pixels: NDArray[Any]) -> list[NDArray[Any]]:
    """Halve a picture until it is small; a last odd row or column is left out."""
    levels = [pixels]
    while max(levels[-1].shape[-2:]) > _LARGEST_SIDE and min(levels[-1].shape[-2:]) > 1:
        last = levels[-1]
        rows, columns = (side // 2 * 2 for side in last.shape[-2:])
        quarters = [
            last[..., y:rows:2, x:columns:2].astype(np.float64) for y in (0, 1) for x in (0, 1)
        ]
        mean = sum(quarters[1:], quarters[0]) / 4
        whole = last.dtype.kind in "ui"
        levels.append((np.rint(mean) if whole else mean).astype(last.dtype))
    return levels


def _thinned(labels: NDArray[Any]) -> list[NDArray[Any]]:
    levels = [labels]
    while max(levels[-1].shape) > _LARGEST_SIDE and min(levels[-1].shape) > 1:
        rows, columns = (side // 2 * 2 for side in levels[-1].shape)
        levels.append(levels[-1][:rows:2, :columns:2])
    return levels


def _chunked(levels: Sequence[NDArray[Any]]) -> list[Any]:
    """Arrays of dask, whose parts become those of the file."""
    import dask.array

    from_array: Any = dask.array.from_array
    return [
        from_array(
            level, chunks=(1,) * (level.ndim - 2) + tuple(min(s, _CHUNK) for s in level.shape[-2:])
        )
        for level in levels
    ]


def _compare(path: Path, truth: GroundTruth) -> Comparison:
    """Read everything by zarr alone; see `io.ngff`."""
    problem = _picture_problem(path, truth) or _ignored_problem(path, truth)
    if problem:
        return unreadable(truth, problem)
    found = multiscale(path, f"labels/{CELLS}")
    levels = _levels(path, found)
    told = found.attributes.get("image-label", {})
    if not isinstance(told, dict) or told.get("properties") != _states(truth):
        return unreadable(truth, f"{path.name} does not hold the states of cells.")
    if not _is_thinned(levels) or not _is_scaled(found, truth):
        return unreadable(truth, f"{path.name} has smaller labels or a pixel size of others.")
    return compare_labels(levels[0], truth, path.name)


def _picture_problem(path: Path, truth: GroundTruth) -> str:
    pixels = _planes_first(truth.read_pixels().pixels)
    found = multiscale(path)
    levels = _levels(path, found)
    if found.axes != "cyx"[-pixels.ndim :] or not _is_scaled(found, truth):
        return f"{path.name} has other axes or another pixel size."
    same = levels[0].dtype == pixels.dtype and levels[0].shape == pixels.shape
    if not same or not np.array_equal(levels[0], pixels, equal_nan=pixels.dtype.kind == "f"):
        return f"{path.name} does not read back as the picture."
    if not all(_is_mean(small, large) for large, small in pairwise(levels)):
        return f"{path.name} has smaller copies of another picture."
    return ""


def _ignored_problem(path: Path, truth: GroundTruth) -> str:
    expected = {CELLS} | ({IGNORED} if truth.ignored is not None else set())
    if set(label_names(path)) != expected:
        return f"{path.name} names other label images than {' and '.join(sorted(expected))}."
    if truth.ignored is None:
        return ""
    levels = _levels(path, multiscale(path, f"labels/{IGNORED}"))
    if not np.array_equal(levels[0], truth.ignored) or not _is_thinned(levels):
        return f"{path.name} does not hold the ignored regions."
    return ""


def _levels(path: Path, found: Multiscale) -> list[NDArray[Any]]:
    limit = default_max_bytes()
    return [read_level(path, found, level, limit) for level in range(len(found.paths))]


def _is_scaled(found: Multiscale, truth: GroundTruth) -> bool:
    size = truth.pixel_size or 1.0
    units = {} if truth.pixel_size is None else {"y": _UNIT, "x": _UNIT}
    return found.scale[-2:] == (size, size) and found.units == units


def _is_mean(small: NDArray[Any], large: NDArray[Any]) -> bool:
    """Whether each pixel is about the mean of four."""
    rows, columns = small.shape[-2:]
    if (rows, columns) != (large.shape[-2] // 2, large.shape[-1] // 2):
        return False
    blocks = large[..., : rows * 2, : columns * 2].astype(np.float64)
    mean = blocks.reshape(*large.shape[:-2], rows, 2, columns, 2).mean(axis=(-1, -3))
    room = _ROUNDING if small.dtype.kind in "ui" else 1e-3 * np.abs(mean)
    near = np.abs(small - mean) <= room + 1e-9
    return bool((near | ~np.isfinite(mean)).all())


def _is_thinned(levels: Sequence[NDArray[Any]]) -> bool:
    return all(
        np.array_equal(small, large[: large.shape[0] // 2 * 2 : 2, : large.shape[1] // 2 * 2 : 2])
        for large, small in pairwise(levels)
    )


OME_ZARR = OmeZarr()
