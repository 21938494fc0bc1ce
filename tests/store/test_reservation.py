"""Who is at a picture of a shared folder."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from napari_fncells.io.save_error import SaveError
from napari_fncells.io.working import WorkingFiles
from napari_fncells.session.keeping import Keeper
from napari_fncells.store.mask_files import one_at_a_time
from napari_fncells.store.reservation import Reservation, Taker
from tests.store.scribble import picture, scribble


def left(folder: Path, **facts: object) -> Path:
    """A file that somebody left for the picture cells.png."""
    folder.mkdir(parents=True, exist_ok=True)
    known = {
        "user": "eve", "host": "far", "pid": 17, "annotator": "Eve", "started": 1.0,
        "since": datetime(2026, 3, 4, 5, 6, tzinfo=UTC).isoformat(),
    }  # fmt: skip
    path = folder / "cells.png.lock"
    path.write_text(json.dumps(known | facts))
    return path


def test_one_takes_it_and_leaves_nothing_behind(tmp_path: Path) -> None:
    mine = Reservation(tmp_path, "cells.png", "Ada")
    assert mine.other() is None
    assert list(tmp_path.iterdir()) == []
    assert mine.take() is None
    assert mine.held
    facts = json.loads((tmp_path / "cells.png.lock").read_text())
    assert facts["annotator"] == "Ada"
    assert facts["pid"] == os.getpid()
    mine.release()
    assert list(tmp_path.iterdir()) == []


def test_another_computer_has_it_until_it_is_taken_over(tmp_path: Path) -> None:
    path = left(tmp_path)
    os.utime(path, (time.time() - 3 * 3600,) * 2)
    mine = Reservation(tmp_path, "cells.png", "Ada")
    taken = mine.take()
    assert taken is not None
    assert not mine.held
    assert "Eve on far since" in taken.sentence_part
    assert "last saved 3 h ago" in taken.sentence_part
    assert mine.take(over=True) is None
    assert mine.held
    # Theirs by now: nobody removes it but them
    left(tmp_path)
    mine.release()
    assert path.exists()


def test_a_process_of_this_computer_that_is_gone_has_nothing(tmp_path: Path) -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    host = Taker().host
    left(tmp_path, host=host, pid=ended.pid)
    mine = Reservation(tmp_path, "cells.png")
    assert mine.left_by_dead() is not None
    assert mine.other() is None
    # The number was given again: not the process that left it
    left(tmp_path, host=host, pid=os.getpid(), started=1.0)
    assert mine.left_by_dead() is not None
    assert mine.take() is None
    assert mine.held


@pytest.mark.parametrize("content", ["", "{", "[]", '{"pid": "x"}'])
def test_a_damaged_one_keeps_nobody_out(tmp_path: Path, content: str) -> None:
    (tmp_path / "cells.png.lock").write_text(content)
    mine = Reservation(tmp_path, "cells.png")
    assert mine.other() is None
    assert mine.take() is None
    assert mine.held


def test_a_picture_that_somebody_else_has_is_shown_until_it_is_taken_over(tmp_path: Path) -> None:
    image, root = picture(tmp_path / "pictures"), tmp_path / "data"
    keeper = Keeper.open(image, "Ada", root)
    scribble(keeper.document, np.random.default_rng(1), 5)
    keeper.close()
    left(tmp_path / "pictures" / "fncells")
    looking = Keeper.open(image, "Ada", root)
    assert looking.taken is not None
    assert "Eve on far" in looking.state.read_only
    looking.close()
    working = Keeper.open(image, "Ada", root, take_over=True)
    assert working.taken is None
    assert not working.state.read_only
    assert working.document.edit_count == 5
    working.close()
    assert not (tmp_path / "pictures" / "fncells" / "cells.png.lock").exists()


def test_one_left_by_a_dead_process_is_told_once(tmp_path: Path) -> None:
    image, root = picture(tmp_path / "pictures"), tmp_path / "data"
    path = left(tmp_path / "pictures" / "fncells", host=Taker().host, pid=os.getpid())
    first = Keeper.open(image, "Ada", root)
    assert any("left without being closed" in note for note in first.notes)
    assert first.close(), "nothing was done"
    assert not path.exists()
    again = Keeper.open(image, "Ada", root)
    assert again.notes == ()
    assert again.close()


def test_two_that_begin_at_the_same_time_are_told(tmp_path: Path) -> None:
    image, root = picture(tmp_path / "pictures"), tmp_path / "data"
    keeper = Keeper.open(image, "Ada", root)
    left(tmp_path / "pictures" / "fncells")
    scribble(keeper.document, np.random.default_rng(1), 5)
    assert keeper.flush()
    assert any("open with Eve on far" in note for note in keeper.notes)
    assert keeper.close()
    assert (tmp_path / "pictures" / "fncells" / "cells.png.lock").exists(), "it is Eve's"


def test_work_done_before_a_name_was_given_is_gone_on_with(tmp_path: Path) -> None:
    image, root = picture(tmp_path / "pictures"), tmp_path / "data"
    keeper = Keeper.open(image, "", root)
    scribble(keeper.document, np.random.default_rng(1), 20)
    keeper.close()
    files = tmp_path / "pictures" / "fncells"
    before = (files / "cells.png.labels.tif").read_bytes()
    named = Keeper.open(image, "Ada", root)
    np.testing.assert_array_equal(named.document.labels, keeper.document.labels)
    assert dict(named.document.objects) == dict(keeper.document.objects)
    scribble(named.document, np.random.default_rng(2), 5)
    named.close()
    assert (files / "cells.png.labels.tif").read_bytes() == before
    assert (files / "cells.png.Ada.labels.tif").exists()
    assert not list(files.glob("*conflict*"))


def test_one_who_writes_is_waited_for_unless_gone(tmp_path: Path) -> None:
    names = WorkingFiles.of(tmp_path, "cells.png")
    mark = tmp_path / ".cells.png.labels.tif.writing"
    begun = threading.Event()

    def write() -> None:
        with one_at_a_time(names.labels):
            begun.set()
            time.sleep(0.2)
            order.append("first")

    order: list[str] = []
    first = threading.Thread(target=write)
    first.start()
    assert begun.wait(5)
    with one_at_a_time(names.labels):
        order.append("second")
    first.join()
    assert order == ["first", "second"]
    assert list(tmp_path.iterdir()) == []
    # Left by a process that was killed
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    mark.write_text(Taker().model_copy(update={"pid": ended.pid}).model_dump_json())
    with one_at_a_time(names.labels):
        assert mark.exists()
    # Left by ourselves, interrupted
    mark.write_text(Taker().model_dump_json())
    with one_at_a_time(names.labels):
        pass
    # Of another computer, long ago
    mark.write_text(Taker().model_copy(update={"host": "far"}).model_dump_json())
    os.utime(mark, (1, 1))
    with one_at_a_time(names.labels):
        pass
    assert list(tmp_path.iterdir()) == []


def test_one_who_goes_on_writing_is_told_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("napari_fncells.store.mask_files._WAIT_S", 0.1)
    names = WorkingFiles.of(tmp_path, "cells.png")
    mark = tmp_path / ".cells.png.labels.tif.writing"
    mark.write_text(Taker().model_copy(update={"host": "far"}).model_dump_json())
    with pytest.raises(SaveError, match="by somebody else"), one_at_a_time(names.labels):
        pass
    assert mark.exists()
