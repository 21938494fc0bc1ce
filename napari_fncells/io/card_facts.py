"""What the card of a data set tells of each picture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from napari_fncells.io.exporters.base import GroundTruth
from napari_fncells.io.images import Image
from napari_fncells.io.printable import printable
from napari_fncells.io.working_record import WorkingSummary

_LOW, _HIGH = 1, 99


@dataclass(frozen=True)
class Light:
    """Intensities of a picture, of the brightest channel of each pixel, as stored.

    Attributes
    ----------
    low, mean, high
        1st percentile, mean and 99th percentile.
    cells, around
        Mean in cells and elsewhere; None where there is no such pixel.
    """

    low: float
    mean: float
    high: float
    cells: float | None
    around: float | None


@dataclass(frozen=True)
class Work:
    """What a picture has cost.

    Attributes
    ----------
    annotator
        Whose work; empty where no name was given.
    seconds
        Time at work; 0 where none was kept.
    drafted, removed, added, edited, accepted, untouched, unsure, final
        Cells, as `core.objects.CellCounts` has them.
    planted_found, planted_missed
        Errors of the attention check.
    """

    annotator: str = ""
    seconds: float = 0.0
    drafted: int = 0
    removed: int = 0
    added: int = 0
    edited: int = 0
    accepted: int = 0
    untouched: int = 0
    unsure: int = 0
    final: int = 0
    planted_found: int = 0
    planted_missed: int = 0

    @classmethod
    def of(cls, summary: WorkingSummary, annotator: str = "") -> Self:
        """What the record beside a mask says."""
        return cls(
            annotator,
            summary.active_seconds,
            summary.drafted,
            summary.removed,
            summary.added,
            summary.edited,
            summary.accepted,
            summary.untouched,
            summary.unsure,
            summary.final,
            summary.planted_found,
            summary.planted_missed,
        )


@dataclass(frozen=True)
class CardPicture:
    """One picture of a data set.

    Attributes
    ----------
    name, stem, split
        As `GroundTruth` has them.
    sha256
        Of its file; empty where it has none.
    height, width, channels
        Of the picture.
    dtype
        Of its pixels.
    pixel_size
        µm a pixel; None where it is not known.
    areas
        Of the cells, in px².
    ignored
        Pixels of ignored regions.
    light
        Its intensities.
    state
        How far the expert is, in a word; empty where that is not known.
    work
        What it has cost; None where nothing is known of that.
    """

    name: str
    stem: str
    split: str
    sha256: str
    height: int
    width: int
    channels: int
    dtype: str
    pixel_size: float | None
    areas: tuple[int, ...]
    ignored: int
    light: Light
    state: str = ""
    work: Work | None = None

    @property
    def cells(self) -> int:
        """Their number."""
        return len(self.areas)

    @classmethod
    def of(cls, truth: GroundTruth, state: str = "", work: Work | None = None) -> Self:
        """Look at a picture and its truth; the picture is read."""
        image = truth.read_pixels()
        pixels = image.pixels
        return cls(
            name=printable(truth.name),
            stem=printable(truth.stem),
            split=truth.split,
            sha256=image.sha256 or "",
            height=truth.shape[0],
            width=truth.shape[1],
            channels=1 if pixels.ndim == 2 else pixels.shape[2],
            dtype=np.dtype(pixels.dtype).name,
            pixel_size=truth.pixel_size,
            areas=tuple(cell.area for cell in truth.cells),
            ignored=0 if truth.ignored is None else int(np.count_nonzero(truth.ignored)),
            light=light_of(image, truth.labels > 0),
            state=state,
            work=work,
        )


def light_of(image: Image, cells: NDArray[np.bool_]) -> Light:
    """Measure the intensities of a picture.

    Parameters
    ----------
    image
        The picture.
    cells
        (Y, X) bool: where cells are.
    """
    grey: NDArray[Any] = image.pixels
    if grey.ndim == 3:
        # Far faster than max over a short axis
        brightest = grey[..., 0]
        for channel in range(1, grey.shape[2]):
            brightest = np.maximum(brightest, grey[..., channel])
        grey = brightest
    grey = np.nan_to_num(grey) if grey.dtype.kind == "f" else grey
    low, high = np.percentile(grey, (_LOW, _HIGH))
    total, inside = float(grey.sum(dtype=np.float64)), grey[cells]
    within, count = float(inside.sum(dtype=np.float64)), int(inside.size)
    others = grey.size - count
    return Light(
        low=float(low),
        mean=total / grey.size,
        high=float(high),
        cells=within / count if count else None,
        around=(total - within) / others if others else None,
    )
