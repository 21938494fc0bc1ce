"""The check of a document, kept up to date edit by edit without looking at the whole picture."""

from __future__ import annotations

from psygnal import Signal

from napari_fncells.core.box_index import BoxIndex
from napari_fncells.core.document import Document
from napari_fncells.core.edits import Edit
from napari_fncells.core.labels import Labels
from napari_fncells.core.params.quality import QualityParams
from napari_fncells.core.quality.cells import check_cell, check_sizes, size_table
from napari_fncells.core.quality.finding import Finding
from napari_fncells.core.quality.shift import check_shift
from napari_fncells.core.quality.sizes import SizeLimits

_WHOLE = 8
"""Edits of more than the picture's area by this may shift it as a whole, or back."""


class QualityWatch:
    """What is wrong with the cells of a document, the ignored ones aside.

    Parameters
    ----------
    document
        Looked at as a whole once, then followed through its edits.
    params
        What to look for.
    reference
        (Y, X) labels against which it may be shifted as a whole: its draft.

    Attributes
    ----------
    changed
        Signal(): after an edit; `findings` may be others.
    """

    changed = Signal()

    def __init__(
        self, document: Document, params: QualityParams, reference: Labels | None = None
    ) -> None:
        self.document = document
        self._params = params
        self._found: dict[int, tuple[Finding, ...]] = {}
        self._index = BoxIndex()
        self._ignored = frozenset(document.ignored_cells)
        self._reference = reference
        self._shift: Finding | None = None
        self._compare()
        for cell in document.cells:
            self._look_at(cell.id)
        document.committed.connect(self._follow)

    @property
    def of_picture(self) -> list[Finding]:
        """What is wrong with the mask as a whole now."""
        return [] if self._shift is None else [self._shift]

    @property
    def of_cells(self) -> list[Finding]:
        """What is wrong with cells now, their sizes aside, by rising id."""
        return [finding for i in sorted(self._found) for finding in self._found[i]]

    def findings(self, limits: SizeLimits | None = None) -> list[Finding]:
        """What is wrong now.

        Parameters
        ----------
        limits
            Usual sizes; those of this picture's cells where omitted.
        """
        sizes = size_table(self.document.counted)
        limits = limits or SizeLimits.of(sizes[:, 5], self._params)
        return self.of_picture + self.of_cells + list(check_sizes(sizes, limits))

    def close(self) -> None:
        """Follow the document no longer."""
        self.document.committed.disconnect(self._follow)

    def _follow(self, edit: Edit) -> None:
        pixels = sum(p.box.height * p.box.width for p in edit.change.patches)
        if pixels * _WHOLE >= self.document.labels.size:
            self._compare()
        affected = {item.id for item in edit.change.objects}
        if self._ignored or self.document.ignored_cells:
            affected |= self._ignored ^ self.document.ignored_cells
            self._ignored = frozenset(self.document.ignored_cells)
        for patch in edit.change.patches:
            # A hole that another cell has grown into, or left, is another one
            affected.update(self._index.meeting(patch.box))
        for i in affected:
            self._look_at(i)
        self.changed.emit()

    def _compare(self) -> None:
        if self._reference is not None:
            self._shift = check_shift(self.document.labels, self._reference, "its draft")

    def _look_at(self, i: int) -> None:
        self._found.pop(i, None)
        cell = self.document.objects.get(i)
        if cell is None or not cell.alive or i in self._ignored:
            self._index.drop(i)
            return
        self._index.put(i, cell.box)
        found = check_cell(self.document.labels, cell, self._params)
        if found:
            self._found[i] = found
