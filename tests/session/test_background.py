"""Pictures got ready ahead of time, and drafted in the background."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from napari_fncells.core.segment import draft
from napari_fncells.core.steps import finish
from napari_fncells.io.images import read_image
from napari_fncells.session.background import (
    Drafted,
    draft_all_steps,
    drafter_of,
    write_mask_files,
)
from napari_fncells.session.fetching import Prefetch, Wish
from napari_fncells.session.keeping import Keeper
from napari_fncells.session.queue import Queue
from napari_fncells.session.turns import Turns
from tests.pictures import SETTINGS, save_picture
from tests.session.test_queue import states, work


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = tmp_path / "pictures"
    place.mkdir()
    for name in ("a.png", "b.png", "c.png", "d.png", "e.png"):
        save_picture(place, name)
    return place


def until(true: Callable[[], bool]) -> None:
    limit = time.monotonic() + 20
    while not true():
        assert time.monotonic() < limit, "it did not happen"
        time.sleep(0.005)


def test_what_is_wanted_is_ready_and_given_away_once(folder: Path) -> None:
    rendered: list[str] = []
    prefetch = Prefetch(lambda image: rendered.append(image.name) or image.name)
    wish = Wish(folder / "a.png", SETTINGS)
    assert prefetch.take(wish) is None
    prefetch.want([wish, Wish(folder / "b.png")])
    until(lambda: len(rendered) == 2)
    found = None

    def arrived() -> bool:
        nonlocal found
        found = found or prefetch.take(wish)
        return found is not None

    until(arrived)
    assert found is not None
    assert found.image is not None
    assert found.shown == "a.png"
    assert found.draft is not None
    np.testing.assert_array_equal(found.draft.labels, draft(found.image.pixels, SETTINGS).labels)
    assert prefetch.take(wish) is None, "it is kept by one alone"
    prefetch.close()


def test_another_draft_or_another_file_is_not_ready(folder: Path) -> None:
    prefetch = Prefetch()
    path = folder / "a.png"
    prefetch.want([Wish(path)])
    job = prefetch._jobs[path]
    until(job.future.done)
    assert prefetch.take(Wish(path, SETTINGS)) is None
    os.utime(path, (1, 1))
    assert prefetch.take(Wish(path)) is None, "the file is another one by now"
    prefetch.close()


def test_no_more_is_kept_than_there_is_room_for(folder: Path) -> None:
    prefetch = Prefetch(keep=2)
    for name in "abcde":
        prefetch.want([Wish(folder / f"{name}.png")])
        until(lambda: all(job.future.done() for job in prefetch._jobs.values()))
    assert [path.name for path in prefetch._jobs] == ["d.png", "e.png"]
    prefetch.close()


def test_what_is_under_way_is_waited_for_and_not_done_twice(folder: Path) -> None:
    go, reads = threading.Event(), []

    def render(image: object) -> None:
        reads.append(image)
        assert go.wait(20)

    prefetch = Prefetch(render)
    wish = Wish(folder / "a.png")
    prefetch.want([wish])
    until(lambda: len(reads) == 1)
    threading.Timer(0.05, go.set).start()
    assert finish(prefetch.steps(wish)).image is not None
    assert len(reads) == 1
    prefetch.close()


def test_what_is_not_wanted_any_more_is_left_out(folder: Path) -> None:
    go, begun = threading.Event(), []

    def render(image: object) -> None:
        begun.append(image)
        go.wait(20)

    prefetch = Prefetch(render)
    prefetch.want([Wish(folder / "a.png", SETTINGS), Wish(folder / "b.png")])
    until(lambda: len(begun) == 1)
    prefetch.want([Wish(folder / "c.png")])
    go.set()
    until(lambda: prefetch.take(Wish(folder / "c.png")) is not None)
    assert len(begun) == 2, "neither was the one drafted, nor the other read"
    prefetch.close()


def test_a_file_that_cannot_be_read_says_why(folder: Path) -> None:
    (folder / "a.png").write_bytes(b"x")
    found = finish(Prefetch().steps(Wish(folder / "a.png")))
    assert found.image is None
    assert found.error is not None


def test_a_queue_is_drafted_and_work_is_left_alone(folder: Path) -> None:
    work(folder / "b.png", "draft", "add")
    work(folder / "c.png", "unsure")
    work(folder / "d.png", "draft")
    (folder / "e.png").write_bytes(b"x")
    files = folder / "fncells"
    before = (files / "b.png.labels.tif").read_bytes()
    result = Drafted()
    # The list may be older than the work
    told = list(draft_all_steps(sorted(folder.glob("*.png")), drafter_of(SETTINGS), "", result))
    assert told[0] == "Drafting 1 of 5: a.png"
    assert set(result.summaries) == {"a.png", "d.png"}
    assert set(result.passed_over) == {"b.png", "c.png"}
    assert set(result.problems) == {"e.png"}
    assert "left 2 with work on them" in str(result)
    assert (files / "b.png.labels.tif").read_bytes() == before
    assert states(Queue(folder))["a.png"] == "draft"
    keeper = Keeper.open(read_image(folder / "a.png"))
    assert keeper.document.edit_count == 1
    keeper.close()


def test_drafting_can_be_stopped_between_pictures(folder: Path) -> None:
    result = Drafted()
    steps = draft_all_steps(sorted(folder.glob("*.png")), drafter_of(SETTINGS), "", result)
    while len(result.summaries) < 2:
        next(steps)
    steps.close()
    assert sorted(states(Queue(folder)).values()) == ["draft", "draft", "new", "new", "new"]


def test_a_picture_in_other_hands_is_passed_over(folder: Path) -> None:
    turns = Turns()
    assert turns.take(folder / "a.png")
    assert not turns.take(folder / "a.png")
    result = Drafted()
    elsewhere = Keeper.open(read_image(folder / "b.png"))
    paths = [folder / "a.png", folder / "b.png", folder / "c.png"]
    finish(draft_all_steps(paths, drafter_of(SETTINGS), "", result, turns=turns))
    elsewhere.close()
    assert result.passed_over == ["a.png", "b.png"]
    threading.Timer(0.05, turns.give, [folder / "a.png"]).start()
    assert turns.take(folder / "a.png", 5)


def test_files_that_are_behind_their_journal_are_written(folder: Path) -> None:
    path = folder / "a.png"
    keeper = Keeper.open(read_image(path))
    keeper.document.commit(_added(keeper))
    assert keeper.close(files=False)
    assert not (folder / "fncells" / "a.png.labels.tif").exists()
    summary = write_mask_files(path, "")
    assert summary is not None
    assert summary.final == 1
    assert states(Queue(folder))["a.png"] == "in work"


def _added(keeper: Keeper):
    from napari_fncells.core import changes
    from napari_fncells.core.geometry import Box
    from napari_fncells.core.grow import Region

    region = Region(Box(2, 2, 9, 9), np.ones((7, 7), bool), 1.0)
    return changes.add_cell(keeper.document, region)
