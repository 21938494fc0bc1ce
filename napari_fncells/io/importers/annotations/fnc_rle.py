"""Masks of FNC v2 as runs: a pickle of a dictionary, read by the allow-listed unpickler."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_fncells.core.labels import in_reading_order, label
from napari_fncells.core.rle import drawn, from_text
from napari_fncells.io.importers.annotations.base import Annotations, Read, Shape, refused
from napari_fncells.io.importers.annotations.found import check_size
from napari_fncells.io.importers.annotations.names import chosen
from napari_fncells.io.importers.base import head_of
from napari_fncells.io.read_error import ReadCode
from napari_fncells.io.safe_pickle import Limits, read_plain

_HEAD = 256
_LIMITS = Limits(file_bytes=1 << 28, seconds=20)


@dataclass(frozen=True)
class FncRleImporter:
    """Reads the file of one picture."""

    name: str = "fnc-rle"
    title: str = "Runs of FNC v2, pickled"
    suffixes: tuple[str, ...] = (".pickle", ".pkl")

    def sniff(self, path: Path) -> bool:
        """Tell by the keys, which come first."""
        head = head_of(path, _HEAD)
        return path.suffix.lower() in self.suffixes and b"size" in head and b"counts" in head

    def open(self, path: Path) -> Annotations:
        """Read it by a process that can do no harm."""
        found = read_plain(path, limits=_LIMITS)
        keys = {"size", "counts"}
        if not isinstance(found, dict) or set(found) != keys:
            raise refused(path, "holds no runs of a mask", "", ReadCode.DAMAGED)
        size, counts = found["size"], found["counts"]
        whole = isinstance(size, list | tuple) and [type(side) for side in size] == [int, int]
        if not whole or not isinstance(counts, bytes | str):
            raise refused(path, "holds no runs of a mask", "", ReadCode.DAMAGED)
        return _Runs(path, (size[0], size[1]), counts)


@dataclass(frozen=True, eq=False)
class _Runs:
    path: Path
    size: Shape
    counts: str | bytes
    program: str = "FNC v2"

    @property
    def pictures(self) -> tuple[str, ...]:
        return (self.path.stem,)

    def labels_of(self, name: str, shape: Shape, *, boxes: bool = False) -> Read:  # noqa: ARG002 - there are none
        _, notes = chosen(self.path, self.pictures, name)
        check_size(self.path, self.size, shape)
        mask: NDArray[Any] = np.zeros(shape, dtype=bool)
        try:
            box, cut = drawn(from_text(self.counts), shape)
        except ValueError as error:
            raise refused(
                self.path, "holds runs that do not fill the picture", "", ReadCode.DAMAGED
            ) from error
        mask[box.slices] = cut
        told = "It is one mask: each 8-connected part was taken for a cell."
        return Read(in_reading_order(label(mask)), None, (*notes, told))


FNC_RLE = FncRleImporter()
