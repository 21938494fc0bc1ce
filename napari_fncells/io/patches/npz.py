"""Patches as NumPy archives, one a patch: `<split>/<patch>.npz`."""

from __future__ import annotations

import zipfile
import zlib
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import numpy as np

from napari_fncells.io.patches.base import Arrays, Contents, PatchForm, PatchRow
from napari_fncells.io.patches.plain_file import FileWriter

_LEVEL = 1


def pack(arrays: Arrays) -> bytes:
    """Archive of arrays by name; the same bytes for the same arrays."""
    buffer = BytesIO()
    # Not np.savez: it has no level, and its own takes five times as long
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=_LEVEL) as archive:
        for name, array in arrays.items():
            content = BytesIO()
            np.lib.format.write_array(content, array, allow_pickle=False)
            # Named alone: the time of writing would make each archive another one
            archive.writestr(_entry(f"{name}.npy"), content.getvalue())
    return buffer.getvalue()


def unpack(source: Path | BytesIO, name: str) -> Arrays:
    """Arrays of an archive.

    Raises
    ------
    OSError, ValueError
        It cannot be read; `name` says which.
    """
    try:
        with np.load(source, allow_pickle=False) as archive:
            return {each: archive[each] for each in archive.files}
    except (zipfile.BadZipFile, zlib.error, EOFError) as error:
        raise ValueError(f"{name} is no archive") from error


def _encode(row: PatchRow, arrays: Arrays) -> Contents:
    return ((f"{row.split}/{row.patch}.npz", pack(arrays)),)


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name)
    entry.compress_type = zipfile.ZIP_DEFLATED
    return entry


@dataclass
class _Reader:
    folder: Path

    def read(self, row: PatchRow) -> Arrays:
        return unpack(self.folder / row.file, row.file)

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
