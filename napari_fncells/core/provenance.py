"""Where the mask came from: earlier states of it, read from the history."""

from __future__ import annotations

import numpy as np

from napari_fncells.core.document import Document
from napari_fncells.core.edits import Action, Edit, EditKind
from napari_fncells.core.geometry import Box
from napari_fncells.core.labels import Labels
from napari_fncells.core.pieces import Mask


def labels_after(document: Document, sequence: int) -> Labels:
    """Copy of the labels as they were after an edit; all background for sequence 0.

    Raises
    ------
    ValueError
        For a number that no edit has.
    """
    if not 0 <= sequence <= document.edit_count:
        raise ValueError(f"the history has edits 1 to {document.edit_count}, not {sequence}")
    labels = document.labels.copy()
    for edit in reversed(document.edits_since(sequence)):
        for patch in edit.change.patches:
            labels[patch.box.slices] = patch.before
    return labels


def draft_labels(document: Document) -> Labels | None:
    """Copy of the labels as the draft in force left them, or None where there is none."""
    draft = document.last_in_force(EditKind.DRAFT)
    if draft is None:
        return None
    last = draft.sequence
    for edit in document.edits_since(draft.sequence):
        # What the attention check has planted shows as drafted
        if edit.change.kind is not EditKind.PLANT or not edit.change.continues:
            break
        if edit.action is not Action.UNDO:
            last = edit.sequence
    return labels_after(document, last)


def drafted_as(document: Document, cell: int) -> tuple[Box, Mask] | None:
    """Tight box and mask of a cell as its draft had it, or None for one no draft made."""
    for edit in document.newest_in_force:
        if edit.change.kind not in (EditKind.DRAFT, EditKind.PLANT):
            continue
        for item in edit.change.objects:
            if item.id == cell and item.before is None and item.after is not None:
                box = item.after.box
                return box, pixels_of(edit, cell, box, after=True)
    return None


def pixels_of(edit: Edit, cell: int, box: Box, *, after: bool) -> Mask:
    """Pixels of a cell in a box that an edit's patches show, after it or before."""
    mask = np.zeros((box.height, box.width), dtype=bool)
    for patch in edit.change.patches:
        if patch.box.overlaps(box):
            common = patch.box.clip_to(box)
            shown = patch.after if after else patch.before
            mask[common.within(box)] |= shown[common.within(patch.box)] == cell
    return mask
