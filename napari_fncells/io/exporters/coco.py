"""COCO instances: one file a split, one annotation a cell, read back by pycocotools.

A polygon follows the edges of pixels. Each part of a cell is one; holes, which COCO's polygons do
not know, are cut in by a seam, so that drawing them gives the very pixels.
"""

from __future__ import annotations

import contextlib
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pycocotools import coco as coco_file
from pycocotools import mask as coco_mask

from napari_fncells.core.geometry import Box
from napari_fncells.core.labels import Labels, boxes, label
from napari_fncells.core.params.export import ExportParams
from napari_fncells.core.polygons import outline, seamed
from napari_fncells.core.rle import checked, from_text, runs_of
from napari_fncells.io.atomic import write_atomic
from napari_fncells.io.exporters.agreement import unreadable
from napari_fncells.io.exporters.base import Comparison, GroundTruth, Reader, Writer
from napari_fncells.io.exporters.outlined import Drawn, compare_objects

_CATEGORY = 1
_MERGED_AT_ONCE = 16

Mask = NDArray[np.bool_]


def file_name(split: str) -> str:
    """Name of a split's file."""
    return f"instances_{split}.json" if split else "instances.json"


@dataclass
class _CocoWriter:
    folder: Path
    params: ExportParams
    images: int = 0
    annotations: int = 0
    files: dict[str, dict[str, Any]] = field(default_factory=dict)

    def add(self, truth: GroundTruth) -> None:
        if truth.split not in self.files:
            self.files[truth.split] = _empty(self.params)
        file = self.files[truth.split]
        self.images += 1
        height, width = truth.shape
        file["images"].append(
            {"id": self.images, "file_name": truth.name, "height": height, "width": width}
        )
        runs = self.params.coco_outlines == "rle"
        for cell in truth.cells:
            mask = truth.labels[cell.box.slices] == cell.id
            shape = (_runs if runs else _polygons)(mask, cell.box, truth.shape)
            file["annotations"].append(self._annotation(mask, cell.box, shape, crowd=0))
        for box, mask in _regions(truth.ignored):
            shape = _runs(mask, box, truth.shape)
            file["annotations"].append(self._annotation(mask, box, shape, crowd=1))

    def close(self) -> None:
        for split, file in self.files.items():
            data = json.dumps(file, allow_nan=False).encode()
            write_atomic(self.folder / file_name(split), data, replace=False)

    def _annotation(self, mask: Mask, box: Box, shape: Any, crowd: int) -> dict[str, Any]:
        self.annotations += 1
        return {
            "id": self.annotations,
            "image_id": self.images,
            "category_id": _CATEGORY,
            "segmentation": shape,
            "area": int(np.count_nonzero(mask)),
            "bbox": [box.left, box.top, box.width, box.height],
            "iscrowd": crowd,
        }


def _empty(params: ExportParams) -> dict[str, Any]:
    return {
        "info": {"description": "Written by napari-fncells", "version": "1.0"},
        "licenses": [],
        "categories": [{"id": _CATEGORY, "name": params.category, "supercategory": "cell"}],
        "images": [],
        "annotations": [],
    }


def _runs(mask: Mask, box: Box, shape: tuple[int, int]) -> dict[str, Any]:
    plain = {"size": list(shape), "counts": runs_of(mask, box, shape)}
    code = coco_mask.frPyObjects(plain, *shape)
    return {"size": list(shape), "counts": code["counts"].decode("ascii")}


def _polygons(mask: Mask, box: Box, _shape: tuple[int, int]) -> list[list[int]]:
    rings = [seamed(part) for part in outline(mask, box)]
    return [ring.astype(np.int64).ravel().tolist() for ring in rings]


def _regions(ignored: Mask | None) -> Iterator[tuple[Box, Mask]]:
    """Connected regions of a mask."""
    if ignored is None:
        return
    numbers = label(ignored)
    for number, box in boxes(numbers).items():
        yield Box.of(box), numbers[box] == number


@dataclass
class _CocoReader:
    folder: Path
    params: ExportParams
    files: dict[str, coco_file.COCO | str] = field(default_factory=dict)

    def compare(self, truth: GroundTruth) -> Comparison:
        name = file_name(truth.split)
        if name not in self.files:
            self.files[name] = _opened(self.folder / name)
        file = self.files[name]
        if isinstance(file, str):
            return unreadable(truth, file)
        try:
            return _compared(file, truth, self.params, name)
        except _WrongError as error:
            return unreadable(truth, f"{name} {error}.")
        except (KeyError, IndexError, TypeError, ValueError, AttributeError) as error:
            return unreadable(truth, f"{name} does not read back as COCO ({error!r}).")


class _WrongError(Exception):
    """Something in the file is wrong; the message goes on from its name."""


def _opened(path: Path) -> coco_file.COCO | str:
    """A file as pycocotools has it, or why not, in a sentence."""
    try:
        # It talks about each step
        with contextlib.redirect_stdout(io.StringIO()):
            return coco_file.COCO(str(path))
    except Exception as error:  # whatever pycocotools makes of a bad file
        return f"{path.name} is not read by pycocotools ({error!r})."


def _compared(
    file: coco_file.COCO, truth: GroundTruth, params: ExportParams, name: str
) -> Comparison:
    image = _image(file, truth)
    category = file.loadCats(_CATEGORY)[0]
    if category["name"] != params.category:
        raise _WrongError(f"has the class {category['name']}, not {params.category}")
    cells = file.loadAnns(file.getAnnIds(imgIds=[image["id"]], iscrowd=False))
    crowds = file.loadAnns(file.getAnnIds(imgIds=[image["id"]], iscrowd=True))
    every = cells + crowds
    for annotation in every:
        _check(annotation, truth.shape)
    found = _labels_of(file, every, truth.shape)
    objects = {number: (Box.of(box), found[box] == number) for number, box in boxes(found).items()}
    for number, annotation in enumerate(every, 1):
        _check_measures(
            annotation, *objects.get(number, (Box(0, 0, 0, 0), np.zeros((0, 0), bool)))
        )
    ignored = np.zeros(truth.shape, bool) if truth.ignored is None else truth.ignored
    if not np.array_equal(found > len(cells), ignored):
        raise _WrongError("reads back with other ignored regions")
    drawn_cells = [
        Drawn(cells[number - 1]["id"], *placed)
        for number, placed in objects.items()
        if number <= len(cells)
    ]
    return compare_objects(truth, drawn_cells, name)


def _image(file: coco_file.COCO, truth: GroundTruth) -> dict[str, Any]:
    images = [image for image in file.imgs.values() if image["file_name"] == truth.name]
    if len(images) != 1:
        raise _WrongError(f"names {truth.name} {len(images)} times")
    image: dict[str, Any] = images[0]
    if (image["height"], image["width"]) != truth.shape:
        raise _WrongError(f"gives {truth.name} another size")
    return image


def _check(annotation: dict[str, Any], shape: tuple[int, int]) -> None:
    """Refuse what could lead pycocotools, which checks little, out of the picture."""
    outline_of = annotation["segmentation"]
    if annotation["category_id"] != _CATEGORY:
        raise _WrongError("has an annotation of an unknown class")
    if isinstance(outline_of, dict):
        if outline_of["size"] != list(shape):
            raise _WrongError("has runs of another size than the picture")
        checked(from_text(outline_of["counts"]), shape)
        return
    height, width = shape
    for polygon in outline_of:
        points = np.asarray(polygon, dtype=np.float64).reshape(-1, 2)
        if not ((points >= 0) & (points <= (width, height))).all():
            raise _WrongError("has a polygon that leaves the picture")


def _check_measures(annotation: dict[str, Any], box: Box, mask: Mask) -> None:
    if annotation["area"] != np.count_nonzero(mask):
        raise _WrongError("gives an area that is not that of the outline")
    if annotation["bbox"] != [box.left, box.top, box.width, box.height]:
        raise _WrongError("gives a box that is not that of the outline")


def _labels_of(
    file: coco_file.COCO, annotations: list[dict[str, Any]], shape: tuple[int, int]
) -> Labels:
    """Draw all annotations by pycocotools, numbered from 1 in their order.

    One after the other would draw the whole picture for each. So those whose number has a bit
    set are merged and drawn together, bit by bit.
    """
    codes = [file.annToRLE(annotation) for annotation in annotations]
    # Column by column, as pycocotools draws
    found = np.zeros(shape[0] * shape[1], dtype=np.uint32)
    if not codes:
        return found.reshape(shape)
    if int(coco_mask.area(_merged(codes))) != sum(int(coco_mask.area(code)) for code in codes):
        raise _WrongError("has objects that overlap")
    for bit in range(len(codes).bit_length()):
        chosen = [code for number, code in enumerate(codes, 1) if number >> bit & 1]
        mask = np.ravel(coco_mask.decode(_merged(chosen)), order="F").view(bool)
        found[np.flatnonzero(mask)] |= np.uint32(1 << bit)
    return np.ascontiguousarray(found.reshape(shape[::-1]).T)


def _merged(codes: list[Any]) -> Any:
    """Union of many, a few at a time: merging one after the other takes the square of it."""
    while len(codes) > 1:
        starts = range(0, len(codes), _MERGED_AT_ONCE)
        codes = [coco_mask.merge(codes[start : start + _MERGED_AT_ONCE]) for start in starts]
    return codes[0]


@dataclass(frozen=True)
class CocoExporter:
    """Writes and reads `instances.json`, or one file for each split."""

    name: str = "coco"
    title: str = "COCO instances"
    about: str = (
        "Read by pycocotools and all that builds on it; pixel-exact with runs and polygons. "
        "Ignored regions are crowds."
    )

    def writer(self, folder: Path, params: ExportParams) -> Writer:
        """Begin to write into a folder."""
        return _CocoWriter(folder, params)

    def reader(self, folder: Path, params: ExportParams) -> Reader:
        """Begin to read what was written there."""
        return _CocoReader(folder, params)


COCO = CocoExporter()
