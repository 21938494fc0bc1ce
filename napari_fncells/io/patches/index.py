"""The tables beside patches: `patches.csv` has a row for each, `splits.csv` one for a picture."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import astuple, dataclass, fields
from io import StringIO
from pathlib import Path
from typing import Any, TypeVar

from napari_fncells.core.errors import UserError
from napari_fncells.core.params.split import SPLITS
from napari_fncells.io.patches.base import PatchRow

PATCHES_NAME = "patches.csv"
SPLITS_NAME = "splits.csv"

_LARGEST = 256 << 20


@dataclass(frozen=True)
class SplitRow:
    """One picture, as the table of splits has it.

    Attributes
    ----------
    picture
        Its name.
    split
        'train', 'val' or 'test'.
    group
        What it belongs to.
    cells
        Their number.
    patches
        Patches that were cut from it and kept.
    sha256
        Of its file; empty where it has none.
    identity
        SHA-256 of its pixels.
    """

    picture: str
    split: str
    group: str
    cells: int
    patches: int
    sha256: str
    identity: str


Row = TypeVar("Row", PatchRow, SplitRow)


def table(kind: type[Row], rows: Iterable[Row]) -> bytes:
    """CSV in UTF-8 with a head."""
    buffer = StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow([field.name for field in fields(kind)])
    writer.writerows(astuple(row) for row in rows)
    return buffer.getvalue().encode("utf-8", "backslashreplace")


def read_table(kind: type[Row], path: Path) -> list[Row]:
    """Rows that `table` wrote.

    Raises
    ------
    UserError
        The file cannot be read, or is no such table.
    """
    try:
        if path.stat().st_size > _LARGEST:
            raise ValueError("it is too large")
        with path.open(encoding="utf-8", newline="") as stream:
            return [_row(kind, cells) for cells in csv.DictReader(stream, strict=True)]
    except (OSError, ValueError, csv.Error) as error:
        raise UserError(
            f"{path} cannot be read as a table of {path.stem}: {error}.",
            f"Give a {path.name} that this program wrote.",
        ) from error


def read_splits(path: Path) -> dict[str, str]:
    """Split by picture, of an earlier division.

    Parameters
    ----------
    path
        A `splits.csv`, or a folder of patches that holds one.
    """
    file = path / SPLITS_NAME if path.is_dir() else path
    return {row.picture: row.split for row in read_table(SplitRow, file)}


def _row(kind: type[Row], cells: dict[str, str]) -> Row:
    named = {field.name: field.type for field in fields(kind)}
    if set(cells) != set(named):
        raise ValueError(f"its columns are {', '.join(map(str, cells))}")
    if cells["split"] not in SPLITS:
        raise ValueError(f"there is no split {cells['split']!r}")
    values: dict[str, Any] = {
        name: int(cells[name]) if of == "int" else cells[name] for name, of in named.items()
    }
    return kind(**values)
