"""ROIs of ImageJ, one zip a picture: `<id>.roi` for each cell, along the edges of its pixels.

A cell of one part without holes is a traced polygon, any other a composite; both cover the same
pixels in ImageJ as here. The state is a property of the ROI. Regions left undecided are one more
ROI, `ignored`.
"""

from __future__ import annotations

import zipfile
from io import BytesIO
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from roifile import ROI_TYPE, ImagejRoi

from napari_fncells.core.errors import UserError
from napari_fncells.core.params.export import ExportParams
from napari_fncells.core.polygons import Parts, outline, outlines
from napari_fncells.io.exporters.agreement import (
    Rings,
    compare_outlines,
    same_region,
    unreadable,
)
from napari_fncells.io.exporters.base import Comparison, GroundTruth, PerPicture
from napari_fncells.io.roi import SUFFIX, RoiError, rings_of, rois_in

IGNORED = "ignored"

# ImageJ takes box sides below -5,000 for ones above 32,767, see its RoiDecoder
_LONGEST_SIDE = 60_535
_MOVE, _LINE, _CLOSE = 0.0, 1.0, 4.0
_EPOCH = (1980, 1, 1, 0, 0, 0)


def _encode(truth: GroundTruth, _params: ExportParams) -> bytes:
    if max(truth.shape) > _LONGEST_SIDE:
        raise UserError(
            f"{truth.name} has a side of {max(truth.shape):,} pixels; ROIs of ImageJ end at "
            f"{_LONGEST_SIDE:,}.",
            "Choose QuPath GeoJSON, which holds pictures of any size.",
        )
    buffer = BytesIO()
    parts = outlines(truth.labels)
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for cell in truth.cells:
            roi = _roi(str(cell.id), parts[cell.id], f"state: {cell.state}\n")
            archive.writestr(_entry(roi), roi.tobytes())
        if truth.ignored is not None and truth.ignored.any():
            roi = _roi(IGNORED, outline(truth.ignored), f"state: {IGNORED}\n")
            archive.writestr(_entry(roi), roi.tobytes())
    return buffer.getvalue()


def _entry(roi: ImagejRoi) -> zipfile.ZipInfo:
    """The same at every export."""
    entry = zipfile.ZipInfo(f"{roi.name}{SUFFIX}", _EPOCH)
    entry.compress_type = zipfile.ZIP_DEFLATED
    return entry


def _roi(name: str, parts: Parts, props: str) -> ImagejRoi:
    rings = [ring for part in parts for ring in part.rings]
    if len(rings) == 1:
        roi: ImagejRoi = ImagejRoi.frompoints(rings[0].astype(np.int64), name=name)
        roi.roitype = ROI_TYPE.TRACED
        roi.right, roi.bottom = roi.right - 1, roi.bottom - 1  # points lie on edges
    else:
        roi = _composite(rings)
        roi.name = name
    roi.props = props
    return roi


def _composite(rings: Rings) -> ImagejRoi:
    every = np.concatenate(rings)
    left, top = every.min(axis=0).astype(int)
    right, bottom = every.max(axis=0).astype(int)
    path = np.concatenate([_path(ring) for ring in rings]).astype(np.float32)
    return ImagejRoi(
        roitype=ROI_TYPE.RECT,
        top=int(top),
        left=int(left),
        bottom=int(bottom),
        right=int(right),
        multi_coordinates=path,
        shape_roi_size=path.size,
    )


def _path(ring: NDArray[np.float64]) -> NDArray[np.float64]:
    steps = np.insert(ring, 0, _LINE, axis=1)
    steps[0, 0] = _MOVE
    return np.append(steps.ravel(), _CLOSE)


def _compare(path: Path, truth: GroundTruth, _params: ExportParams) -> Comparison:
    try:
        rois = _read(path)
    except (OSError, RoiError) as error:
        return unreadable(truth, f"{path.name} does not read back as ROIs of ImageJ ({error}).")
    ignored = rois.pop(IGNORED, None)
    if not _is_ignored(ignored, truth):
        return unreadable(truth, f"{path.name} does not hold the ignored regions.")
    states = {str(cell.id): str(cell.state) for cell in truth.cells}
    for name, (state, _) in rois.items():
        if states.get(name, state) != state:
            return unreadable(truth, f"{path.name} has another state for cell {name}.")
    rings = {int(name): rings for name, (_, rings) in rois.items() if name in states}
    return compare_outlines(rings, len(rois), truth, path.name)


def _read(path: Path) -> dict[str, tuple[str, Rings]]:
    """State and rings of each ROI by its name."""
    found: dict[str, tuple[str, Rings]] = {}
    for entry, roi in rois_in(path):
        if f"{roi.name}{SUFFIX}" != entry or roi.name in found:
            raise RoiError(f"{entry} holds the ROI {roi.name!r}")
        found[roi.name] = str(roi.properties.get("state", "")), rings_of(roi)
    return found


def _is_ignored(found: tuple[str, Rings] | None, truth: GroundTruth) -> bool:
    if truth.ignored is None or not truth.ignored.any():
        return found is None
    return found is not None and same_region(found[1], truth.ignored)


IMAGEJ_ROI = PerPicture(
    "imagej-roi",
    "ImageJ ROIs, zip",
    "Opened in ImageJ's and Fiji's ROI Manager; exact, with ids, states and ignored regions.",
    ".zip",
    _encode,
    _compare,
)
