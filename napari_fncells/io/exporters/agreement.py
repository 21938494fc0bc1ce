"""What the files of a format hold, against the truth."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_fncells.core.labels import cell_pixels
from napari_fncells.io.exporters.base import Comparison, GroundTruth

IGNORED_LOST = "Ignored regions are background."
_NAMED = 5


def unreadable(truth: GroundTruth, problem: str) -> Comparison:
    """A file that is not there, or is none of its format."""
    return Comparison(
        len(truth.cells), 0, exact=False, lost=tuple(c.id for c in truth.cells), problem=problem
    )


def compare_labels(
    found: NDArray[Any],
    truth: GroundTruth,
    file: str,
    *,
    numbers: Mapping[int, int] | None = None,
    notes: tuple[str, ...] = (),
) -> Comparison:
    """Compare a label image with the truth, pixel by pixel.

    Parameters
    ----------
    found
        What was read of it.
    truth
        The picture.
    file
        Its name, for people.
    numbers
        Number in the file by id; the ids themselves where None.
    notes
        What the format cannot hold of this picture.
    """
    if found.shape != truth.shape or found.dtype.kind != "u":
        return unreadable(truth, f"{file} does not read back as labels of the picture's size.")
    pixels = cell_pixels(truth.labels)
    table = numbers or {}
    expected = np.array([table.get(i, i) for i in pixels.ids.tolist()], dtype=found.dtype)
    wrong = found != pixels.picture(expected, truth.shape)
    there = np.unique(found)
    lost = pixels.ids[~np.isin(expected, there)]
    touched = np.union1d(truth.labels[wrong], _ids_of(found[wrong], expected, pixels.ids))
    changed = np.setdiff1d(touched[touched > 0], lost)
    bad = int(np.count_nonzero(wrong))
    return Comparison(
        len(truth.cells),
        int(np.count_nonzero(there)),
        exact=not bad,
        lost=tuple(lost.tolist()),
        changed=tuple(changed.tolist()),
        renumbered={i: number for i, number in table.items() if i != number},
        notes=notes,
        problem=f"{file} reads back with {bad} pixels that differ." if bad else "",
    )


def named(ids: tuple[int, ...]) -> str:
    """Ids for a sentence: the first few."""
    shown = ", ".join(map(str, ids[:_NAMED]))
    return f"{shown} and {len(ids) - _NAMED} more" if len(ids) > _NAMED else shown


def _ids_of(
    found: NDArray[Any], numbers: NDArray[Any], ids: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Ids of the cells that numbers in a file stand for."""
    return ids[np.isin(numbers, found)]
