"""COCO instances: polygons, compressed and plain runs; and the form that FNC v2 is released in.

FNC v2's files hold one annotation a picture, with a list of contours of pairs (x, y) through the
centres of border pixels instead of flat polygons along edges, and no categories.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from napari_fncells.core.rle import from_text
from napari_fncells.io.importers.annotations.base import Annotations, Read, Shape
from napari_fncells.io.importers.annotations.content import (
    Broken,
    broken,
    entry,
    holds,
    numbers,
    read_json,
    whole,
)
from napari_fncells.io.importers.annotations.figures import (
    Figure,
    contours,
    ellipse,
    polygons,
    runs,
)
from napari_fncells.io.importers.annotations.found import Found, check_size
from napari_fncells.io.importers.annotations.names import bare, chosen
from napari_fncells.io.read_error import ImageReadError

_Id = int | str


@dataclass(frozen=True)
class CocoImporter:
    """Reads one file with the annotations of many pictures."""

    name: str = "coco"
    title: str = "COCO instances"
    suffixes: tuple[str, ...] = (".json",)

    def sniff(self, path: Path) -> bool:
        """Tell by what every file of COCO names."""
        return path.suffix.lower() in self.suffixes and holds(
            path, b'"images"', b'"annotations"', b'"file_name"'
        )

    def open(self, path: Path) -> Annotations:
        """Read the list of pictures; what is said of each is looked at when it is asked for."""
        whole_file = read_json(path)
        try:
            return _Coco(path, *_sorted(whole_file), _classes(whole_file))
        except (Broken, ValueError, TypeError) as error:
            raise broken(path, error) from error


@dataclass(frozen=True, eq=False)
class _Coco:
    path: Path
    images: list[dict[str, Any]]
    by_image: dict[_Id, list[dict[str, Any]]]
    stray: int
    classes: dict[int, str]
    program: str = "COCO"
    pictures: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "pictures", tuple(bare(i["file_name"]) for i in self.images))

    def labels_of(self, name: str, shape: Shape, *, boxes: bool = False) -> Read:
        place, notes = chosen(self.path, self.pictures, name)
        image = self.images[place]
        found = Found(notes=list(notes))
        if self.stray:
            found.notes.append(f"{self.stray} annotations are of no picture in the file.")
        try:
            size = whole(image.get("height"), "a height"), whole(image.get("width"), "a width")
            check_size(self.path, size, shape)
            used = [self._add(found, item, size) for item in self.by_image.get(image["id"], [])]
            names = {self.classes.get(number, str(number)) for number in used if number}
            if len(names) > 1:
                told = ", ".join(sorted(bare(name) for name in names))
                found.notes.append(f"Objects of the classes {told} were all taken for cells.")
            return found.read(self.path, shape, boxes=boxes)
        except ImageReadError:
            raise
        except (Broken, ValueError, TypeError, LookupError, OverflowError) as error:
            raise broken(self.path, error) from error

    def _add(self, found: Found, item: dict[str, Any], size: Shape) -> int:
        """Add what an annotation draws; return its class."""
        shape = item.get("segmentation")
        if isinstance(shape, list) and any(_paired(part) for part in shape):
            found.outlines.extend(contours([_pairs(part)]) for part in shape)
            return 0
        if not shape:
            box = numbers(item.get("bbox"), "a box")
            if len(box) != 4:
                raise Broken("gives boxes that have not four numbers")
            x, y, width, height = box.tolist()
            found.boxes.append(ellipse(x + width / 2, y + height / 2, width / 2, height / 2))
        elif item.get("iscrowd"):
            found.ignored.append(_figure(shape, size))
        else:
            found.outlines.append(_figure(shape, size))
        return whole(item.get("category_id", 0), "a class")


def _sorted(
    whole_file: Any,
) -> tuple[list[dict[str, Any]], dict[_Id, list[dict[str, Any]]], int]:
    """Pictures, annotations by the id of their picture, and how many are of no picture."""
    images = entry(whole_file, "images", list, "it")
    known: set[_Id] = set()
    for image in images:
        entry(image, "file_name", str, "a picture")
        number = _id(image.get("id"))
        if number in known:
            raise Broken("gives two pictures the same id")
        known.add(number)
    by_image: dict[_Id, list[dict[str, Any]]] = defaultdict(list)
    stray = 0
    for item in entry(whole_file, "annotations", list, "it"):
        if not isinstance(item, dict):
            raise Broken("holds an annotation that is none")
        number = _id(item.get("image_id"))
        stray += number not in known
        by_image[number].append(item)
    return images, by_image, stray


def _id(value: Any) -> _Id:
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise Broken("has an id that is none")
    return value


def _classes(whole_file: dict[str, Any]) -> dict[int, str]:
    """Names of classes by their ids; those that are odd are left out."""
    categories = whole_file.get("categories")
    return {
        item["id"]: item["name"]
        for item in (categories if isinstance(categories, list) else ())
        if isinstance(item, dict)
        and isinstance(item.get("id"), int)
        and isinstance(item.get("name"), str)
    }


def _figure(shape: Any, size: Shape) -> Figure:
    """Polygons or runs."""
    if isinstance(shape, dict):
        if shape.get("size") != list(size):
            raise Broken("has runs of another size than the picture")
        counts = shape.get("counts")
        if isinstance(counts, str):
            return runs(from_text(counts), size)
        return runs(numbers_of_runs(counts), size)
    if not isinstance(shape, list):
        raise Broken("has an outline that is none")
    parts = [numbers(part, "an outline") for part in shape]
    if any(len(part) % 2 for part in parts):
        raise Broken("has an outline with an x without y")
    return polygons([[part.reshape(-1, 2)] for part in parts])


def numbers_of_runs(counts: Any) -> np.ndarray[Any, np.dtype[np.int64]]:
    """Lengths of runs from a list of whole numbers."""
    if not isinstance(counts, list) or not set(map(type, counts)) <= {int}:
        raise Broken("has runs that are no whole numbers")
    try:
        return np.asarray(counts, dtype=np.int64)
    except OverflowError as error:
        raise Broken("has a run longer than any picture") from error


def _paired(part: Any) -> bool:
    """Whether an outline is a list of pairs, as FNC v2 has it, not of numbers."""
    return isinstance(part, list) and bool(part) and isinstance(part[0], list)


def _pairs(part: Any) -> np.ndarray[Any, np.dtype[np.float64]]:
    if not isinstance(part, list) or not all(
        isinstance(pair, list) and len(pair) == 2 for pair in part
    ):
        raise Broken("has an outline that is no list of pairs")
    flat = numbers([value for pair in part for value in pair], "an outline")
    if not len(flat):
        raise Broken("has an outline without a point")
    return flat.reshape(-1, 2)


COCO = CocoImporter()
