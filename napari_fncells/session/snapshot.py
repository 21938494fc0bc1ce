"""A mask as it is at one moment, to be written while work goes on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from napari_fncells.core.document import Document
from napari_fncells.core.edits import Edit, EditKind
from napari_fncells.core.labels import Labels
from napari_fncells.core.objects import CellCounts


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
    """

    labels: Labels
    counts: CellCounts
    draft: Edit | None
    edits: int
    author: str

    @classmethod
    def of(cls, document: Document) -> Self:
        """Take one, in the thread that edits the document."""
        return cls(
            document.labels.copy(),
            document.counts,
            document.last_in_force(EditKind.DRAFT),
            document.edit_count,
            document.author,
        )
