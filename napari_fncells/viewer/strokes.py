"""Strokes of napari's tools, read from the atoms of its history."""

from __future__ import annotations

from typing import Any

from napari_fncells.core.geometry import Box
from napari_fncells.core.labels import Labels


def before_stroke(item: list[Any], labels: Labels) -> tuple[Box, Labels]:
    """Box of a stroke and the labels in it before.

    Parameters
    ----------
    item
        Atoms of napari's history, in the order in which they were painted.
    labels
        (Y, X) array that was painted in, with the paint.

    Returns
    -------
    box
        Holds every painted pixel, in pixels of the array.
    before
        (box.height, box.width) labels before the stroke.
    """
    boxes = [_atom_box(atom) for atom in item]
    box = boxes[0]
    for other in boxes[1:]:
        box = box.union(other)
    before = labels[box.slices].copy()
    for atom, part in zip(reversed(item), reversed(boxes), strict=True):
        _take_back(atom, before, box, part)
    return box, before


def _atom_box(atom: Any) -> Box:
    """Where an atom changed pixels: a mask in a slice, or a tuple of index arrays."""
    if hasattr(atom, "slice_key"):
        return Box.of(atom.slice_key)
    rows, columns = atom[0]
    return Box(int(rows.min()), int(columns.min()), int(rows.max()) + 1, int(columns.max()) + 1)


def _take_back(atom: Any, before: Labels, box: Box, part: Box) -> None:
    """Write an atom's old values into `before`, which fills `box`."""
    if not hasattr(atom, "slice_key"):
        (rows, columns), old_values, _ = atom
        before[rows - box.top, columns - box.left] = old_values
        return
    window = before[part.within(box)]
    window[... if atom.mask is None else atom.mask] = atom.old_values
