"""Boxes of cells for YOLO: centre, width and height in shares of the picture's."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray
from skimage.measure import regionprops

from napari_fncells.core.labels import dense
from napari_fncells.io.exporters.agreement import outline_problem
from napari_fncells.io.exporters.base import Comparison, GroundTruth
from napari_fncells.io.exporters.yolo import Points, YoloSet

# Above what nine decimals leave of a pixel
_TOLERANCE_PX = 1e-3


def _lines(truth: GroundTruth) -> Iterator[Points]:
    height, width = truth.shape
    for cell in truth.cells:
        box = cell.box
        centre = (box.left + box.right) / 2 / width, (box.top + box.bottom) / 2 / height
        yield np.array([centre, (box.width / width, box.height / height)])


def _compare(
    lines: Sequence[Points], truth: GroundTruth, file: str, notes: tuple[str, ...], /
) -> Comparison:
    _, numbers = dense(truth.labels)
    expected = [_centred(region.bbox) for region in regionprops(numbers)]
    ids = [cell.id for cell in truth.cells]
    changed = tuple(
        i for i, line, box in zip(ids, lines, expected, strict=False) if not _same(line, box)
    )
    lost = tuple(ids[len(lines) :])
    problem = outline_problem(file, lost, changed, len(lines) - len(ids))
    return Comparison(
        len(ids),
        len(lines),
        exact=not problem,
        lost=lost,
        changed=changed,
        notes=notes,
        problem=problem,
    )


def _centred(bbox: tuple[int, int, int, int]) -> NDArray[np.float64]:
    top, left, bottom, right = bbox
    return np.array([((left + right) / 2, (top + bottom) / 2), (right - left, bottom - top)])


def _same(line: Points, box: NDArray[np.float64]) -> bool:
    return line.shape == box.shape and bool((np.abs(line - box) <= _TOLERANCE_PX).all())


YOLO_BOXES = YoloSet(
    "yolo-boxes",
    "YOLO boxes",
    "Trained on by ultralytics' detectors; holds tight boxes, no outlines, ids or states.",
    _lines,
    _compare,
)
