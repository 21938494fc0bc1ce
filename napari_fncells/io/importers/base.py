"""What an importer is, and what it brings."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from napari_fncells.core.score import ScoreMap
from napari_fncells.io.printable import printable


class Meaning(StrEnum):
    """What the numbers of a file say."""

    LABELS = "labels"
    """One number for each cell."""
    MASK = "mask"
    """Cell or not."""
    PROBABILITY = "probability"
    """How likely each pixel belongs to a cell."""
    BOXES = "boxes"
    """Boxes of cells, in a file of annotations: each cell an ellipse."""


@dataclass(frozen=True, eq=False)
class ImportedDraft:
    """What another program made of a picture: labels, or a score map.

    Attributes
    ----------
    meaning
        What the file's numbers were taken for.
    path, sha256
        The file, and the hex digest of its bytes.
    program
        The format or program it comes from, for people.
    labels
        (Y, X) uint16 or uint32 instance labels, 0 = background; None for a score.
    score
        Probabilities, (Y, X) float32 from 0 to 1; None for labels.
    ignored
        (Y, X) bool: regions that were left undecided, where the file tells of some.
    notes
        What was assumed on the way, in plain words.
    """

    meaning: Meaning
    path: Path
    sha256: str | None
    program: str
    labels: npt.NDArray[np.unsignedinteger[Any]] | None = None
    score: ScoreMap | None = None
    ignored: npt.NDArray[np.bool_] | None = None
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if (self.labels is None) == (self.score is None):
            raise ValueError("a draft is either labels or a score")

    @property
    def kind(self) -> str:
        """'labels' or 'score'."""
        return "score" if self.labels is None else "labels"

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        values = self.score.values if self.score is not None else self.labels
        assert values is not None
        return values.shape[0], values.shape[1]

    @property
    def source(self) -> dict[str, Any]:
        """Where it comes from, for the record."""
        return {
            "file": printable(self.path.name),
            "sha256": self.sha256,
            "program": self.program,
            "meaning": str(self.meaning),
            "notes": list(self.notes),
        }


class FileFormat(Protocol):
    """A file format that is read, and told by its files."""

    @property
    def name(self) -> str:
        """Name in the registry."""

    @property
    def title(self) -> str:
        """Name for people."""

    @property
    def suffixes(self) -> tuple[str, ...]:
        """Suffixes of its files, in lower case, with the dot."""

    def sniff(self, path: Path) -> bool:
        """Tell by name and content whether this importer is to read a file. Never raises."""


class Importer(FileFormat, Protocol):
    """A file format from which drafts come."""

    def read(self, path: Path, meaning: Meaning | None = None) -> ImportedDraft:
        """Read a file.

        Parameters
        ----------
        path
            The file; no other is opened, whatever it names.
        meaning
            What its numbers say; by the content where None.

        Raises
        ------
        ImageReadError
            It cannot be read, or it cannot be told what it holds.
        """


def head_of(path: Path, count: int) -> bytes:
    """First bytes of an ordinary file; none where it cannot be read."""
    try:
        if not path.is_file():
            return b""
        with path.open("rb") as stream:
            return stream.read(count)
    except (OSError, ValueError):
        return b""
