"""What a simulated annotator sees: the part of the picture on the screen, and no more."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from napari_fncells.core.geometry import Box

Labels = NDArray[np.integer]


class Truth(Protocol):
    """True cells, given out part by part."""

    @property
    def shape(self) -> tuple[int, int]:
        """(Y, X) of the picture."""

    def window(self, box: Box) -> Labels:
        """(box.height, box.width) labels of the true cells in a box of the picture."""


class TruthWindows:
    """Labels of true cells, given out part by part.

    Parameters
    ----------
    labels
        (Y, X) instance labels, 0 = background.
    """

    def __init__(self, labels: Labels) -> None:
        self._labels = labels

    @property
    def shape(self) -> tuple[int, int]:
        """(Y, X) of the picture."""
        rows, columns = self._labels.shape
        return rows, columns

    def window(self, box: Box) -> Labels:
        """(box.height, box.width) labels of the true cells in a box of the picture."""
        return self._labels[box.slices]


@dataclass(frozen=True, eq=False)
class View:
    """What is on the screen: a part of the mask, and of what an expert knows to be true there.

    Attributes
    ----------
    box
        Where, in the picture.
    labels, truth
        (box.height, box.width) of the mask as it is, and of the true cells.
    """

    box: Box
    labels: Labels
    truth: Labels

    def beyond(self, shape: tuple[int, int], mask: NDArray[np.bool_]) -> list[tuple[int, int]]:
        """Where something in sight goes on beyond the screen, in the picture.

        Parameters
        ----------
        shape
            (Y, X) of the picture.
        mask
            Of the thing, in the view.

        Returns
        -------
        list of (int, int)
            A pixel of the picture just out of sight for each side that cuts the mask off.
        """
        box = self.box
        sides = (
            (box.top > 0, mask[0], box.top - 1, None),
            (box.bottom < shape[0], mask[-1], box.bottom, None),
            (box.left > 0, mask[:, 0], None, box.left - 1),
            (box.right < shape[1], mask[:, -1], None, box.right),
        )
        found = []
        for inner, line, row, column in sides:
            at = np.flatnonzero(line)
            if inner and at.size:
                middle = int(at[at.size // 2])
                found.append(
                    (
                        box.top + middle if row is None else row,
                        box.left + middle if column is None else column,
                    )
                )
        return found

    def goes_on_unseen(
        self, shape: tuple[int, int], mask: NDArray[np.bool_], visited: Sequence[Box]
    ) -> bool:
        """Whether the screen cuts something off where none of the parts visited reaches."""
        return any(
            not any(b.top <= row < b.bottom and b.left <= column < b.right for b in visited)
            for row, column in self.beyond(shape, mask)
        )
