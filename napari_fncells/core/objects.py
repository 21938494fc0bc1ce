"""The cells of a mask: what is known of each besides its pixels."""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Self

import numpy as np
from numpy.typing import NDArray

from napari_fncells.core.geometry import Box


class ObjectState(StrEnum):
    """What the expert has decided about a cell."""

    DRAFT = "draft"
    """Proposed by a draft, not yet touched."""
    ACCEPTED = "accepted"
    ADDED = "added"
    """Made by the expert."""
    EDITED = "edited"
    """Proposed by a draft, its outline changed by the expert."""
    UNSURE = "unsure"
    REMOVED = "removed"
    """A tombstone: no pixels, but its former place is kept."""


class Origin(StrEnum):
    """Where a cell came from."""

    DRAFT = "draft"
    HAND = "hand"
    CANDIDATE = "candidate"
    """Proposed as a missed cell and dismissed: never in the mask."""
    PLANT = "plant"
    """Planted by the attention check as an error to be found, or cut off such a cell: it goes
    into no file."""
    HIDDEN = "hidden"
    """A drafted cell that the attention check has hidden; in all files as it was drafted."""


@dataclass(frozen=True)
class Footprint:
    """Pixels that a removed cell covered, packed small.

    Attributes
    ----------
    box
        Tight box of the cell.
    packed
        zlib-compressed bits of the (height, width) mask, row by row.
    """

    box: Box
    packed: bytes

    @property
    def mask(self) -> NDArray[np.bool_]:
        """Boolean (box.height, box.width) array."""
        bits = np.frombuffer(zlib.decompress(self.packed), dtype=np.uint8)
        size = self.box.height * self.box.width
        flat = np.unpackbits(bits, count=size).astype(bool)
        return flat.reshape(self.box.height, self.box.width)

    @classmethod
    def of(cls, box: Box, mask: NDArray[np.bool_]) -> Self:
        """Pack a mask that fills `box`."""
        return cls(box, zlib.compress(np.packbits(mask).tobytes(), 1))


@dataclass(frozen=True)
class CellObject:
    """One cell, living or removed.

    Attributes
    ----------
    id
        Its value in the labels; never given to another cell of the picture.
    state
        What the expert decided.
    origin
        Draft or hand.
    box
        Tight bounding box of its pixels (of the former ones, for a removed cell).
    area
        Its pixels, in px²; 0 for a removed cell.
    footprint
        Former pixels of a removed cell, else None.
    note
        What the expert wrote about it.
    """

    id: int
    state: ObjectState
    origin: Origin
    box: Box
    area: int
    footprint: Footprint | None = None
    note: str = ""

    @property
    def alive(self) -> bool:
        """Whether the cell is in the mask."""
        return self.state is not ObjectState.REMOVED

    @property
    def touched(self) -> bool:
        """Whether the expert has had a hand in it: no draft may change it any more."""
        return self.state is not ObjectState.DRAFT or bool(self.note)


@dataclass(frozen=True)
class CellCounts:
    """Cells of a picture by what became of them."""

    drafted: int
    """Proposed by a draft and living or removed; those a later draft replaced are gone."""
    removed: int
    """Drafted cells that the expert removed: false positives."""
    added: int
    """Cells the expert made: false negatives."""
    edited: int
    accepted: int
    unsure: int
    untouched: int
    """Drafted cells left as they were."""
    final: int
    """Cells that count: those in the mask, the ignored ones left out."""
    ignored: int = 0
    """Cells in the mask that lie in ignored regions; the states above count them, too."""

    @classmethod
    def of(cls, objects: Iterable[CellObject], ignored: int = 0) -> Self:
        """Count a document's objects, of which so many are ignored."""
        return cls.from_tally(Counter((cell.state, cell.origin) for cell in objects), ignored)

    @classmethod
    def from_tally(cls, tally: Mapping[tuple[ObjectState, Origin], int], ignored: int = 0) -> Self:
        """Sum up how many objects there are of each state and origin."""
        by_state = Counter[ObjectState]()
        for (state, _), number in tally.items():
            by_state[state] += number
        living = sum(n for state, n in by_state.items() if state is not ObjectState.REMOVED)
        # Whoever counts the cells on the screen must not be able to tell planted ones by it
        proposed = (Origin.DRAFT, Origin.PLANT)
        return cls(
            drafted=sum(n for (_, origin), n in tally.items() if origin in proposed),
            removed=sum(tally.get((ObjectState.REMOVED, origin), 0) for origin in proposed),
            added=by_state[ObjectState.ADDED],
            edited=by_state[ObjectState.EDITED],
            accepted=by_state[ObjectState.ACCEPTED],
            unsure=by_state[ObjectState.UNSURE],
            untouched=by_state[ObjectState.DRAFT],
            final=living - ignored,
            ignored=ignored,
        )
