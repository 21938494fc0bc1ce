"""Pictures with truth as the network sees them, and the pool of simulated ones on disk."""

from __future__ import annotations

import io
import json
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self, overload

import cv2
import numpy as np
from numpy.typing import NDArray

from napari_fncells.core.blur import reduced
from napari_fncells.core.simulate import simulate
from napari_fncells.io.atomic import write_atomic
from napari_fncells.model.card import ModelCard
from napari_fncells.model.channels import NetworkInput
from napari_fncells.model.training.scenes import draw_scene

_POOL_FORMAT = 1


@dataclass(frozen=True, eq=False)
class View:
    """One picture with its truth, at the scale and in the units that the network sees.

    Attributes
    ----------
    values
        (Y, X) float16, the channel with the stain.
    cells
        (Y, X) uint8, share of cell in each pixel, 0 to 255; between touching cells lies a gap.
    """

    values: NDArray[np.float16]
    cells: NDArray[np.uint8]

    @classmethod
    def of(cls, image: NDArray[np.generic], labels: NDArray[np.integer], card: ModelCard) -> Self:
        """See a picture as a model with this card does.

        Parameters
        ----------
        image
            (Y, X) or (Y, X, C), any real dtype.
        labels
            (Y, X) instances, 0 = background.
        card
            Its channels must be 'stained': pictures are kept in one channel.
        """
        source = NetworkInput.of(image, card)
        rows, columns = source.shape
        values = source.window((slice(0, rows), slice(0, columns)))[0]
        share = parted(labels).astype(np.float32) * 255
        cells = reduced(share, card.reduction) if card.reduction > 1 else share
        return cls(values.astype(np.float16), np.rint(cells).astype(np.uint8))


def parted(labels: NDArray[np.integer]) -> NDArray[np.bool_]:
    """Where cells are, less a line of 2 px between those that touch.

    Parameters
    ----------
    labels
        (Y, X) instances, 0 = background.
    """
    whole = np.ascontiguousarray(labels, dtype=np.float32)
    square = np.ones((3, 3), np.uint8)
    largest = cv2.dilate(whole, square)
    # Of background nothing is seen: it counts as larger than any number
    smallest = cv2.erode(np.where(whole > 0, whole, np.float32(np.inf)), square)
    return np.asarray((whole > 0) & (largest == smallest))


class Pool(Sequence[View]):
    """Simulated pictures, as views, in one folder of arrays that are mapped into memory.

    Parameters
    ----------
    folder
        Made where it is missing.
    count, seed, card
        How many, the seed of the first, and how they are seen. A folder made for other numbers
        is begun anew.
    """

    def __init__(self, folder: Path, count: int, seed: int, card: ModelCard) -> None:
        self._folder, self._count, self._seed, self._card = folder, count, seed, card
        facts = card.model_dump(mode="json", include={"channels", "normalisation", "reduction"})
        self._facts = {"format": _POOL_FORMAT, "count": count, "seed": seed, "card": facts}
        self._state = folder / "pool.json"

    def __len__(self) -> int:
        return self._count

    @overload
    def __getitem__(self, number: int) -> View: ...

    @overload
    def __getitem__(self, number: slice) -> Sequence[View]: ...

    def __getitem__(self, number: int | slice) -> View | Sequence[View]:
        if isinstance(number, slice):
            return [self[each] for each in range(len(self))[number]]
        number = range(len(self))[number]
        return View(
            np.load(self._file(number, "values"), mmap_mode="r"),
            np.load(self._file(number, "cells"), mmap_mode="r"),
        )

    def fill(self) -> Generator[str, None, None]:
        """Make what is missing, yielding in words after each picture."""
        self._folder.mkdir(parents=True, exist_ok=True)
        if not self._same():
            for old in self._folder.glob("*.npy"):
                old.unlink()
            write_atomic(self._state, json.dumps(self._facts).encode(), replace=True)
        for number in range(self._count):
            if not self._file(number, "cells").exists():
                self._make(number)
                yield f"Simulated picture {number + 1} of {self._count}"

    def _same(self) -> bool:
        try:
            return bool(json.loads(self._state.read_text()) == self._facts)
        except (OSError, ValueError):
            return False

    def _make(self, number: int) -> None:
        seed = self._seed + number
        image, labels, _ = simulate(draw_scene(seed), seed)
        view = View.of(image, labels, self._card)
        # That of cells last: where it is, both are
        for part in ("values", "cells"):
            stream = io.BytesIO()
            np.save(stream, getattr(view, part))
            write_atomic(self._file(number, part), stream.getvalue(), replace=True)

    def _file(self, number: int, part: str) -> Path:
        return self._folder / f"{number:05d}-{part}.npy"
