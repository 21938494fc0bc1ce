"""What a form of patches has to provide, and what it is given."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Arrays = Mapping[str, NDArray[np.generic]]
"""'image', 'mask', 'labels' and, where they were asked for, 'weights' of one patch."""

Contents = tuple[tuple[str, bytes], ...]
"""Names, or ends of names, and bytes of the files of one patch."""


@dataclass(frozen=True)
class PatchRow:
    """One patch, as the index has it.

    Attributes
    ----------
    patch
        Its name; no two have the same.
    split
        'train', 'val' or 'test'.
    file
        Of its image, or of all that it holds, in the folder; with slashes.
    picture, group
        Where it was cut from, and what that picture belongs to.
    identity
        SHA-256 of the picture's pixels.
    top, left, height, width
        Place in the picture, in px.
    padded_rows, padded_columns
        What of it lies beyond the picture, at its end.
    cells, cut, dropped
        Cells in it; those of them that go on beyond it; cells of which too little lies in it.
    """

    patch: str
    split: str
    file: str
    picture: str
    group: str
    identity: str
    top: int
    left: int
    height: int
    width: int
    padded_rows: int
    padded_columns: int
    cells: int
    cut: int
    dropped: int


class PatchWriter(Protocol):
    """Writes patches, one after the other."""

    def add(self, row: PatchRow, contents: Contents, /) -> str:
        """Write what `encode` gave for a patch; return the file that the index names."""

    def close(self) -> None:
        """End the files that are open; to be called once, also after an error."""


class PatchReader(Protocol):
    """Reads patches back, by another path than the one they were written by."""

    def read(self, row: PatchRow) -> Arrays:
        """Read the arrays of a patch; may run in several threads at once.

        Raises
        ------
        OSError, ValueError
            For a file that is gone or bad.
        """

    def close(self) -> None:
        """Close the files that are open."""


@dataclass(frozen=True)
class PatchForm:
    """A form of patches.

    Attributes
    ----------
    name
        In the registry and on the command line.
    title, about
        For people.
    encode
        Makes the bytes of one patch; may run in several threads at once.
    writer, reader
        Begin to write into an empty folder, and to read what was written there.
    """

    name: str
    title: str
    about: str
    encode: Callable[[PatchRow, Arrays], Contents]
    writer: Callable[[Path], PatchWriter]
    reader: Callable[[Path], PatchReader]
