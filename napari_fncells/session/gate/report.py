"""What the gate says of a set of pictures."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from napari_fncells.core.quality import Finding, Kind, Severity, SizeLimits, severity_of

FORMAT: Literal["fncells-gate/1"] = "fncells-gate/1"

_ORDER = {kind: number for number, kind in enumerate(Kind)}


@dataclass(frozen=True)
class Found:
    """A finding in a picture.

    Attributes
    ----------
    picture
        Name of the picture's file.
    finding
        What.
    accepted
        Whether somebody said that it is right as it is.
    """

    picture: str
    finding: Finding
    accepted: bool = False

    @property
    def key(self) -> tuple[str, str]:
        """Tells it from all others of the set."""
        return self.picture, self.finding.key


@dataclass(frozen=True)
class GateReport:
    """What was found in a folder.

    Attributes
    ----------
    folder
        The folder of pictures.
    annotator
        Whose masks.
    pictures, cells
        Their numbers.
    found
        The worst kind first, then by picture; accepted ones included.
    limits
        Sizes of cells that are usual in this set; None where no mask was read.
    """

    folder: Path
    annotator: str
    pictures: int
    cells: int
    found: tuple[Found, ...]
    limits: SizeLimits | None = None

    @cached_property
    def open(self) -> tuple[Found, ...]:
        """What nobody accepted."""
        return tuple(item for item in self.found if not item.accepted)

    @cached_property
    def counts(self) -> dict[Kind, int]:
        """Open findings by kind, the worst first."""
        tally = Counter(item.finding.kind for item in self.open)
        return {kind: tally[kind] for kind in sorted(tally, key=_ORDER.__getitem__)}

    @cached_property
    def blocking(self) -> tuple[Found, ...]:
        """What forbids an export: pictures of which there is no mask to write."""
        return tuple(f for f in self.open if f.finding.severity is Severity.BLOCKING)

    @property
    def blocks(self) -> bool:
        """Whether anything forbids an export."""
        return bool(self.blocking)

    @property
    def verdict(self) -> str:
        """How much was checked, and whether it can be exported, without the kinds."""
        checked = (
            f"{self.pictures:,} picture{'' if self.pictures == 1 else 's'} with "
            f"{self.cells:,} cell{'' if self.cells == 1 else 's'} checked"
        )
        if not self.open:
            return f"{checked}: nothing to mend."
        blocked = len({item.picture for item in self.blocking})
        if not blocked:
            return f"{checked}: nothing forbids an export."
        return f"{checked}: {blocked:,} picture{'' if blocked == 1 else 's'} cannot be exported."

    def __str__(self) -> str:
        words = ", ".join(f"{kind.value} {number:,}" for kind, number in self.counts.items())
        return f"{self.verdict} Found: {words}." if words else self.verdict

    @property
    def facts(self) -> dict[str, Any]:
        """JSON values, for the report of an export and for machines."""
        return {
            "format": FORMAT,
            "folder": str(self.folder),
            "annotator": self.annotator,
            "pictures": self.pictures,
            "cells": self.cells,
            "blocks": self.blocks,
            "counts": {kind.value: number for kind, number in self.counts.items()},
            "accepted": sum(item.accepted for item in self.found),
            "findings": [_facts(item) for item in self.found],
        }


def in_order(found: list[Found]) -> tuple[Found, ...]:
    """The worst first, kind by kind; the order of pictures and cells stays."""
    by_kind: dict[Kind, list[Found]] = {}
    for item in found:
        by_kind.setdefault(item.finding.kind, []).append(item)
    kinds = sorted(by_kind, key=lambda kind: (-severity_of(kind), _ORDER[kind]))
    return tuple(item for kind in kinds for item in by_kind[kind])


def _facts(item: Found) -> dict[str, Any]:
    finding = item.finding
    return {
        "picture": item.picture,
        "kind": finding.kind.value,
        "severity": finding.severity.name.lower(),
        "sentence": finding.sentence,
        "cells": list(finding.cells),
        "box": None if finding.box is None else list(finding.box),
        "repairs": [repair.value for repair in finding.repairs],
        "accepted": item.accepted,
    }
