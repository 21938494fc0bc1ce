"""Patches: square pieces of pictures with their truth, to train on."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from napari_fncells.core.binary import binary_mask
from napari_fncells.core.geometry import Box
from napari_fncells.core.labels import Labels, cell_pixels, in_reading_order
from napari_fncells.core.params.patches import PatchParams
from napari_fncells.core.weight_map import Weights, weight_map

Pixels = NDArray[np.generic]

FOREGROUND = 255
FNC_SIZE = 512
_FNC_STRIDE = 400
_FNC_BACK = FNC_SIZE - _FNC_STRIDE


@dataclass(frozen=True, eq=False)
class Patch:
    """A piece of a picture with its truth.

    Attributes
    ----------
    box
        Its place in the picture; reaches beyond it where the picture is smaller than a patch.
    image
        (Y, X) or (Y, X, C) pixels as the picture has them; 0 beyond it.
    mask
        (Y, X) uint8: 0 background, 255 cell, or the value of pixels that do not count.
    labels
        (Y, X) uint16 or uint32: cells from 1 in reading order, 0 = background.
    weights
        (Y, X) float32, 0 for pixels that do not count; None where they were not asked for.
    cut
        Cells that go on beyond the patch.
    dropped
        Cells of the picture whose part in the patch is too small; their pixels do not count.
    padded
        Rows and columns beyond the picture.
    """

    box: Box
    image: Pixels
    mask: NDArray[np.uint8]
    labels: Labels
    weights: Weights | None
    cut: int
    dropped: int
    padded: tuple[int, int]

    @property
    def cells(self) -> int:
        """Number of cells, those cut by the edge included."""
        return int(self.labels.max(initial=0))

    @property
    def arrays(self) -> dict[str, Pixels]:
        """What it holds, by name."""
        held: dict[str, Pixels] = {"image": self.image, "mask": self.mask, "labels": self.labels}
        return held if self.weights is None else held | {"weights": self.weights}


def windows(shape: tuple[int, ...], params: PatchParams) -> tuple[Box, ...]:
    """Places of the patches of a picture, row by row.

    All are of one size and cover the picture. The last of a row and of a column is moved in so
    that it ends with the picture; only where the picture is smaller than a patch does a window
    reach beyond it.

    Parameters
    ----------
    shape
        (Y, X, ...) of the picture.
    params
        Scheme, size and overlap.
    """
    size = FNC_SIZE if params.scheme == "fnc" else params.size
    rows, columns = (_starts(length, size, params) for length in shape[:2])
    return tuple(Box(y, x, y + size, x + size) for y in rows for x in columns)


def cut_patches(
    name: str,
    image: Pixels,
    labels: Labels,
    params: PatchParams,
    ignored: NDArray[np.bool_] | None = None,
) -> Iterator[Patch]:
    """Cut a picture into the patches that are kept.

    Mask and weights are made of the whole picture, so that what two patches have in common is
    equal in both, and cells beyond the edge weigh as they do.

    Parameters
    ----------
    name
        Of the picture: decides with the seed which patches without a cell are kept.
    image
        (Y, X) or (Y, X, C).
    labels
        (Y, X) instance labels, 0 = background.
    params
        Where and which.
    ignored
        (Y, X) bool: regions that were left undecided.
    """
    whole = _Whole.of(image, labels, params, ignored)
    for box in windows(labels.shape, params):
        patch = whole.cut(box, params)
        if patch.cells or _kept(name, box, params):
            yield patch


@dataclass(frozen=True, eq=False)
class _Whole:
    image: Pixels
    labels: Labels
    foreground: NDArray[np.bool_]
    ignored: NDArray[np.bool_] | None
    weights: Weights | None
    areas: NDArray[np.int64]
    """By index into the ids that occur."""
    ids: NDArray[np.int64]

    @classmethod
    def of(
        cls,
        image: Pixels,
        labels: Labels,
        params: PatchParams,
        ignored: NDArray[np.bool_] | None,
    ) -> _Whole:
        pixels = cell_pixels(labels)
        weights = None if params.weights is None else weight_map(labels, params.weights, ignored)
        areas = np.bincount(pixels.of, minlength=pixels.ids.size)
        foreground = binary_mask(labels, gap=params.gap)
        return cls(image, labels, foreground, ignored, weights, areas, pixels.ids)

    def cut(self, box: Box, params: PatchParams) -> Patch:
        part = box.clip(self.labels.shape)
        labels = self.labels[part.slices]
        present = cell_pixels(labels)
        whole = self.areas[np.searchsorted(self.ids, present.ids)]
        here = np.bincount(present.of, minlength=present.ids.size)
        dropped = here < params.min_share * whole
        beyond = present.picture(dropped, labels.shape)
        if self.ignored is not None:
            beyond = beyond | (self.ignored[part.slices] & (labels == 0))
        mask = self.foreground[part.slices].astype(np.uint8) * np.uint8(FOREGROUND)
        mask[beyond] = params.ignore_value
        weights = None
        if self.weights is not None:
            weights = np.where(beyond, np.float32(0), self.weights[part.slices])
        padded = box.height - part.height, box.width - part.width
        return Patch(
            box,
            _padded(self.image[part.slices], padded),
            _padded(mask, padded, params.ignore_value),
            _padded(in_reading_order(np.where(beyond, 0, labels)), padded),
            None if weights is None else _padded(weights, padded),
            cut=int(((here < whole) & ~dropped).sum()),
            dropped=int(dropped.sum()),
            padded=padded,
        )


def _starts(length: int, size: int, params: PatchParams) -> list[int]:
    """First pixels of the windows along one side."""
    if length <= size:
        return [0]
    if params.scheme == "fnc":
        # Each window after the first reaches back, so they are not evenly spaced
        regular = [0, *range(_FNC_STRIDE - _FNC_BACK, length, _FNC_STRIDE)]
    else:
        regular = list(range(0, length, size - params.overlap))
    inside = [start for start in regular if start + size < length]
    return [*inside, length - size]


def _kept(name: str, box: Box, params: PatchParams) -> bool:
    """Whether a patch without a cell is kept: the same patches whatever others there are."""
    told = f"{params.seed} {box.top} {box.left} {name}".encode("utf-8", "surrogatepass")
    chance = int.from_bytes(hashlib.sha256(told).digest()[:8], "big") / 2**64
    return chance < params.empties


def _padded(array: NDArray, padded: tuple[int, int], value: int = 0) -> NDArray:  # type: ignore[type-arg]
    """The array as one of its own, with more rows and columns at its end."""
    if padded == (0, 0):
        return np.ascontiguousarray(array)
    around = [(0, padded[0]), (0, padded[1]), *[(0, 0)] * (array.ndim - 2)]
    return np.pad(array, around, constant_values=value)
