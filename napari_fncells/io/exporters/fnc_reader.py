"""FNC v2's folders read back: each file for itself, and drawn by other means."""

from __future__ import annotations

import hashlib
import json
import xml.etree.ElementTree as ET
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from napari_fncells.core.binary import touching_pairs
from napari_fncells.core.errors import UserError
from napari_fncells.core.geometry import Box
from napari_fncells.core.params.export import ExportParams
from napari_fncells.core.rle import drawn as drawn_runs
from napari_fncells.core.rle import from_text
from napari_fncells.io.binary_png import verify_binary
from napari_fncells.io.exporters.agreement import unreadable
from napari_fncells.io.exporters.base import Comparison, GroundTruth
from napari_fncells.io.exporters.fnc_layout import FncLayout
from napari_fncells.io.exporters.fnc_objects import Contour, drawn, expected
from napari_fncells.io.exporters.voc import read_xml
from napari_fncells.io.safe_pickle import read_plain

_Part = tuple[int, Box, NDArray[np.bool_]]


class _WrongError(Exception):
    """A file does not hold what it should; the message goes on from its name."""


@dataclass
class FncReader:
    """Reads what `fnc_v2` has written."""

    folder: Path
    params: ExportParams
    files: dict[Path, Any] = field(default_factory=dict)

    def compare(self, truth: GroundTruth) -> Comparison:
        """Compare all files of a picture with its truth."""
        place = FncLayout.of(self.folder, truth.split, self.params.category)
        parts = expected(truth)
        checks: dict[Path, Callable[[Path], None]] = {
            place.image(truth.stem): lambda path: _check_image(path, truth),
            place.mask(truth.stem): lambda path: verify_binary(path, truth.labels),
            place.rle(truth.stem): lambda path: _check_rle(path, truth),
            place.voc(truth.stem): lambda path: _check_voc(path, truth, parts),
            place.coco: lambda path: _check_coco(self._json(path), truth, parts),
            place.via: lambda path: _check_via(
                self._json(path), truth, parts, place.image(truth.stem).stat().st_size
            ),
        }
        for path, check in checks.items():
            problem = _problem(path, check)
            if problem:
                return unreadable(truth, problem)
        return _compared(truth, parts)

    def _json(self, path: Path) -> Any:
        if path not in self.files:
            self.files[path] = json.loads(path.read_bytes())
        return self.files[path]


def _problem(path: Path, check: Callable[[Path], None]) -> str:
    """Why a file does not hold; empty where it does."""
    try:
        check(path)
    except _WrongError as error:
        return f"{path.parent.name}/{path.name} {error}."
    except UserError as error:
        return error.sentence
    except (OSError, RecursionError, cv2.error) as error:
        return f"{path.parent.name}/{path.name} does not read back ({error!r})."
    except (ValueError, KeyError, TypeError, AttributeError, IndexError, OverflowError) as error:
        return f"{path.parent.name}/{path.name} breaks its format ({error!r})."
    return ""


def _check_image(path: Path, truth: GroundTruth) -> None:
    data = path.read_bytes()
    image = truth.read_pixels()
    if image.sha256 is not None and hashlib.sha256(data).hexdigest() == image.sha256:
        return
    found = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    if found is None:
        raise _WrongError("is no picture")
    pixels = found[..., ::-1] if found.ndim == 3 else found
    if not np.array_equal(np.squeeze(pixels), np.squeeze(image.pixels)):
        raise _WrongError("does not read back as the picture")


def _check_rle(path: Path, truth: GroundTruth) -> None:
    found = read_plain(path)
    if found["size"] != list(truth.shape) or set(found) != {"size", "counts"}:
        raise _WrongError("holds runs of another size")
    mask = np.zeros(truth.shape, dtype=bool)
    box, cut = drawn_runs(from_text(found["counts"]), truth.shape)
    mask[box.slices] = cut
    if not np.array_equal(mask, truth.labels > 0):
        raise _WrongError("does not read back as the mask")


def _check_voc(path: Path, truth: GroundTruth, parts: list[_Part]) -> None:
    root = read_xml(path)
    objects = root.findall("object")
    contours = [
        [[_int(point, axis) for axis in "xy"] for point in item.findall("polygon/pt")]
        for item in objects
    ]
    keys = ("xmin", "ymin", "xmax", "ymax")
    corners = [[_int(item, f"bndbox/{key}") for key in keys] for item in objects]
    boxes = [[x0, y0, x1 - x0, y1 - y0] for x0, y0, x1, y1 in corners]
    dots = [[_int(item, f"dot/{axis}") for axis in "xy"] for item in objects]
    size = _int(root, "size/height"), _int(root, "size/width")
    if size != truth.shape or _int(root, "count") != len(objects):
        raise _WrongError("gives another size or count")
    _check_objects(contours, truth, parts, boxes, dots)


def _int(element: ET.Element, path: str) -> int:
    return int(element.findtext(path, ""))


def _check_coco(content: Any, truth: GroundTruth, parts: list[_Part]) -> None:
    images = [image for image in content["images"] if image["id"] == truth.stem]
    found = [item for item in content["annotations"] if item["image_id"] == truth.stem]
    if len(images) != 1 or len(found) != 1:
        raise _WrongError(f"names {truth.stem} {len(images)} times, with {len(found)} annotations")
    item = found[0]
    if (images[0]["height"], images[0]["width"]) != truth.shape:
        raise _WrongError("gives another size")
    areas = sorted(int(np.count_nonzero(mask)) for _, _, mask in parts)
    if item["count"] != len(parts) or sorted(item["area"]) != areas:
        raise _WrongError("gives another count or other areas")
    _check_objects(item["segmentation"], truth, parts, item["bbox"], item["dots"])


def _check_via(content: Any, truth: GroundTruth, parts: list[_Part], size: int) -> None:
    picture = content[f"{truth.stem}.png{size}"]
    if picture["filename"] != f"{truth.stem}.png" or picture["size"] != size:
        raise _WrongError("names another picture")
    shapes = [region["shape_attributes"] for region in picture["regions"]]
    contours = [
        [list(point) for point in zip(s["all_points_x"], s["all_points_y"], strict=True)]
        for s in shapes
    ]
    _check_objects(contours, truth, parts)


def _check_objects(
    contours: list[Contour],
    truth: GroundTruth,
    parts: list[_Part],
    boxes: list[list[int]] | None = None,
    dots: list[list[int]] | None = None,
) -> None:
    """Each contour drawn is a part of a cell with its holes filled, and each part is there."""
    wanted = {_key(box, mask) for _, box, mask in parts}
    found = [drawn(contour, truth.shape) for contour in contours]
    if len(found) != len(parts) or {_key(*each) for each in found} != wanted:
        raise _WrongError(f"reads back with other objects ({len(found)} for {len(parts)})")
    if boxes is not None and boxes != [_corners(box) for box, _ in found]:
        raise _WrongError("gives boxes that are not those of its contours")
    if dots is not None and dots != [_dot(*each) for each in found]:
        raise _WrongError("gives dots that are not in the middle of its contours")


def _key(box: Box, mask: NDArray[np.bool_]) -> tuple[Box, bytes]:
    return box, np.packbits(mask).tobytes()


def _corners(box: Box) -> list[int]:
    return [box.left, box.top, box.width, box.height]


def _dot(box: Box, mask: NDArray[np.bool_]) -> list[int]:
    y, x = np.nonzero(mask)
    return [int(box.left + x.mean()), int(box.top + y.mean())]


def _compared(truth: GroundTruth, parts: list[_Part]) -> Comparison:
    """What holes, parts and touching make of cells in this format, where its files are right."""
    area = {cell.id: 0 for cell in truth.cells}
    pieces = dict.fromkeys(area, 0)
    for number, _, mask in parts:
        area[number] += int(np.count_nonzero(mask))
        pieces[number] += 1
    holed = sum(cell.area < area[cell.id] for cell in truth.cells)
    split = sum(count > 1 for count in pieces.values())
    notes = []
    if holed:
        notes.append(f"{holed} cells have holes, which its polygons fill.")
    if split:
        notes.append(f"{split} cells of several parts are several objects each.")
    if touching := len(touching_pairs(truth.labels)):
        notes.append(f"{touching} pairs of touching cells run together in its masks and runs.")
    if truth.ignored is not None:
        notes.append("Ignored regions are background.")
    least = min((cell.area / area[cell.id] for cell in truth.cells), default=None)
    return Comparison(len(truth.cells), len(parts), exact=True, iou=least, notes=tuple(notes))
