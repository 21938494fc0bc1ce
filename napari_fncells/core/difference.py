"""What a mask has become: the difference to an earlier one, in cells and in pixels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from napari_fncells.core.labels import present
from napari_fncells.core.matching import match_objects
from napari_fncells.core.objects import ObjectState
from napari_fncells.core.state_codes import state_codes


@dataclass(frozen=True, eq=False)
class Difference:
    """How a mask differs from the original.

    Attributes
    ----------
    added, removed, changed, same
        Cells that are new, are gone, have another outline, and are as they were. A cell is the
        same one where more than half of the two together is common (IoU above 0.5).
    pixels_added, pixels_removed
        Pixels that became cell, and background.
    codes
        (Y, X) uint8 for the screen: new, removed, changed and equal cells in the codes of the
        states added, unsure, edited and accepted.
    """

    added: int
    removed: int
    changed: int
    same: int
    pixels_added: int
    pixels_removed: int
    codes: NDArray[np.uint8]

    def __str__(self) -> str:
        cells = self.same + self.changed
        return (
            f"Against the original: {self.added:,} added, {self.removed:,} removed, "
            f"{self.changed:,} of {cells:,} others changed; "
            f"+{self.pixels_added:,} −{self.pixels_removed:,} pixels."
        )


def difference(mask: NDArray[np.integer], original: NDArray[np.integer]) -> Difference:
    """Compare a mask with the one it came from.

    Parameters
    ----------
    mask, original
        (Y, X) instance labels, 0 = background; ids need not agree.

    Raises
    ------
    UserError
        Where the two differ in shape.
    """
    matching = match_objects(mask, original, "iou")
    changed: list[int] = []
    same: list[int] = []
    partner = np.zeros(int(mask.max(initial=0)) + 1, np.int64)
    for now, before in matching.pairs:
        partner[now] = before
    # Wrong wherever a pixel of one of the pair is not the other's
    unlike = partner[mask] != original
    touched = set(present(mask[unlike]).tolist())
    lost = set(present(original[unlike]).tolist())
    for now, before in matching.pairs:
        (changed if now in touched or before in lost else same).append(now)
    inside, was = mask > 0, original > 0
    return Difference(
        added=matching.fp,
        removed=matching.fn,
        changed=len(changed),
        same=len(same),
        pixels_added=int(np.count_nonzero(inside & ~was)),
        pixels_removed=int(np.count_nonzero(was & ~inside)),
        codes=_codes(mask, original, matching.false_positives, matching.false_negatives, changed),
    )


def _codes(
    mask: NDArray[np.integer],
    original: NDArray[np.integer],
    added: tuple[int, ...],
    removed: tuple[int, ...],
    changed: list[int],
) -> NDArray[np.uint8]:
    states = dict.fromkeys(added, ObjectState.ADDED) | dict.fromkeys(changed, ObjectState.EDITED)
    codes = state_codes(mask, states, ObjectState.ACCEPTED)
    gone = np.where(np.isin(original, removed), original, 0)
    former = state_codes(gone, {}, ObjectState.UNSURE)
    return np.where(codes > 0, codes, former)
