"""Planes that are worked out where they are read: a window with its halo at a time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from napari_fncells.core.blur import enlarged, reduced
from napari_fncells.core.distribution import Readable
from napari_fncells.core.geometry import Box

ALIGN = 64
"""px. Windows begin at multiples of it, as vector instructions take pixels in groups and round
the rest of a row otherwise: so every pixel is in the same place of its group as in the whole."""


class Field(Protocol):
    """A (Y, X) plane that is read in boxes."""

    @property
    def shape(self) -> tuple[int, int]:
        """(Y, X)."""
        ...

    def read(self, box: Box) -> NDArray[Any]:
        """The values in a box within the plane."""
        ...


def window(box: Box, reach: int, shape: tuple[int, int], align: int = ALIGN) -> Box:
    """A box with what lies up to `reach` px around it in the plane, aligned."""
    wide = box.padded(reach)
    return Box(
        wide.top // align * align,
        wide.left // align * align,
        -(-wide.bottom // align) * align,
        -(-wide.right // align) * align,
    ).clip(shape)


@dataclass(frozen=True)
class Held:
    """An array that is there: in memory or on disk."""

    array: Readable

    @property
    def shape(self) -> tuple[int, int]:
        """(Y, X)."""
        return self.array.shape[0], self.array.shape[1]

    def read(self, box: Box) -> NDArray[Any]:
        """The values in a box."""
        return np.asarray(self.array[box.slices])


@dataclass(frozen=True)
class Picture:
    """The intensity of a picture."""

    image: Readable
    reader: Callable[[NDArray[Any]], NDArray[np.float32]]

    @property
    def shape(self) -> tuple[int, int]:
        """(Y, X)."""
        return self.image.shape[0], self.image.shape[1]

    def read(self, box: Box) -> NDArray[np.float32]:
        """The values in a box."""
        wide = window(box, 0, self.shape)
        return self.reader(np.asarray(self.image[wide.slices]))[box.within(wide)]


@dataclass(frozen=True)
class Local:
    """What a filter makes of other fields of one shape; it reaches no farther than told, in px."""

    sources: tuple[Field, ...]
    act: Callable[..., NDArray[Any]]
    reach: int = 0

    @property
    def shape(self) -> tuple[int, int]:
        """(Y, X)."""
        return self.sources[0].shape

    def read(self, box: Box) -> NDArray[Any]:
        """The values in a box."""
        if not self.reach:
            return self.act(*(source.read(box) for source in self.sources))
        wide = window(box, self.reach, self.shape)
        return self.act(*(source.read(wide) for source in self.sources))[box.within(wide)]


@dataclass(frozen=True)
class Reduced:
    """Means of the blocks of a field: the field at a reduced scale."""

    source: Field
    factor: int

    @property
    def shape(self) -> tuple[int, int]:
        """(Y, X) in blocks."""
        rows, columns = self.source.shape
        return -(-rows // self.factor), -(-columns // self.factor)

    def read(self, box: Box) -> NDArray[np.float32]:
        """The values in a box, in blocks."""
        wide = window(box, 0, self.shape, max(ALIGN // self.factor, 1))
        of = Box(*(side * self.factor for side in wide)).clip(self.source.shape)
        return reduced(self.source.read(of), self.factor)[box.within(wide)]


@dataclass(frozen=True)
class Enlarged:
    """A reduced field brought back to the shape it came from."""

    source: Field
    factor: int
    shape: tuple[int, int]

    def read(self, box: Box) -> NDArray[np.float32]:
        """The values in a box."""
        small = Box(
            box.top // self.factor,
            box.left // self.factor,
            -(-box.bottom // self.factor),
            -(-box.right // self.factor),
        )
        wide = window(small, 1, self.source.shape, max(ALIGN // self.factor, 1))
        of = Box(*(side * self.factor for side in wide))
        return enlarged(self.source.read(wide), self.factor)[box.within(of)]
