"""Label image as PNG of 16 bits: each cell's pixels have its id, 0 = background.

Ids above 65,535 do not fit: all cells are then numbered 1 to n in the order of their ids.
"""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image as PilImage
from PIL.PngImagePlugin import PngInfo

from napari_fncells.core.errors import UserError
from napari_fncells.core.labels import cell_pixels
from napari_fncells.core.params.export import ExportParams
from napari_fncells.io.exporters.agreement import IGNORED_LOST, compare_labels, unreadable
from napari_fncells.io.exporters.base import Comparison, GroundTruth, PerPicture
from napari_fncells.io.exporters.label_tiff import decoded
from napari_fncells.io.label_mark import PNG_KEY, PNG_VALUE

_MOST = 65_535


def _encode(truth: GroundTruth, _params: ExportParams) -> bytes:
    pixels = cell_pixels(truth.labels)
    ids = pixels.ids
    if ids.size > _MOST:
        raise UserError(
            f"{truth.name} has {ids.size:,} cells; a 16-bit PNG holds no more than {_MOST:,}.",
            "Choose label TIFF, which holds them all.",
        )
    fits = int(ids.max(initial=0)) <= _MOST
    numbers = ids if fits else np.arange(1, ids.size + 1)
    picture = pixels.picture(numbers.astype(np.uint16), truth.shape)
    marks = PngInfo()
    marks.add_text(PNG_KEY, PNG_VALUE)
    buffer = BytesIO()
    PilImage.fromarray(picture).save(buffer, format="PNG", pnginfo=marks, compress_level=3)
    return buffer.getvalue()


def _compare(path: Path, truth: GroundTruth, _params: ExportParams) -> Comparison:
    found = decoded(path)
    if found is None or found.dtype != np.uint16:
        return unreadable(truth, f"{path.name} does not read back as a 16-bit label image.")
    ids = sorted(cell.id for cell in truth.cells)
    notes = () if truth.ignored is None else (IGNORED_LOST,)
    if not ids or ids[-1] <= _MOST:
        return compare_labels(found, truth, path.name, notes=notes)
    numbers = {cell: number for number, cell in enumerate(ids, 1)}
    notes = (*notes, f"Ids above 65,535 do not fit: cells are numbered 1 to {len(ids)}.")
    return compare_labels(found, truth, path.name, numbers=numbers, notes=notes)


LABEL_PNG = PerPicture(
    "label-png",
    "Label images, PNG 16 bit",
    "Read by everything that reads 16 bits; up to 65,535 cells, does not hold states.",
    ".png",
    _encode,
    _compare,
)
