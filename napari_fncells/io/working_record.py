"""The JSON of a picture's working files: format `fncells-work/4`."""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Literal, Self

import numpy as np
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator

from napari_fncells.core.geometry import Box
from napari_fncells.core.notes import tidy
from napari_fncells.core.objects import CellObject, Footprint, ObjectState, Origin

FORMAT: Literal["fncells-work/4"] = "fncells-work/4"

# Those that can be read; the first had no summary, the second neither regions nor notes, the
# third no attention check
_Format = Literal["fncells-work/1", "fncells-work/2", "fncells-work/3", "fncells-work/4"]

_EXCERPT = 100  # characters of a note that a list shows


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class WorkingCell(_Part):
    """One cell, living or removed.

    `place` holds the former pixels of a removed one: lengths of runs within the box, row by
    row, of pixels outside and inside by turns, beginning with outside.
    """

    id: int
    state: ObjectState
    origin: Origin
    box: tuple[int, int, int, int]
    """top, left, bottom, right; half-open."""
    area: int
    place: tuple[int, ...] | None = None
    note: str = ""

    @model_validator(mode="after")
    def _fits(self) -> Self:
        top, left, bottom, right = self.box
        if self.id < 1 or not (0 <= top < bottom and 0 <= left < right):
            raise ValueError(f"cell {self.id} has the box {self.box}")
        if self.place is None:
            return self
        if min(self.place, default=0) < 0 or sum(self.place) != (bottom - top) * (right - left):
            raise ValueError(f"the place of cell {self.id} does not fill its box")
        return self


class WorkingImage(_Part):
    """The picture that the labels belong to."""

    name: str
    sha256: str
    height: int
    width: int


class WorkingLabels(_Part):
    """The file of the labels."""

    name: str
    sha256: str
    dtype: str


class WorkingIgnored(_Part):
    """The file of the ignored regions."""

    name: str
    sha256: str


class WorkState(StrEnum):
    """How far the work on a picture is."""

    NEW = "new"
    """Nothing is in force."""
    GIVEN = "given"
    """The mask is the one that was there before, not touched."""
    DRAFT = "draft"
    """Drafted, not touched."""
    IN_WORK = "in work"
    DONE = "done"
    UNSURE = "unsure"


class WorkingSummary(_Part):
    """What a list of pictures shows of one, without reading its cells."""

    state: WorkState
    active_seconds: float = 0.0
    drafted: int = 0
    removed: int = 0
    added: int = 0
    edited: int = 0
    accepted: int = 0
    unsure: int = 0
    untouched: int = 0
    final: int = 0
    """Cells that count; the others as `CellCounts` has them."""
    ignored: int = 0
    note: str = ""
    """Start of the note on the picture."""
    noted: int = 0
    """Cells with a note, removed ones included."""
    planted_found: int = 0
    planted_missed: int = 0
    """Errors of the attention check."""

    @classmethod
    def excerpt(cls, note: str) -> str:
        """Start of a note."""
        return note if len(note) <= _EXCERPT else f"{note[: _EXCERPT - 1].rstrip()}…"


class WorkingRecord(_Part):
    """The JSON beside the labels; `format` changes whenever the fields do."""

    format: _Format = FORMAT
    time: AwareDatetime = Field(default_factory=lambda: datetime.now(UTC))
    annotator: str = ""
    image: WorkingImage
    labels: WorkingLabels
    done: bool
    edits: int
    """Number of the last edit that is in the files."""
    journal: str
    """Identity of the history that the edits are counted in."""
    summary: WorkingSummary | None = None
    """Near the start of the file, so that it is read without the rest."""
    ignored: WorkingIgnored | None = None
    """None where nothing was ever ignored."""
    note: str = ""
    """On the picture."""
    effort: tuple[dict[str, Any], ...] = ()
    cells: tuple[WorkingCell, ...]


def cell_record(item: CellObject) -> WorkingCell:
    """A cell as the record holds it."""
    place = None if item.footprint is None else tuple(_runs(item.footprint.mask))
    box = item.box if item.footprint is None else item.footprint.box
    return WorkingCell(
        id=item.id,
        state=item.state,
        origin=item.origin,
        box=box,
        area=item.area,
        place=place,
        note=item.note,
    )


def cell_object(cell: WorkingCell) -> CellObject:
    """A cell as the document holds it."""
    box = Box(*cell.box)
    footprint = None if cell.place is None else Footprint.of(box, _from_runs(cell.place, box))
    note = tidy(cell.note)
    return CellObject(cell.id, cell.state, cell.origin, box, cell.area, footprint, note)


def _runs(mask: np.ndarray[Any, np.dtype[np.bool_]]) -> list[int]:
    flat = np.concatenate(([False], mask.ravel()))
    starts = np.flatnonzero(flat[1:] != flat[:-1])
    return [int(n) for n in np.diff(np.concatenate(([0], starts, [mask.size])))]


def _from_runs(runs: tuple[int, ...], box: Box) -> np.ndarray[Any, np.dtype[np.bool_]]:
    inside = np.arange(len(runs)) % 2 == 1
    return np.repeat(inside, runs).reshape(box.height, box.width)
