"""The set that a new one replaces: taken away, but for what the user has put into it."""

from __future__ import annotations

import os
import shutil
from datetime import datetime
from itertools import count
from pathlib import Path

from napari_fncells.io.report import REPORT_NAME, SEAL_NAME
from napari_fncells.io.set_files import Inspection, inspect, walk


def take_away(former: Path, trash: Path, kept: Path) -> bool:
    """Remove a set, but for what is not as its report says, which is moved.

    It can be cut short at any moment, and called again.

    Parameters
    ----------
    former
        The set.
    trash
        A name that is free, under which whoever finds it may remove it.
    kept
        Where to move what is not as the report says; made where it is needed.

    Returns
    -------
    bool
        Whether something was moved.

    Raises
    ------
    OSError
        Something could not be moved or removed; it is where it was.
    """
    found = inspected(former)
    own = () if found.problems else (REPORT_NAME, SEAL_NAME)
    moved = False
    for path in found.equal:
        (former / path).unlink()
    for path, _, is_folder in list(walk(former)):
        if is_folder or str(path) in own:
            continue
        (kept / path).parent.mkdir(parents=True, exist_ok=True)
        (former / path).rename(kept / path)
        moved = True
    # The report goes last: by it the rest is known again if this is cut short
    former.rename(trash)
    shutil.rmtree(trash)
    return moved


def strangers_in(folder: Path) -> tuple[str, ...]:
    """Names of what `take_away` would move."""
    found = inspected(folder)
    own = (REPORT_NAME,) if found.problems else ()
    return (*own, *found.changed, *found.extra)


def kept_place(target: Path) -> Path:
    """A folder beside a target for what is kept of the set that was there."""
    stamp = f"{datetime.now():%Y%m%d-%H%M%S}"
    for number in count(1):
        more = "" if number == 1 else f"-{number}"
        found = target.with_name(f"{target.name[:50]}.kept-{stamp}{more}")
        if not os.path.lexists(found):
            break
    return found


def inspected(folder: Path) -> Inspection:
    """What is in a set; of one that cannot be read, nothing is known."""
    try:
        return inspect(folder)
    except OSError as error:
        return Inspection(None, problems=(f"{folder} cannot be read: {error}.",))
