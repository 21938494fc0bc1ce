"""The pixels and objects of a picture's mask, and the one place where they are written."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from napari_fncells.core.edits import Change, ObjectChange, StaleChangeError
from napari_fncells.core.ignore import IgnoredRegions, Plane
from napari_fncells.core.labels import Labels
from napari_fncells.core.objects import CellCounts, CellObject, ObjectState, Origin

MAX_ID = int(np.iinfo(np.uint32).max) - 1
"""The largest id a cell may have: the next one, too, fits into uint32."""


@dataclass(frozen=True)
class Base:
    """Pixels and objects at a point of the history, so that replay need not begin at its start.

    Attributes
    ----------
    sequence
        Number of the last edit that is in them; 0 for none.
    labels
        (Y, X) uint16 or uint32.
    objects
        Every known object, removed ones included.
    ignored
        (Y, X) uint8, 1 where a pixel is ignored; None for nowhere.
    note
        On the picture.
    """

    sequence: int
    labels: Labels
    objects: tuple[CellObject, ...]
    ignored: Plane | None = None
    note: str = ""


class CellMask:
    """Labels, ignored regions and objects, changed together.

    Parameters
    ----------
    shape
        (Y, X) of the picture.

    Attributes
    ----------
    labels
        (Y, X) uint16, or uint32 once all ids of uint16 were used, which is another array.
    regions
        The ignored regions.
    objects
        Every known object by id, removed ones included. Not to be written.
    hidden
        Drafted cells that the attention check hides, by id. Not to be written.
    noted
        How many objects, removed ones included, have a note.
    """

    def __init__(self, shape: tuple[int, int]) -> None:
        self.labels: Labels = np.zeros(shape, dtype=np.uint16)
        self.regions = IgnoredRegions(shape)
        self.objects: dict[int, CellObject] = {}
        self.hidden: dict[int, CellObject] = {}
        self.noted = 0
        # Kept up to date, as the dock shows the counts at every edit, of however many cells
        self._tally = Counter[tuple[ObjectState, Origin]]()
        self._last_id = 0

    @property
    def known(self) -> Mapping[int, CellObject]:
        """`objects` and `hidden`."""
        return {**self.objects, **self.hidden} if self.hidden else MappingProxyType(self.objects)

    @property
    def attended(self) -> bool:
        """Whether something is planted or hidden."""
        return bool(self.hidden) or any(self._tally[s, Origin.PLANT] for s in ObjectState)

    @property
    def counts(self) -> CellCounts:
        """Cells by what became of them."""
        return CellCounts.from_tally(self._tally, len(self.regions.cells))

    @property
    def states(self) -> Mapping[ObjectState, int]:
        """How many objects there are of each state, removed ones included."""
        found = Counter[ObjectState]()
        for (state, _), number in self._tally.items():
            found[state] += number
        return found

    @property
    def next_id(self) -> int:
        """An id that no cell has ever had."""
        return self._last_id + 1

    def begin_at(self, base: Base, ids: Iterable[int]) -> None:
        """Take pixels and objects as they were at some point of the history.

        Parameters
        ----------
        base
            What there was; the arrays become the mask's own.
        ids
            Every id that was used up to then.

        Raises
        ------
        StaleChangeError
            Where it is of another shape.
        """
        for plane in (base.labels, base.ignored):
            if plane is not None and plane.shape != self.labels.shape:
                raise StaleChangeError(f"the base has the shape {plane.shape}")
        self.labels = base.labels
        self.hidden = {item.id: item for item in base.objects if item.origin is Origin.HIDDEN}
        shown = [item for item in base.objects if item.origin is not Origin.HIDDEN]
        self.objects = {item.id: item for item in shown}
        if base.ignored is not None:
            self.regions = IgnoredRegions.of(base.ignored, base.labels, self.objects)
        self.noted = sum(bool(item.note) for item in shown)
        self._tally = Counter((item.state, item.origin) for item in shown)
        self._last_id = max([0, *ids, *self.known])

    def check(self, change: Change, *, written: bool) -> None:
        """Refuse a change that does not fit the pixels and objects.

        Parameters
        ----------
        change
            What is to be done.
        written
            Whether its pixels are there already.

        Raises
        ------
        StaleChangeError
            Where they are not those that it was made from.
        ValueError
            For an id above `MAX_ID`.
        """
        planes = ((self.labels, change.patches), (self.regions.pixels, change.ignored))
        for pixels, patches in planes:
            for patch in patches:
                expected = patch.after if written else patch.before
                if not np.array_equal(pixels[patch.box.slices], expected):
                    raise StaleChangeError(
                        f"the pixels at {patch.box} changed since '{change.summary}' was prepared"
                    )
        for item in change.objects:
            if item.id > MAX_ID:
                raise ValueError(f"a cell's id cannot be above {MAX_ID}, as {item.id} is")
            if self.objects.get(item.id, self.hidden.get(item.id)) != item.before:
                raise StaleChangeError(
                    f"cell {item.id} changed since '{change.summary}' was prepared"
                )

    def write(self, change: Change) -> None:
        """Write pixels and objects; cannot fail half-way for want of anything but memory."""
        self._last_id = max([self._last_id, *(item.id for item in change.objects)])
        if self.next_id > np.iinfo(self.labels.dtype).max:
            self.labels = self.labels.astype(np.uint32)
        for patch in change.patches:
            after = patch.after
            if self.regions.area:
                self.regions.follow_cells(patch.box, patch.before, after)
            self.labels[patch.box.slices] = after
        for patch in change.ignored:
            self.regions.write(patch.box, _plane(patch.before), _plane(patch.after), self.labels)
        for item in change.objects:
            self._write_object(item)
        self.regions.weigh(self.objects, (item.id for item in change.objects))

    def _write_object(self, item: ObjectChange) -> None:
        self.hidden.pop(item.id, None)
        former = self.objects.get(item.id)
        if former is not None:
            self._tally[former.state, former.origin] -= 1
            self.noted -= bool(former.note)
        if item.after is None:
            self.objects.pop(item.id, None)
        elif item.after.origin is Origin.HIDDEN:
            self.objects.pop(item.id, None)
            self.hidden[item.id] = item.after
        else:
            self.objects[item.id] = item.after
            self._tally[item.after.state, item.after.origin] += 1
            self.noted += bool(item.after.note)


def _plane(pixels: Labels) -> Plane:
    """Pixels of an ignored region as they are kept: 0 or 1."""
    return (pixels > 0).astype(np.uint8)
