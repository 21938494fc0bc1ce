"""Pictures with their truth, made up, for what is written of them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np

from napari_fncells.core.geometry import Box
from napari_fncells.core.labels import Labels, boxes
from napari_fncells.core.objects import CellObject, ObjectState, Origin
from napari_fncells.io.exporters.base import GroundTruth
from napari_fncells.io.images import Image


@dataclass(frozen=True)
class Kind:
    """What a made up picture is like."""

    shape: tuple[int, int] = (96, 120)
    dtype: str = "uint8"
    channels: int = 3
    cells: int = 6


def a_truth(
    name: str,
    seed: int = 0,
    kind: Kind = Kind(),
    *,
    ignored: bool = False,
    split: str = "",
    labels: Labels | None = None,
) -> GroundTruth:
    """A noisy picture with some discs, two of which may touch."""
    rng = np.random.default_rng(seed)
    shape = (*kind.shape, kind.channels) if kind.channels > 1 else kind.shape
    top = 1.0 if kind.dtype.startswith("f") else np.iinfo(kind.dtype).max
    pixels = (rng.random(shape) * top).astype(kind.dtype)
    found = _discs(rng, kind) if labels is None else labels
    pixels[found > 0] = pixels.max()
    region = np.zeros(kind.shape, bool)
    region[:20, -30:] = True
    region &= found == 0
    file = hashlib.sha256(pixels.tobytes()).hexdigest()
    image = Image(pixels, None, name, file, 0.31)
    return GroundTruth(
        name=name,
        stem=name.rpartition(".")[0] or name,
        labels=found,
        cells=cells_of(found),
        read_pixels=lambda: image,
        ignored=region if ignored else None,
        pixel_size=0.31,
        split=split,
    )


def cells_of(labels: Labels) -> tuple[CellObject, ...]:
    """The cells that labels show, all accepted."""
    return tuple(
        CellObject(
            i, ObjectState.ACCEPTED, Origin.DRAFT, Box.of(place), int((labels[place] == i).sum())
        )
        for i, place in boxes(labels).items()
    )


def _discs(rng: np.random.Generator, kind: Kind) -> Labels:
    rows, columns = np.mgrid[: kind.shape[0], : kind.shape[1]]
    labels = np.zeros(kind.shape, np.uint16)
    for number in range(1, kind.cells + 1):
        y, x = (rng.integers(0, side) for side in kind.shape)
        labels[np.hypot(rows - y, columns - x) < rng.uniform(3, 9)] = 3 * number
    return labels
