"""Whether what comes fits on the disk, asked before it comes."""

from __future__ import annotations

import shutil
from pathlib import Path

from napari_fncells.io.datasets.error import DatasetCode, DatasetError
from napari_fncells.io.datasets.progress import in_bytes

_MARGIN = 50_000_000  # what a disk should keep free besides


def check_space(folder: Path, needed: int) -> None:
    """See to it that the disk of a folder has room.

    Parameters
    ----------
    folder
        It need not exist yet.
    needed
        Bytes.

    Raises
    ------
    DatasetError
        There is less.
    """
    place = next((p for p in (folder, *folder.parents) if p.is_dir()), None)
    if place is None:
        return
    free = shutil.disk_usage(place).free
    if free < needed + _MARGIN:
        raise DatasetError(
            DatasetCode.DISK_FULL,
            f"{in_bytes(needed + _MARGIN)} are needed in {folder}, {in_bytes(free)} are free.",
            "Free some space or choose a folder on another disk.",
        )
