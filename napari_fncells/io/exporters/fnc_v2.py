"""FNC v2's own set of folders: pictures, masks, runs, Pascal VOC, COCO and VIA, and metadata.

As the release has them, but for three things: contours are not cut to 50 points, touching cells
have contours of their own, and runs are pickles of plain values.
"""

from __future__ import annotations

import contextlib
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np

from napari_fncells.core.errors import UserError
from napari_fncells.core.params.export import ExportParams
from napari_fncells.io.atomic import write_atomic
from napari_fncells.io.binary_png import encode_binary
from napari_fncells.io.exporters.base import GroundTruth, Reader, Writer
from napari_fncells.io.exporters.fnc_files import (
    coco_annotation,
    coco_file,
    coco_image,
    rle_file,
    via_picture,
    voc_file,
)
from napari_fncells.io.exporters.fnc_layout import FncLayout
from napari_fncells.io.exporters.fnc_objects import objects_of
from napari_fncells.io.exporters.fnc_reader import FncReader
from napari_fncells.io.images import Image

_PNG_DTYPES = (np.dtype(np.uint8), np.dtype(np.uint16))
_PNG_MAGIC = b"\x89PNG\r\n\x1a\n"


@dataclass
class _Set:
    """What one part of the set has gathered for its common files."""

    images: list[dict[str, Any]] = field(default_factory=list)
    annotations: list[dict[str, Any]] = field(default_factory=list)
    via: dict[str, Any] = field(default_factory=dict)


@dataclass
class _FncWriter:
    folder: Path
    params: ExportParams
    sets: dict[str, _Set] = field(default_factory=dict)

    def add(self, truth: GroundTruth) -> None:
        place = FncLayout.of(self.folder, truth.split, self.params.category)
        place.make()
        image = truth.read_pixels()
        picture = _picture(image, truth)
        objects = objects_of(truth)
        marker = self.params.category
        files = {
            place.image(truth.stem): picture,
            place.mask(truth.stem): encode_binary(truth.labels),
            place.rle(truth.stem): rle_file(truth.labels > 0),
            place.voc(truth.stem): voc_file(truth, objects, place.part, marker),
            place.metadata(truth.stem): _metadata(image, truth),
        }
        for path, data in files.items():
            write_atomic(path, data, replace=False)
        gathered = self.sets.setdefault(truth.split, _Set())
        gathered.images.append(coco_image(truth, place.part))
        gathered.annotations.append(coco_annotation(truth, objects))
        key = f"{truth.stem}.png{len(picture)}"
        gathered.via[key] = via_picture(truth, objects, len(picture))

    def close(self) -> None:
        merged: dict[Path, _Set] = {}
        for split, gathered in self.sets.items():
            place = FncLayout.of(self.folder, split, self.params.category)
            whole = merged.setdefault(place.root, _Set())
            whole.images += gathered.images
            whole.annotations += gathered.annotations
            whole.via |= gathered.via
        for split in self.sets:
            place = FncLayout.of(self.folder, split, self.params.category)
            found = merged.pop(place.root, None)
            if found is not None:
                data = coco_file(found.images, found.annotations)
                write_atomic(place.coco, data, replace=False)
                write_atomic(place.via, json.dumps(found.via).encode(), replace=False)


def _picture(image: Image, truth: GroundTruth) -> bytes:
    """The picture as PNG: its very file where that is one.

    Raises
    ------
    UserError
        PNG cannot hold its pixels.
    """
    with contextlib.suppress(OSError):  # it has gone since
        data = image.path.read_bytes() if image.path is not None else b""
        if data.startswith(_PNG_MAGIC):
            return data
    pixels = image.pixels
    if pixels.dtype not in _PNG_DTYPES or (pixels.ndim == 3 and pixels.shape[2] not in (1, 3)):
        sides = " x ".join(map(str, pixels.shape))
        raise UserError(
            f"{truth.name} ({sides}, {pixels.dtype}) cannot be written as PNG.",
            "Leave out FNC v2's folders, or export pictures of 8 or 16 bit, grey or RGB.",
        )
    return bytes(imagecodecs.png_encode(np.ascontiguousarray(pixels), level=1))


def _metadata(image: Image, truth: GroundTruth) -> bytes:
    values = {
        "Source file": truth.name,
        "SHA-256": image.sha256 or "",
        "Image height": truth.shape[0],
        "Image width": truth.shape[1],
        "Pixel size (um)": truth.pixel_size or "",
        "Notes": " ".join(image.notes),
    }
    lines = ["# What is known of the picture", *(f"{k}\t{v}" for k, v in values.items())]
    return ("\n".join(lines) + "\n").encode("utf-8", "backslashreplace")


@dataclass(frozen=True)
class FncExporter:
    """Writes and reads folders as FNC v2 has them."""

    name: str = "fnc-v2"
    title: str = "Folders of FNC v2 (masks, RLE, VOC, COCO, VIA)"
    about: str = (
        "Read by what was written for Fluorescent Neuronal Cells v2, with the pictures; holes are "
        "lost in its polygons, and cells that touch run together in its masks."
    )

    def writer(self, folder: Path, params: ExportParams) -> Writer:
        """Begin to write into a folder."""
        return _FncWriter(folder, params)

    def reader(self, folder: Path, params: ExportParams) -> Reader:
        """Begin to read what was written there."""
        return FncReader(folder, params)


FNC_V2 = FncExporter()
