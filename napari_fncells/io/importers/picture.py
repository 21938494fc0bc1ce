"""Drafts as pictures: label images, binary masks and probability maps in PNG, TIFF and others."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from napari_fncells.io.images import IMAGE_SUFFIXES, read_image
from napari_fncells.io.importers.base import ImportedDraft, Meaning
from napari_fncells.io.importers.content import to_draft
from napari_fncells.io.label_mark import is_marked


@dataclass(frozen=True)
class PictureImporter:
    """Reads what the front door for pictures reads."""

    name: str = "picture"
    title: str = "Label image, mask or probability map"
    suffixes: tuple[str, ...] = IMAGE_SUFFIXES

    def sniff(self, path: Path) -> bool:
        """Tell by the suffix: what the file is in truth is told, or refused, on reading."""
        return path.suffix.lower() in self.suffixes

    def read(self, path: Path, meaning: Meaning | None = None) -> ImportedDraft:
        """Read a picture; see `to_draft` for what it is taken for, where it does not say so."""
        if meaning is None and is_marked(path):
            meaning = Meaning.LABELS
        return to_draft(read_image(path), self.title, meaning)


PICTURE = PictureImporter()
