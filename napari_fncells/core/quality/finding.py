"""What a check of a mask finds."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, StrEnum

from napari_fncells.core.geometry import Box


class Severity(IntEnum):
    """How much a finding weighs."""

    NOTE = 1
    """Worth a look."""
    WARNING = 2
    """Most likely an error."""
    BLOCKING = 3
    """There is no mask to be exported."""


class Kind(StrEnum):
    """What may be wrong, the worst first."""

    UNREADABLE = "unreadable"
    NO_MASK = "no mask"
    OTHER_SIZE = "other size"
    CHANGED = "picture changed"
    SHIFTED = "shifted mask"
    CONFLICT = "conflict copy"
    UNREVIEWED = "unreviewed"
    UNSURE = "unsure"
    FRAGMENTS = "fragments"
    CRUMBS = "crumbs"
    HOLES = "holes"
    STRIP = "border strip"
    THREADS = "threads"
    SMALL = "too small"
    LARGE = "too large"
    DUPLICATE = "duplicate"


BLOCKING = frozenset((Kind.UNREADABLE, Kind.NO_MASK, Kind.OTHER_SIZE))
"""Kinds that forbid an export: of these pictures there is nothing to write."""

_NOTES = frozenset((Kind.THREADS, Kind.LARGE, Kind.SMALL))


class Repair(StrEnum):
    """What can be done about it in one step."""

    FILL = "fill"
    DROP = "drop"
    SEPARATE = "separate"
    EXTEND = "extend"
    TRIM = "trim"
    REMOVE = "remove"
    SHIFT = "shift"
    ACCEPT = "accept"


TITLES: dict[Repair, str] = {
    Repair.FILL: "Fill the holes",
    Repair.DROP: "Keep the largest piece",
    Repair.SEPARATE: "Make each piece a cell",
    Repair.EXTEND: "Extend to the border",
    Repair.TRIM: "Cut the threads off",
    Repair.REMOVE: "Remove the cell",
    Repair.SHIFT: "Shift the mask back",
    Repair.ACCEPT: "Accept the cell",
}
"""Repairs as a button says them."""

REPAIRS: dict[Kind, tuple[Repair, ...]] = {
    Kind.SHIFTED: (Repair.SHIFT,),
    Kind.UNSURE: (Repair.ACCEPT,),
    Kind.FRAGMENTS: (Repair.SEPARATE, Repair.DROP),
    Kind.CRUMBS: (Repair.DROP,),
    Kind.HOLES: (Repair.FILL,),
    Kind.STRIP: (Repair.EXTEND,),
    Kind.THREADS: (Repair.TRIM,),
    Kind.SMALL: (Repair.REMOVE,),
}
"""What mends each kind, the first by a single key."""


@dataclass(frozen=True)
class Finding:
    """Something that may be wrong with a mask, or with a picture of a set.

    Attributes
    ----------
    kind
        What.
    sentence
        In words.
    cells
        Ids of the cells it is about.
    box
        Where in the picture; None where it is about the picture as a whole.
    print
        Tells it from others of its kind in the picture; another one once anything about it has
        changed.
    move
        For a shifted mask: rows and columns by which it is to be moved back.
    """

    kind: Kind
    sentence: str
    cells: tuple[int, ...] = ()
    box: Box | None = None
    print: str = ""
    move: tuple[int, int] = (0, 0)

    @property
    def severity(self) -> Severity:
        """How much it weighs."""
        return severity_of(self.kind)

    @property
    def repairs(self) -> tuple[Repair, ...]:
        """What mends it; none where only a person can."""
        return REPAIRS.get(self.kind, ())

    @property
    def key(self) -> str:
        """Name under which it is accepted as it is."""
        return f"{self.kind.value}:{self.print}"


def severity_of(kind: Kind) -> Severity:
    """How much findings of a kind weigh."""
    if kind in BLOCKING:
        return Severity.BLOCKING
    return Severity.NOTE if kind in _NOTES else Severity.WARNING
