"""The check before an export in a real window, by mouse and keys."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from qtpy.QtCore import Qt
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QMessageBox

from napari_fncells.core.changes import remove_cell
from napari_fncells.core.objects import ObjectState
from napari_fncells.core.quality import Kind
from napari_fncells.session.entry import EntryState
from napari_fncells.session.gate import Found
from napari_fncells.widgets.gate_dock import GateWidget, open_gate_dock
from napari_fncells.widgets.gate_model import Heading
from tests.session.gate.sets import blobs, given, picture, ring, told, worked_on
from tests.widgets.conftest import Desk
from tests.widgets.test_queue import focused, press_focused, state, wait_for

_CTRL = Qt.KeyboardModifier.ControlModifier


def opened(desk: Desk, folder: Path) -> GateWidget:
    """A folder in the window with the dock open, all of it checked."""
    desk.open_folder(folder)
    desk.pilot.wait_until(lambda: desk.workspace.queueing.queue is not None, "the queue")
    desk.pilot.press(desk.widget.export.check)
    widget = desk.pilot.window.findChild(GateWidget)
    desk.pilot.wait_until(lambda: widget.gating.complete, "the check")
    idle(desk, widget)
    return widget


def check(desk: Desk, widget: GateWidget) -> None:
    widget.gating.complete = False
    desk.pilot.press(widget.panel.check)
    desk.pilot.wait_until(lambda: widget.gating.complete, "the check")
    idle(desk, widget)


def idle(desk: Desk, widget: GateWidget) -> None:
    desk.pilot.wait_until(lambda: not widget.runner.busy, "the end of the job")
    desk.pilot.settle()
    desk.pilot.wait_until(lambda: not widget._soon.isActive(), "the list")


def rows(widget: GateWidget) -> list[Any]:
    model = widget.panel.model
    return [model.row_at(row) for row in range(model.rowCount())]


def listed(widget: GateWidget) -> list[tuple[str, str]]:
    return [(r.picture, r.finding.kind.value) for r in rows(widget) if isinstance(r, Found)]


def choose(desk: Desk, widget: GateWidget, name: str, kind: Kind, *, double: bool = False) -> None:
    found = listed(widget).index((name, kind.value))
    row = [n for n, r in enumerate(rows(widget)) if isinstance(r, Found)][found]
    view = widget.panel.list
    view.scrollTo(widget.panel.model.index(row))
    place = view.visualRect(widget.panel.model.index(row)).center()
    QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=place)
    if double:
        QTest.mouseDClick(view.viewport(), Qt.MouseButton.LeftButton, pos=place)
    desk.pilot.settle()


def looks_at(desk: Desk, row: float, column: float) -> bool:
    y, x = desk.viewer.scene.camera.center[-2:]
    return bool(np.hypot(y - row, x - column) < 3)


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Say yes to every question; returns what was asked."""
    asked: list[str] = []

    def question(_parent: Any, _title: str, text: str, *_: Any) -> Any:
        asked.append(text)
        return QMessageBox.StandardButton.Yes

    monkeypatch.setattr(QMessageBox, "question", question)
    return asked


def test_findings_are_listed_by_kind_and_shown_where_they_are(desk: Desk, tmp_path: Path) -> None:
    worked_on(picture(tmp_path, "a.png"), blobs((10, 10, 30, 30)))
    worked_on(picture(tmp_path, "b.png"), ring())
    worked_on(picture(tmp_path, "c.png"), ring(), done=False)
    picture(tmp_path, "d.png")
    widget = opened(desk, tmp_path)
    assert [str(r) for r in rows(widget) if isinstance(r, Heading)] == [
        "▾ Pictures without a mask · 1", "▾ Not reviewed · 1", "▾ Holes · 2",
    ]  # fmt: skip
    assert "1 picture cannot be exported" in widget.panel.summary.text()
    choose(desk, widget, "b.png", Kind.HOLES, double=True)
    wait_for(desk, "b.png")
    desk.pilot.wait_until(lambda: looks_at(desk, 60.5, 60.5), "the camera")
    assert desk.workspace.review.selected == 2
    assert widget.panel.list.chosen is not None
    press_focused(desk, Qt.Key.Key_Down)
    press_focused(desk, Qt.Key.Key_Return)
    wait_for(desk, "c.png")
    desk.pilot.wait_until(lambda: looks_at(desk, 60.5, 60.5), "the camera")


def test_r_mends_one_and_the_list_follows_undo(desk: Desk, tmp_path: Path) -> None:
    worked_on(picture(tmp_path, "a.png"), ring())
    worked_on(picture(tmp_path, "b.png"), blobs())
    widget = opened(desk, tmp_path)
    choose(desk, widget, "a.png", Kind.HOLES)
    press_focused(desk, Qt.Key.Key_R)
    desk.pilot.wait_until(lambda: listed(widget) == [], "the repair")
    assert desk.document.objects[2].area == 600
    assert desk.document.done
    assert "nothing to mend" in widget.panel.summary.text()
    assert "Mended: fill the holes of cell 2." in desk.viewer.status
    # Any other key goes to the picture
    press_focused(desk, Qt.Key.Key_Z, _CTRL)
    desk.pilot.wait_until(lambda: listed(widget) == [("a.png", "holes")], "the undo")
    assert (desk.document.labels == ring()).all()


def test_all_other_keys_go_to_the_picture(desk: Desk, tmp_path: Path) -> None:
    worked_on(picture(tmp_path, "a.png"), ring())
    worked_on(picture(tmp_path, "b.png"), blobs())
    widget = opened(desk, tmp_path)
    choose(desk, widget, "a.png", Kind.HOLES, double=True)
    assert focused(desk) is widget.panel.list
    press_focused(desk, Qt.Key.Key_U)
    assert desk.document.objects[2].state is ObjectState.UNSURE
    press_focused(desk, Qt.Key.Key_D)
    assert not desk.document.is_alive(2)
    QTest.keyPress(focused(desk), Qt.Key.Key_H)
    assert not desk.workspace.overlay.layer.visible
    QTest.keyRelease(focused(desk), Qt.Key.Key_H)
    assert desk.workspace.overlay.layer.visible
    press_focused(desk, Qt.Key.Key_Right, _CTRL)
    wait_for(desk, "b.png")
    widget.panel.list.setFocus()
    press_focused(desk, Qt.Key.Key_Escape)
    assert focused(desk) is desk.pilot.canvas


def test_a_picture_that_is_not_open_is_mended_where_it_lies(desk: Desk, tmp_path: Path) -> None:
    for name in ("a.png", "b.png"):
        worked_on(picture(tmp_path, name), ring())
    widget = opened(desk, tmp_path)
    choose(desk, widget, "b.png", Kind.HOLES)
    desk.pilot.press(widget.panel.actions.ways[0])
    desk.pilot.wait_until(lambda: listed(widget) == [("a.png", "holes")], "the repair")
    assert told(tmp_path) == [("a.png", "holes")]
    desk.pilot.key(Qt.Key.Key_Right, _CTRL)
    wait_for(desk, "b.png")
    assert desk.document.objects[2].area == 600
    desk.pilot.key(Qt.Key.Key_Z, _CTRL)
    assert (desk.document.labels == ring()).all()


def test_a_whole_kind_is_mended_after_a_question(
    desk: Desk, tmp_path: Path, answers: list[str]
) -> None:
    for name in ("a.png", "b.png", "c.png"):
        worked_on(picture(tmp_path, name), ring())
    picture(tmp_path, "d.png")
    given(tmp_path, "d.png", ring())
    widget = opened(desk, tmp_path)
    choose(desk, widget, "b.png", Kind.HOLES)
    desk.pilot.press(widget.panel.actions.every)
    desk.pilot.wait_until(lambda: widget.gating.report.counts.get(Kind.HOLES) is None, "all")
    idle(desk, widget)
    assert answers[0].startswith("Fill the holes of 4 cells in 4 pictures?")
    assert listed(widget) == [("d.png", "unreviewed")]
    assert desk.document.objects[2].area == 600
    # And it is so on the disk
    desk.workspace.navigation.step(1)
    wait_for(desk, "b.png")
    desk.pilot.wait_until(lambda: state(desk, "a.png") is EntryState.DONE, "the mask files")
    assert told(tmp_path) == [("d.png", "unreviewed")]


def test_pieces_are_separated_or_dropped(desk: Desk, tmp_path: Path) -> None:
    labels = blobs((10, 10, 30, 30))
    labels[50:60, 50:60] = 1
    worked_on(picture(tmp_path, "a.png"), labels)
    worked_on(picture(tmp_path, "b.png"), labels)
    widget = opened(desk, tmp_path)
    choose(desk, widget, "a.png", Kind.FRAGMENTS)
    assert [b.text() for b in widget.panel.actions.ways] == [
        "Make each piece a cell (R)", "Keep the largest piece",
    ]  # fmt: skip
    press_focused(desk, Qt.Key.Key_R)
    assert desk.document.counts.final == 2
    desk.workspace.undo()
    idle(desk, widget)
    choose(desk, widget, "a.png", Kind.FRAGMENTS)
    desk.pilot.press(widget.panel.actions.ways[1])
    assert {c.id: c.area for c in desk.document.cells} == {1: 400}


def test_accepted_findings_stay_accepted(desk: Desk, tmp_path: Path) -> None:
    for name in ("a.png", "b.png"):
        worked_on(picture(tmp_path, name), ring())
    widget = opened(desk, tmp_path)
    choose(desk, widget, "a.png", Kind.HOLES)
    press_focused(desk, Qt.Key.Key_A)
    desk.pilot.wait_until(lambda: listed(widget) == [("b.png", "holes")], "the word")
    # Edits, undo and a new look do not bring it back
    desk.document.commit(remove_cell(desk.document, desk.document.objects[2]))
    desk.workspace.undo()
    check(desk, widget)
    assert listed(widget) == [("b.png", "holes")]
    assert told(tmp_path) == [("b.png", "holes")]
    # Until one says so
    desk.pilot.press(widget.panel.kept)
    assert listed(widget) == [("a.png", "holes"), ("b.png", "holes")]
    choose(desk, widget, "a.png", Kind.HOLES)
    desk.pilot.press(widget.panel.actions.accept)
    desk.pilot.press(widget.panel.kept)
    desk.pilot.wait_until(lambda: len(listed(widget)) == 2, "the word taken back")


def test_unsure_cells_are_accepted_by_a(desk: Desk, tmp_path: Path) -> None:
    worked_on(picture(tmp_path, "a.png"), blobs((10, 10, 30, 30)))
    worked_on(picture(tmp_path, "b.png"), blobs())
    widget = opened(desk, tmp_path)
    desk.pilot.click(20, 20)
    desk.pilot.key(Qt.Key.Key_U)
    desk.pilot.wait_until(lambda: ("a.png", "unsure") in listed(widget), "the doubt")
    choose(desk, widget, "a.png", Kind.UNSURE)
    press_focused(desk, Qt.Key.Key_A)
    assert desk.document.objects[1].state is ObjectState.ACCEPTED
    desk.pilot.wait_until(lambda: ("a.png", "unsure") not in listed(widget), "the word")


def test_filters_search_and_folding(desk: Desk, tmp_path: Path) -> None:
    worked_on(picture(tmp_path, "a.png"), ring())
    worked_on(picture(tmp_path, "b.png"), ring(), done=False)
    widget = opened(desk, tmp_path)
    panel = widget.panel
    everything = [("b.png", "unreviewed"), ("a.png", "holes"), ("b.png", "holes")]
    assert listed(widget) == everything
    desk.pilot.press(panel.kinds.buttons[Kind.HOLES])
    assert listed(widget) == everything[1:]
    desk.pilot.press(panel.here)
    assert listed(widget) == [("a.png", "holes")]
    desk.pilot.press(panel.here)
    desk.pilot.press(panel.kinds.all)
    QTest.mouseClick(panel.search, Qt.MouseButton.LeftButton)
    QTest.keyClicks(panel.search, "B.")
    press_focused(desk, Qt.Key.Key_Return)
    assert listed(widget) == [("b.png", "unreviewed"), ("b.png", "holes")]
    assert focused(desk) is desk.pilot.canvas
    QTest.mouseClick(panel.search, Qt.MouseButton.LeftButton)
    press_focused(desk, Qt.Key.Key_Escape)
    desk.pilot.wait_until(lambda: listed(widget) == everything, "the end of the search")
    place = panel.list.visualRect(panel.model.index(0)).center()
    QTest.mouseClick(panel.list.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert listed(widget) == everything[1:]


def test_limits_are_set_and_the_list_follows(desk: Desk, tmp_path: Path) -> None:
    worked_on(picture(tmp_path, "a.png"), ring())
    worked_on(picture(tmp_path, "b.png"), ring())
    widget = opened(desk, tmp_path)
    desk.pilot.press(widget.panel.more)
    widget.panel.limits["hole_area"].value = 5
    desk.pilot.wait_until(lambda: listed(widget) == [], "the holes to be let pass")
    idle(desk, widget)
    assert widget.gating.complete


def test_what_is_left_is_known_as_it_was_left(desk: Desk, tmp_path: Path) -> None:
    for name in ("a.png", "b.png"):
        worked_on(picture(tmp_path, name), ring())
    widget = opened(desk, tmp_path)
    desk.document.commit(remove_cell(desk.document, desk.document.objects[2]))
    desk.pilot.key(Qt.Key.Key_Right, _CTRL)
    wait_for(desk, "b.png")
    idle(desk, widget)
    assert listed(widget) == [("a.png", "unreviewed"), ("b.png", "holes")]


def test_one_picture_is_checked_without_a_folder(desk: Desk, tmp_path: Path) -> None:
    path = picture(tmp_path, "a.png")
    worked_on(path, ring())
    desk.open(path)
    widget = open_gate_dock(desk.viewer)
    desk.pilot.wait_until(lambda: listed(widget) == [("a.png", "holes")], "the list")
    choose(desk, widget, "a.png", Kind.HOLES)
    press_focused(desk, Qt.Key.Key_A)
    desk.pilot.wait_until(lambda: listed(widget) == [], "the word")
    assert told(tmp_path) == []


def test_a_check_can_be_stopped(desk: Desk, tmp_path: Path) -> None:
    for number in range(12):
        worked_on(picture(tmp_path, f"{number:02}.png"), blobs())
    desk.open_folder(tmp_path)
    desk.pilot.wait_until(lambda: desk.workspace.queueing.queue is not None, "the queue")
    widget = open_gate_dock(desk.viewer)
    desk.pilot.wait_until(lambda: widget.runner.busy, "the check to begin by itself")
    desk.pilot.press(widget.panel.stop)
    assert not widget.runner.busy
    idle(desk, widget)
    assert widget.panel.check.isVisible()
    assert "were not checked yet" in widget.panel.summary.text()


def test_a_whole_kind_is_accepted_after_a_question(
    desk: Desk, tmp_path: Path, answers: list[str]
) -> None:
    for name in ("a.png", "b.png"):
        worked_on(picture(tmp_path, name), ring())
    widget = opened(desk, tmp_path)
    choose(desk, widget, "b.png", Kind.HOLES)
    desk.pilot.press(widget.panel.actions.accept_every)
    desk.pilot.wait_until(lambda: listed(widget) == [], "the word")
    assert answers == ["Accept all 2 as they are?\n\nThey are not told of again."]
    assert told(tmp_path) == []


def test_a_picture_without_a_mask_is_told_of_at_once(desk: Desk, tmp_path: Path) -> None:
    desk.open(picture(tmp_path, "a.png"))
    widget = open_gate_dock(desk.viewer)
    desk.pilot.wait_until(lambda: listed(widget) == [("a.png", "no mask")], "the list")
    desk.draft()
    desk.pilot.wait_until(lambda: ("a.png", "no mask") not in listed(widget), "the mask")
    assert ("a.png", "unreviewed") in listed(widget)


def test_the_chosen_row_stays_in_sight(desk: Desk, tmp_path: Path) -> None:
    for number in range(40):
        worked_on(picture(tmp_path, f"{number:02}.png"), ring(), done=False)
    widget = opened(desk, tmp_path)
    choose(desk, widget, "38.png", Kind.HOLES)
    press_focused(desk, Qt.Key.Key_Return)
    wait_for(desk, "38.png")
    idle(desk, widget)
    view = widget.panel.list
    press_focused(desk, Qt.Key.Key_R)
    desk.pilot.wait_until(lambda: ("38.png", "holes") not in listed(widget), "the repair")
    # The next of its kind has taken its place
    assert view.chosen is not None
    assert view.chosen.key[0] == "39.png"
    assert view.viewport().rect().contains(view.visualRect(view.currentIndex()))
    desk.pilot.press(widget.panel.more)
    assert view.viewport().rect().contains(view.visualRect(view.currentIndex()))
