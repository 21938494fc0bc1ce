"""Patches as pictures: `<split>/images`, `masks`, `labels` and `weights`, with equal names."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from napari_fncells.io.patches.base import Arrays, Contents, PatchForm, PatchRow
from napari_fncells.io.patches.pixels import decode_pixels, encode_pixels
from napari_fncells.io.patches.plain_file import FileWriter

FOLDER_OF = {"image": "images", "mask": "masks", "labels": "labels", "weights": "weights"}


def _encode(row: PatchRow, arrays: Arrays) -> Contents:
    contents = []
    for name, pixels in arrays.items():
        suffix, data = encode_pixels(pixels)
        contents.append((f"{row.split}/{FOLDER_OF[name]}/{row.patch}{suffix}", data))
    return tuple(contents)


@dataclass
class _Reader:
    folder: Path
    _known: dict[Path, dict[str, Path]] = field(default_factory=dict)

    def read(self, row: PatchRow) -> Arrays:
        found = {}
        for name, place in FOLDER_OF.items():
            files = self._files(self.folder / row.split / place)
            if row.patch in files:
                path = files[row.patch]
                found[name] = decode_pixels(path.name, path.read_bytes())
        return found

    def _files(self, folder: Path) -> dict[str, Path]:
        """What is in a folder, by the patches' names."""
        if folder not in self._known:
            listed = folder.iterdir() if folder.is_dir() else ()
            self._known[folder] = {path.stem: path for path in listed}
        return self._known[folder]

    def close(self) -> None:
        pass


FOLDERS = PatchForm(
    "folders",
    "Pictures in folders",
    "PNG, or TIFF where the depth needs it: read by everything.",
    _encode,
    FileWriter,
    _Reader,
)
