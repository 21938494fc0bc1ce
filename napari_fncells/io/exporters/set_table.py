"""One CSV for a whole set, with the rows of all its pictures."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Protocol

from napari_fncells.core.params.export import ExportParams
from napari_fncells.io.atomic import write_atomic
from napari_fncells.io.exporters.agreement import unreadable
from napari_fncells.io.exporters.base import Comparison, GroundTruth
from napari_fncells.io.exporters.sheet import (
    Row,
    encode_head,
    encode_rows,
    original_text,
    read_rows,
)

ReadRow = Mapping[str, str]


class Rows(Protocol):
    """What a table has of one picture."""

    def __call__(self, truth: GroundTruth, /) -> Iterable[Row]:
        """Rows; all begin with the same columns, `stem` among them."""


class CompareRows(Protocol):
    """The comparison of a picture's rows, read back, with its truth."""

    def __call__(self, rows: Sequence[ReadRow], truth: GroundTruth, file: str, /) -> Comparison:
        """Compare all rows of a picture. Never raises for bad ones."""


@dataclass(frozen=True)
class SetTable:
    """A format with one table for the set.

    Attributes
    ----------
    name, title, about
        As `Exporter` has them.
    file
        The table's name.
    columns
        Its head where there is no row.
    rows, compare
        What it has of a picture, and the proof.
    """

    name: str
    title: str
    about: str
    file: str
    columns: tuple[str, ...]
    rows: Rows
    compare: CompareRows

    def writer(self, folder: Path, _params: ExportParams) -> _Writer:
        """Begin to write into a folder."""
        return _Writer(self, folder)

    def reader(self, folder: Path, _params: ExportParams) -> _Reader:
        """Begin to read what was written there."""
        return _Reader(self, folder)


@dataclass
class _Writer:
    form: SetTable
    folder: Path
    lines: list[tuple[bytes, int]] = field(default_factory=list)
    """Each with its number of columns: where others have more, empty cells follow."""
    longest: tuple[str, ...] = ()

    def add(self, truth: GroundTruth) -> None:
        for row in self.form.rows(truth):
            columns = tuple(row)
            self.lines.append((encode_rows([row], columns), len(columns)))
            self.longest = max(self.longest, columns, key=len)

    def close(self) -> None:
        head = self.longest or self.form.columns
        data = bytearray(encode_head(head))
        for line, columns in self.lines:
            data += line.removesuffix(b"\r\n") + b"," * (len(head) - columns) + b"\r\n"
        write_atomic(self.folder / self.form.file, bytes(data), replace=False)


@dataclass
class _Reader:
    form: SetTable
    folder: Path

    @cached_property
    def rows(self) -> dict[str, list[ReadRow]] | None:
        """By stem; None where the file is no table."""
        rows = read_rows(self.folder / self.form.file)
        if rows is None:
            return None
        found: dict[str, list[ReadRow]] = {}
        for row in rows:
            found.setdefault(original_text(row.get("stem", "")), []).append(row)
        return found

    def compare(self, truth: GroundTruth) -> Comparison:
        if self.rows is None:
            return unreadable(truth, f"{self.form.file} does not read back as a table.")
        return self.form.compare(self.rows.get(truth.stem, []), truth, self.form.file)
