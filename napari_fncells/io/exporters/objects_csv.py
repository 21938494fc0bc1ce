"""Table of all cells as CSV, one file for the set: place, shape and intensities of each.

The ring of a cell is the background within 5 px of it, without other cells and ignored regions;
contrast is mean less ring. Read back, the figures are compared with those of scikit-image.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from napari_fncells.core.errors import UserError
from napari_fncells.core.measures import CellMeasures, measure_cell, planes_of
from napari_fncells.core.objects import CellObject
from napari_fncells.io.exporters.agreement import unreadable
from napari_fncells.io.exporters.base import Comparison, GroundTruth
from napari_fncells.io.exporters.measures import measured_anew
from napari_fncells.io.exporters.set_table import ReadRow, SetTable
from napari_fncells.io.exporters.sheet import (
    Row,
    compare_rows,
    encode_head,
    encode_rows,
    micrometres,
)

COLUMNS = (
    "image", "stem", "id", "state", "area_px", "area_um2", "x", "y", "x_um", "y_um",
    "left", "top", "width", "height", "diameter_px", "diameter_um", "eccentricity", "solidity",
)  # fmt: skip
CHANNEL_COLUMNS = ("mean", "min", "max", "ring", "contrast")
"""Followed by the channel's number, from 0."""

# Between figures of the two ways of computing; a root of almost nothing is not almost nothing
_SLACK = {"eccentricity": 1e-6}
_SLACK_SHARE = 1e-12


@dataclass(frozen=True)
class Place:
    """The picture that cells lie in, as the table names it.

    Attributes
    ----------
    name, stem
        As of `GroundTruth`.
    pixel_size
        µm a pixel; None where it is not known.
    """

    name: str
    stem: str
    pixel_size: float | None = None


def _rows(truth: GroundTruth) -> Iterable[Row]:
    planes = planes_of(truth.read_pixels().pixels)
    place = Place(truth.name, truth.stem, truth.pixel_size)
    for cell in truth.cells:
        yield as_row(
            place, cell, measure_cell(truth.labels, cell.id, cell.box, planes, truth.ignored)
        )


def _compare(rows: Sequence[ReadRow], truth: GroundTruth, file: str) -> Comparison:
    """Measure the cells anew, by other means, and compare."""
    try:
        planes = planes_of(truth.read_pixels().pixels)
    except UserError as error:
        return unreadable(truth, error.sentence)
    found = [_without_others(row, len(planes)) for row in rows]
    expected, slack = {}, {}
    place = Place(truth.name, truth.stem, truth.pixel_size)
    for cell, measures in zip(truth.cells, measured_anew(truth, planes), strict=True):
        expected[cell.id] = as_row(place, cell, measures)
        slack[cell.id] = _slack(measures)
    notes = () if truth.ignored is None else ("Ignored regions are not in it.",)
    return compare_rows(found, expected, truth, file, slack=slack, notes=notes)


def channel_columns(channels: int) -> tuple[str, ...]:
    """Columns of so many channels."""
    return tuple(f"{name}_{k}" for k in range(channels) for name in CHANNEL_COLUMNS)


def encode_table(
    place: Place, rows: Iterable[tuple[CellObject, CellMeasures]], channels: int
) -> bytes:
    """Table of the cells of one picture, with its head."""
    columns = (*COLUMNS, *channel_columns(channels))
    lines = (as_row(place, cell, measures) for cell, measures in rows)
    return encode_head(columns) + encode_rows(lines, columns)


def as_row(place: Place, cell: CellObject, measures: CellMeasures) -> Row:
    """Measures of a cell by column."""
    box, size = measures.box, place.pixel_size
    values = (
        place.name,
        place.stem,
        cell.id,
        str(cell.state),
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


def _without_others(row: ReadRow, channels: int) -> dict[str, str]:
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


OBJECTS_CSV = SetTable(
    "objects-csv",
    "Object table, CSV",
    "Place, shape and intensities of every cell in one table; holds no outlines.",
    "objects.csv",
    (*COLUMNS, *channel_columns(1)),
    _rows,
    _compare,
)
