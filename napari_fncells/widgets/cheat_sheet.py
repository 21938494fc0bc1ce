"""The cheat sheet: mouse gestures and keys over the canvas, asked for by '?'."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from qtpy.QtCore import QEvent, QObject, Qt
from qtpy.QtGui import (
    QColor,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QWheelEvent,
)
from qtpy.QtWidgets import QFrame, QLabel, QScrollArea, QVBoxLayout, QWidget

from napari_fncells.viewer.commands import COMMANDS, GESTURES, command
from napari_fncells.widgets.canvas_child import CanvasChild
from napari_fncells.widgets.key_names import key_names

Section = tuple[str, list[tuple[str, str]]]

_VEIL = QColor(12, 13, 18, 225)
_TEXT = "#f0f1f2"
_KEY = "#ffe600"
_QUIET = "#b9bec8"
_SHEET_STYLE = f"QWidget {{ background: transparent; color: {_TEXT}; }}"
_TWO_COLUMNS = 560  # px of width from which there is room for a second column
_MARGIN = 8
# The same in every theme and readable from a chair's distance
_FONT_PX = 13
_SMALL_PX = 11  # in a window so low that the last rows would have to be scrolled to
_BACK = "previous_"
"""Start of the names of commands that go the other way than the one before them."""
_LOW = 620


class CheatSheet(CanvasChild):
    """A panel over the canvas; '?', Esc and a click close it.

    Parameters
    ----------
    canvas
        The canvas's native widget; it owns this one.
    """

    def __init__(self, canvas: QWidget) -> None:
        super().__init__(canvas)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._columns = 0
        self._area = QScrollArea()
        self._area.setFrameShape(QFrame.Shape.NoFrame)
        self._area.setWidgetResizable(True)
        self._area.setStyleSheet(_SHEET_STYLE)
        self._area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(_MARGIN, _MARGIN, _MARGIN, _MARGIN)
        layout.addWidget(self._area)

    def toggle(self) -> None:
        """Show it with the keys of now, or hide it."""
        if self.isVisible():
            self.hide()
            return
        self._fill()
        self.cover()
        # Keys reach the window, too, when a control of the dock has the focus
        self.window().installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
        """Close it by the key that opened it and by Esc, wherever they are pressed."""
        if self.isVisible() and event.type() == QEvent.Type.KeyPress and _closes(event):
            self.hide()
            return True
        return super().eventFilter(watched, event)

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """Keep the click from the canvas."""
        event.accept()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """Keep the click from the canvas."""
        event.accept()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """Close it; the click does nothing else."""
        event.accept()
        self.hide()

    def wheelEvent(self, event: QWheelEvent) -> None:  # noqa: N802
        """Keep the picture below from being zoomed unseen."""
        event.accept()

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        """Put the columns side by side where there is room."""
        super().resizeEvent(event)
        if self.isVisible() and self._columns != self._fitting():
            self._fill()

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        """Dim the picture below."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), _VEIL)
        painter.end()

    def _fitting(self) -> int:
        return 2 if self.width() >= _TWO_COLUMNS else 1

    def _fill(self) -> None:
        self._columns = self._fitting()
        font = _FONT_PX if self.height() >= _LOW else _SMALL_PX
        sheet = QLabel(_page(_in_columns(_sections(), self._columns), font))
        sheet.setTextFormat(Qt.TextFormat.RichText)
        sheet.setWordWrap(True)
        sheet.setAlignment(Qt.AlignmentFlag.AlignTop)
        sheet.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._area.setWidget(sheet)


def _closes(event: QEvent) -> bool:
    if not isinstance(event, QKeyEvent):
        return False
    keys = {"?", *command("cheat_sheet").shortcuts}
    return bool(event.key() == Qt.Key.Key_Escape or event.text() in keys)


def _sections() -> list[Section]:
    """Headings with their rows: the gestures, then the commands by group."""
    sections: dict[str, list[tuple[str, str]]] = {"Mouse": list(GESTURES)}
    for known in COMMANDS:
        keys = ", ".join(key_names(known))
        rows = sections.setdefault(known.group, [])
        if keys and rows and known.name.startswith(_BACK):
            # There and back in one row
            rows[-1] = f"{rows[-1][0]} / {keys}", f"{rows[-1][1]} / back"
        elif keys:
            rows.append((keys, known.title))
    return [(heading, rows) for heading, rows in sections.items() if rows]


def _in_columns(sections: list[Section], number: int) -> Iterable[list[Section]]:
    """Sections in columns of about the same length, in their order."""
    if number == 1:
        return [sections]
    lengths = [len(rows) + 2 for _, rows in sections]
    cut = min(range(1, len(sections)), key=lambda at: abs(sum(lengths[:at]) - sum(lengths[at:])))
    return [sections[:cut], sections[cut:]]


def _page(columns: Iterable[list[Section]], font: int) -> str:
    """Columns of tables, as wide as they need to be, and how to close the sheet."""
    cells = "".join(
        f'<td valign="top" style="padding-right: 18px;">{_table(sections)}</td>'
        for sections in columns
    )
    return (
        f'<div style="font-size: {font}px;"><table cellspacing="0"><tr>{cells}</tr></table>'
        f'<p style="color: {_QUIET}; margin: 5px 0 0 0;">'
        "Esc, a click, or the same key again closes this.</p></div>"
    )


def _table(sections: Iterable[Section]) -> str:
    rows = []
    for heading, entries in sections:
        rows.append(
            f'<tr><td colspan="2" style="padding-top: 2px; font-weight: bold;'
            f' color: {_QUIET};">{escape(heading)}</td></tr>'
        )
        rows += [
            f'<tr><td style="color: {_KEY}; padding-right: 12px; white-space: nowrap;">'
            f"{escape(key)}</td><td>{escape(title)}</td></tr>"
            for key, title in entries
        ]
    return f'<table cellspacing="0">{"".join(rows)}</table>'
