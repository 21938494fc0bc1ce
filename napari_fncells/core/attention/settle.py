"""Taking out, at the end, what was planted: what was missed is shown to the expert."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from napari_fncells.core.attention.clean import (
    CleanMask,
    attention_of,
    is_found,
    is_noticed,
    planted_among,
)
from napari_fncells.core.attention.plants import FOUND, MISSED
from napari_fncells.core.document import Document
from napari_fncells.core.edits import Change, EditKind, ObjectChange, Patch, patches_between
from napari_fncells.core.geometry import Box, grouped
from napari_fncells.core.objects import CellObject, Origin


@dataclass(frozen=True)
class Settlement:
    """What is taken out.

    Attributes
    ----------
    change
        Takes out all that is planted and puts back what is hidden.
    places
        Boxes of what the expert had missed, the largest first.
    back
        How many of these are hidden cells that come back; the others are false ones that go.
    """

    change: Change
    places: tuple[Box, ...]
    back: int = 0


def settle(document: Document) -> Settlement | None:
    """Take out all that is planted; None where nothing is.

    False cells go, with the tombstones of those that were removed. Hidden cells come back as
    drafted where the expert has made none.
    """
    if not document.attended:
        return None
    clean = CleanMask(document)
    planted = [c for c in document.objects.values() if c.origin is Origin.PLANT]
    back = {c.id: c for c in clean.objects if c.id in document.hidden}
    alive = [c for c in planted if c.alive]
    objects = [ObjectChange(cell, None) for cell in planted]
    objects += [ObjectChange(h, back.get(h.id)) for h in document.hidden.values()]
    found = [c.id for c in planted if is_noticed(c)]
    found += [h.id for h in document.hidden.values() if is_found(document, h)]
    overlooked = [c for c in alive if not is_noticed(c)]
    missed = [c.id for c in overlooked] + [i for i in document.hidden if i not in found]
    places = sorted((*overlooked, *back.values()), key=lambda c: -c.area)
    own = document.plants.planted | document.plants.hidden
    return Settlement(
        Change(
            EditKind.PLANT,
            _patches(document, clean, [*alive, *back.values()]),
            tuple(objects),
            "end the attention check",
            # Pieces of one that was cut count once
            {FOUND: sorted(own.intersection(found)), MISSED: sorted(own.intersection(missed))},
        ),
        tuple(cell.box for cell in places),
        len(back),
    )


def give_away(document: Document, change: Change) -> Settlement | None:
    """Take planted cells out that are about to be joined, or drawn anew; None for none.

    Joined, the pixels of either could not be told apart any more; an outline drawn by hand would
    go with what was planted.
    """
    if change.kind not in (EditKind.JOIN, EditKind.REDRAW):
        return None
    cells = planted_among(document, (item.id for item in change.objects))
    if not cells:
        return None
    patches: list[Patch] = []
    for box, ids in grouped({c.id: c.box for c in cells}):
        before = document.labels[box.slices]
        patches += patches_between(box, before, _without(before, ids))
    missed = document.plants.planted.intersection(c.id for c in cells)
    objects = tuple(ObjectChange(cell, None) for cell in cells)
    details = {MISSED: sorted(missed)}
    summary = "show a planted error"
    taken = Change(EditKind.PLANT, tuple(patches), objects, summary, details)
    return Settlement(taken, tuple(cell.box for cell in cells))


def in_words(document: Document, settlement: Settlement) -> str:
    """What the expert is told once the errors are taken out."""
    count = len(settlement.places)
    told = attention_of(document)
    share = f" Found in this picture: {told.found} of {told.found + told.missed}."
    if not count:
        return share.strip()
    back, gone = settlement.back, count - settlement.back
    if count == 1:
        what = "a hidden cell is back here" if back else "the false cell that was here is gone"
        missed = f"1 planted error was missed: {what}."
    else:
        kinds = (_counted(gone, "false cell", "gone"), _counted(back, "hidden cell", "back"))
        what = " and ".join(kind for kind in kinds if kind)
        missed = f"{count} planted errors were missed: {what}. The largest is in sight."
    return f"{missed}{share} Shift+Return again to go on."


def _counted(number: int, what: str, now: str) -> str:
    if not number:
        return ""
    return f"{number} {what} is {now}" if number == 1 else f"{number} {what}s are {now}"


def _patches(document: Document, clean: CleanMask, cells: list[CellObject]) -> tuple[Patch, ...]:
    """Pixels that change where cells go or come back."""
    patches: list[Patch] = []
    for box, _ in grouped({c.id: c.box for c in cells}):
        patches += patches_between(box, document.labels[box.slices], clean.window(box))
    return tuple(patches)


def _without(labels: NDArray[np.unsignedinteger], ids: list[int]) -> NDArray[np.unsignedinteger]:
    after = labels.copy()
    after[np.isin(after, ids)] = 0
    return after
