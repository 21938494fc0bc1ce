"""Ground truth made for tests, written and read back."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from hypothesis import strategies as st

from napari_fncells.core.geometry import Box
from napari_fncells.core.labels import boxes
from napari_fncells.core.objects import CellObject, ObjectState, Origin
from napari_fncells.core.params.export import ExportParams
from napari_fncells.io.exporters import EXPORTERS, Comparison, GroundTruth
from napari_fncells.io.images import Image

STATES = (ObjectState.ACCEPTED, ObjectState.EDITED, ObjectState.ADDED, ObjectState.UNSURE)
PARAMS = ExportParams()


def truth_of(
    labels: np.ndarray,
    name: str = "Zelle ü.tif",
    *,
    ignored: np.ndarray | None = None,
    pixels: np.ndarray | None = None,
    pixel_size: float | None = None,
    split: str = "",
) -> GroundTruth:
    cells = tuple(
        CellObject(
            i, STATES[i % 4], Origin.HAND, Box.of(box), int(np.count_nonzero(labels[box] == i))
        )
        for i, box in boxes(labels).items()
    )
    picture = np.zeros(labels.shape, np.uint8) if pixels is None else pixels
    return GroundTruth(
        name,
        Path(name).stem,
        labels,
        cells,
        lambda: Image(picture, name=name),
        ignored=ignored,
        pixel_size=pixel_size,
        split=split,
    )


def write(form: str, folder: Path, *truths: GroundTruth, params: ExportParams = PARAMS) -> None:
    writer = EXPORTERS[form].writer(folder, params)
    for truth in truths:
        writer.add(truth)
    writer.close()


def read(form: str, folder: Path, truth: GroundTruth, params: ExportParams = PARAMS) -> Comparison:
    return EXPORTERS[form].reader(folder, params).compare(truth)


def round_trip(
    form: str, folder: Path, truth: GroundTruth, params: ExportParams = PARAMS
) -> Comparison:
    write(form, folder, truth, params=params)
    return read(form, folder, truth, params)


@st.composite
def labellings(draw: Callable[..., Any], most: int = 80_000) -> np.ndarray:
    """Labels with holes, several parts, cells that touch and lie on each border; or none."""
    shape = draw(st.tuples(st.integers(1, 14), st.integers(1, 14)))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    labels = np.zeros(shape, np.uint32)
    for i in draw(st.lists(st.integers(1, most), max_size=6, unique=True)):
        top, left = (int(rng.integers(0, side)) for side in shape)
        height, width = rng.integers(1, 9, 2)
        spot = labels[top : top + height, left : left + width]
        spot[rng.random(spot.shape) < rng.choice([0.4, 0.85, 1.0])] = i
    return labels if labels.max(initial=0) > 65_535 else labels.astype(np.uint16)


def odd_cells() -> np.ndarray:
    """Cells with a hole, in two parts, touching, at all borders and of one pixel."""
    labels = np.zeros((40, 50), np.uint16)
    labels[0:9, 0:12] = 1
    labels[3:6, 4:8] = 0
    labels[4, 5] = 2  # inside the hole of the first
    labels[0:9, 12:20] = 7
    labels[20:26, 3:9] = labels[28:33, 3:9] = 9
    labels[34:40, 40:50] = 500
    labels[33, 39] = 501  # touches by a corner
    labels[15:18, 49] = 65_535
    return labels


def many_cells(count: int = 66_000) -> np.ndarray:
    """More cells than 16 bits number, of one pixel each."""
    side = 2 * int(np.ceil(np.sqrt(count)))
    labels = np.zeros((side, side), np.uint32)
    spots = labels[::2, ::2].ravel()
    spots[:count] = np.arange(1, count + 1)
    labels[::2, ::2] = spots.reshape(side // 2, -1)
    return labels
