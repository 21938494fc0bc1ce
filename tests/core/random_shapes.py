"""Random boxes, drafts and paths, and cells at known places."""

from __future__ import annotations

from typing import Any

import numpy as np

from napari_fncells.core import changes
from napari_fncells.core.document import Document
from napari_fncells.core.geometry import Box
from napari_fncells.core.grow import Region
from napari_fncells.core.redraft import apply_draft


def region(box: Box, mask: Any = None) -> Region:
    whole = np.ones((box.height, box.width), dtype=bool)
    return Region(box, whole if mask is None else mask, 1.0)


def added(document: Document, box: Box, mask: Any = None) -> int:
    change = changes.add_cell(document, region(box, mask))
    assert change is not None
    document.commit(change)
    return document.next_id - 1


def drafted(labels: np.ndarray) -> Document:
    """A document with a draft, the ids renumbered from 1 in their order."""
    document = Document(labels.shape)
    document.commit(apply_draft(document, labels, {"method": "test"}))
    return document


def mask_of(document: Document, i: int) -> np.ndarray:
    return document.labels == i


def random_box(rng: np.random.Generator, shape: tuple[int, int], longest: int = 14) -> Box:
    height, width = (int(rng.integers(1, min(longest, side) + 1)) for side in shape)
    top, left = (int(rng.integers(0, s - n + 1)) for s, n in zip(shape, (height, width), strict=1))
    return Box(top, left, top + height, left + width)


def random_cell(rng: np.random.Generator, shape: tuple[int, int]) -> tuple[Box, np.ndarray]:
    """A box, full of holes or not, or two joined by a neck: a clump."""
    if rng.random() < 0.6:
        box = random_box(rng, shape)
        return box, rng.random((box.height, box.width)) < rng.choice([0.3, 0.8, 1.0])
    mask = np.ones((8, int(rng.integers(16, 22))), dtype=bool)
    mask[:3, 7:-7] = mask[5:, 7:-7] = False
    mask = mask.T if rng.random() < 0.5 else mask
    top, left = (int(rng.integers(0, s - n + 1)) for s, n in zip(shape, mask.shape, strict=True))
    return Box(top, left, top + mask.shape[0], left + mask.shape[1]), mask


def random_draft(rng: np.random.Generator, shape: tuple[int, int]) -> np.ndarray:
    labels = np.zeros(shape, dtype=np.int32)
    for i in rng.permutation(np.arange(1, rng.integers(1, 9))):
        box, mask = random_cell(rng, shape)
        labels[box.slices][mask] = i
    return labels


def random_path(rng: np.random.Generator, shape: tuple[int, int]) -> np.ndarray:
    """A few points within and around the picture, at no pixel's middle or border."""
    span = np.array(shape)
    middle, reach = rng.random(2) * span, rng.choice([6.0, 15.0, 40.0])
    count = int(rng.integers(3, 9))
    return middle + (rng.random((count, 2)) - 0.5) * 2 * reach + 1e-4


def stroke_over(rng: np.random.Generator, document: Document) -> np.ndarray:
    """A stroke as a hand draws it: across a cell, from one to another, or anywhere."""
    cells = sorted(document.cells, key=lambda cell: (-cell.area, cell.id))
    kind = rng.choice(["across", "across", "between", "anywhere"])
    if kind == "across" and cells:
        box = cells[int(rng.integers(0, min(3, len(cells))))].box
        middle = np.array(box.centre)
        angle = rng.random() * 2 * np.pi
        way = np.array([np.sin(angle), np.cos(angle)]) * (max(box.height, box.width) / 2 + 2)
        ends = [middle - way, middle + way]
    elif kind == "between" and len(cells) > 1:
        middles = np.array([cell.box.centre for cell in cells])
        first = middles[int(rng.integers(0, len(cells)))]
        nearest = np.argsort(np.hypot(*(middles - first).T))
        ends = [first, middles[nearest[1]]]
    else:
        return random_path(rng, document.shape)[:2]
    return np.array([*ends]) + rng.normal(0, 0.5, (2, 2))
