"""The work area: the part of a picture too large for one texture that can be edited at a time."""

from __future__ import annotations

from napari_fncells.core.geometry import Box

TEXTURE_LIMIT = 16384
"""Sides up to this can be shown and edited whole (GL_MAX_TEXTURE_SIZE of common cards)."""
SIDE = 8192
"""Sides of the area in a larger picture, in px."""


def work_area(shape: tuple[int, int], centre: tuple[float, float] | None = None) -> Box:
    """The whole picture, or the area around a place where it is too large.

    Parameters
    ----------
    shape
        (Y, X) of the picture.
    centre
        (row, column) that the area is to hold; the middle of the picture where omitted.
    """
    if max(shape) <= TEXTURE_LIMIT:
        return Box.whole(shape)
    row, column = centre if centre is not None else (shape[0] / 2, shape[1] / 2)
    (top, bottom), (left, right) = (
        _span(place, size) for place, size in zip((row, column), shape, strict=True)
    )
    return Box(top, left, bottom, right)


def _span(place: float, size: int) -> tuple[int, int]:
    """First and last + 1 of at most SIDE pixels around a place, inside the picture."""
    length = min(size, SIDE)
    start = min(max(round(place) - length // 2, 0), size - length)
    return start, start + length
