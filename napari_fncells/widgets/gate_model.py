"""What the check found as Qt shows it: rows grouped by kind, filtered."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from qtpy.QtCore import QAbstractListModel, QModelIndex, QObject, Qt

from napari_fncells.core.quality import TITLES, Kind
from napari_fncells.session.gate import Found

ROW = int(Qt.ItemDataRole.UserRole) + 1
"""Role of what a row is: a `Heading` or a `Found`."""

HEADINGS: dict[Kind, str] = {
    Kind.UNREADABLE: "Cannot be read",
    Kind.NO_MASK: "Pictures without a mask",
    Kind.OTHER_SIZE: "Masks of another size",
    Kind.CHANGED: "Pictures changed since",
    Kind.SHIFTED: "Masks shifted as a whole",
    Kind.CONFLICT: "Conflict copies",
    Kind.UNREVIEWED: "Not reviewed",
    Kind.UNSURE: "Unsure cells",
    Kind.FRAGMENTS: "Cells in pieces",
    Kind.CRUMBS: "Crumbs beside cells",
    Kind.HOLES: "Holes",
    Kind.STRIP: "Cut off before the border",
    Kind.THREADS: "Spurs and bridges",
    Kind.SMALL: "Too small",
    Kind.LARGE: "Too large",
    Kind.DUPLICATE: "Duplicates",
}
"""Kinds as the list calls them."""


@dataclass(frozen=True)
class Heading:
    """Row above those of one kind.

    Attributes
    ----------
    kind
        Theirs.
    count
        Their number.
    folded
        Whether they are hidden.
    """

    kind: Kind
    count: int
    folded: bool = False

    def __str__(self) -> str:
        return f"{'▸' if self.folded else '▾'} {HEADINGS[self.kind]} · {self.count:,}"


@dataclass(frozen=True)
class Filter:
    """Which findings are shown.

    Attributes
    ----------
    kinds
        Those of these kinds; all where None.
    search
        Those of pictures with this in their name; case does not count.
    picture
        Those of this picture alone.
    accepted
        Those that were accepted, too.
    """

    kinds: frozenset[Kind] | None = None
    search: str = ""
    picture: str | None = None
    accepted: bool = False

    def passes(self, item: Found) -> bool:
        """Whether a finding is shown."""
        if item.accepted and not self.accepted:
            return False
        if self.kinds is not None and item.finding.kind not in self.kinds:
            return False
        if self.picture is not None and item.picture != self.picture:
            return False
        return self.search.casefold() in item.picture.casefold()


class GateModel(QAbstractListModel):
    """Rows of what was found.

    Parameters
    ----------
    parent
        Owns it.
    """

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._found: tuple[Found, ...] = ()
        self._filter = Filter()
        self._folded: set[Kind] = set()
        self._rows: list[Heading | Found] = []

    def show_found(self, found: Sequence[Found], filter_: Filter) -> bool:
        """Show other findings, or others of them; whether any row is another one now."""
        self._found, self._filter = tuple(found), filter_
        return self._arrange()

    def fold(self, kind: Kind) -> None:
        """Hide the rows of a kind, or show them again."""
        self._folded ^= {kind}
        self._arrange()

    @property
    def shown(self) -> list[Found]:
        """Findings that pass the filter, those under a folded heading included."""
        return [item for item in self._found if self._filter.passes(item)]

    def row_at(self, row: int) -> Heading | Found | None:
        """What a row is; None beyond the last."""
        return self._rows[row] if 0 <= row < len(self._rows) else None

    def place_of(self, key: tuple[str, str]) -> int | None:
        """Row of a finding, None where it is not shown."""
        for row, item in enumerate(self._rows):
            if isinstance(item, Found) and item.key == key:
                return row
        return None

    def rowCount(self, parent: QModelIndex | None = None) -> int:  # noqa: N802
        """Rows shown."""
        return 0 if parent is not None and parent.isValid() else len(self._rows)

    def data(self, index: QModelIndex, role: int = int(Qt.ItemDataRole.DisplayRole)) -> Any:
        """What a row shows."""
        row = self.row_at(index.row()) if index.isValid() else None
        if row is None:
            return None
        if role == ROW:
            return row
        if isinstance(row, Heading):
            return str(row) if role == int(Qt.ItemDataRole.DisplayRole) else None
        if role in (int(Qt.ItemDataRole.DisplayRole), int(Qt.ItemDataRole.AccessibleTextRole)):
            return f"{row.picture}: {row.finding.sentence}"
        if role == int(Qt.ItemDataRole.ToolTipRole):
            return details_of(row)
        return None

    def _arrange(self) -> bool:
        rows = list(self._grouped(self.shown))
        if rows == self._rows:
            return False
        self.beginResetModel()
        self._rows = rows
        self.endResetModel()
        return True

    def _grouped(self, items: Iterable[Found]) -> Iterable[Heading | Found]:
        by_kind: dict[Kind, list[Found]] = {}
        for item in items:
            by_kind.setdefault(item.finding.kind, []).append(item)
        for kind, group in by_kind.items():
            folded = kind in self._folded
            yield Heading(kind, len(group), folded)
            yield from () if folded else group


def details_of(item: Found) -> str:
    """All about a finding, line by line."""
    lines = [item.picture, item.finding.sentence]
    if item.accepted:
        lines.append("Accepted as it is; A takes that back.")
    elif item.finding.repairs:
        lines.append(f"R: {TITLES[item.finding.repairs[0]].lower()}.")
    return "\n".join(lines)
