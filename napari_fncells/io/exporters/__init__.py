"""Formats of ground truth: one a file, all in one registry."""

from __future__ import annotations

from napari_fncells.io.exporters.base import (
    Comparison,
    Exporter,
    GroundTruth,
    PerPicture,
    Reader,
    Writer,
)
from napari_fncells.io.exporters.binary_png import BINARY_PNG, BINARY_PNG_GAP
from napari_fncells.io.exporters.boxes_csv import BOXES_CSV
from napari_fncells.io.exporters.coco import COCO
from napari_fncells.io.exporters.counts_csv import COUNTS_CSV
from napari_fncells.io.exporters.fnc_v2 import FNC_V2
from napari_fncells.io.exporters.imagej_roi import IMAGEJ_ROI
from napari_fncells.io.exporters.label_png import LABEL_PNG
from napari_fncells.io.exporters.label_tiff import LABEL_TIFF
from napari_fncells.io.exporters.ngff import OME_ZARR
from napari_fncells.io.exporters.objects_csv import OBJECTS_CSV
from napari_fncells.io.exporters.points_csv import POINTS_CSV
from napari_fncells.io.exporters.qupath_geojson import QUPATH_GEOJSON
from napari_fncells.io.exporters.via import VIA
from napari_fncells.io.exporters.voc import VOC
from napari_fncells.io.exporters.yolo_boxes import YOLO_BOXES
from napari_fncells.io.exporters.yolo_segments import YOLO_SEGMENTS

# In the order in which people are offered them
EXPORTERS: dict[str, Exporter] = {
    exporter.name: exporter
    for exporter in (
        BINARY_PNG,
        BINARY_PNG_GAP,
        LABEL_TIFF,
        LABEL_PNG,
        COCO,
        YOLO_BOXES,
        YOLO_SEGMENTS,
        VIA,
        VOC,
        FNC_V2,
        IMAGEJ_ROI,
        QUPATH_GEOJSON,
        OME_ZARR,
        POINTS_CSV,
        BOXES_CSV,
        COUNTS_CSV,
        OBJECTS_CSV,
    )
}

__all__ = [
    "EXPORTERS",
    "Comparison",
    "Exporter",
    "GroundTruth",
    "PerPicture",
    "Reader",
    "Writer",
]
