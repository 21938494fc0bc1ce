"""ROIs of ImageJ: a zip of the ROI Manager, or a single ROI."""

from __future__ import annotations

import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from napari_fncells.io.importers.annotations.base import Annotations, Read, Shape
from napari_fncells.io.importers.annotations.content import (
    MAX_COORDINATE,
    Broken,
    broken,
    read_bytes,
)
from napari_fncells.io.importers.annotations.figures import polygons
from napari_fncells.io.importers.annotations.found import Found
from napari_fncells.io.importers.annotations.names import chosen
from napari_fncells.io.importers.base import head_of
from napari_fncells.io.roi import SUFFIX, RoiError, rings_of, rois_in

_MAGIC = b"Iout"
_ZIP_MAGIC = b"PK"
_IGNORED = f"ignored{SUFFIX}"
# Names that are looked at to tell a zip of ROIs from another
_LOOKED_AT = 100

Rings = list[NDArray[np.float64]]


@dataclass(frozen=True)
class ImagejImporter:
    """Reads the ROIs of one picture."""

    name: str = "imagej"
    title: str = "ROIs of ImageJ"
    suffixes: tuple[str, ...] = (".zip", SUFFIX)

    def sniff(self, path: Path) -> bool:
        """Tell by the first bytes; a zip by the names in it."""
        head = head_of(path, 4)
        if head == _MAGIC:
            return True
        if not head.startswith(_ZIP_MAGIC):
            return False
        try:
            with zipfile.ZipFile(path) as archive:
                names = archive.namelist()[:_LOOKED_AT]
        except Exception:  # whatever a broken one makes of zipfile
            return False
        return not names or any(name.lower().endswith(SUFFIX) for name in names)

    def open(self, path: Path) -> Annotations:
        """Read all ROIs with an area."""
        if path.suffix.lower() == SUFFIX:
            read_bytes(path)  # which tells why where that cannot be
        cells: list[Rings] = []
        ignored: list[Rings] = []
        others = 0
        try:
            for name, roi in rois_in(path):
                try:
                    rings = rings_of(roi)
                except RoiError:
                    others += 1
                    continue
                _check(rings)
                (ignored if name.endswith(_IGNORED) else cells).append(rings)
        except (RoiError, OSError) as error:
            raise broken(path, Broken(f"is damaged: {error}")) from error
        except Broken as error:
            raise broken(path, error) from error
        return _Rois(path, cells, ignored, others)


@dataclass(frozen=True, eq=False)
class _Rois:
    path: Path
    cells: list[Rings]
    ignored: list[Rings]
    others: int
    program: str = "ImageJ"

    @property
    def pictures(self) -> tuple[str, ...]:
        return (self.path.name,)

    def labels_of(self, name: str, shape: Shape, *, boxes: bool = False) -> Read:
        _, notes = chosen(self.path, self.pictures, name)
        found = Found(
            outlines=[polygons([rings]) for rings in self.cells],
            ignored=[polygons([rings]) for rings in self.ignored],
            notes=list(notes),
        )
        if self.others:
            found.notes.append(f"{self.others} ROIs without an area were left out.")
        return found.read(self.path, shape, boxes=boxes)


def _check(rings: Rings) -> None:
    for ring in rings:
        if not (np.abs(ring) <= MAX_COORDINATE).all():
            raise Broken("has a ROI out of any picture")
    if not any(len(ring) for ring in rings):
        raise Broken("has a ROI without a point")


IMAGEJ = ImagejImporter()
