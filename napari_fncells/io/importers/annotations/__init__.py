"""Formats of annotations: one a file, all in one registry."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from napari_fncells.io.importers.annotations.base import (
    AnnotationImporter,
    Annotations,
    Read,
    Shape,
)
from napari_fncells.io.importers.annotations.coco import COCO
from napari_fncells.io.importers.annotations.fnc_rle import FNC_RLE
from napari_fncells.io.importers.annotations.geojson import GEOJSON
from napari_fncells.io.importers.annotations.imagej import IMAGEJ
from napari_fncells.io.importers.annotations.ngff import NGFF
from napari_fncells.io.importers.annotations.tables import TABLE
from napari_fncells.io.importers.annotations.via import VIA
from napari_fncells.io.importers.annotations.voc import VOC
from napari_fncells.io.importers.annotations.yolo import YOLO

# The first that takes a file reads it
ANNOTATIONS: dict[str, AnnotationImporter] = {
    importer.name: importer
    for importer in (
        COCO,
        VIA,
        VOC,
        FNC_RLE,
        YOLO,
        IMAGEJ,
        GEOJSON,
        TABLE,
        NGFF,
    )
}

ANNOTATION_SUFFIXES: tuple[str, ...] = tuple(
    dict.fromkeys(suffix for importer in ANNOTATIONS.values() for suffix in importer.suffixes)
)

__all__ = [
    "ANNOTATIONS",
    "ANNOTATION_SUFFIXES",
    "AnnotationImporter",
    "Annotations",
    "Read",
    "Shape",
    "annotation_importer",
    "open_annotations",
    "pictures_in",
]

_Stamp = tuple[int, int, int]


def annotation_importer(path: Path) -> AnnotationImporter | None:
    """The importer that is to read a file, or None where it is no file of annotations."""
    if path.suffix.lower() not in ANNOTATION_SUFFIXES:
        return None
    for importer in ANNOTATIONS.values():
        if path.suffix.lower() in importer.suffixes and importer.sniff(path):
            return importer
    return None


def open_annotations(importer: AnnotationImporter, path: Path) -> Annotations:
    """Open a file. The last one stays open: it may be asked for one picture after the other.

    Raises
    ------
    ImageReadError
        See `AnnotationImporter.open`.
    """
    return _opened(importer.name, path, _stamp(path))


def pictures_in(importer: AnnotationImporter, path: Path) -> tuple[str, ...]:
    """Bare names of the pictures that a file speaks of; see `Annotations.pictures`.

    Raises
    ------
    ImageReadError
        See `AnnotationImporter.open`.
    """
    return _pictures(importer.name, path, _stamp(path))


@lru_cache(maxsize=1)
def _opened(name: str, path: Path, _: _Stamp) -> Annotations:
    return ANNOTATIONS[name].open(path)


@lru_cache(maxsize=4096)
def _pictures(name: str, path: Path, stamp: _Stamp) -> tuple[str, ...]:
    return _opened(name, path, stamp).pictures


def _stamp(path: Path) -> _Stamp:
    """What changes when a file does."""
    try:
        found = path.stat()
    except OSError:
        return 0, 0, 0  # opening it tells why
    return found.st_mtime_ns, found.st_size, found.st_ino
