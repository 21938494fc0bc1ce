"""Only the newest request of a preview counts."""

from __future__ import annotations

import threading

import pytest
from napari.utils.notifications import notification_manager
from pytestqt.qtbot import QtBot
from qtpy.QtCore import QThread

from napari_fncells.core.errors import UserError
from napari_fncells.widgets.latest import LatestRunner


@pytest.fixture
def runner(qtbot: QtBot) -> LatestRunner:
    return LatestRunner()


def test_work_is_done_elsewhere_and_its_result_here(runner: LatestRunner, qtbot: QtBot) -> None:
    here, found = QThread.currentThread(), []

    def done(result: bool) -> None:
        found.append((result, QThread.currentThread() is here))

    runner(lambda: threading.current_thread() is threading.main_thread(), done)
    qtbot.waitUntil(lambda: bool(found))
    assert found == [(False, True)]


def test_what_was_asked_for_before_is_left_out(runner: LatestRunner, qtbot: QtBot) -> None:
    began, go_on = threading.Event(), threading.Event()
    worked: list[int] = []
    done: list[int] = []

    def slow() -> int:
        began.set()
        go_on.wait(10)
        return 0

    runner(slow, done.append)
    assert began.wait(10)
    for number in range(1, 6):
        runner(lambda number=number: worked.append(number) or number, done.append)
    go_on.set()
    qtbot.waitUntil(lambda: bool(done))
    assert done == [5]
    assert worked == [5]


def test_an_error_one_can_mend_is_told(runner: LatestRunner, qtbot: QtBot) -> None:
    told: list[str] = []

    def fail() -> None:
        raise UserError("It is too large.", "Take a smaller one.")

    def note(notification: object) -> None:
        told.append(str(getattr(notification, "message", "")))

    notification_manager.notification_ready.connect(note)
    try:
        with qtbot.waitSignal(runner.busy, check_params_cb=lambda busy: not busy):
            runner(fail, pytest.fail)
    finally:
        notification_manager.notification_ready.disconnect(note)
    qtbot.waitUntil(lambda: bool(told) or True)
    assert told == ["It is too large. Take a smaller one."]


def test_cancelled_work_has_no_result(runner: LatestRunner, qtbot: QtBot) -> None:
    done: list[int] = []
    runner(lambda: 1, done.append)
    runner.cancel()
    runner(lambda: 2, done.append)
    qtbot.waitUntil(lambda: bool(done))
    assert done == [2]
