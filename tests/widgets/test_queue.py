"""The list of pictures in a real window, by mouse and keys."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from qtpy.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from qtpy.QtGui import QDragEnterEvent, QDropEvent
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QApplication, QFileDialog

from napari_fncells.session.annotator import known_annotator
from napari_fncells.session.entry import EntryState
from napari_fncells.widgets.queue_dock import QueueWidget
from napari_fncells.widgets.queue_model import details_of, line_of
from tests.io.exporters.made import truth_of, write
from tests.pictures import CELLS, SHAPE, save_picture
from tests.widgets.conftest import Desk

NAMES = ("a.png", "b.png", "c.png", "d.png")


def queue_of(desk: Desk) -> QueueWidget:
    desk.pilot.wait_until(lambda: bool(_queues(desk)), "the dock of the queue")
    return _queues(desk)[0]


def _queues(desk: Desk) -> list[QueueWidget]:
    return desk.pilot.window.findChildren(QueueWidget)


def opened(desk: Desk, folder: Path, *names: str) -> QueueWidget:
    desk.open_folder(folder, *(names or NAMES))
    widget = queue_of(desk)
    desk.pilot.settle()
    return widget


def shown(widget: QueueWidget) -> list[str]:
    model = widget.panel.model
    return [model.name_at(row) for row in range(model.rowCount())]


def marked(widget: QueueWidget) -> str | None:
    index = widget.panel.list.currentIndex()
    return widget.panel.model.name_at(index.row()) if index.isValid() else None


def click_row(desk: Desk, widget: QueueWidget, name: str) -> None:
    panel = widget.panel
    index = panel.model.index(shown(widget).index(name))
    panel.list.scrollTo(index)
    place = panel.list.visualRect(index).center()
    QTest.mouseClick(panel.list.viewport(), Qt.MouseButton.LeftButton, pos=place)
    desk.pilot.settle()


def wait_for(desk: Desk, name: str) -> None:
    desk.pilot.wait_until(lambda: desk.workspace.queueing.current == name, f"{name} to be shown")
    desk.idle()


def state(desk: Desk, name: str) -> EntryState:
    return desk.workspace.queueing.queue.entries[name].state


def focused(desk: Desk) -> Any:
    """Where the keys go now; no window is active on a screen without a window manager."""
    return desk.pilot.window.focusWidget()


def press_focused(desk: Desk, key: Any, modifiers: Any = Qt.KeyboardModifier.NoModifier) -> None:
    """Press a key where the keys go now."""
    QTest.keyClick(focused(desk), key, modifiers)


def test_a_folder_is_listed_and_worked_through_by_keys(desk: Desk, tmp_path: Path) -> None:
    widget = opened(desk, tmp_path)
    assert shown(widget) == list(NAMES)
    assert marked(widget) == "a.png"
    desk.draft()
    desk.pilot.key(Qt.Key.Key_Return, Qt.KeyboardModifier.ShiftModifier)
    wait_for(desk, "b.png")
    assert marked(widget) == "b.png"
    assert desk.document.counts.untouched == 3, "the next one is drafted alike"
    desk.pilot.wait_until(lambda: state(desk, "a.png") is EntryState.DONE, "the mask files")
    desk.pilot.wait_until(
        lambda: widget.panel.progress.text().startswith("1 of 4 done"), "the progress"
    )
    desk.pilot.key(Qt.Key.Key_Right, Qt.KeyboardModifier.ControlModifier)
    wait_for(desk, "c.png")
    desk.pilot.key(Qt.Key.Key_Left, Qt.KeyboardModifier.ControlModifier)
    wait_for(desk, "b.png")
    desk.pilot.key(Qt.Key.Key_U, Qt.KeyboardModifier.ShiftModifier)
    wait_for(desk, "c.png")
    desk.pilot.wait_until(lambda: state(desk, "b.png") is EntryState.UNSURE, "the mark")


def test_a_click_into_the_list_leaves_the_keys_to_the_canvas(desk: Desk, tmp_path: Path) -> None:
    widget = opened(desk, tmp_path)
    desk.pilot.canvas.setFocus()
    click_row(desk, widget, "c.png")
    wait_for(desk, "c.png")
    press_focused(desk, Qt.Key.Key_Right, Qt.KeyboardModifier.ControlModifier)
    wait_for(desk, "d.png")
    desk.pilot.press(widget.panel.finish)
    desk.pilot.wait_until(lambda: state(desk, "d.png") is EntryState.DONE, "done")
    press_focused(desk, Qt.Key.Key_Left, Qt.KeyboardModifier.ControlModifier)
    wait_for(desk, "c.png")


def test_filters_search_and_order_by_mouse_and_keys(desk: Desk, tmp_path: Path) -> None:
    widget = opened(desk, tmp_path)
    panel = widget.panel
    desk.pilot.press(panel.finish)
    wait_for(desk, "b.png")
    desk.pilot.wait_until(lambda: state(desk, "a.png") is EntryState.DONE, "done")
    desk.pilot.settle()
    QTest.qWait(200)
    desk.pilot.press(panel.view.states.buttons[EntryState.DONE])
    assert shown(widget) == ["a.png"]
    assert "1 shown" in panel.progress.text()
    assert marked(widget) is None
    desk.pilot.press(panel.view.states.all)
    assert shown(widget) == list(NAMES)
    QTest.mouseClick(panel.view.search, Qt.MouseButton.LeftButton)
    QTest.keyClicks(panel.view.search, "d.")
    desk.pilot.wait_until(lambda: shown(widget) == ["d.png"], "the search")
    press_focused(desk, Qt.Key.Key_Return)
    assert focused(desk) is desk.pilot.canvas
    press_focused(desk, Qt.Key.Key_Right, Qt.KeyboardModifier.ControlModifier)
    wait_for(desk, "d.png")
    QTest.mouseClick(panel.view.search, Qt.MouseButton.LeftButton)
    press_focused(desk, Qt.Key.Key_Escape)
    desk.pilot.wait_until(lambda: shown(widget) == list(NAMES), "the end of the search")
    desk.pilot.press(panel.view.order)
    assert shown(widget) == list(NAMES)[::-1]


def test_a_folder_is_dropped_onto_the_canvas(desk: Desk, tmp_path: Path) -> None:
    for name in NAMES[:2]:
        save_picture(tmp_path, name)
    drop(desk, tmp_path)
    wait_for(desk, "a.png")
    assert shown(queue_of(desk)) == ["a.png", "b.png"]


def drop(desk: Desk, path: Path) -> None:
    """Drag a file or folder onto the canvas and let go."""
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path))])
    place, action = QPoint(50, 50), Qt.DropAction.CopyAction
    held = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    for event in (
        QDragEnterEvent(place, action, data, *held),
        QDropEvent(QPointF(place), action, data, *held),
    ):
        QApplication.sendEvent(desk.viewer.window._qt_viewer, event)


def test_annotations_are_dropped_onto_the_picture_as_its_draft(desk: Desk, tmp_path: Path) -> None:
    widget = opened(desk, tmp_path)
    labels = np.zeros(SHAPE, np.uint16)
    labels[10:40, 10:60], labels[80:90, 100:130] = 1, 2
    folder = tmp_path / "out"
    folder.mkdir()
    write("coco", folder, *(truth_of(labels, name) for name in ("a.png", "b.png")))
    drop(desk, folder / "instances.json")
    desk.pilot.wait_until(lambda: desk.document.counts.untouched == 2, "the draft")
    np.testing.assert_array_equal(desk.document.labels > 0, labels > 0)
    assert shown(widget) == list(NAMES)


def test_one_picture_has_no_queue(desk: Desk, picture: Path) -> None:
    desk.open(picture)
    desk.pilot.settle()
    assert desk.workspace.queueing.queue is None
    assert _queues(desk) == []


def test_the_name_is_asked_once(desk: Desk, tmp_path: Path) -> None:
    pictures = tmp_path / "pictures"
    pictures.mkdir()
    widget = opened(desk, pictures)
    field = widget.panel.annotator
    assert field.text() == ""
    QTest.mouseClick(field, Qt.MouseButton.LeftButton)
    QTest.keyClicks(field, " Ada  L ")
    press_focused(desk, Qt.Key.Key_Return)
    desk.pilot.settle()
    assert focused(desk) is desk.pilot.canvas
    assert known_annotator() == "Ada L"
    desk.workspace.correction.fix_at(*CELLS[0][:2])
    assert desk.document.history[0].author == "Ada L"
    desk.pilot.press(widget.panel.finish)
    wait_for(desk, "b.png")
    desk.pilot.wait_until(lambda: state(desk, "a.png") is EntryState.DONE, "done")
    assert (pictures / "fncells" / "a.png.Ada_L.labels.tif").exists()


def test_the_whole_queue_is_drafted_and_can_be_stopped(desk: Desk, tmp_path: Path) -> None:
    names = [f"{number}.png" for number in range(6)]
    widget = opened(desk, tmp_path, *names)
    panel = widget.panel
    assert panel.drafts.all_drafts.text() == "Draft all 5 now"
    desk.pilot.press(panel.drafts.all_drafts)
    desk.pilot.wait_until(lambda: state(desk, "2.png") is EntryState.DRAFT, "some drafts")
    # Work goes on meanwhile
    desk.workspace.correction.fix_at(*CELLS[0][:2])
    if widget.runner.busy:
        desk.pilot.press(panel.drafts.stop)
    desk.pilot.wait_until(lambda: not widget.runner.busy, "the end")
    desk.pilot.wait_until(lambda: panel.drafts.all_drafts.isVisible(), "the button")
    assert state(desk, "1.png") is EntryState.DRAFT
    assert state(desk, "0.png") is EntryState.IN_WORK
    desk.pilot.key(Qt.Key.Key_Right, Qt.KeyboardModifier.ControlModifier)
    wait_for(desk, "1.png")
    assert desk.document.counts.untouched >= 3


def test_small_pictures_are_made_once(desk: Desk, tmp_path: Path, journals: Path) -> None:
    widget = opened(desk, tmp_path)
    thumbnails = widget.panel.model.thumbnails
    paths = [tmp_path / name for name in NAMES[:2]]
    desk.pilot.wait_until(lambda: all(thumbnails.of(p) is not None for p in paths), "thumbnails")
    assert thumbnails.of(paths[0]).width() == 96
    assert len(list((journals / "thumbnails").rglob("*.jpg"))) >= 2


def test_a_picture_that_cannot_be_read_is_marked(desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "b.png").write_bytes(b"x")
    widget = opened(desk, tmp_path, "a.png", "c.png")
    desk.pilot.wait_until(lambda: state(desk, "b.png") is EntryState.PROBLEM, "the problem")
    entry = widget.workspace.queueing.queue.entries["b.png"]
    assert line_of(entry).startswith("problem")
    assert "b.png" in details_of(entry)


def test_files_that_cannot_be_written_turn_the_banner_red(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pictures = tmp_path / "pictures"
    pictures.mkdir()
    (pictures / "fncells").write_text("in the way")
    widget = opened(desk, pictures)
    desk.workspace.correction.fix_at(*CELLS[0][:2])
    desk.pilot.press(widget.panel.finish)
    wait_for(desk, "b.png")
    failure = desk.widget.banner.failure
    desk.pilot.wait_until(lambda: failure.isVisible(), "the banner")
    assert "mask files of a.png" in failure.sentence.text()
    assert state(desk, "a.png") is EntryState.IN_WORK
    other = tmp_path / "other"
    other.mkdir()
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(other))
    desk.pilot.press(desk.widget.banner.elsewhere)
    desk.pilot.wait_until(lambda: not failure.isVisible(), "the end of the banner")
    desk.pilot.wait_until(lambda: state(desk, "a.png") is EntryState.DONE, "done")
    assert list(other.rglob("a.png.labels.tif"))


def test_a_read_only_folder_offers_another_place(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("napari_fncells.session.mask_place.is_writable", lambda _folder: False)
    pictures, mine = tmp_path / "pictures", tmp_path / "mine"
    pictures.mkdir()
    mine.mkdir()
    panel = opened(desk, pictures).panel
    assert panel.notice.isVisible()
    assert "read-only" in panel.notice.text()
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(mine))
    desk.pilot.press(panel.place)
    assert not panel.place.isVisible()
    assert str(mine) in panel.notice.text()


def test_somebody_elses_picture_is_taken_over_by_a_button(desk: Desk, tmp_path: Path) -> None:
    files = tmp_path / "fncells"
    files.mkdir()
    facts = {
        "user": "eve", "host": "far", "pid": 17, "annotator": "Eve", "started": 1.0,
        "since": datetime.now(UTC).isoformat(),
    }  # fmt: skip
    (files / "a.png.lock").write_text(json.dumps(facts))
    opened(desk, tmp_path)
    banner = desk.widget.banner
    assert "Eve on far" in banner.read_only.sentence.text()
    desk.pilot.press(banner.take)
    desk.pilot.wait_until(lambda: not banner.read_only.isVisible(), "the end of read-only")
    desk.pilot.shift_click(*CELLS[0][:2])
    assert desk.document.counts.final == 1
