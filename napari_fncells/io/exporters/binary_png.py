"""Binary masks as PNG, as a format of a set."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np

from napari_fncells.core.binary import binary_mask, component_count, touching_pairs
from napari_fncells.core.params.export import ExportParams
from napari_fncells.io.binary_png import encode_binary, verify_binary
from napari_fncells.io.exporters.base import Comparison, GroundTruth, PerPicture
from napari_fncells.io.proof import VerificationError


def _encode(truth: GroundTruth, params: ExportParams, *, gap: bool) -> bytes:
    return encode_binary(
        truth.labels, gap=gap, ignored=truth.ignored, ignore_value=params.ignore_value
    )


def _compare(path: Path, truth: GroundTruth, params: ExportParams, *, gap: bool) -> Comparison:
    cells = len(truth.cells)
    try:
        verify_binary(
            path, truth.labels, gap=gap, ignored=truth.ignored, ignore_value=params.ignore_value
        )
    except VerificationError as error:
        return Comparison(cells, 0, exact=False, problem=error.sentence)
    kept = binary_mask(truth.labels, gap=gap)
    left = set(np.unique(truth.labels[kept]).tolist())
    touching = len(touching_pairs(truth.labels))
    notes = []
    if touching and not gap:
        notes.append(f"{touching} pairs of touching cells run together.")
    if truth.ignored is not None and not params.ignore_value:
        notes.append("Ignored regions are background.")
    return Comparison(
        cells,
        component_count(kept),
        exact=True,
        lost=tuple(cell.id for cell in truth.cells if cell.id not in left),
        notes=tuple(notes),
    )


BINARY_PNG = PerPicture(
    "binary-png",
    "Binary masks, PNG 0/255",
    "Read by everything; cells that touch run together.",
    ".png",
    partial(_encode, gap=False),
    partial(_compare, gap=False),
)
BINARY_PNG_GAP = PerPicture(
    "binary-png-gap",
    "Binary masks with 1-px gaps, PNG 0/255",
    "As above, with a line of background between cells that touch.",
    ".png",
    partial(_encode, gap=True),
    partial(_compare, gap=True),
)
