"""Working files that somebody else changed meanwhile, kept beside those that take their place."""

from __future__ import annotations

import os
from itertools import count
from pathlib import Path

from napari_fncells.io.atomic import write_atomic
from napari_fncells.io.save_error import explain_os_error
from napari_fncells.io.working.files import ENDS, WorkingFiles, plain_name


def keep_conflict(files: WorkingFiles, stamp: str) -> list[Path]:
    """Copy the files on the disk to names of their own, before others take their place.

    Parameters
    ----------
    files
        The files in the way.
    stamp
        Tells the copies apart, e.g. host and time.

    Returns
    -------
    list of Path
        The copies.

    Raises
    ------
    SaveError
        Where one could not be copied.
    """
    found = {}
    for path in files.paths:
        try:
            found[path] = path.read_bytes()
        except FileNotFoundError:
            continue
        except OSError as error:
            raise explain_os_error(error, path) from error
    stamp = plain_name(stamp)
    for number in count(1):
        numbered = stamp if number == 1 else f"{stamp}-{number}"
        copies = {path: _conflict_name(path, files, numbered) for path in found}
        # Kept within the same second: neither may take the place of the other
        if not any(os.path.lexists(copy) for copy in copies.values()):
            break
    for path, data in found.items():
        write_atomic(copies[path], data, replace=False)
    return list(copies.values())


def _conflict_name(path: Path, files: WorkingFiles, stamp: str) -> Path:
    end = dict(zip(files.paths, ENDS, strict=True))[path]
    return path.with_name(f"{path.name.removesuffix(end)}.conflict-{stamp}{end}")
