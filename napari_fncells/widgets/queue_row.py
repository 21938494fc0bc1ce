"""How a row of the queue is drawn: the small picture, the name, the state by colour and sign."""

from __future__ import annotations

from typing import Any

from qtpy.QtCore import QModelIndex, QRect, QSize, Qt
from qtpy.QtGui import QColor, QPainter, QPalette, QPixmap
from qtpy.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from napari_fncells.session.entry import Entry, EntryState
from napari_fncells.viewer.thumbnails import SIDE
from napari_fncells.widgets.queue_model import ENTRY, line_of

COLOURS: dict[EntryState, str] = {
    EntryState.NEW: "#9aa0a6",
    EntryState.GIVEN: "#b79bff",
    EntryState.DRAFT: "#35c9ff",
    EntryState.IN_WORK: "#f0c33c",
    EntryState.UNSURE: "#ff9d3c",
    EntryState.DONE: "#3ecf8e",
    EntryState.PROBLEM: "#ff5c5c",
}
SIGNS: dict[EntryState, str] = {
    EntryState.NEW: "○",
    EntryState.GIVEN: "◇",
    EntryState.DRAFT: "◌",
    EntryState.IN_WORK: "◐",
    EntryState.UNSURE: "?",
    EntryState.DONE: "✓",
    EntryState.PROBLEM: "!",
}
"""Told apart without colours, too."""

_WIDTH, _HEIGHT = SIDE * 5 // 8, SIDE * 15 // 32
_GAP = 4


class RowPainter(QStyledItemDelegate):
    """Draws rows; all are of one height, so that ten thousand cost nothing."""

    def sizeHint(self, _option: Any, _index: QModelIndex) -> QSize:  # noqa: N802
        """Of a row."""
        return QSize(_WIDTH + 120, _HEIGHT + _GAP)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex) -> None:
        """Draw a row."""
        entry: Entry | None = index.data(ENTRY)
        if entry is None:
            return
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        chosen = bool(option.state & QStyle.StateFlag.State_Selected)
        if chosen:
            painter.fillRect(option.rect, option.palette.color(QPalette.ColorRole.Highlight))
            painter.fillRect(
                QRect(option.rect.topLeft(), QSize(3, option.rect.height())), QColor("#ffe600")
            )
        self._paint_picture(painter, option.rect, index.data(Qt.ItemDataRole.DecorationRole))
        self._paint_words(painter, option, entry, chosen=chosen)
        painter.restore()

    def _paint_picture(self, painter: QPainter, rect: QRect, picture: QPixmap | None) -> None:
        place = QRect(rect.left() + _GAP, rect.top() + _GAP // 2, _WIDTH, _HEIGHT)
        if picture is None or picture.isNull():
            painter.fillRect(place, QColor(128, 128, 128, 40))
            return
        size = picture.size().scaled(place.size(), Qt.AspectRatioMode.KeepAspectRatio)
        inside = QRect(0, 0, size.width(), size.height())
        inside.moveCenter(place.center())
        painter.drawPixmap(inside, picture)

    def _paint_words(
        self, painter: QPainter, option: QStyleOptionViewItem, entry: Entry, *, chosen: bool
    ) -> None:
        rect = option.rect
        left = rect.left() + _WIDTH + 3 * _GAP
        width = rect.right() - left - _GAP
        role = QPalette.ColorRole.HighlightedText if chosen else QPalette.ColorRole.Text
        plain = option.palette.color(role)
        metrics = option.fontMetrics
        line = metrics.height()
        top = rect.top() + (rect.height() - 2 * line - 3) // 2
        painter.setPen(plain)
        # The end of a name tells pictures apart more often than its middle
        name = metrics.elidedText(entry.name, Qt.TextElideMode.ElideMiddle, width)
        painter.drawText(left, top + metrics.ascent(), name)
        second = top + line + 3 + metrics.ascent()
        painter.setPen(QColor(COLOURS[entry.state]))
        painter.drawText(left, second, SIGNS[entry.state])
        plain.setAlphaF(0.75)
        painter.setPen(plain)
        words = metrics.elidedText(line_of(entry), Qt.TextElideMode.ElideRight, width - 16)
        painter.drawText(left + 16, second, words)
