"""The mask that was there before the work on a picture began."""

from __future__ import annotations

from pathlib import Path

from napari_fncells.core.document import Document
from napari_fncells.core.edits import Edit
from napari_fncells.core.labels import Labels
from napari_fncells.core.provenance import labels_after
from napari_fncells.io.masks import load_labels

GIVEN = "given"
"""Method of a draft that is a mask which was there before."""


def given_edit(document: Document) -> Edit | None:
    """The edit in force that took the mask over, or None."""
    for edit in document.in_force:
        if edit.change.details.get("method") == GIVEN:
            return edit
    return None


def given_labels(document: Document, file: Path | None) -> Labels | None:
    """The mask as it was given: from the history, else from its file; None for neither.

    Raises
    ------
    ImageReadError
        Where the file is needed and cannot be read.
    """
    edit = given_edit(document)
    if edit is not None:
        return labels_after(document, edit.sequence)
    return None if file is None else load_labels(file).values
