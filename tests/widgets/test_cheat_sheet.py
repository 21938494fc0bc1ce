"""The sheet of keys and gestures: complete, readable, and gone at once."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from napari.settings import get_settings
from qtpy.QtCore import Qt
from qtpy.QtGui import QTextDocument
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QHBoxLayout, QLabel, QPushButton, QScrollArea, QWidget

from napari_fncells.viewer.commands import COMMANDS, GESTURES, command
from napari_fncells.widgets.cheat_sheet import CheatSheet
from napari_fncells.widgets.key_names import key_names

LEFT = Qt.MouseButton.LeftButton


class Canvas(QWidget):
    """Notes what reaches it."""

    def __init__(self) -> None:
        super().__init__()
        self.got: list[str] = []
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def keyPressEvent(self, event) -> None:  # noqa: N802
        self.got.append(event.text() or "key")

    def mousePressEvent(self, event) -> None:  # noqa: N802
        self.got.append("press")

    mouseReleaseEvent = mouseDoubleClickEvent = wheelEvent = mousePressEvent  # noqa: N815


@pytest.fixture
def window(qtbot) -> Iterator[QWidget]:
    window = QWidget()
    window.canvas, window.button = Canvas(), QPushButton("dock")
    layout = QHBoxLayout(window)
    layout.addWidget(window.canvas, 1)
    layout.addWidget(window.button)
    qtbot.addWidget(window)
    window.resize(720, 600)
    window.show()
    qtbot.waitExposed(window)
    yield window
    window.close()


@pytest.fixture
def sheet(window: QWidget) -> CheatSheet:
    return CheatSheet(window.canvas)


def words(sheet: CheatSheet) -> str:
    """What stands on the sheet, as plain text."""
    document = QTextDocument()
    document.setHtml(sheet.findChild(QScrollArea).findChild(QLabel).text())
    return document.toPlainText()


def test_it_holds_every_gesture_and_every_command_with_its_key(sheet: CheatSheet) -> None:
    sheet.toggle()
    text = words(sheet)
    for gesture, meaning in GESTURES:
        assert gesture in text
        assert meaning in text
    for known in COMMANDS:
        # Back is said in the row of the way there
        assert known.title in text or known.name.startswith("previous_")
        assert known.group in text
        assert all(keys in text for keys in key_names(known))


def test_other_keys_are_shown_once_they_were_chosen(sheet: CheatSheet) -> None:
    sheet.toggle()
    sheet.toggle()
    shortcuts = get_settings().shortcuts.shortcuts
    shortcuts[command("accept").action] = ["Ctrl+Alt+J"]
    try:
        sheet.toggle()
        assert "Ctrl+Alt+J" in words(sheet)
    finally:
        del shortcuts[command("accept").action]


def test_keys_are_named_as_on_the_keyboard(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.platform", "linux")
    assert key_names(command("previous_object")) == ("Shift+N",)
    assert key_names(command("remove")) == ("D", "Del")
    assert key_names(command("grow")) == (". (dot)",)
    monkeypatch.setattr("sys.platform", "darwin")
    assert key_names(command("remove")) == command("remove").shortcuts


@pytest.mark.parametrize("key", [Qt.Key.Key_Escape, Qt.Key.Key_Question])
@pytest.mark.parametrize("place", ["canvas", "button"])
def test_a_key_closes_it_and_does_nothing_else(
    window: QWidget, sheet: CheatSheet, key: Qt.Key, place: str
) -> None:
    sheet.toggle()
    QTest.keyClick(getattr(window, place), key)
    assert not sheet.isVisible()
    assert window.canvas.got == []
    QTest.keyClick(window.canvas, Qt.Key.Key_Escape)
    assert len(window.canvas.got) == 1


def test_other_keys_reach_the_canvas_while_it_is_open(window: QWidget, sheet: CheatSheet) -> None:
    sheet.toggle()
    QTest.keyClick(window.canvas, Qt.Key.Key_N)
    assert sheet.isVisible()
    assert window.canvas.got == ["n"]


def test_a_click_closes_it_and_reaches_nothing_below(window: QWidget, sheet: CheatSheet) -> None:
    sheet.toggle()
    place = window.canvas.rect().center()
    below = window.windowHandle()
    QTest.mouseClick(below, LEFT, Qt.KeyboardModifier.NoModifier, place)
    assert not sheet.isVisible()
    assert window.canvas.got == []
    QTest.mouseClick(below, LEFT, Qt.KeyboardModifier.NoModifier, place)
    assert "press" in window.canvas.got


def test_it_takes_no_focus(window: QWidget, sheet: CheatSheet, qtbot) -> None:
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    window.canvas.setFocus()
    qtbot.waitUntil(window.canvas.hasFocus)
    sheet.toggle()
    assert window.canvas.hasFocus()


@pytest.mark.parametrize(("width", "height"), [(600, 560), (900, 700)])
def test_it_needs_no_scrolling_in_a_window_of_1280_by_720(
    window: QWidget, sheet: CheatSheet, qtbot, width: int, height: int
) -> None:
    window.canvas.setFixedSize(width, height)
    qtbot.waitUntil(lambda: window.canvas.width() == width)
    sheet.toggle()
    area = sheet.findChild(QScrollArea)
    qtbot.waitUntil(lambda: area.widget().height() > 200)
    assert area.verticalScrollBar().maximum() == 0
    assert area.horizontalScrollBar().maximum() == 0


def test_a_narrow_canvas_gets_one_column(window: QWidget, sheet: CheatSheet, qtbot) -> None:
    sheet.toggle()
    wide = sheet.findChild(QLabel).text()
    window.canvas.setFixedSize(400, 500)
    qtbot.waitUntil(lambda: sheet.width() == 400)
    assert sheet.findChild(QLabel).text() != wide
    assert sheet.findChild(QScrollArea).horizontalScrollBar().maximum() == 0
    assert "Undo" in words(sheet)
