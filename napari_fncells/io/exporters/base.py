"""What a format has to provide."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from napari_fncells.core.labels import Labels


class Exporter(Protocol):
    """A file format for the mask of one picture."""

    @property
    def name(self) -> str:
        """Name in the registry and on the command line."""

    @property
    def title(self) -> str:
        """Name for people."""

    @property
    def suffix(self) -> str:
        """Suffix of its files, with the dot."""

    def encode(self, labels: Labels) -> bytes:
        """The file's content for (Y, X) instance labels."""

    def verify(self, path: Path, labels: Labels) -> None:
        """Read a file back and compare it with what it should hold.

        Raises
        ------
        VerificationError
            Where they differ.
        """
