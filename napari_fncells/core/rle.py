"""Runs of pixels, column by column, as COCO counts them: background, object, background, ...

Source: cocodataset/cocoapi, common/maskApi.c.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from napari_fncells.core.geometry import Box

# Five bits a character; counts of the largest pictures need seven
_LONGEST_COUNT = 7
_BITS = 5
_MORE = 0x20
_SIGN = 0x10


def runs_of(mask: NDArray[np.bool_], box: Box, shape: tuple[int, int]) -> list[int]:
    """Lengths of the runs of an object in a picture.

    Parameters
    ----------
    mask
        (box.height, box.width) bool.
    box
        Where in the picture it lies.
    shape
        (Y, X) of the picture.

    Returns
    -------
    list of int
        From the top left pixel down, column by column; the first is background and may be 0.
    """
    height, width = shape
    # A rim, so that each column begins and ends in the background
    rim = np.zeros((box.width, box.height + 2), dtype=np.int8)
    rim[:, 1:-1] = mask.T
    columns, rows = np.nonzero(np.diff(rim, axis=1))
    edges = (columns + box.left) * height + rows + box.top
    # Where a run ends at the foot of a column and the next begins at its head, there is no edge
    place, count = np.unique(edges, return_counts=True)
    bounds = np.concatenate([[0], place[count == 1], [height * width]])
    runs: list[int] = np.diff(bounds).tolist()
    return runs if runs[-1] or len(runs) == 1 else runs[:-1]


def drawn(runs: ArrayLike, shape: tuple[int, int]) -> tuple[Box, NDArray[np.bool_]]:
    """The object of which `runs_of` tells the runs.

    Returns
    -------
    box, mask
        Where in the picture, and (box.height, box.width) bool; the box holds the object.

    Raises
    ------
    ValueError
        The runs do not fill the picture.
    """
    height = shape[0]
    bounds = np.cumsum(checked(runs, shape))
    end = bounds[1::2]
    begin = bounds[::2][: len(end)]
    begin, end = begin[end > begin], end[end > begin]
    if not len(begin):
        return Box(0, 0, 0, 0), np.zeros((0, 0), dtype=bool)
    left, right = int(begin[0]) // height, (int(end[-1]) - 1) // height + 1
    turns = np.zeros((right - left) * height + 1, dtype=bool)
    # Runs that meet have a common bound: it turns twice
    np.logical_xor.at(turns, begin - left * height, True)
    np.logical_xor.at(turns, end - left * height, True)
    columns = np.logical_xor.accumulate(turns)[:-1].reshape(right - left, height)
    return Box(0, left, height, right), columns.T


def checked(runs: ArrayLike, shape: tuple[int, int]) -> NDArray[np.int64]:
    """Lengths of runs that fill a picture, int64.

    Raises
    ------
    ValueError
        They do not.
    """
    lengths = np.asarray(runs)
    if lengths.ndim != 1 or lengths.dtype.kind not in "iu":
        raise ValueError("runs are whole numbers of pixels")
    size = shape[0] * shape[1]
    if not len(lengths) or lengths.min() < 0 or lengths.max() > size or lengths.sum() != size:
        raise ValueError("the runs do not fill the picture")
    return lengths.astype(np.int64)


def from_text(text: str | bytes) -> NDArray[np.int64]:
    """Lengths of runs from COCO's compressed form.

    Raises
    ------
    ValueError
        It is none.
    """
    try:
        data = text.encode("ascii") if isinstance(text, str) else text
    except UnicodeEncodeError as error:
        raise ValueError("runs are written in ASCII") from error
    codes = np.frombuffer(data, dtype=np.uint8).astype(np.int64) - 48
    if len(codes) and (codes.min() < 0 or codes.max() >= 2 * _MORE or codes[-1] & _MORE):
        raise ValueError("runs are cut off, or are none")
    ends = np.flatnonzero((codes & _MORE) == 0)
    starts = np.concatenate([[0], ends + 1])[: len(ends)]
    place = np.arange(len(codes)) - np.repeat(starts, ends - starts + 1)
    if len(place) and place.max() >= _LONGEST_COUNT:
        raise ValueError("a run is longer than any picture")
    if not len(ends):
        return ends
    values: NDArray[np.int64] = np.add.reduceat((codes & (_MORE - 1)) << (_BITS * place), starts)
    negative = (codes[ends] & _SIGN) > 0
    values = values - (negative.astype(np.int64) << (_BITS * (ends - starts + 1)))
    # From the fourth on a run is told by how much it differs from the last but one
    values[1::2] = np.cumsum(values[1::2])
    values[2::2] = np.cumsum(values[2::2])
    return values
