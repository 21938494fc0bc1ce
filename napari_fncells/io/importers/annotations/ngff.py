"""Label images in folders of OME-Zarr, for one picture."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_fncells.io.images import default_max_bytes
from napari_fncells.io.importers.annotations.base import Annotations, Read, Shape, refused
from napari_fncells.io.importers.annotations.found import check_size
from napari_fncells.io.importers.annotations.names import bare, chosen
from napari_fncells.io.mask_kind import smallest_dtype
from napari_fncells.io.ngff import SUFFIX, is_ngff, label_names, multiscale, read_level
from napari_fncells.io.read_error import ReadCode

_CELLS, _IGNORED = "cells", "ignored"


@dataclass(frozen=True)
class NgffImporter:
    """Reads the labels of one picture; a store elsewhere is never opened."""

    name: str = "ome-zarr"
    title: str = "Labels in OME-Zarr"
    suffixes: tuple[str, ...] = (SUFFIX,)

    def sniff(self, path: Path) -> bool:
        """Tell by what the folder says of itself."""
        return is_ngff(path)

    def open(self, path: Path) -> Annotations:
        """Look which label images there are."""
        names = label_names(path)
        cells = [name for name in names if name != _IGNORED]
        if _CELLS in cells:
            cells = [_CELLS]
        if len(cells) > 1:
            raise refused(
                path,
                f"holds several label images: {', '.join(map(bare, cells))}",
                "Keep the one that holds the cells.",
                ReadCode.AMBIGUOUS,
            )
        if not cells:
            raise refused(path, "holds no labels", "Choose the folder that the labels are in.")
        return _Ngff(path, cells[0], _IGNORED in names)


@dataclass(frozen=True, eq=False)
class _Ngff:
    path: Path
    cells: str
    ignores: bool
    program: str = "OME-Zarr"

    @property
    def pictures(self) -> tuple[str, ...]:
        return (self.path.name,)

    def labels_of(self, name: str, shape: Shape, *, boxes: bool = False) -> Read:  # noqa: ARG002
        _, notes = chosen(self.path, self.pictures, name)
        labels = smallest_dtype(_plane(self.path, self.cells, shape))
        ignored = None
        if self.ignores:
            ignored = (_plane(self.path, _IGNORED, shape) > 0) & (labels == 0)
            notes = (*notes, "Some regions are marked as to be ignored.")
        return Read(labels, ignored, notes)


def _plane(path: Path, name: str, shape: Shape) -> NDArray[Any]:
    """A label image of one plane, (Y, X) and nowhere negative."""
    found = multiscale(path, f"labels/{name}")
    array = read_level(path, found, 0, default_max_bytes())
    if array.ndim < 2 or any(side != 1 for side in array.shape[:-2]):
        sides = " x ".join(map(str, array.shape))
        raise refused(path, f"holds labels of {sides}, not one plane", "Save one plane.")
    rows, columns = array.shape[-2:]
    check_size(path, (rows, columns), shape)
    plane = array.reshape(rows, columns)
    if plane.dtype.kind not in "ui" or int(plane.min()) < 0 or int(plane.max()) >> 32:
        raise refused(path, "holds numbers that are no labels", "Save labels as whole numbers.")
    return np.ascontiguousarray(plane)


NGFF = NgffImporter()
