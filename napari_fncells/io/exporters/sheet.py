"""Tables as CSV: text that no spreadsheet runs as a formula, and figures that can be compared.

A text that starts like a formula (=, +, -, @, a tab, a line break) or with an apostrophe gets an
apostrophe in front; reading takes one away again, so that every name comes back as it was.
"""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from napari_fncells.io.exporters.agreement import named, unreadable
from napari_fncells.io.exporters.base import Comparison, GroundTruth

Cell = str | int | float | None
"""None is an empty cell."""
Row = Mapping[str, Cell]

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠", "'")
_DIGITS = 8


def safe_text(text: str) -> str:
    """Text that a spreadsheet shows and does not run."""
    return f"'{text}" if text.startswith(_FORMULA) else text


def original_text(text: str) -> str:
    """Text as it was before `safe_text`."""
    return text.removeprefix("'")


def encode_rows(rows: Iterable[Row], columns: Sequence[str]) -> bytes:
    """Rows as CSV without a head: UTF-8, commas, figures of 8 digits."""
    lines = io.StringIO(newline="")
    writer = csv.writer(lines, lineterminator="\r\n")
    writer.writerows([_shown(row[column]) for column in columns] for row in rows)
    # Names that are no Unicode keep their bytes
    return lines.getvalue().encode("utf-8", "surrogateescape")


def encode_head(columns: Sequence[str]) -> bytes:
    """The first line."""
    return (",".join(columns) + "\r\n").encode()


def read_rows(path: Path) -> list[dict[str, str]] | None:
    """Rows of a CSV by its head; None where it is none, or rows are longer or shorter."""
    try:
        text = path.read_bytes().decode("utf-8", "surrogateescape")
        lines = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    except (OSError, csv.Error):
        return None
    if not lines or any(len(line) != len(lines[0]) for line in lines):
        return None
    return [dict(zip(lines[0], line, strict=True)) for line in lines[1:]]


def agrees(text: str, value: Cell, slack: float = 0.0) -> bool:
    """Whether a figure in a file is a value, to the last digit that is written.

    Parameters
    ----------
    text
        As it stands in the file.
    value
        What it should be.
    slack
        How far figures of several sources may lie apart beside that.
    """
    if not isinstance(value, float):
        return text == _shown(value)
    try:
        found = float(text)
    except ValueError:
        return False
    if not math.isfinite(value) or not math.isfinite(found):
        return found == value or (math.isnan(found) and math.isnan(value))
    last = 10.0 ** (math.floor(math.log10(abs(value))) - _DIGITS + 1) if value else 0.0
    return abs(found - value) <= max(0.50001 * last, slack)


def compare_rows(
    rows: Sequence[Mapping[str, str]] | None,
    expected: Mapping[int, Row],
    truth: GroundTruth,
    file: str,
    *,
    slack: Mapping[int, Mapping[str, float]] | None = None,
    notes: tuple[str, ...] = (),
) -> Comparison:
    """Compare rows of a table, one for each cell, with what they should be.

    Parameters
    ----------
    rows
        Those of this picture, by column; None where the file is none.
    expected
        Cells by column, of each id.
    truth
        The picture.
    file
        Name of the file, for people.
    slack
        As `agrees` takes it, by id and column.
    notes
        What the format cannot hold of this picture.
    """
    if rows is None:
        return unreadable(truth, f"{file} does not read back as a table.")
    by_id = {row.get("id", ""): row for row in rows}
    lost = tuple(i for i in expected if str(i) not in by_id)
    changed = tuple(
        i
        for i, row in expected.items()
        if (found := by_id.get(str(i))) is not None
        and not _same(found, row, (slack or {}).get(i, {}))
    )
    extra = len(rows) - (len(expected) - len(lost))
    problem = _problem(file, lost, changed, extra)
    return Comparison(
        len(truth.cells),
        len(rows),
        exact=not problem,
        lost=lost,
        changed=changed,
        notes=notes,
        problem=problem,
    )


def micrometres(value: float, pixel_size: float | None) -> float | None:
    """A length in µm; None where the size of pixels is not known."""
    return None if pixel_size is None else value * pixel_size


def _shown(value: Cell) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return safe_text(value)
    return f"{value:.{_DIGITS}g}" if isinstance(value, float) else str(value)


def _same(found: Mapping[str, str], row: Row, slack: Mapping[str, float]) -> bool:
    return found.keys() == row.keys() and all(
        agrees(found[column], value, slack.get(column, 0.0)) for column, value in row.items()
    )


def _problem(file: str, lost: tuple[int, ...], changed: tuple[int, ...], extra: int) -> str:
    if lost:
        return f"{file} lacks the rows of cells {named(lost)}."
    if changed:
        return f"{file} has other figures for cells {named(changed)}."
    return f"{file} has {extra} rows that belong to no cell." if extra else ""
