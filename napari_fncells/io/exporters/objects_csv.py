"""Table of all cells as CSV, one file for the set: place, shape and intensities of each.

Shapes are measured by scikit-image, on pixels' middles. The ring of a cell is the background
within 5 px of it, without other cells and ignored regions; contrast is mean less ring.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from skimage.measure import regionprops

from napari_fncells.core.errors import UserError
from napari_fncells.core.geometry import Box
from napari_fncells.core.labels import dense
from napari_fncells.core.params.export import ExportParams
from napari_fncells.io.atomic import write_atomic
from napari_fncells.io.exporters.agreement import unreadable
from napari_fncells.io.exporters.base import Comparison, GroundTruth
from napari_fncells.io.exporters.counts_csv import rows_by_stem
from napari_fncells.io.exporters.measures import (
    RING_PX,
    CellMeasures,
    ChannelMeasures,
    measured_anew,
    planes_of,
)
from napari_fncells.io.exporters.sheet import (
    Row,
    compare_rows,
    encode_head,
    encode_rows,
    micrometres,
)

FILE = "objects.csv"
COLUMNS = (
    "image", "stem", "id", "state", "area_px", "area_um2", "x", "y", "x_um", "y_um",
    "left", "top", "width", "height", "diameter_px", "diameter_um", "eccentricity", "solidity",
)  # fmt: skip
CHANNEL_COLUMNS = ("mean", "min", "max", "ring", "contrast")
"""Followed by the channel's number, from 0."""

_ROUND = np.hypot(*np.mgrid[-RING_PX : RING_PX + 1, -RING_PX : RING_PX + 1]) <= RING_PX
# Between figures of the two ways of computing; a root of almost nothing is not almost nothing
_SLACK = {"eccentricity": 1e-6}
_SLACK_SHARE = 1e-12


@dataclass(frozen=True)
class ObjectsCsv:
    """The cells of a set."""

    name: str = "objects-csv"
    title: str = "Object table, CSV"
    about: str = "Place, shape and intensities of every cell in one table; holds no outlines."

    def writer(self, folder: Path, _params: ExportParams) -> _Writer:
        """Begin to write into a folder."""
        return _Writer(folder)

    def reader(self, folder: Path, _params: ExportParams) -> _Reader:
        """Begin to read what was written there."""
        return _Reader(folder)


@dataclass
class _Writer:
    folder: Path
    # Each with its number of channels: where others have more, empty cells follow
    lines: list[tuple[bytes, int]] = field(default_factory=list)

    def add(self, truth: GroundTruth) -> None:
        planes = planes_of(truth)
        columns = (*COLUMNS, *channel_columns(len(planes)))
        for cell, measures in zip(truth.cells, _measured(truth, planes), strict=True):
            row = as_row(truth, cell.id, cell.state, measures)
            self.lines.append((encode_rows([row], columns), len(planes)))

    def close(self) -> None:
        most = max((channels for _, channels in self.lines), default=1)
        data = bytearray(encode_head((*COLUMNS, *channel_columns(most))))
        for line, channels in self.lines:
            missing = b"," * (len(CHANNEL_COLUMNS) * (most - channels))
            data += line.removesuffix(b"\r\n") + missing + b"\r\n"
        write_atomic(self.folder / FILE, bytes(data), replace=False)


@dataclass
class _Reader:
    folder: Path

    @cached_property
    def rows(self) -> dict[str, list[dict[str, str]]] | None:
        """By stem."""
        return rows_by_stem(self.folder / FILE)

    def compare(self, truth: GroundTruth) -> Comparison:
        """Measure the cells anew, by other means, and compare."""
        if self.rows is None:
            return unreadable(truth, f"{FILE} does not read back as a table.")
        try:
            planes = planes_of(truth)
        except UserError as error:
            return unreadable(truth, error.sentence)
        rows = [_without_others(row, len(planes)) for row in self.rows.get(truth.stem, [])]
        expected, slack = {}, {}
        for cell, measures in zip(truth.cells, measured_anew(truth, planes), strict=True):
            expected[cell.id] = as_row(truth, cell.id, cell.state, measures)
            slack[cell.id] = _slack(measures)
        notes = () if truth.ignored is None else ("Ignored regions are not in it.",)
        return compare_rows(rows, expected, truth, FILE, slack=slack, notes=notes)


def channel_columns(channels: int) -> tuple[str, ...]:
    """Columns of so many channels."""
    return tuple(f"{name}_{k}" for k in range(channels) for name in CHANNEL_COLUMNS)


def as_row(truth: GroundTruth, cell: int, state: str, measures: CellMeasures) -> Row:
    """Measures of a cell by column."""
    box, size = measures.box, truth.pixel_size
    values = (
        truth.name,
        truth.stem,
        cell,
        str(state),
        measures.area,
        None if size is None else measures.area * size**2,
        measures.x,
        measures.y,
        micrometres(measures.x, size),
        micrometres(measures.y, size),
        box.left,
        box.top,
        box.width,
        box.height,
        measures.diameter,
        micrometres(measures.diameter, size),
        measures.eccentricity,
        measures.solidity,
    )
    row = dict(zip(COLUMNS, values, strict=True))
    for k, channel in enumerate(measures.channels):
        row |= {f"{name}_{k}": getattr(channel, name) for name in CHANNEL_COLUMNS}
    return row


def _measured(truth: GroundTruth, planes: Sequence[NDArray[np.generic]]) -> list[CellMeasures]:
    _, numbers = dense(truth.labels)
    free = numbers == 0 if truth.ignored is None else (numbers == 0) & ~truth.ignored
    found = []
    for region in regionprops(numbers):
        y, x = region.centroid
        box = Box(*(int(side) for side in region.bbox))
        wide = box.padded(RING_PX).clip(truth.shape)
        grown = np.zeros((wide.height, wide.width), np.uint8)
        grown[box.within(wide)] = region.image
        ring = (cv2.dilate(grown, _ROUND.astype(np.uint8)) > 0) & free[wide.slices]
        found.append(
            CellMeasures(
                area=int(region.area),
                x=float(x),
                y=float(y),
                box=box,
                diameter=float(region.equivalent_diameter_area),
                eccentricity=float(region.eccentricity),
                solidity=float(region.solidity),
                channels=tuple(
                    ChannelMeasures.of(plane[box.slices][region.image], plane[wide.slices][ring])
                    for plane in planes
                ),
            )
        )
    return found


def _without_others(row: dict[str, str], channels: int) -> dict[str, str]:
    """A row without the columns of channels that its picture does not have, if they are empty."""
    own = {*COLUMNS, *channel_columns(channels)}
    return {column: text for column, text in row.items() if text or column in own}


def _slack(measures: CellMeasures) -> dict[str, float]:
    slack = dict(_SLACK)
    for k, channel in enumerate(measures.channels):
        size = abs(channel.mean) + abs(channel.ring or 0.0)
        if np.isfinite(size):
            slack[f"contrast_{k}"] = _SLACK_SHARE * size
    return slack


OBJECTS_CSV = ObjectsCsv()
