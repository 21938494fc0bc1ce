"""ROIs of ImageJ: files of one or, zipped, of many, read within bounds, and what they draw."""

from __future__ import annotations

import math
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from roifile import ROI_OPTIONS, ROI_SUBTYPE, ROI_TYPE, ImagejRoi

from napari_fncells.core.errors import UserError
from napari_fncells.io.datasets.zip_check import Limits, check_members

SUFFIX = ".roi"

_AREAS = {ROI_TYPE.POLYGON, ROI_TYPE.FREEHAND, ROI_TYPE.TRACED}
_PLAIN = {ROI_SUBTYPE.UNDEFINED, ROI_SUBTYPE.ELLIPSE, ROI_SUBTYPE.ROTATED_RECT}
# A ROI of a hundred thousand points has under a megabyte
_LIMITS = Limits(files=200_000, total=1 << 29, ratio=200, ratio_from=1 << 20)
_ELLIPSE_POINTS = 256

Points = NDArray[np.float64]


class RoiError(ValueError):
    """A ROI has no area, or cannot be drawn here."""


def rois_in(path: Path) -> Iterator[tuple[str, ImagejRoi]]:
    """Read the ROIs of a zip or of a single `.roi`; entries that are none are passed over.

    Yields
    ------
    name, roi
        Name of the entry, and what it holds.

    Raises
    ------
    RoiError
        A ROI or the archive is broken or unsafe.
    OSError
        The file cannot be read.
    """
    if not zipfile.is_zipfile(path):
        yield path.name, _parsed(path.read_bytes(), path.name)
        return
    try:
        with zipfile.ZipFile(path) as archive:
            for member in check_members(archive.infolist(), path.name, _LIMITS):
                if member.parts[-1].lower().endswith(SUFFIX):
                    with archive.open(member.info) as stream:
                        data = stream.read(member.info.file_size)
                    yield "/".join(member.parts), _parsed(data, member.parts[-1])
    except UserError as error:
        raise RoiError(error.sentence) from error
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError) as error:
        raise RoiError("the archive is damaged") from error


def rings_of(roi: ImagejRoi) -> list[Points]:
    """Rings of a ROI with an area: (N, 2) float64 (x, y), along edges; holes alike.

    Raises
    ------
    RoiError
        It is a line, a point or of a kind that is not known.
    """
    if roi.composite:
        return _path(roi)
    box = _box(roi)
    if roi.roitype == ROI_TYPE.RECT:
        left, top, right, bottom = box
        return [np.array([(left, top), (right, top), (right, bottom), (left, bottom)])]
    if roi.roitype == ROI_TYPE.OVAL:
        left, top, right, bottom = box
        turn = np.linspace(0, 2 * math.pi, _ELLIPSE_POINTS, endpoint=False)
        x = (left + right) / 2 + np.cos(turn) * (right - left) / 2
        return [np.stack([x, (top + bottom) / 2 + np.sin(turn) * (bottom - top) / 2], axis=1)]
    if roi.roitype not in _AREAS or roi.subtype not in _PLAIN:
        raise RoiError("it has no area")
    return [_points(roi)]


def _parsed(data: bytes, name: str) -> ImagejRoi:
    try:
        return ImagejRoi.frombytes(data)
    except Exception as error:  # whatever a broken one makes of the parser
        raise RoiError(f"{name} is no ROI") from error


def _box(roi: ImagejRoi) -> tuple[float, float, float, float]:
    if roi.subpixelrect:
        return roi.xd, roi.yd, roi.xd + roi.widthd, roi.yd + roi.heightd
    return float(roi.left), float(roi.top), float(roi.right), float(roi.bottom)


def _points(roi: ImagejRoi) -> Points:
    if roi.options & ROI_OPTIONS.SUB_PIXEL_RESOLUTION and roi.subpixel_coordinates is not None:
        return np.asarray(roi.subpixel_coordinates, dtype=np.float64)
    if roi.integer_coordinates is None:
        raise RoiError("it has no points")
    points: Points = np.asarray(roi.integer_coordinates, np.float64) + np.array(
        [roi.left, roi.top]
    )
    return points


def _path(roi: ImagejRoi) -> list[Points]:
    """Rings of a composite: moves (0), lines (1) and closings (4); curves are drawn as lines."""
    values = np.asarray(roi.multi_coordinates, dtype=np.float64)
    if not np.isfinite(values).all():
        raise RoiError("its outline is broken")
    rings: list[list[tuple[float, float]]] = []
    steps = iter(values.tolist())
    lengths = {0: 1, 1: 1, 2: 2, 3: 3}
    try:
        for step in steps:
            if step == 4:
                continue
            points = [(next(steps), next(steps)) for _ in range(lengths[int(step)])]
            if step == 0:
                rings.append([])
            rings[-1].append(points[-1])
    except (KeyError, IndexError, StopIteration, RuntimeError) as error:
        raise RoiError("its outline is broken") from error
    return [np.array(ring) for ring in rings]
