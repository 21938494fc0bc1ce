"""The files of annotations that FNC v2 is released with: their content from its objects.

Source: clissa/fluocells-scientific-data, fluocells/utils/annotations.py, for the names of keys.
"""

from __future__ import annotations

import json
import pickle
import xml.etree.ElementTree as ET
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pycocotools import mask as coco_mask

from napari_fncells.core.objects import ObjectState
from napari_fncells.io.exporters.base import GroundTruth
from napari_fncells.io.exporters.fnc_objects import FncObject
from napari_fncells.io.exporters.voc import plain_name

DATABASE = "napari-fncells"
_CATEGORY = 1
_PROTOCOL = 4


def segmentation_type(truth: GroundTruth) -> str:
    """'manual' where every cell was made by hand, else 'semi-automatic'."""
    by_hand = all(cell.state is ObjectState.ADDED for cell in truth.cells)
    return "manual" if by_hand else "semi-automatic"


def rle_file(mask: NDArray[np.bool_]) -> bytes:
    """Pickle of the runs of a (Y, X) mask: a dictionary of a list and of bytes."""
    code = coco_mask.encode(np.asfortranarray(mask.view(np.uint8)))
    plain = {"size": [int(side) for side in code["size"]], "counts": bytes(code["counts"])}
    return pickle.dumps(plain, protocol=_PROTOCOL)


def voc_file(truth: GroundTruth, objects: Sequence[FncObject], part: str, marker: str) -> bytes:
    """XML of one picture: polygon, box (xmax and ymax outside) and dot of each object."""
    root = ET.Element("annotation")
    height, width = truth.shape
    head: dict[str, Any] = {
        "split": part,
        "filename": plain_name(f"{truth.stem}.png"),
        "path": plain_name(f"images/{truth.stem}.png"),
        "source": {"database": DATABASE, "url": ""},
        "version": "",
        "size": {"width": width, "height": height, "depth": 1},
        "segmentation_type": segmentation_type(truth),
        "count": len(objects),
    }
    _add(root, head)
    for item in objects:
        left, top, across, down = item.box
        entry = ET.SubElement(root, "object")
        _add(entry, {"marker": marker, "marked_structure": ""})
        polygon = ET.SubElement(entry, "polygon")
        for x, y in item.contour:
            _add(ET.SubElement(polygon, "pt"), {"x": x, "y": y})
        box = {"xmin": left, "ymin": top, "xmax": left + across, "ymax": top + down}
        _add(entry, {"bndbox": box, "dot": {"x": item.dot[0], "y": item.dot[1]}})
    ET.indent(root, "\t")
    data: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return data


def _add(parent: ET.Element, values: Mapping[str, Any]) -> None:
    for key, value in values.items():
        child = ET.SubElement(parent, key)
        if isinstance(value, Mapping):
            _add(child, value)
        else:
            child.text = str(value)


def coco_image(truth: GroundTruth, part: str) -> dict[str, Any]:
    """A picture in FNC v2's form of COCO."""
    height, width = truth.shape
    return {
        "id": truth.stem,
        "width": width,
        "height": height,
        "file_name": f"{truth.stem}.png",
        "split": part,
        "path": f"images/{truth.stem}.png",
        "license": 1,
    }


def coco_annotation(truth: GroundTruth, objects: Sequence[FncObject]) -> dict[str, Any]:
    """The one annotation of a picture in FNC v2's form of COCO: lists side by side."""
    return {
        "image_id": truth.stem,
        "category_id": _CATEGORY,
        "segmentation_type": segmentation_type(truth),
        "segmentation": [item.contour for item in objects],
        "bbox": [item.box for item in objects],
        "area": [item.area for item in objects],
        "dots": [item.dot for item in objects],
        "count": len(objects),
        "iscrowd": 0,
    }


def coco_file(images: list[dict[str, Any]], annotations: list[dict[str, Any]]) -> bytes:
    """FNC v2's form of COCO, which has no categories."""
    info = {"description": "In the form of Fluorescent Neuronal Cells v2", "contributor": DATABASE}
    content = {"info": info, "images": images, "annotations": annotations, "licenses": []}
    return json.dumps(content, allow_nan=False).encode()


def via_picture(truth: GroundTruth, objects: Sequence[FncObject], size: int) -> dict[str, Any]:
    """A picture of VIA's annotations; `size` is that of the picture's file, in bytes."""
    regions = [
        {
            "shape_attributes": {
                "name": "polygon",
                "all_points_x": [x for x, _ in item.contour],
                "all_points_y": [y for _, y in item.contour],
            },
            "region_attributes": {},
        }
        for item in objects
    ]
    return {
        "filename": f"{truth.stem}.png",
        "size": size,
        "regions": regions,
        "file_attributes": {},
    }
