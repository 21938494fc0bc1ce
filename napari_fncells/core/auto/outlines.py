"""Chosen pieces, drawn at the picture's own scale."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy import ndimage as ndi

from napari_fncells.core.auto.choice import Choice
from napari_fncells.core.auto.view import View
from napari_fncells.core.geometry import Box

_INSIDE = 0.5
_FINE = 1e-6


def draw(choices: Sequence[Choice], view: View, shape: tuple[int, int]) -> NDArray[np.int32]:
    """Number the pixels of each choice, from 1 in their order.

    The share of votes is interpolated, so outlines are as smooth as those an expert draws,
    without steps of the working scale. Where two meet, a pixel goes to the one with more votes.

    Parameters
    ----------
    choices
        In the planes of the view.
    view
        What they were found in.
    shape
        Of the picture.
    """
    box = view.box
    labels = np.zeros(shape, dtype=np.int32)
    inner = labels[box.slices]
    best = np.full(inner.shape, _INSIDE, dtype=np.float32)
    parts: list[Box] = []
    for number, choice in enumerate(choices, start=1):
        part, share = _enlarged(choice, view, inner.shape)
        parts.append(part)
        inside = ndi.binary_fill_holes(share > _INSIDE)
        share = np.where(inside, np.maximum(share, _INSIDE + _FINE), 0)
        more = share > best[part.slices]
        best[part.slices][more] = share[more]
        inner[part.slices][more] = number
    for number, part in enumerate(parts, start=1):
        _keep_largest(inner[part.slices], number)
    return labels


def _keep_largest(labels: NDArray[np.int32], number: int) -> None:
    """Where a piece has been cut in two by others, its largest part is left."""
    mask = (labels == number).view(np.uint8)
    count, regions, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    if count > 2:
        largest = 1 + int(stats[1:, cv2.CC_STAT_AREA].argmax())
        labels[(regions > 0) & (regions != largest)] = 0


def _enlarged(
    choice: Choice, view: View, shape: tuple[int, int]
) -> tuple[Box, NDArray[np.float32]]:
    """Share of votes in the part of the picture's content that holds a choice."""
    place, votes = choice.shares()
    height, width = view.height.shape
    rows, columns = np.divmod(place, width)
    small = Box(int(rows.min()), int(columns.min()), int(rows.max()) + 1, int(columns.max()) + 1)
    # One more pixel of nothing on each side, for outlines end between pixels
    share = np.zeros((small.height + 2, small.width + 2), dtype=np.float32)
    share[rows - small.top + 1, columns - small.left + 1] = votes
    if shape == (height, width):
        return small, share[1:-1, 1:-1]
    down, right = shape[0] / height, shape[1] / width
    part = Box(
        int(np.floor((small.top - 0.5) * down)),
        int(np.floor((small.left - 0.5) * right)),
        int(np.ceil((small.bottom + 0.5) * down)),
        int(np.ceil((small.right + 0.5) * right)),
    ).clip(shape)
    _repeat_border(share, small, (height, width))
    # Pixel i of the planes is the mean of i..i + 1 times the factor
    onto = np.array(
        [
            [1 / right, 0, (part.left + 0.5) / right - 0.5 - small.left + 1],
            [0, 1 / down, (part.top + 0.5) / down - 0.5 - small.top + 1],
        ]
    )
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    large = cv2.warpAffine(share, onto, (part.width, part.height), flags=flags)
    return part, np.asarray(large, dtype=np.float32)


def _repeat_border(share: NDArray[np.float32], small: Box, shape: tuple[int, int]) -> None:
    """Beyond the picture's border a piece goes on as it is there."""
    if small.top == 0:
        share[0] = share[1]
    if small.bottom == shape[0]:
        share[-1] = share[-2]
    if small.left == 0:
        share[:, 0] = share[:, 1]
    if small.right == shape[1]:
        share[:, -1] = share[:, -2]
