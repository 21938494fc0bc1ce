"""VIA 2 (VGG Image Annotator): one project file a split that VIA 2 opens, drawn by scikit-image.

A region follows the edges of pixels. VIA knows neither holes nor objects of several parts: a hole
is cut in by a seam, and the parts of a cell are regions with the same number in their attribute
`cell`.
"""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from skimage.draw import polygon

from napari_fncells.core.geometry import Box
from napari_fncells.core.params.export import ExportParams
from napari_fncells.core.polygons import outline, seamed
from napari_fncells.io.atomic import write_atomic
from napari_fncells.io.exporters.agreement import unreadable
from napari_fncells.io.exporters.base import Comparison, GroundTruth, Reader, Writer
from napari_fncells.io.exporters.outlined import Drawn, compare_objects

CELL = "cell"
"""Attribute of regions: the number of the cell they are of."""
CLASS = "class"
"""Attribute of regions: what the cell is."""

VERSION = "2.0.10"
# VIA finds the file by its name when it is added, and then learns the size
_UNKNOWN_SIZE = -1

Mask = NDArray[np.bool_]


def file_name(split: str) -> str:
    """Name of a split's file."""
    return f"via_{split}.json" if split else "via.json"


@dataclass
class _ViaWriter:
    folder: Path
    params: ExportParams
    files: dict[str, dict[str, Any]] = field(default_factory=dict)

    def add(self, truth: GroundTruth) -> None:
        regions = [
            _region(ring, {CLASS: self.params.category, CELL: str(cell.id)})
            for cell in truth.cells
            for ring in _rings(truth.labels[cell.box.slices] == cell.id, cell.box)
        ]
        self.files.setdefault(truth.split, {})[f"{truth.name}{_UNKNOWN_SIZE}"] = {
            "filename": truth.name,
            "size": _UNKNOWN_SIZE,
            "regions": regions,
            "file_attributes": {},
        }

    def close(self) -> None:
        for split, pictures in self.files.items():
            project = _project(pictures, self.params.category)
            data = json.dumps(project, allow_nan=False).encode()
            write_atomic(self.folder / file_name(split), data, replace=False)


def _rings(mask: Mask, box: Box) -> list[NDArray[np.int64]]:
    return [seamed(part).astype(np.int64) for part in outline(mask, box)]


def _region(ring: NDArray[np.int64], attributes: dict[str, str]) -> dict[str, Any]:
    shape = {
        "name": "polygon",
        "all_points_x": ring[:, 0].tolist(),
        "all_points_y": ring[:, 1].tolist(),
    }
    return {"shape_attributes": shape, "region_attributes": attributes}


def _project(pictures: dict[str, Any], category: str) -> dict[str, Any]:
    """A project with the settings that VIA has where nobody changed them."""
    image = {
        "region_label": "__via_region_id__",
        "region_color": "__via_default_region_color__",
        "region_label_font": "10px Sans",
        "on_image_annotation_editor_placement": "NEAR_REGION",
    }
    grid = {
        "img_height": 80,
        "rshape_fill": "none",
        "rshape_fill_opacity": 0.3,
        "rshape_stroke": "yellow",
        "rshape_stroke_width": 2,
        "show_region_shape": True,
        "show_image_policy": "all",
    }
    editor = {
        "annotation_editor_height": 25,
        "annotation_editor_fontsize": 0.8,
        "leftsidebar_width": 18,
        "image_grid": grid,
        "image": image,
    }
    text = {"type": "text", "description": "", "default_value": ""}
    return {
        "_via_settings": {
            "ui": editor,
            "core": {"buffer_size": 18, "filepath": {}, "default_filepath": ""},
            "project": {"name": f"{category} by napari-fncells"},
        },
        "_via_img_metadata": pictures,
        "_via_attributes": {"region": {CLASS: text, CELL: text}, "file": {}},
        "_via_data_format_version": VERSION,
        "_via_image_id_list": list(pictures),
    }


@dataclass
class _ViaReader:
    folder: Path
    params: ExportParams
    files: dict[str, Any] = field(default_factory=dict)

    def compare(self, truth: GroundTruth) -> Comparison:
        name = file_name(truth.split)
        try:
            if name not in self.files:
                self.files[name] = json.loads((self.folder / name).read_bytes())
            return _compared(self.files[name], truth, self.params, name)
        except (OSError, KeyError, TypeError, ValueError, AttributeError, RecursionError) as error:
            return unreadable(truth, f"{name} does not read back as a project ({error!r}).")


def _compared(
    project: dict[str, Any], truth: GroundTruth, params: ExportParams, name: str
) -> Comparison:
    pictures = project["_via_img_metadata"]
    if project["_via_image_id_list"] != list(pictures):
        return unreadable(truth, f"{name} lists other pictures than it holds.")
    entries = [picture for picture in pictures.values() if picture["filename"] == truth.name]
    if len(entries) != 1:
        return unreadable(truth, f"{name} names {truth.name} {len(entries)} times.")
    rings: dict[int, list[NDArray[np.float64]]] = defaultdict(list)
    for region in entries[0]["regions"]:
        shape, attributes = region["shape_attributes"], region["region_attributes"]
        if shape["name"] != "polygon" or attributes[CLASS] != params.category:
            return unreadable(truth, f"{name} has a region that is no {params.category}.")
        points = np.array([shape["all_points_x"], shape["all_points_y"]], dtype=np.float64).T
        rings[int(attributes[CELL])].append(points)
    objects = [_drawn(number, rings[number], truth.shape) for number in rings]
    return compare_objects(truth, objects, name, _notes(truth))


def _drawn(number: int, rings: list[NDArray[np.float64]], shape: tuple[int, int]) -> Drawn:
    """Draw rings by scikit-image, not by the code that made them."""
    every = np.concatenate(rings)
    if not ((every >= 0) & (every <= shape[::-1])).all():
        raise ValueError("a region leaves the picture")
    left, top = np.floor(every.min(axis=0)).astype(int).tolist()
    right, bottom = np.ceil(every.max(axis=0)).astype(int).tolist()
    mask = np.zeros((bottom - top, right - left), dtype=bool)
    for ring in rings:
        # There a pixel's centre is a whole number
        rows, columns = ring[:, 1] - top - 0.5, ring[:, 0] - left - 0.5
        mask[polygon(rows, columns, mask.shape)] = True
    return Drawn(number, Box(top, left, bottom, right), mask)


def _notes(truth: GroundTruth) -> tuple[str, ...]:
    return () if truth.ignored is None else ("Ignored regions are not in it.",)


@dataclass(frozen=True)
class ViaExporter:
    """Writes and reads `via.json`, or one project for each split."""

    name: str = "via"
    title: str = "VIA 2 project (VGG Image Annotator)"
    about: str = (
        "Opened by VIA 2 with the pictures; regions follow the pixels' edges exactly, holes are "
        "cut in by a seam. Ignored regions are not in it."
    )

    def writer(self, folder: Path, params: ExportParams) -> Writer:
        """Begin to write into a folder."""
        return _ViaWriter(folder, params)

    def reader(self, folder: Path, params: ExportParams) -> Reader:
        """Begin to read what was written there."""
        return _ViaReader(folder, params)


VIA = ViaExporter()
