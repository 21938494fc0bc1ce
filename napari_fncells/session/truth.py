"""The ground truth of a picture that comes with a data set."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_fncells.io.datasets.catalogue import Split
from napari_fncells.io.datasets.known import split_of, v1_facts_of
from napari_fncells.io.datasets.layout import masks_beside
from napari_fncells.io.images import Image
from napari_fncells.io.masks import label_parts, load_mask
from napari_fncells.io.read_error import ImageReadError, ReadCode


@dataclass(frozen=True, eq=False)
class Truth:
    """What the authors of a data set marked in a picture.

    Attributes
    ----------
    path
        The mask's file; never written.
    labels
        (Y, X) uint16, a number for each 8-connected part; 0 is background.
    split
        What its authors used the picture for; None where that is not known.
    by_hand
        Whether the mask was drawn by hand; None where that is not known.
    notes
        What was assumed of the file, in plain words.
    """

    path: Path
    labels: NDArray[np.unsignedinteger[Any]]
    split: Split | None = None
    by_hand: bool | None = None
    notes: tuple[str, ...] = ()

    @property
    def cells(self) -> int:
        """Number of its parts."""
        return int(self.labels.max(initial=0))

    @property
    def in_words(self) -> str:
        """What it holds, and what was assumed."""
        held = f"{self.cells} cell{'s' * (self.cells != 1)}" if self.cells else "no cell"
        known = [f"part of {self.split}"] if self.split else []
        if self.by_hand:
            known.append("drawn by hand")
        told = f" ({', '.join(known)})" if known else ""
        return " ".join((f"The ground truth of this picture has {held}{told}.", *self.notes))


def truth_path(picture: Path | None) -> Path | None:
    """The mask that a data set has for one of its pictures; None where there is none."""
    if picture is None:
        return None
    folder = masks_beside(picture.parent)
    mask = None if folder is None else Path(folder) / picture.name
    return mask if mask is not None and mask.is_file() else None


def load_truth(image: Image) -> Truth | None:
    """Read the ground truth that comes with a picture.

    Parameters
    ----------
    image
        The picture, with its path.

    Returns
    -------
    Truth or None
        None where its folder is not one of a data set, or has no mask for it.

    Raises
    ------
    ImageReadError
        The mask cannot be read, or has not the picture's shape.
    """
    path = truth_path(image.path)
    if path is None or image.path is None:
        return None
    # A mask of a data set is one, even where grey edges make it look like labels
    mask = load_mask(path)
    if mask.values.shape != image.pixels.shape[:2]:
        raise ImageReadError(
            ReadCode.UNSUPPORTED,
            path,
            f"The ground truth of {image.name} is {_size(mask.values.shape)} px, the picture "
            f"{_size(image.pixels.shape)}.",
            "Copy the data set again.",
        )
    labels, _ = label_parts(mask.values)
    facts = v1_facts_of(image.path)
    by_hand = facts.by_hand if facts is not None else None
    return Truth(path, labels, split_of(image.path), by_hand, mask.notes)


def _size(shape: tuple[int, ...]) -> str:
    return f"{shape[0]} x {shape[1]}"
