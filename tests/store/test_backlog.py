from __future__ import annotations

from pathlib import Path

import pytest

from napari_fncells.io.save_error import SaveCode, SaveError
from napari_fncells.store.backlog import GROUP, GROUP_SECONDS, Backlog, Progress
from napari_fncells.store.rows import Visit

PATH = Path("a.sqlite")
NOW = 100.0


@pytest.fixture
def backlog(monkeypatch: pytest.MonkeyPatch) -> Backlog:
    monkeypatch.setattr("time.monotonic", lambda: NOW)
    return Backlog(Progress(0, 0, None, PATH), began=False)


def visit(seconds: float) -> Visit:
    return Visit("one", "2026-01-01T00:00:00+00:00", "Ada", seconds, "{}")


def test_effort_and_notes_alone_make_no_journal(backlog: Backlog) -> None:
    backlog.note_visit(visit(1.0))
    backlog.note("files", "[]")
    assert backlog.up_to_date
    backlog.issue(1)
    assert not backlog.up_to_date
    assert set(backlog.portion().visits) == {"one"}


def test_what_came_while_it_was_written_waits(backlog: Backlog) -> None:
    backlog.issue(1)
    backlog.note_visit(visit(1.0))
    backlog.note("files", "old")
    portion = backlog.portion()
    backlog.note_visit(visit(2.0))
    backlog.note("files", "new")
    backlog.moving = (None,)
    backlog.written(portion)
    left = backlog.portion()
    assert (left.visits["one"].active, left.meta, left.moving) == (2.0, {"files": "new"}, (None,))
    backlog.written(left)
    backlog.progress = Progress(1, 1, None, PATH)
    assert backlog.up_to_date


def test_edits_wait_for_more_but_not_for_long(backlog: Backlog) -> None:
    backlog.issue(1)
    assert backlog.seconds_left(NOW) == pytest.approx(GROUP_SECONDS)
    # The first decides, however many follow
    backlog.issue(2)
    assert backlog.seconds_left(NOW + 2 * GROUP_SECONDS) <= 0
    backlog.issue(GROUP)
    assert backlog.seconds_left(NOW) <= 0


def test_nothing_is_settled_while_the_disk_refuses(backlog: Backlog) -> None:
    error = SaveError(SaveCode.IN_USE, PATH, "It is in use.", "")
    backlog.progress = Progress(1, 1, error, PATH)
    assert backlog.up_to_date
    assert not backlog.settled
