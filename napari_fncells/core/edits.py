"""Edits: the one form in which a mask changes, whatever tool is used.

A tool proposes a `Change`: rectangles of pixels before and after, and the objects before and
after. The document stamps it with a number, a time and an author, which makes it an `Edit`.
Undo, redo, crash recovery, provenance and statistics all read the edits.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from napari_fncells.core.geometry import Box
from napari_fncells.core.objects import CellObject

# A large change is kept as the tiles in which it differs: a long diagonal stroke stays small
TILE = 512


class EditKind(StrEnum):
    """What was done to the mask."""

    DRAFT = "draft"
    ADD = "add"
    REMOVE = "remove"
    RESTORE = "restore"
    STROKE = "stroke"
    """Brush, eraser, fill or polygon of napari."""
    RESIZE = "resize"
    """The outline moved in or out along the level sets."""
    REDRAW = "redraw"
    """An outline drawn by hand over a cell; others under it became part of that."""
    SPLIT = "split"
    JOIN = "join"
    SMOOTH = "smooth"
    REPAIR = "repair"
    """What the check before an export found, mended: holes, crumbs, pieces, cut edges."""
    REVERT = "revert"
    """A cell as its draft had it."""
    JUDGE = "judge"
    """Cells accepted or marked unsure; no pixels change."""
    DONE = "done"
    """The rest accepted and the picture marked as finished."""
    MARK = "mark"
    """The picture marked as unsure, or as open again; no cell changes."""
    IGNORE = "ignore"
    """Ignored regions painted or cleared; no cell changes."""
    NOTE = "note"
    """A note on a cell or on the picture; no pixels change."""
    PLANT = "plant"
    """Errors of the attention check planted under a draft, or taken out again; see
    `core/attention`."""
    REPLACE = "replace"
    """The whole mask set from outside, by a script or another plugin."""


class Action(StrEnum):
    """Whether an edit does something new or moves along the history."""

    DO = "do"
    UNDO = "undo"
    REDO = "redo"


class StaleChangeError(RuntimeError):
    """A change was made from pixels or objects that are no longer there; nothing was written."""


@dataclass(frozen=True)
class Patch:
    """A rectangle of labels before and after an edit, each zlib-compressed.

    Attributes
    ----------
    box
        Where it lies in the picture.
    dtype
        Name of the labels' dtype when it was made.
    """

    box: Box
    dtype: str
    packed_before: bytes
    packed_after: bytes

    @property
    def before(self) -> NDArray[np.unsignedinteger]:
        """(box.height, box.width) labels before the edit."""
        return self._unpack(self.packed_before)

    @property
    def after(self) -> NDArray[np.unsignedinteger]:
        """(box.height, box.width) labels after the edit."""
        return self._unpack(self.packed_after)

    @property
    def inverse(self) -> Patch:
        """The patch that takes this one back."""
        return Patch(self.box, self.dtype, self.packed_after, self.packed_before)

    def _unpack(self, packed: bytes) -> NDArray[np.unsignedinteger]:
        flat = np.frombuffer(zlib.decompress(packed), dtype=np.dtype(self.dtype))
        return flat.reshape(self.box.height, self.box.width)

    @classmethod
    def of(
        cls,
        box: Box,
        before: NDArray[np.unsignedinteger],
        after: NDArray[np.unsignedinteger],
    ) -> Self:
        """Pack two arrays of the box's size and of one dtype."""
        packed = [zlib.compress(part.tobytes(), 1) for part in (before, after)]
        return cls(box, before.dtype.name, packed[0], packed[1])


@dataclass(frozen=True)
class ObjectChange:
    """An object before and after an edit; None where it is not known."""

    before: CellObject | None
    after: CellObject | None

    @property
    def id(self) -> int:
        """The object's id."""
        known = self.after or self.before
        if known is None:
            raise ValueError("an object change needs the object before or after")
        return known.id


@dataclass(frozen=True)
class Change:
    """What a tool proposes to do to a document.

    Attributes
    ----------
    kind
        What is done.
    patches
        Pixels that change; the boxes do not overlap.
    objects
        Objects that change.
    summary
        In words, to follow 'Undo': 'remove cell 17'.
    details
        Whatever else belongs to the provenance (JSON values), e.g. the draft's parameters.
    continues
        Whether it carries on the gesture of the edit before it, with which it is undone and
        redone in one step: the turns of a wheel, the parts of a long stroke.
    ignored
        Pixels of the ignored regions that change (uint8, 0 or 1). Apart from those of the
        labels, so that nobody can take the ones for the others.
    """

    kind: EditKind
    patches: tuple[Patch, ...]
    objects: tuple[ObjectChange, ...]
    summary: str
    details: Mapping[str, Any] = field(default_factory=dict)
    continues: bool = False
    ignored: tuple[Patch, ...] = ()

    @property
    def empty(self) -> bool:
        """Whether it would change neither pixels nor objects."""
        return not self.patches and not self.objects and not self.ignored

    @property
    def inverse(self) -> Change:
        """The change that takes this one back."""
        return Change(
            self.kind,
            tuple(patch.inverse for patch in reversed(self.patches)),
            tuple(ObjectChange(c.after, c.before) for c in reversed(self.objects)),
            self.summary,
            self.details,
            self.continues,
            tuple(patch.inverse for patch in reversed(self.ignored)),
        )


@dataclass(frozen=True)
class Edit:
    """A change that has happened.

    Attributes
    ----------
    sequence
        Its number in the document's history, from 1 without gaps.
    action
        Whether it was new, an undo or a redo.
    change
        What happened; for an undo, the inverse of the change taken back.
    reverts
        Number of the edit that an undo or redo takes back, else None.
    time
        When, in UTC.
    author
        Who.
    """

    sequence: int
    action: Action
    change: Change
    reverts: int | None
    time: datetime
    author: str

    @property
    def picture_note(self) -> str | None:
        """The note on the picture from this edit on; None where it says nothing of it."""
        details = self.change.details
        if "note" not in details:
            return None
        return str(details.get("former" if self.action is Action.UNDO else "note", ""))


def patches_between(
    box: Box, before: NDArray[np.unsignedinteger], after: NDArray[np.unsignedinteger]
) -> tuple[Patch, ...]:
    """Patches that turn `before` into `after`, both filling `box`; none where they are equal."""
    different = before != after
    tight = Box.around(different)
    if tight is None:
        return ()
    return tuple(
        Patch.of(tile.shifted(box.top, box.left), before[tile.slices], after[tile.slices])
        for tile in tight.tiles(TILE)
        if different[tile.slices].any()
    )
