"""Parts of a picture that a network sees one after another, and what of each counts.

A part reaches beyond what counts of it by at least as far as the network looks, and begins where
the network's coarsest pixels do, so that the seams cannot be seen.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

MULTIPLE = 8
REACH = 96
"""How far apart, in px, a pixel can be from one it depends on: 94, as a multiple of 8."""


@dataclass(frozen=True)
class Span:
    """One side of a part.

    Attributes
    ----------
    start, stop
        What is read, within the picture.
    first, last
        What counts, within the picture.
    """

    start: int
    stop: int
    first: int
    last: int

    @property
    def read(self) -> slice:
        """What is read."""
        return slice(self.start, self.stop)

    @property
    def kept(self) -> slice:
        """What counts, in the picture."""
        return slice(self.first, self.last)

    @property
    def kept_of_read(self) -> slice:
        """What counts, in what was read."""
        return slice(self.first - self.start, self.last - self.start)


Part = tuple[Span, Span]
"""Its rows and columns."""


def parts(shape: tuple[int, int], at_once: int) -> list[Part]:
    """Cut a picture into parts.

    Parameters
    ----------
    shape
        Rows and columns.
    at_once
        Most pixels of a part, what it reaches beyond included, as far as that leaves it any.

    Returns
    -------
    list of (Span, Span)
        Rows and columns of each; what counts of them makes up the picture, each pixel once.
    """
    height, width = shape
    return recut((Span(0, height, 0, height), Span(0, width, 0, width)), at_once)


def recut(part: Part, at_once: int) -> list[Part]:
    """Cut a part into smaller ones that together count for the same; see `parts`."""
    rows, columns = part
    height, width = (_padded(span.stop - span.start) for span in part)
    if height * width <= at_once:
        return [part]
    # What is low or narrow is not cut that way
    room = max(_square(at_once), 3 * REACH)
    tall = min(height, room)
    wide = min(width, max(at_once // tall, 3 * REACH))
    tall = min(height, max(at_once // wide, 3 * REACH))
    return [(row, column) for row in _spans(rows, tall) for column in _spans(columns, wide)]


def read_pixels(part: Part) -> int:
    """How many pixels are read for a part."""
    rows, columns = part
    return (rows.stop - rows.start) * (columns.stop - columns.start)


def pad(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Mirror (C, Y, X) at its end until both sides are multiples of 8."""
    missing = [(-side) % MULTIPLE for side in values.shape[1:]]
    if not any(missing):
        return values
    return np.pad(values, ((0, 0), (0, missing[0]), (0, missing[1])), mode="reflect")


def _spans(whole: Span, most: int) -> list[Span]:
    """Cut one side, reading no farther than the whole does."""
    if _padded(whole.stop - whole.start) <= most:
        return [whole]
    side = whole.last - whole.first
    core = (most - 2 * REACH) // MULTIPLE * MULTIPLE
    count = -(-side // core)
    # Even parts: a last sliver would cost nearly as much as a whole one
    core = _padded(-(-side // count))
    cut = []
    for first in range(whole.first, whole.last, core):
        last = min(whole.last, first + core)
        start, stop = max(whole.start, first - REACH), min(whole.stop, last + REACH)
        cut.append(Span(start, stop, first, last))
    return cut


def _padded(side: int) -> int:
    return -(-side // MULTIPLE) * MULTIPLE


def _square(pixels: int) -> int:
    return int(pixels**0.5) // MULTIPLE * MULTIPLE
