"""What a format of annotations is: outlines of objects in a file, for one picture or for many.

A file says which pictures it speaks of by their names. Those are matched with the name of the
picture at hand and never opened.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from napari_fncells.core.labels import Labels
from napari_fncells.io.importers.base import FileFormat
from napari_fncells.io.read_error import ImageReadError, ReadCode

Shape = tuple[int, int]
"""(Y, X) of a picture."""


@dataclass(frozen=True, eq=False)
class Read:
    """What a file says of one picture.

    Attributes
    ----------
    labels
        (Y, X) uint16 or uint32 instance labels, 0 = background.
    ignored
        (Y, X) bool: regions that were left undecided, without the pixels of `labels`; None where
        there are none.
    notes
        What was assumed or left out on the way, in sentences.
    """

    labels: Labels
    ignored: NDArray[np.bool_] | None = None
    notes: tuple[str, ...] = ()


class Annotations(Protocol):
    """A file that was opened."""

    @property
    def program(self) -> str:
        """The format or program it comes from, for people."""

    @property
    def pictures(self) -> tuple[str, ...]:
        """Bare names of the pictures that it speaks of.

        Where a file is for one picture and names none, the name of the file without its suffix.
        """

    def labels_of(self, name: str, shape: Shape, *, boxes: bool = False) -> Read:
        """What it says of a picture.

        Parameters
        ----------
        name
            The picture's file name; see `names.chosen` for how it is found among `pictures`.
        shape
            (Y, X) of the picture.
        boxes
            Whether objects of which there is but a box are drawn as ellipses in their boxes. A
            box is no mask: else they are left out, which is told.

        Raises
        ------
        ImageReadError
            It does not speak of this picture, speaks of one of another size, holds boxes alone,
            or breaks the rules of its format.
        """


class AnnotationImporter(FileFormat, Protocol):
    """A format of annotations."""

    def open(self, path: Path) -> Annotations:
        """Read a file; no other is opened, whatever it names.

        Raises
        ------
        ImageReadError
            It cannot be read or breaks the rules of its format.
        """


def refused(
    path: Path,
    problem: str,
    remedy: str = "",
    code: ReadCode = ReadCode.UNSUPPORTED,
) -> ImageReadError:
    """The error for a file; `problem` goes on from the file's name."""
    return ImageReadError(code, path, f"{path.name} {problem}.", remedy)
