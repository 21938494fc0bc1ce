"""Pascal VOC: an XML file a picture with the box of each cell, read back by defusedxml.

As in the VOC challenge, the first pixel is 1, and xmax and ymax are the last pixels inside.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections import Counter
from pathlib import Path

import defusedxml.ElementTree as SafeET
import numpy as np
from defusedxml import DefusedXmlException
from numpy.typing import NDArray

from napari_fncells.core.geometry import Box
from napari_fncells.core.labels import boxes, label
from napari_fncells.core.params.export import ExportParams
from napari_fncells.io.exporters.agreement import named, unreadable
from napari_fncells.io.exporters.base import Comparison, GroundTruth, PerPicture
from napari_fncells.io.printable import printable

_Corners = tuple[int, int, int, int]
_Entry = tuple[_Corners, bool]
"""A box, and whether the border of the picture cuts it."""


def plain_name(name: str) -> str:
    """A file name as XML can hold it: bytes that are no text are written out."""
    told = printable(name)
    return "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in told)


def _encode(truth: GroundTruth, params: ExportParams) -> bytes:
    root = ET.Element("annotation")
    ET.SubElement(root, "folder")
    ET.SubElement(root, "filename").text = plain_name(truth.name)
    ET.SubElement(ET.SubElement(root, "source"), "database").text = "napari-fncells"
    size = ET.SubElement(root, "size")
    height, width = truth.shape
    depth = truth.read_pixels().pixels.shape[2:] or (1,)
    for key, value in (("width", width), ("height", height), ("depth", depth[0])):
        ET.SubElement(size, key).text = str(value)
    ET.SubElement(root, "segmented").text = "0"
    for cell in truth.cells:
        _add(root, params.category, cell.box, truth.shape, difficult=False)
    for box in _regions(truth.ignored):
        _add(root, params.category, box, truth.shape, difficult=True)
    ET.indent(root, "\t")
    data: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return data + b"\n"


def _add(
    root: ET.Element, category: str, box: Box, shape: tuple[int, int], *, difficult: bool
) -> None:
    item = ET.SubElement(root, "object")
    ET.SubElement(item, "name").text = category
    ET.SubElement(item, "pose").text = "Unspecified"
    ET.SubElement(item, "truncated").text = str(int(_cut(box, shape)))
    ET.SubElement(item, "difficult").text = str(int(difficult))
    corners = ET.SubElement(item, "bndbox")
    for key, value in zip(("xmin", "ymin", "xmax", "ymax"), _corners(box), strict=True):
        ET.SubElement(corners, key).text = str(value)


def _corners(box: Box) -> _Corners:
    return box.left + 1, box.top + 1, box.right, box.bottom


def _cut(box: Box, shape: tuple[int, int]) -> bool:
    return box.top == 0 or box.left == 0 or box.bottom == shape[0] or box.right == shape[1]


def _entry(box: Box, truth: GroundTruth) -> _Entry:
    return _corners(box), _cut(box, truth.shape)


def _regions(ignored: NDArray[np.bool_] | None) -> list[Box]:
    return [] if ignored is None else [Box.of(box) for box in boxes(label(ignored)).values()]


def _compare(path: Path, truth: GroundTruth, params: ExportParams) -> Comparison:
    try:
        root = read_xml(path)
        problem = _wrong_head(root, truth)
        cells, difficult = _read(root, params)
    except (OSError, ValueError) as error:
        return unreadable(truth, f"{path.name} does not read back as Pascal VOC ({error!r}).")
    expected = Counter(_entry(cell.box, truth) for cell in truth.cells)
    missing = expected - cells
    lost = []
    for cell in truth.cells:
        if missing[_entry(cell.box, truth)] > 0:
            missing[_entry(cell.box, truth)] -= 1
            lost.append(cell.id)
    if lost:
        problem = f"reads back without the boxes of the cells {named(tuple(lost))}"
    elif cells != expected:
        problem = f"reads back with {cells.total()} boxes for {len(truth.cells)} cells"
    elif difficult != Counter(_entry(box, truth) for box in _regions(truth.ignored)):
        problem = "reads back with other ignored regions"
    notes = () if truth.ignored is None else ("Of ignored regions it holds the boxes alone.",)
    return Comparison(
        len(truth.cells),
        cells.total(),
        exact=not problem,
        lost=tuple(lost),
        notes=notes,
        problem=f"{path.name} {problem}." if problem else "",
    )


def read_xml(path: Path) -> ET.Element:
    """Outermost element of a file, in which no entity is resolved.

    Raises
    ------
    OSError
        It cannot be read.
    ValueError
        It is no XML, or unsafe.
    """
    try:
        root: ET.Element = SafeET.fromstring(path.read_bytes(), forbid_dtd=True)
    except (ET.ParseError, DefusedXmlException, LookupError) as error:  # an unknown encoding
        raise ValueError(str(error)) from error
    return root


def _wrong_head(root: ET.Element, truth: GroundTruth) -> str:
    size = root.findtext("size/height"), root.findtext("size/width")
    if root.tag != "annotation" or size != tuple(map(str, truth.shape)):
        return "gives the picture another size"
    return "" if root.findtext("filename") == plain_name(truth.name) else "names another picture"


def _read(root: ET.Element, params: ExportParams) -> tuple[Counter[_Entry], Counter[_Entry]]:
    """Boxes of cells and of ignored regions."""
    found: tuple[Counter[_Entry], Counter[_Entry]] = (Counter(), Counter())
    for item in root.findall("object"):
        if item.findtext("name") != params.category:
            raise ValueError(f"an object is no {params.category}")
        keys = ("xmin", "ymin", "xmax", "ymax")
        left, top, right, bottom = (int(item.findtext(f"bndbox/{key}", "")) for key in keys)
        difficult, cut = (
            ("0", "1").index(item.findtext(key, "")) for key in ("difficult", "truncated")
        )
        found[difficult][(left, top, right, bottom), bool(cut)] += 1
    return found


VOC = PerPicture(
    "voc",
    "Pascal VOC boxes, XML",
    "Read by most detection tools; boxes alone, pixels from 1, xmax and ymax inside.",
    ".xml",
    _encode,
    _compare,
)
