"""What an expert has decided about a picture: cells, what is none, and what is still open."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum
from typing import Self

import numpy as np
from numpy.typing import NDArray

from napari_fncells.core.document import Document
from napari_fncells.core.ignore import ignored_ids
from napari_fncells.core.labels import dense
from napari_fncells.core.objects import CellObject, Footprint, ObjectState

_CONFIRMED = (ObjectState.ACCEPTED, ObjectState.ADDED, ObjectState.EDITED)


class Role(IntEnum):
    """What a place of the picture is known to be."""

    GROUND = 0
    CELL = 1
    """Accepted, added or edited: a cell, with its outline."""
    REJECTED = 2
    """A tombstone: removed or dismissed, so no cell."""
    OPEN = 3
    """Drafted and not touched yet, or unsure: tells nothing."""


@dataclass(frozen=True, eq=False)
class Evidence:
    """A picture's decided and open places.

    Attributes
    ----------
    places
        (Y, X) int32: 0 is ground, 1..n number the places.
    roles
        (n + 1,) uint8, a `Role` for each number; that of 0 is `GROUND`.
    complete
        Whether the whole picture is decided, so that ground is known to be no cell. Where
        not, the ground tells nothing.
    """

    places: NDArray[np.int32]
    roles: NDArray[np.uint8]
    complete: bool

    @property
    def cells(self) -> int:
        """How many cells are confirmed."""
        return int(np.count_nonzero(self.roles == Role.CELL))

    @property
    def rejected(self) -> int:
        """How many places are known to be no cell."""
        return int(np.count_nonzero(self.roles == Role.REJECTED))

    @property
    def decisions(self) -> int:
        """How many places the expert has decided about."""
        return self.cells + self.rejected

    @property
    def truth(self) -> NDArray[np.int32]:
        """(Y, X) int32 labels of the confirmed cells alone."""
        return np.where(self.roles == Role.CELL, np.arange(self.roles.size), 0).astype(np.int32)[
            self.places
        ]

    @classmethod
    def finished(cls, labels: NDArray[np.integer]) -> Self:
        """Evidence of a finished mask: its cells are all there are.

        Parameters
        ----------
        labels
            (Y, X) instance labels, 0 = background.
        """
        ids, numbers = dense(labels)
        roles = np.full(ids.size + 1, Role.CELL, dtype=np.uint8)
        roles[0] = Role.GROUND
        return cls(numbers, roles, complete=True)

    @classmethod
    def of(
        cls,
        labels: NDArray[np.integer],
        objects: Iterable[CellObject],
        *,
        done: bool,
        ignored: NDArray[np.bool_] | None = None,
    ) -> Self:
        """Evidence of a mask that is worked on.

        Cells that were accepted, added or edited are cells; tombstones are none, unless living
        cells took more than half of their place since, as after a new outline; untouched draft
        cells and unsure ones are open, and so is all that is ignored.

        Parameters
        ----------
        labels
            (Y, X) instance labels, 0 = background.
        objects
            The objects of the mask, removed ones included.
        done
            Whether the picture is finished.
        ignored
            (Y, X) ignored regions, or None.
        """
        known = {item.id: item for item in objects}
        ids, numbers = dense(labels)
        roles = [Role.GROUND]
        for i in ids.tolist():
            item = known.get(i)
            confirmed = item is not None and item.state in _CONFIRMED
            roles.append(Role.CELL if confirmed else Role.OPEN)
        places, living = numbers.copy(), int(ids.size)
        for item in known.values():
            if item.footprint is not None and _entomb(places, item.footprint, living, len(roles)):
                roles.append(Role.REJECTED)
        if ignored is not None:
            out = np.isin(numbers, list(ignored_ids(numbers, ignored)))
            decided = (numbers > 0) & ~out
            places[(out | ignored) & ~decided] = len(roles)
            roles.append(Role.OPEN)
        # Of tombstones one above the other, the upper may hide the lower
        kept, places = dense(places)
        return cls(places, np.array(roles, dtype=np.uint8)[[0, *kept.tolist()]], complete=done)


@dataclass(frozen=True, eq=False)
class Case:
    """A picture and what was decided about it.

    Attributes
    ----------
    image
        (Y, X) or (Y, X, C), any real dtype; read only.
    evidence
        Decisions.
    pixel_size
        Side of a pixel in µm, None where it is not known.
    name
        For messages.
    """

    image: NDArray[np.generic]
    evidence: Evidence
    pixel_size: float | None = None
    name: str = ""


def evidence_of(document: Document) -> Evidence:
    """What the expert has decided in a document; all of it once the picture is done."""
    ignored = document.ignored > 0 if document.ignored_area else None
    return Evidence.of(
        document.labels, document.objects.values(), done=document.done, ignored=ignored
    )


def _entomb(places: NDArray[np.int32], footprint: Footprint, living: int, number: int) -> bool:
    """Write a tombstone's number where no living cell 1..living stands; False where too many."""
    window = places[footprint.box.slices]
    taken = (window > 0) & (window <= living)
    free = footprint.mask & ~taken
    if 2 * np.count_nonzero(free) < np.count_nonzero(footprint.mask):
        return False
    window[free] = number
    return True
