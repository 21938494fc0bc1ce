"""A window with unsaved work does not close unasked."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from qtpy.QtCore import QTimer
from qtpy.QtGui import QCloseEvent
from qtpy.QtWidgets import QApplication, QFileDialog, QMainWindow, QMessageBox, QPushButton

from napari_fncells.core.errors import UserError
from napari_fncells.widgets.close_guard import FLUSH_SECONDS, CloseGuard

SENTENCE = "3 changes of cells.png are not saved: the disk is full."


class Work:
    """Work that may or may not be saved."""

    def __init__(self, *, saved: bool = False, saves: bool = False) -> None:
        self.saved = saved
        self.saves = saves
        self.flushed: list[float] = []
        self.folders: list[Path] = []
        self.elsewhere_fails = 0

    def unsaved(self) -> str | None:
        return None if self.saved else SENTENCE

    def flush(self, seconds: float) -> None:
        self.flushed.append(seconds)
        self.saved = self.saves
        if not self.saves:
            raise UserError("The disk is full.")

    def save_elsewhere(self, folder: Path) -> None:
        self.folders.append(folder)
        if len(self.folders) <= self.elsewhere_fails:
            raise UserError("The stick is full, too.", "Choose another one.")


class Presser:
    """Presses a button of every question that appears, and notes the questions."""

    def __init__(self, *texts: str | None) -> None:
        self.texts = list(texts)
        self.questions: list[str] = []
        self.defaults: list[str] = []
        self.timer = QTimer(interval=10)
        self.timer.timeout.connect(self._press)
        self.timer.start()

    def _press(self) -> None:
        box = QApplication.activeModalWidget()
        if not isinstance(box, QMessageBox) or not self.texts:
            return
        self.questions.append(box.text())
        self.defaults.append(box.defaultButton().text().replace("&", ""))
        text = self.texts.pop(0)
        if text is None:
            box.reject()
            return
        buttons = {b.text().replace("&", ""): b for b in box.findChildren(QPushButton)}
        buttons[text].click()


@pytest.fixture
def window(qtbot) -> Iterator[QMainWindow]:
    window = QMainWindow()
    window.setCentralWidget(QPushButton("content"))
    window.show()
    qtbot.waitExposed(window)
    yield window
    # Not closed: the guard would ask
    window.hide()
    window.deleteLater()


def guard(window: QMainWindow, work: Work) -> CloseGuard:
    return CloseGuard(window, work.unsaved, work.flush, work.save_elsewhere)


def test_nothing_is_asked_where_everything_is_saved(window: QMainWindow) -> None:
    work, presser = Work(saved=True), Presser("Cancel")
    guard(window, work)
    assert window.close()
    assert not window.isVisible()
    assert (presser.questions, work.flushed) == ([], [])


def test_what_can_be_saved_is_saved_without_a_question(window: QMainWindow) -> None:
    work, presser = Work(saves=True), Presser("Cancel")
    guard(window, work)
    assert window.close()
    assert presser.questions == []
    assert work.flushed == [FLUSH_SECONDS]
    assert FLUSH_SECONDS <= 2


@pytest.mark.parametrize("answer", ["Cancel", None])
def test_the_window_stays_by_default(window: QMainWindow, answer: str | None) -> None:
    work, presser = Work(), Presser(answer)
    guard(window, work)
    assert not window.close()
    assert window.isVisible()
    assert presser.questions == [SENTENCE]
    assert presser.defaults == ["Cancel"]
    assert QApplication.overrideCursor() is None


def test_the_work_can_be_given_up(window: QMainWindow) -> None:
    presser = Presser("Close and lose it")
    guard(window, Work())
    assert window.close()
    assert not window.isVisible()
    assert presser.questions == [SENTENCE]


def test_the_work_can_be_saved_elsewhere(
    window: QMainWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    chosen = iter(["", "/media/full", "/media/stick"])
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: next(chosen))
    work, presser = Work(), Presser(*["Save elsewhere…"] * 3)
    work.elsewhere_fails = 1
    guard(window, work)
    assert window.close()
    assert work.folders == [Path("/media/full"), Path("/media/stick")]
    # No folder chosen: asked again; a full one: told of, and asked again
    failed = "The stick is full, too. Choose another one."
    assert presser.questions == [SENTENCE, SENTENCE, failed]


def test_a_second_attempt_while_it_is_asking_asks_nothing(window: QMainWindow) -> None:
    work, presser = Work(), Presser()
    guard(window, work)
    attempts: list[bool] = []

    def again() -> None:
        if isinstance(QApplication.activeModalWidget(), QMessageBox) and not attempts:
            # As the window manager sends it; window.close() is deaf within itself
            event = QCloseEvent()
            QApplication.sendEvent(window, event)
            attempts.append(event.isAccepted())
            presser.texts.append("Cancel")

    timer = QTimer(interval=10)
    timer.timeout.connect(again)
    timer.start()
    assert not window.close()
    timer.stop()
    assert attempts == [False]
    assert len(presser.questions) == 1


def test_other_windows_close_as_they_like(window: QMainWindow, qtbot) -> None:
    presser = Presser("Cancel")
    guard(window, Work())
    other = QMainWindow()
    qtbot.addWidget(other)
    other.show()
    assert other.close()
    assert presser.questions == []


def test_naparis_window_stays_open_on_ctrl_w(make_napari_viewer: Callable) -> None:
    viewer = make_napari_viewer(show=True)
    viewer.add_labels(np.eye(4, dtype=np.uint8))
    window = viewer.window._qt_window
    work, presser = Work(), Presser("Cancel")
    guard(window, work)
    window.close(quit_app=False, confirm_need=False)
    assert window.isVisible()
    assert presser.questions == [SENTENCE]
    work.saved = True


def test_a_program_that_closes_the_viewer_is_not_held_up(make_napari_viewer: Callable) -> None:
    viewer = make_napari_viewer(show=True)
    work, presser = Work(), Presser("Cancel")
    guard(viewer.window._qt_window, work)
    with pytest.warns(UserWarning, match="closed with work not saved. 3 changes"):
        viewer.close()
    assert presser.questions == []
    assert work.flushed == [FLUSH_SECONDS]
