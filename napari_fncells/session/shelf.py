"""Truths put by on the disk, as they were written, for the proof that follows.

The expert may go on working meanwhile; and a set of thousands does not fit into memory.
"""

from __future__ import annotations

import io
import threading
import zlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from napari_fncells.core.errors import UserError
from napari_fncells.core.geometry import Box
from napari_fncells.core.objects import CellObject, ObjectState, Origin
from napari_fncells.io.chosen import read_chosen
from napari_fncells.io.exporters.base import GroundTruth
from napari_fncells.io.images import Image

_STATES, _ORIGINS = tuple(ObjectState), tuple(Origin)


class Shelf:
    """Truths in the order in which they were put.

    Parameters
    ----------
    folder
        A folder of its own, which exists.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._facts: list[GroundTruth] = []

    def __len__(self) -> int:
        """How many there are."""
        return len(self._facts)

    def put(self, truth: GroundTruth, path: Path | None, sha256: str) -> None:
        """Add one; its picture is read again from its file when it is asked for."""
        arrays: dict[str, NDArray[np.generic]] = {"labels": truth.labels, "cells": _rows(truth)}
        if truth.ignored is not None:
            arrays["ignored"] = truth.ignored
        stream = io.BytesIO()
        np.savez(stream, allow_pickle=False, **arrays)
        self._file(len(self)).write_bytes(zlib.compress(stream.getbuffer(), 1))
        pixels = truth.read_pixels if path is None else _Pixels(path, sha256)
        nothing = np.empty((0, 0), dtype=np.uint16)
        facts = replace(truth, labels=nothing, cells=(), ignored=None, read_pixels=pixels)
        self._facts.append(facts)

    def take(self, number: int) -> GroundTruth:
        """Give one back, counted from 0."""
        data = zlib.decompress(self._file(number).read_bytes())
        facts = self._facts[number]
        pixels = facts.read_pixels
        with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
            return replace(
                facts,
                labels=arrays["labels"],
                cells=tuple(_cell(row) for row in arrays["cells"].tolist()),
                ignored=arrays.get("ignored"),
                read_pixels=pixels.once() if isinstance(pixels, _Pixels) else pixels,
            )

    def _file(self, number: int) -> Path:
        return self._folder / f"{number}.z"


class _Pixels:
    """Reads a picture, and once only for all formats that ask for it."""

    def __init__(self, path: Path, sha256: str) -> None:
        self._path = path
        self._sha256 = sha256
        self._image: Image | None = None
        self._reading = threading.Lock()

    def __call__(self) -> Image:
        with self._reading:
            if self._image is None:
                image = read_chosen(self._path)
                if image.sha256 != self._sha256:
                    raise UserError(
                        f"{self._path.name} was changed while it was exported.", "Export again."
                    )
                self._image = image
            return self._image

    def once(self) -> Callable[[], Image]:
        """One that keeps the picture no longer than its truth is kept."""
        return _Pixels(self._path, self._sha256)


def _rows(truth: GroundTruth) -> NDArray[np.int64]:
    rows = [
        (cell.id, _STATES.index(cell.state), _ORIGINS.index(cell.origin), *cell.box, cell.area)
        for cell in truth.cells
    ]
    return np.array(rows, dtype=np.int64).reshape(-1, 8)


def _cell(row: list[int]) -> CellObject:
    i, state, origin, *box, area = row
    return CellObject(i, _STATES[state], _ORIGINS[origin], Box(*box), area)
