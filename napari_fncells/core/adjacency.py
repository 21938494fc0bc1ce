"""Pairs of touching cells, kept up to date edit by edit without looking at the whole picture."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from napari_fncells.core.binary import contacts
from napari_fncells.core.document import Document
from napari_fncells.core.edits import Edit, Patch
from napari_fncells.core.geometry import Box, grouped
from napari_fncells.core.labels import Labels

Pair = tuple[int, int]


class Adjacency:
    """Which cells of a document touch.

    Counts, for each pair, the places where a pixel of one lies beside a pixel of the other. An
    edit changes these counts only within its boxes and one pixel around.

    Parameters
    ----------
    document
        Looked at as a whole once, then followed through its edits.
    """

    def __init__(self, document: Document) -> None:
        self._document = document
        self._counts = contacts(document.labels)
        document.committed.connect(self._follow)

    @property
    def pairs(self) -> tuple[Pair, ...]:
        """Pairs of cells that touch (8-connected), as (smaller id, larger id), in order."""
        return tuple(sorted(self._counts))

    @property
    def count(self) -> int:
        """Number of pairs."""
        return len(self._counts)

    def neighbours(self, cell: int) -> tuple[int, ...]:
        """Ids of the cells that touch a cell, in order."""
        return tuple(sorted(a + b - cell for a, b in self._counts if cell in (a, b)))

    def close(self) -> None:
        """Follow the document no longer."""
        self._document.committed.disconnect(self._follow)

    def _follow(self, edit: Edit) -> None:
        patches = dict(enumerate(edit.change.patches))
        # Patches that lie side by side share contacts: they are looked at together
        padded = {at: patch.box.padded(1) for at, patch in patches.items()}
        for box, members in grouped(padded):
            area = box.clip(self._document.shape)
            now = self._document.labels[area.slices]
            self._replace(_before(now, area, {at: patches[at] for at in members}), now)

    def _replace(self, before: Labels, after: Labels) -> None:
        """Take the contacts of a box out of the counts and those it has now in."""
        gone, new = Counter(contacts(before)), contacts(after)
        for pair in gone.keys() | new.keys():
            count = self._counts.get(pair, 0) + new.get(pair, 0) - gone[pair]
            if count:
                self._counts[pair] = count
            else:
                self._counts.pop(pair, None)


def _before(now: Labels, area: Box, patches: Mapping[int, Patch]) -> Labels:
    """Labels of a box before the patches in it were written."""
    before = now.copy()
    for patch in patches.values():
        before[patch.box.within(area)] = patch.before
    return before
