"""Files that are not used any more, but never thrown away."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

LOGS = ("-wal", "-journal")
"""Endings of the files that SQLite keeps beside a database."""


def set_aside(path: Path, why: str) -> Path:
    """Give a journal, a file or a folder of its name, another name that says why.

    Its write-ahead log keeps it company, so that nothing in it is lost.

    Returns
    -------
    Path
        The new name.

    Raises
    ------
    OSError
        Where it cannot be renamed; it then is where it was.
    """
    kept = free_name(path, why)
    path.rename(kept)
    for log in LOGS:
        beside = path.with_name(path.name + log)
        if beside.exists():
            beside.rename(kept.with_name(kept.name + log))
    return kept


def free_name(path: Path, why: str) -> Path:
    """A name beside a file, made of its own, a reason and the time, that is not taken."""
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    name = f"{path.name}.{why}-{stamp}"
    number = 1
    found = path.with_name(name)
    while os.path.lexists(found):
        number += 1
        found = path.with_name(f"{name}-{number}")
    return found


def set_aside_before(path: Path, why: str) -> list[Path]:
    """Files set aside earlier for a reason, the newest first."""
    try:
        names = [p for p in path.parent.iterdir() if p.name.startswith(f"{path.name}.{why}-")]
    except OSError:
        return []
    return sorted((p for p in names if not p.name.endswith(LOGS)), reverse=True)
