"""Coverage: which parts of a picture were on the screen, near enough and long enough."""

from __future__ import annotations

import base64
import binascii
import zlib
from collections.abc import Mapping
from math import ceil
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from napari_fncells.core.geometry import Box
from napari_fncells.core.labels import Slices
from napari_fncells.core.params.coverage import CoverageParams

_PER_SECOND = 10
"""Steps in which times are kept; 25 s are as good as more."""
_LONGEST = 255
_MOST_TILES = 1 << 24


class Coverage:
    """Time for which each square of a picture was on the screen at a useful zoom.

    Parameters
    ----------
    shape
        (Y, X) of the picture.
    params
        What counts.

    Attributes
    ----------
    seconds
        (rows, columns) float32: one value a square of `params.tile` px.
    """

    def __init__(self, shape: tuple[int, int], params: CoverageParams | None = None) -> None:
        self.shape = shape
        self.params = params or CoverageParams()
        rows, columns = (ceil(side / self.params.tile) for side in shape)
        self.seconds: NDArray[np.float32] = np.zeros((rows, columns), np.float32)

    @property
    def seen(self) -> NDArray[np.bool_]:
        """(rows, columns) squares that were on the screen long enough."""
        found: NDArray[np.bool_] = self.seconds >= self.params.seconds
        return found

    @property
    def share(self) -> float:
        """Share of the picture's area that was seen; 1 for a picture without pixels."""
        heights, widths = (self._sides(side) for side in self.shape)
        areas = heights[:, np.newaxis] * widths
        total = float(areas.sum())
        return float(areas[self.seen].sum()) / total if total else 1.0

    def note(self, view: Box, zoom: float, seconds: float) -> None:
        """Note what was on the screen.

        Parameters
        ----------
        view
            Part of the picture in sight; may reach beyond it. A square counts where its middle
            is in sight, so that parts side by side leave nothing out between them.
        zoom
            Pixels of the screen per pixel of the picture.
        seconds
            For how long.
        """
        if zoom < self.params.zoom or seconds <= 0:
            return
        self.seconds[self._squares(view)] += np.float32(seconds)

    def is_seen(self, box: Box) -> bool:
        """Whether all squares whose middle lies in a box were seen."""
        return bool(self.seen[self._squares(box)].all())

    def unseen(self) -> list[Box]:
        """Boxes of the parts that were not seen, the largest first."""
        tile = self.params.tile
        labels, _ = ndimage.label(~self.seen, np.ones((3, 3)))
        boxes = [
            Box(
                rows.start * tile,
                columns.start * tile,
                min(rows.stop * tile, self.shape[0]),
                min(columns.stop * tile, self.shape[1]),
            )
            for rows, columns in ndimage.find_objects(labels)
        ]
        return sorted(boxes, key=lambda box: (-box.height * box.width, box.top, box.left))

    def as_mapping(self) -> dict[str, Any]:
        """JSON values that `take_in` reads."""
        steps = np.minimum(np.rint(self.seconds * _PER_SECOND), _LONGEST).astype(np.uint8)
        packed = base64.b64encode(zlib.compress(steps.tobytes(), 1)).decode()
        return {"shape": list(self.shape), "tile": self.params.tile, "tenths": packed}

    def take_in(self, facts: Mapping[str, Any]) -> bool:
        """Add what was kept of an earlier visit; False where it is of another grid, or damaged."""
        if facts.get("shape") != list(self.shape) or facts.get("tile") != self.params.tile:
            return False
        size = self.seconds.size
        if size > _MOST_TILES:
            return False
        try:
            packed = base64.b64decode(facts["tenths"], validate=True)
            steps = np.frombuffer(zlib.decompressobj().decompress(packed, size + 1), np.uint8)
        except (KeyError, TypeError, ValueError, binascii.Error, zlib.error):
            return False
        if steps.size != size:
            return False
        self.seconds += steps.reshape(self.seconds.shape) / np.float32(_PER_SECOND)
        return True

    def _squares(self, box: Box) -> Slices:
        """Squares whose middle lies in a box."""
        rows, columns = (
            slice(*np.searchsorted(self._middles(side), (first, last)).tolist())
            for side, first, last in (
                (self.shape[0], box.top, box.bottom),
                (self.shape[1], box.left, box.right),
            )
        )
        return rows, columns

    def _middles(self, side: int) -> NDArray[np.float64]:
        """Middles of the squares along a side, where pixel 0 reaches from 0 to 1."""
        edges = np.append(np.arange(0, side, self.params.tile), side)
        middles: NDArray[np.float64] = (edges[1:] + edges[:-1]) / 2
        return middles

    def _sides(self, side: int) -> NDArray[np.int64]:
        """Lengths of the squares along a side; the last may be shorter."""
        edges = np.append(np.arange(0, side, self.params.tile), side)
        return np.diff(edges)


def sweep(shape: tuple[int, int], view: tuple[float, float], overlap: float) -> list[Box]:
    """Parts of a picture, each as large as what is in sight, that cover all of it.

    Row by row from the top, to the right and back by turns: each lies beside the one before.

    Parameters
    ----------
    shape
        (Y, X) of the picture.
    view
        Height and width of what is in sight, in px of the picture.
    overlap
        Share of a part that the next shows again, at least.
    """
    rows, columns = (
        _starts(side, max(1, int(seen)), overlap) for side, seen in zip(shape, view, strict=True)
    )
    height, width = (min(side, max(1, int(seen))) for side, seen in zip(shape, view, strict=True))
    return [
        Box(top, left, top + height, left + width)
        for number, top in enumerate(rows)
        for left in (columns if number % 2 == 0 else columns[::-1])
    ]


def _starts(side: int, length: int, overlap: float) -> list[int]:
    """Where parts of a length begin that cover a side, evenly spread."""
    if length >= side:
        return [0]
    count = 1 + ceil((side - length) / max(1.0, length * (1 - overlap)))
    return [round(k * (side - length) / (count - 1)) for k in range(count)]
