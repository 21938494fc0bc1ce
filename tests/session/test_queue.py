"""The queue of a folder: listed from records, filtered, sorted, walked through."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_fncells.core import changes
from napari_fncells.core.geometry import Box
from napari_fncells.core.grow import Region
from napari_fncells.core.judge import finish, mark_picture
from napari_fncells.core.segment import draft
from napari_fncells.io.images import read_image
from napari_fncells.io.working import WorkingFiles
from napari_fncells.io.working_record import WorkingSummary, WorkState
from napari_fncells.session.bookmark import Bookmark, read_bookmark, write_bookmark
from napari_fncells.session.entry import EntryState
from napari_fncells.session.image import ImageSession
from napari_fncells.session.keeping import Keeper
from napari_fncells.session.queue import Queue, View, duration_in_words
from tests.pictures import SETTINGS, save_picture

NAMES = ("cell_1.png", "cell_2.png", "cell_10.png", "other.png", "z.png")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = tmp_path / "pictures"
    place.mkdir()
    for name in NAMES:
        save_picture(place, name)
    return place


def work(path: Path, *steps: str, author: str = "", seconds: float = 0.0) -> None:
    """Do something on a picture and close it."""
    image = read_image(path)
    keeper = Keeper.open(image, author)
    session = ImageSession(image, author, keeper.document)
    document = keeper.document
    for step in steps:
        if step == "draft":
            session.apply(draft(image.pixels, SETTINGS))
        elif step == "add":
            region = Region(Box(2, 2, 9, 9), np.ones((7, 7), bool), 1.0)
            change = changes.add_cell(document, region)
            assert change is not None
            document.commit(change)
        elif step == "undo":
            document.undo()
        else:
            change = finish(document) if step == "done" else mark_picture(document, step)
            assert change is not None
            document.commit(change)
    if seconds:
        keeper.note_effort({"active_seconds": seconds})
    assert keeper.close()


def states(queue: Queue) -> dict[str, str]:
    return {name: entry.state.value for name, entry in queue.entries.items()}


def test_states_come_from_the_records_alone(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    work(folder / "cell_1.png", "draft")
    work(folder / "cell_2.png", "draft", "add", seconds=12)
    work(folder / "cell_10.png", "draft", "done", seconds=40)
    work(folder / "other.png", "unsure")
    for mask in (folder / "fncells").glob("*.tif"):
        mask.write_bytes(b"never opened")
    for picture in folder.glob("*.png"):
        picture.write_bytes(b"never opened")
    queue = Queue(folder)
    assert list(queue.entries) == list(NAMES), "2 before 10"
    assert states(queue) == {
        "cell_1.png": "draft",
        "cell_2.png": "in work",
        "cell_10.png": "done",
        "other.png": "unsure",
        "z.png": "new",
    }
    assert queue.entries["cell_10.png"].cells == 4
    assert queue.entries["cell_10.png"].seconds == 40
    assert queue.entries["z.png"].cells is None


@pytest.mark.parametrize(
    ("steps", "state"),
    [
        (("draft", "undo"), "new"),
        (("draft", "draft"), "draft"),
        (("done", "add"), "in work"),
        (("done", "undo"), "new"),
        (("draft", "done", "open"), "in work"),
        (("draft", "unsure", "add"), "unsure"),
        (("draft", "unsure", "done"), "done"),
        (("draft", "unsure", "undo"), "draft"),
        (("unsure", "open", "undo"), "unsure"),
        (("done",), "done"),
    ],
)
def test_what_is_said_of_a_picture_and_taken_back(
    folder: Path, steps: tuple[str, ...], state: str
) -> None:
    work(folder / "z.png", *steps)
    assert states(Queue(folder))["z.png"] == state


def test_a_picture_that_is_done_stays_so_on_another_computer(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    work(folder / "cell_1.png", "draft", "done")
    work(folder / "z.png", "done")
    work(folder / "other.png", "draft")
    monkeypatch.setenv("FNCELLS_DATA_DIR", str(tmp_path / "another computer"))
    for name in ("cell_1.png", "z.png"):
        keeper = Keeper.open(read_image(folder / name))
        assert keeper.document.done, name
        keeper.close()
    keeper = Keeper.open(read_image(folder / "other.png"))
    assert keeper.document.drafted_only
    keeper.close()


def test_a_record_of_the_first_format_is_read_to_its_end(folder: Path) -> None:
    work(folder / "cell_1.png", "draft", "add", seconds=7)
    file = folder / "fncells" / "cell_1.png.json"
    record = json.loads(file.read_text())
    record["format"] = "fncells-work/1"
    del record["summary"]
    file.write_text(json.dumps(record, indent=1))
    entry = Queue(folder).entries["cell_1.png"]
    assert entry.state is EntryState.IN_WORK
    assert entry.cells == 5
    assert entry.seconds == 7


def test_a_record_that_cannot_be_read_is_a_problem_that_is_told(folder: Path) -> None:
    work(folder / "cell_1.png", "draft")
    (folder / "fncells" / "cell_1.png.json").write_text("{")
    entry = Queue(folder).entries["cell_1.png"]
    assert entry.state is EntryState.PROBLEM
    assert "cell_1.png.json cannot be read" in entry.problem


def test_others_work_is_told_and_is_not_ours(folder: Path) -> None:
    work(folder / "cell_1.png", "draft", "done", author="Ada")
    work(folder / "cell_1.png", "draft", author="Bob")
    queue = Queue(folder, "Bob")
    entry = queue.entries["cell_1.png"]
    assert entry.state is EntryState.DRAFT
    assert [(other.annotator, other.state) for other in entry.others] == [("Ada", EntryState.DONE)]
    queue.show(View(search="ada"))
    assert queue.shown == ["cell_1.png"]


def test_what_others_change_is_seen_by_looking_again(folder: Path) -> None:
    queue = Queue(folder)
    assert not queue.take(queue.scan()), "nothing is other than before"
    told: list[bool] = []
    queue.changed.connect(lambda: told.append(True))
    work(folder / "other.png", "draft", "done")
    save_picture(folder, "new.png")
    (folder / "z.png").unlink()
    assert queue.take(queue.scan())
    assert told
    assert states(queue)["other.png"] == "done"
    assert "new.png" in queue.entries
    assert "z.png" not in queue.shown


def summary(state: WorkState, seconds: float = 0.0, cells: int = 0) -> WorkingSummary:
    return WorkingSummary(state=state, active_seconds=seconds, final=cells)


def test_filter_search_and_order(folder: Path) -> None:
    queue = Queue(folder)
    queue.note("cell_1.png", summary(WorkState.DONE, 30, 5))
    queue.note("cell_2.png", summary(WorkState.DRAFT, 0, 9))
    queue.note("z.png", summary(WorkState.DONE, 90, 2))
    queue.show(View(frozenset((EntryState.DONE,))))
    assert queue.shown == ["cell_1.png", "z.png"]
    queue.show(View(search="CELL_1"))
    assert queue.shown == ["cell_1.png", "cell_10.png"]
    queue.show(View(sort="cells", descending=True))
    assert queue.shown[:3] == ["cell_2.png", "cell_1.png", "z.png"]
    queue.show(View(sort="time", descending=True))
    assert queue.shown[:2] == ["z.png", "cell_1.png"]
    queue.show(View(sort="state"))
    assert queue.shown == ["cell_10.png", "other.png", "cell_2.png", "cell_1.png", "z.png"]


def test_a_picture_that_drops_out_of_the_filter_keeps_its_place(folder: Path) -> None:
    queue = Queue(folder)
    queue.show(View(frozenset((EntryState.NEW,))))
    assert queue.neighbour("cell_2.png", 1) == "cell_10.png"
    queue.note("cell_2.png", summary(WorkState.DONE))
    assert "cell_2.png" not in queue.shown
    assert queue.neighbour("cell_2.png", 1) == "cell_10.png"
    assert queue.neighbour("cell_2.png", -1) == "cell_1.png"
    queue.note("z.png", summary(WorkState.DONE))
    assert queue.neighbour("z.png", 1) is None
    assert queue.neighbour("z.png", -1) == "other.png"


def test_done_waits_for_the_files(folder: Path) -> None:
    queue = Queue(folder)
    queue.note("z.png", summary(WorkState.DONE), waiting=True)
    assert queue.progress.done == 0
    assert queue.entries["z.png"].state is EntryState.IN_WORK
    # What lies in the folder is older than what the window knows
    queue.take(queue.scan())
    assert queue.entries["z.png"].summary is not None
    queue.note("z.png", summary(WorkState.DONE))
    assert queue.progress.done == 1


def test_progress_at_ones_own_pace(folder: Path) -> None:
    queue = Queue(folder)
    assert str(queue.progress) == "0 of 5 done"
    queue.note("cell_1.png", summary(WorkState.DONE, 100))
    queue.note("cell_2.png", summary(WorkState.DONE, 300))
    queue.note_problem("z.png", "cannot be read")
    assert str(queue.progress) == "2 of 5 done, about 7 min left at your pace"


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(5, "1 min"), (2400, "40 min"), (3600, "1 h"), (11_400, "3 h 10 min"), (72_000, "20 h")],
)
def test_durations(seconds: float, words: str) -> None:
    assert duration_in_words(seconds) == words


@given(
    names=st.lists(st.sampled_from("abcdefgh"), unique=True, min_size=1),
    done=st.sets(st.sampled_from("abcdefgh")),
)
def test_next_goes_through_all_that_are_shown_once(
    tmp_path_factory: pytest.TempPathFactory, names: list[str], done: set[str]
) -> None:
    place = tmp_path_factory.mktemp("names")
    for name in names:
        (place / f"{name}.png").touch()
    queue = Queue(place)
    queue.show(View(frozenset((EntryState.NEW,))))
    for name in done:
        queue.note(f"{name}.png", summary(WorkState.DONE))
    at, met = None, []
    while (at := queue.neighbour(at, 1)) is not None and at not in met:
        met.append(at)
    assert met == [f"{name}.png" for name in sorted(set(names) - done)]
    back, at = [], None
    while (at := queue.neighbour(at, -1)) is not None and at not in back:
        back.append(at)
    assert back == met[::-1]


def test_where_one_stopped_is_found_again(folder: Path, tmp_path: Path) -> None:
    root = tmp_path / "data"
    assert read_bookmark(folder, root) == Bookmark(folder=str(folder))
    view = View(frozenset((EntryState.NEW, EntryState.DRAFT)), "cell", "cells", True)
    here = Bookmark(picture="z.png", camera=(1.5, 2.5, 3.0), drafting=True, draft="auto")
    write_bookmark(here.with_view(view), folder, root)
    found = read_bookmark(folder, root)
    assert found.picture == "z.png"
    assert found.view == view
    assert found.camera == (1.5, 2.5, 3.0)
    (next((root / "queues").iterdir())).write_text("{")
    assert read_bookmark(folder, root).picture == ""


def test_names_of_others_that_look_like_pictures(folder: Path) -> None:
    """A record belongs to the picture whose whole name it begins with."""
    save_picture(folder, "a.png")
    files = folder / "fncells"
    work(folder / "a.png", "draft", author="Ada")
    assert WorkingFiles.of(files, "a.png", "Ada").record.exists()
    entry = Queue(folder).entries["a.png"]
    assert entry.state is EntryState.NEW
    assert entry.annotators == ("Ada",)
    assert entry.time is None or entry.time < datetime.now(UTC)
