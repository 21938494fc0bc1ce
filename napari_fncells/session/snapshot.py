"""A mask as it is at one moment, to be written while work goes on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from napari_fncells.core.attention.clean import CleanMask
from napari_fncells.core.document import Document
from napari_fncells.core.edits import Edit, EditKind
from napari_fncells.core.effort import Effort
from napari_fncells.core.ignore import counted
from napari_fncells.core.labels import Labels
from napari_fncells.core.objects import CellCounts, CellObject


@dataclass(frozen=True)
class Snapshot:
    """What an export needs of a document.

    Attributes
    ----------
    labels
        (Y, X), a copy.
    counts
        Cells by what became of them.
    draft
        The draft in force, or None.
    edits
        Edits in the history.
    author
        The annotator.
    effort
        What the mask has cost.
    ignored
        (Y, X) bool regions, a copy; None where there are none.
    cells
        Its living cells.
    note
        On the picture.
    """

    labels: Labels
    counts: CellCounts
    draft: Edit | None
    edits: int
    author: str
    effort: Effort
    ignored: NDArray[np.bool_] | None = None
    cells: tuple[CellObject, ...] = ()
    note: str = ""

    @property
    def counted(self) -> tuple[Labels, NDArray[np.bool_] | None]:
        """Labels of the cells that count, and what is ignored besides; see `ignore.counted`."""
        return counted(self.labels, self.cells, self.ignored)

    @classmethod
    def of(cls, document: Document, effort: Effort | None = None) -> Self:
        """Take one, in the thread that edits the document; without what is planted.

        Parameters
        ----------
        document
            The mask.
        effort
            What it has cost, where time was kept; else what its history tells.
        """
        clean = CleanMask(document)
        return cls(
            clean.labels(),
            clean.counts,
            document.last_in_force(EditKind.DRAFT),
            document.edit_count,
            document.author,
            effort or Effort.of(document),
            document.ignored > 0 if document.ignored_area else None,
            clean.cells,
            document.note,
        )
