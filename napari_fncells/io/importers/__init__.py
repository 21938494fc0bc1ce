"""Formats of other programs that a draft can come from: one a file, all in one registry."""

from __future__ import annotations

import os
from pathlib import Path

from napari_fncells.io.importers.base import ImportedDraft, Importer, Meaning
from napari_fncells.io.importers.cellpose import CELLPOSE
from napari_fncells.io.importers.numpy_array import NUMPY
from napari_fncells.io.importers.picture import PICTURE
from napari_fncells.io.read_error import ImageReadError, ReadCode

# The first that takes a file reads it
IMPORTERS: dict[str, Importer] = {
    importer.name: importer for importer in (CELLPOSE, NUMPY, PICTURE)
}

DRAFT_SUFFIXES: tuple[str, ...] = tuple(
    dict.fromkeys(suffix for importer in IMPORTERS.values() for suffix in importer.suffixes)
)

__all__ = [
    "DRAFT_SUFFIXES",
    "IMPORTERS",
    "ImportedDraft",
    "Importer",
    "Meaning",
    "read_draft",
]


def read_draft(path: str | os.PathLike[str], meaning: Meaning | None = None) -> ImportedDraft:
    """Read a draft that another program made.

    Parameters
    ----------
    path
        A label image, binary mask or probability map as a picture or a numpy array, or a
        `_seg.npy` of Cellpose.
    meaning
        What its numbers say; by the content where None.

    Returns
    -------
    ImportedDraft
        Labels or probabilities.

    Raises
    ------
    ImageReadError
        The file cannot be read, is unsafe, or it cannot be told what it holds.
    """
    file = Path(path)
    for importer in IMPORTERS.values():
        if importer.sniff(file):
            return importer.read(file, meaning)
    raise ImageReadError(
        ReadCode.UNSUPPORTED,
        file,
        f"{file.name} is no format a draft can come from.",
        f"Known are: {', '.join(DRAFT_SUFFIXES)}.",
    )
