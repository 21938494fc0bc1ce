"""How a row of what was found is drawn: its weight by colour and sign, the words, the picture."""

from __future__ import annotations

from typing import Any

from qtpy.QtCore import QModelIndex, QRect, QSize, Qt
from qtpy.QtGui import QColor, QFontMetrics, QPainter, QPalette
from qtpy.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from napari_fncells.core.quality import Severity
from napari_fncells.session.gate import Found
from napari_fncells.widgets.gate_model import ROW, Heading

COLOURS: dict[Severity, str] = {
    Severity.BLOCKING: "#ff5c5c",
    Severity.WARNING: "#f0c33c",
    Severity.NOTE: "#9aa0a6",
}
SIGNS: dict[Severity, str] = {
    Severity.BLOCKING: "✕",
    Severity.WARNING: "!",
    Severity.NOTE: "·",
}
"""Told apart without colours, too."""

_GAP = 4
_SIGN = 16


class GateRowPainter(QStyledItemDelegate):
    """Draws rows of two lines, and headings of one."""

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex) -> QSize:  # noqa: N802
        """Of a row."""
        line = option.fontMetrics.height()
        lines = 1 if isinstance(index.data(ROW), Heading) else 2
        return QSize(160, lines * line + 2 * _GAP)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex) -> None:
        """Draw a row."""
        row = index.data(ROW)
        if row is None:
            return
        painter.save()
        chosen = bool(option.state & QStyle.StateFlag.State_Selected)
        if chosen:
            painter.fillRect(option.rect, option.palette.color(QPalette.ColorRole.Highlight))
            painter.fillRect(
                QRect(option.rect.topLeft(), QSize(3, option.rect.height())), QColor("#ffe600")
            )
        if isinstance(row, Heading):
            self._paint_heading(painter, option, row)
        else:
            self._paint_finding(painter, option, row, chosen=chosen)
        painter.restore()

    def _paint_heading(self, painter: QPainter, option: Any, row: Heading) -> None:
        font = option.font
        font.setBold(True)
        painter.setFont(font)
        painter.setPen(option.palette.color(QPalette.ColorRole.Text))
        rect = option.rect.adjusted(_GAP, 0, -_GAP, 0)
        words = QFontMetrics(font).elidedText(str(row), Qt.TextElideMode.ElideRight, rect.width())
        painter.drawText(rect, int(Qt.AlignmentFlag.AlignVCenter), words)

    def _paint_finding(self, painter: QPainter, option: Any, row: Found, *, chosen: bool) -> None:
        rect, metrics = option.rect, option.fontMetrics
        left = rect.left() + 2 * _GAP + _SIGN
        width = rect.right() - left - _GAP
        base = rect.top() + _GAP + metrics.ascent()
        weight = row.finding.severity
        painter.setPen(QColor(COLOURS[weight] if not row.accepted else "#3ecf8e"))
        sign = "✓" if row.accepted else SIGNS[weight]
        painter.drawText(rect.left() + 2 * _GAP, base, sign)
        role = QPalette.ColorRole.HighlightedText if chosen else QPalette.ColorRole.Text
        plain = option.palette.color(role)
        painter.setPen(plain)
        words = metrics.elidedText(row.finding.sentence, Qt.TextElideMode.ElideRight, width)
        painter.drawText(left, base, words)
        plain.setAlphaF(0.7)
        painter.setPen(plain)
        # The end of a name tells pictures apart more often than its middle
        name = metrics.elidedText(row.picture, Qt.TextElideMode.ElideMiddle, width)
        painter.drawText(left, base + metrics.height(), name)
