"""Formats of other programs that a draft can come from: one a file, all in one registry."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from napari_fncells.io.importers.annotations import (
    ANNOTATION_SUFFIXES,
    AnnotationImporter,
    annotation_importer,
    open_annotations,
)
from napari_fncells.io.importers.base import ImportedDraft, Importer, Meaning
from napari_fncells.io.importers.cellpose import CELLPOSE
from napari_fncells.io.importers.numpy_array import NUMPY
from napari_fncells.io.importers.picture import PICTURE
from napari_fncells.io.read_error import ImageReadError, ReadCode

# The first that takes a file reads it
IMPORTERS: dict[str, Importer] = {
    importer.name: importer for importer in (CELLPOSE, NUMPY, PICTURE)
}

PIXEL_SUFFIXES: tuple[str, ...] = tuple(
    dict.fromkeys(suffix for importer in IMPORTERS.values() for suffix in importer.suffixes)
)
DRAFT_SUFFIXES: tuple[str, ...] = tuple(dict.fromkeys((*PIXEL_SUFFIXES, *ANNOTATION_SUFFIXES)))
"""Those of arrays and pictures, and those of annotations."""

Picture = tuple[str, tuple[int, int]]
"""File name and (Y, X) of a picture."""

__all__ = [
    "DRAFT_SUFFIXES",
    "IMPORTERS",
    "PIXEL_SUFFIXES",
    "ImportedDraft",
    "Importer",
    "Meaning",
    "Picture",
    "read_draft",
]


def read_draft(
    path: str | os.PathLike[str],
    meaning: Meaning | None = None,
    picture: Picture | None = None,
) -> ImportedDraft:
    """Read a draft that another program made.

    Parameters
    ----------
    path
        A label image, binary mask or probability map as a picture or a numpy array, a
        `_seg.npy` of Cellpose, or a file of annotations.
    meaning
        What its numbers say; by the content where None.
    picture
        The picture that it is for: annotations are found by its name and drawn in its size.

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
    annotations = annotation_importer(file)
    if annotations is not None:
        return _annotated(annotations, file, meaning, picture)
    if meaning is Meaning.BOXES:
        raise ImageReadError(
            ReadCode.UNSUPPORTED,
            file,
            f"{file.name} holds pixels, no boxes.",
            "Let the content decide what it is.",
        )
    for importer in IMPORTERS.values():
        if importer.sniff(file):
            return importer.read(file, meaning)
    raise ImageReadError(
        ReadCode.UNSUPPORTED,
        file,
        f"{file.name} is no format a draft can come from.",
        f"Known are: {', '.join(DRAFT_SUFFIXES)}.",
    )


def _annotated(
    importer: AnnotationImporter, path: Path, meaning: Meaning | None, picture: Picture | None
) -> ImportedDraft:
    if meaning not in (None, Meaning.LABELS, Meaning.BOXES):
        raise ImageReadError(
            ReadCode.UNSUPPORTED,
            path,
            f"{path.name} holds outlines, no {meaning}.",
            "Let the content decide what it is.",
        )
    if picture is None:
        raise ImageReadError(
            ReadCode.AMBIGUOUS,
            path,
            f"{path.name} holds annotations of pictures and is none itself.",
            "Open the picture first, then this file as its draft.",
        )
    name, shape = picture
    opened = open_annotations(importer, path)
    read = opened.labels_of(name, shape, boxes=meaning is Meaning.BOXES)
    digest = None
    if path.is_file():  # not a folder of OME-Zarr
        with path.open("rb") as stream:
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
    return ImportedDraft(
        meaning or Meaning.LABELS,
        path,
        digest,
        opened.program,
        labels=read.labels,
        ignored=read.ignored,
        notes=read.notes,
    )
