"""Patches as NumPy archives, one a patch: `<split>/<patch>.npz`."""

from __future__ import annotations

import zipfile
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import numpy as np

from napari_fncells.io.patches.base import Arrays, Contents, PatchForm, PatchRow
from napari_fncells.io.patches.plain_file import FileWriter

_LEVEL = 1


def _encode(row: PatchRow, arrays: Arrays) -> Contents:
    buffer = BytesIO()
    # Not np.savez: it has no level, and its own takes five times as long
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=_LEVEL) as archive:
        for name, array in arrays.items():
            content = BytesIO()
            np.lib.format.write_array(content, array, allow_pickle=False)
            # Named alone: the time of writing would make each archive another one
            archive.writestr(_entry(f"{name}.npy"), content.getvalue())
    return ((f"{row.split}/{row.patch}.npz", buffer.getvalue()),)


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name)
    entry.compress_type = zipfile.ZIP_DEFLATED
    return entry


@dataclass
class _Reader:
    folder: Path

    def read(self, row: PatchRow) -> Arrays:
        try:
            with np.load(self.folder / row.file, allow_pickle=False) as archive:
                return {name: archive[name] for name in archive.files}
        except zipfile.BadZipFile as error:
            raise ValueError(f"{row.file} is no archive") from error

    def close(self) -> None:
        pass


NPZ = PatchForm(
    "npz",
    "NumPy archives",
    "One .npz a patch, read by numpy.load without pickle.",
    _encode,
    FileWriter,
    _Reader,
)
