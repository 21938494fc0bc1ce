"""Files in a folder that nobody knows of yet: they need not be atomic, only on the disk in time.

To wait for the disk after each of thousands of small files takes longer than to make them: it is
asked for all at the end, many at once.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from napari_fncells.io.atomic import sync_name
from napari_fncells.io.patches.base import Contents, PatchRow
from napari_fncells.io.save_error import explain_os_error


def write_plain(path: Path, data: bytes) -> None:
    """Write a new file; folders are made. `confirm_all` has the disk confirm it.

    Raises
    ------
    SaveError
        It cannot be written, or is there already.
    """
    try:
        with create(path) as stream:
            stream.write(data)
    except OSError as error:
        raise explain_os_error(error, path) from error


_AT_ONCE = 8


@dataclass
class FileWriter:
    """Writes patches whose files are named in full."""

    folder: Path

    def add(self, _row: PatchRow, contents: Contents, /) -> str:
        """Write the files of a patch; return the name of the first."""
        for name, data in contents:
            write_plain(self.folder / name, data)
        return contents[0][0]

    def close(self) -> None:
        """Nothing is open."""


def create(path: Path) -> BinaryIO:
    """Open a new file for writing; its folder is made."""
    path.parent.mkdir(parents=True, exist_ok=True)
    return path.open("xb")


def confirm_all(folder: Path) -> None:
    """Have the disk confirm everything in a folder, and its names.

    Raises
    ------
    OSError
        It does not.
    """
    places = [folder, *(path for path in folder.rglob("*") if path.is_dir())]
    files = [path for place in places for path in place.iterdir() if path.is_file()]
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        for _ in pool.map(_confirm, files):
            pass
    for place in places:
        sync_name(place / "any")


def _confirm(path: Path) -> None:
    with path.open("r+b") as stream:  # Windows confirms only what may be written
        os.fsync(stream.fileno())
