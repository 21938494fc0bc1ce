"""What a format of ground truth has to provide, and what it is given.

A format writes the truth of many pictures into a folder of its own, and reads it back by another
path than it was written by. Where it has one file a picture, `PerPicture` makes the whole of it
from the content of one file.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from napari_fncells.core.labels import Labels
from napari_fncells.core.objects import CellObject
from napari_fncells.core.params.export import ExportParams
from napari_fncells.io.atomic import write_atomic
from napari_fncells.io.images import Image


@dataclass(frozen=True, eq=False)
class GroundTruth:
    """One picture with what was decided about it, as formats see it.

    Attributes
    ----------
    name
        The picture's file name, with its suffix.
    stem
        Start of the names of its files; no two pictures of a set have the same.
    labels
        (Y, X) uint16 or uint32; 0 = background. Only cells that count: those in ignored regions
        are not in it.
    cells
        The cells in `labels` by rising id, with state, box and area.
    ignored
        (Y, X) bool: regions that were left undecided, without the pixels of `labels`; None where
        there are none.
    read_pixels
        Reads the picture itself, for formats that hold it and for intensities.
    pixel_size
        µm a pixel; None where it is not known.
    split
        'train', 'val' or 'test'; empty where pictures are not split.
    """

    name: str
    stem: str
    labels: Labels
    cells: tuple[CellObject, ...]
    read_pixels: Callable[[], Image]
    ignored: NDArray[np.bool_] | None = None
    pixel_size: float | None = None
    split: str = ""

    @property
    def shape(self) -> tuple[int, int]:
        """(Y, X)."""
        return self.labels.shape[0], self.labels.shape[1]


@dataclass(frozen=True)
class Comparison:
    """What a format's files hold of one picture, read back and compared with its truth.

    Attributes
    ----------
    cells
        Cells in the truth.
    found
        Objects in the files: for a binary mask its 8-connected components.
    exact
        Whether all that the format can hold of the truth is there, pixel for pixel or figure for
        figure.
    iou
        The least IoU of a cell with its outline in the files; None where the format holds no
        outlines, or there are no cells.
    lost
        Ids of cells that are not in the files.
    changed
        Ids of cells that are there with other pixels.
    renumbered
        Id in the files by id in the truth, where they differ.
    notes
        What the format cannot hold of this picture, in sentences.
    problem
        Why the proof failed, in a sentence; empty where it holds.
    """

    cells: int
    found: int
    exact: bool
    iou: float | None = None
    lost: tuple[int, ...] = ()
    changed: tuple[int, ...] = ()
    renumbered: Mapping[int, int] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    problem: str = ""


class Writer(Protocol):
    """Writes the truth of pictures, one after the other."""

    def add(self, truth: GroundTruth) -> None:
        """Write one picture's files, or note what goes into files of several.

        Raises
        ------
        SaveError
            Where a file cannot be written.
        UserError
            Where the format cannot hold the picture at all.
        """

    def close(self) -> None:
        """Write the files of several pictures; to be called once, after the last picture."""


class Reader(Protocol):
    """Reads files back, by another path than the one they were written by."""

    def compare(self, truth: GroundTruth) -> Comparison:
        """Compare what the files hold of a picture with its truth. Never raises for bad files."""


class Exporter(Protocol):
    """A format of ground truth."""

    @property
    def name(self) -> str:
        """Name in the registry, on the command line and of its folder in a set."""

    @property
    def title(self) -> str:
        """Name for people."""

    @property
    def about(self) -> str:
        """Who reads it and what it does not hold, in a sentence."""

    def writer(self, folder: Path, params: ExportParams) -> Writer:
        """Begin to write into an empty folder."""

    def reader(self, folder: Path, params: ExportParams) -> Reader:
        """Begin to read what `writer` has written there."""


class Encode(Protocol):
    """The content of one picture's file."""

    def __call__(self, truth: GroundTruth, params: ExportParams, /) -> bytes:
        """Bytes of the file."""


class Compare(Protocol):
    """The comparison of one picture's file with its truth."""

    def __call__(self, path: Path, truth: GroundTruth, params: ExportParams, /) -> Comparison:
        """Read the file by another path than it was written by. Never raises for a bad file."""


@dataclass(frozen=True)
class PerPicture:
    """A format with one file a picture: `<stem><suffix>`.

    Attributes
    ----------
    name, title, about
        As `Exporter` has them.
    suffix
        End of its files' names, with the dot.
    encode, compare
        Content of a file, and its proof.
    """

    name: str
    title: str
    about: str
    suffix: str
    encode: Encode
    compare: Compare

    def writer(self, folder: Path, params: ExportParams) -> Writer:
        """Begin to write into a folder."""
        return _FileWriter(self, folder, params)

    def reader(self, folder: Path, params: ExportParams) -> Reader:
        """Begin to read what was written there."""
        return _FileReader(self, folder, params)


@dataclass(frozen=True)
class _FileWriter:
    form: PerPicture
    folder: Path
    params: ExportParams

    def add(self, truth: GroundTruth) -> None:
        path = self.folder / f"{truth.stem}{self.form.suffix}"
        write_atomic(path, self.form.encode(truth, self.params), replace=False)

    def close(self) -> None:
        pass


@dataclass(frozen=True)
class _FileReader:
    form: PerPicture
    folder: Path
    params: ExportParams

    def compare(self, truth: GroundTruth) -> Comparison:
        path = self.folder / f"{truth.stem}{self.form.suffix}"
        return self.form.compare(path, truth, self.params)
