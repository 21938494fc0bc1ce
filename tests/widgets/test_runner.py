"""Jobs off the GUI thread: results, progress, errors, cancelling."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from pytestqt.qtbot import QtBot
from qtpy.QtWidgets import QApplication

from napari_fncells.core.errors import UserError
from napari_fncells.widgets.runner import ThreadRunner


@pytest.fixture
def runner(qtbot: QtBot) -> Iterator[ThreadRunner]:
    runner = ThreadRunner()
    yield runner
    runner.cancel()


def test_a_job_runs_elsewhere_and_its_result_arrives_here(
    runner: ThreadRunner, qtbot: QtBot
) -> None:
    steps_ran_in: list[int] = []
    done: list[tuple[object, int]] = []
    stepped: list[str] = []
    runner.stepped.connect(stepped.append)

    def steps():
        steps_ran_in.append(threading.get_ident())
        yield "half"
        return 42

    runner("job", steps(), lambda result: done.append((result, threading.get_ident())))
    assert runner.busy
    qtbot.waitUntil(lambda: bool(done))
    assert done == [(42, threading.get_ident())]
    assert steps_ran_in[0] != threading.get_ident()
    assert stepped == ["half"]
    qtbot.waitUntil(lambda: not runner.busy)


def test_a_cancelled_job_gives_nothing(runner: ThreadRunner, qtbot: QtBot) -> None:
    gate, stopped = threading.Event(), threading.Event()
    done: list[object] = []

    def steps():
        try:
            while True:
                gate.wait(0.01)
                yield "on"
        finally:
            stopped.set()

    stepped: list[str] = []
    runner.stepped.connect(stepped.append)
    runner("endless", steps(), done.append)
    qtbot.waitUntil(lambda: bool(stepped))
    runner.cancel()
    told = len(stepped)
    assert not runner.busy
    qtbot.waitUntil(stopped.is_set)
    QApplication.processEvents()
    assert not done
    assert len(stepped) == told, "what it says on its way out is no news"


def test_a_new_job_takes_the_place_of_the_old(runner: ThreadRunner, qtbot: QtBot) -> None:
    done: list[str] = []

    def steps(name: str, times: int):
        for _ in range(times):
            yield name
        return name

    runner("first", steps("first", 100_000), done.append)
    runner("second", steps("second", 1), done.append)
    qtbot.waitUntil(lambda: bool(done))
    qtbot.waitUntil(lambda: not runner.busy)
    assert done == ["second"]


def test_an_expected_error_is_one_sentence(
    runner: ThreadRunner, qtbot: QtBot, capture_notifications: list[str]
) -> None:
    def steps():
        yield "on"
        raise UserError("The disk is full.", "Free some space.")

    runner("failing", steps(), lambda _: pytest.fail("it came to an end"))
    qtbot.waitUntil(lambda: bool(capture_notifications))
    assert capture_notifications == ["The disk is full. Free some space."]
    qtbot.waitUntil(lambda: not runner.busy)


def test_an_expected_error_in_the_end_of_a_job(
    runner: ThreadRunner, qtbot: QtBot, capture_notifications: list[str]
) -> None:
    def steps():
        yield "on"

    def refuse(_: object) -> None:
        raise UserError("It does not fit.")

    runner("failing", steps(), refuse)
    qtbot.waitUntil(lambda: not runner.busy)
    assert capture_notifications == ["It does not fit."]


@pytest.mark.parametrize("fault", [ZeroDivisionError, RuntimeError])
def test_a_fault_of_ours_is_not_hidden(
    runner: ThreadRunner, qtbot: QtBot, fault: type[Exception]
) -> None:
    def steps():
        yield "on"
        raise fault("ours")

    with qtbot.capture_exceptions() as raised:
        runner("faulty", steps(), lambda _: None)
        qtbot.waitUntil(lambda: bool(raised))
    assert raised[0][0] is fault
    assert not runner.busy
