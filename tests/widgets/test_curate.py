"""The dock in a real window: what a person does, by real mouse and key events."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from qtpy.QtCore import Qt
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QMessageBox

from tests.pictures import CELLS
from tests.wholeness import assert_whole
from tests.widgets.conftest import Desk

CTRL = Qt.KeyboardModifier.ControlModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier


def test_the_whole_job(desk: Desk, picture: Path, tmp_path: Path) -> None:
    desk.open(picture)
    desk.draft()
    drafted = desk.document.counts.final
    assert drafted >= 3
    row, column = CELLS[0][:2]
    desk.pilot.shift_click(row, column)
    assert desk.document.cell_at(row, column) is None
    assert "Removed cell" in desk.widget.correct.message.text()
    desk.pilot.key(Qt.Key.Key_Z, CTRL)
    assert desk.document.cell_at(row, column) is not None
    desk.pilot.key(Qt.Key.Key_Z, CTRL | SHIFT)
    assert desk.document.cell_at(row, column) is None
    out = tmp_path / "masks"
    desk.widget.export.folder.clear()
    QTest.keyClicks(desk.widget.export.folder, str(out))
    desk.export()
    found = np.asarray(Image.open(out / "cells.png"))
    assert found.dtype == np.uint8
    np.testing.assert_array_equal(found, np.where(desk.document.labels > 0, 255, 0))
    record = json.loads((out / "cells.json").read_text())
    assert record["cells"]["removed"] == 1
    assert record["cells"]["final"] == drafted - 1
    assert "read back" in desk.widget.export.outcome.text()


def test_shift_click_adds_a_cell_without_a_draft(desk: Desk, picture: Path) -> None:
    desk.open(picture)
    row, column = CELLS[1][:2]
    desk.pilot.shift_click(row, column)
    cell = desk.document.cell_at(row, column)
    assert cell is not None
    assert cell.state == "added"


@pytest.mark.parametrize("mode", ["paint", "erase", "fill", "polygon", "pick"])
def test_shift_click_works_in_every_mode_and_paints_nothing(
    desk: Desk, picture: Path, mode: str
) -> None:
    desk.open(picture)
    desk.draft()
    layer = desk.workspace.mask_layer
    layer.mode = mode
    row, column = CELLS[0][:2]
    others = desk.document.labels != desk.document.labels[row, column]
    before = desk.document.labels.copy()
    desk.pilot.shift_click(row, column)
    assert desk.document.undo_summary.startswith("remove cell")
    assert layer.mode == mode
    np.testing.assert_array_equal(desk.document.labels[others], before[others])
    assert len(desk.document.history) == 2


def test_shift_click_works_with_another_layer_active(desk: Desk, picture: Path) -> None:
    desk.open(picture)
    desk.draft()
    desk.viewer.layers.selection.active = desk.viewer.layers[0]
    row, column = CELLS[0][:2]
    desk.pilot.shift_click(row, column)
    assert desk.document.cell_at(row, column) is None
    desk.pilot.key(Qt.Key.Key_Z, CTRL)
    assert desk.document.cell_at(row, column) is not None


def test_a_shift_drag_is_no_click(desk: Desk, picture: Path) -> None:
    desk.open(picture)
    desk.draft()
    row, column = CELLS[0][:2]
    desk.pilot.drag([(row, column), (row + 20, column + 30)], SHIFT)
    assert len(desk.document.history) == 1


def test_two_fast_shift_clicks_act_once_and_do_not_zoom(desk: Desk, picture: Path) -> None:
    desk.open(picture)
    desk.draft()
    row, column = CELLS[0][:2]
    zoom = desk.viewer.scene.camera.zoom
    place = desk.pilot.place(row, column)
    canvas = desk.pilot.canvas
    # What Qt sends for a double-click: press, release, double-click, release
    QTest.mouseClick(canvas, Qt.MouseButton.LeftButton, SHIFT, place)
    QTest.mouseDClick(canvas, Qt.MouseButton.LeftButton, SHIFT, place)
    desk.pilot.settle()
    assert desk.viewer.scene.camera.zoom == zoom
    assert desk.document.cell_at(row, column) is None


def test_plain_click_and_drag_stay_naparis(desk: Desk, picture: Path) -> None:
    desk.open(picture)
    desk.draft()
    centre = tuple(desk.viewer.scene.camera.center)
    row, column = CELLS[0][:2]
    desk.pilot.click(row, column)
    assert len(desk.document.history) == 1
    desk.pilot.drag([(row, column), (row + 10, column + 10), (row + 20, column + 20)])
    assert tuple(desk.viewer.scene.camera.center) != centre
    assert len(desk.document.history) == 1


def test_moving_about_begins_no_mask(desk: Desk, picture: Path) -> None:
    desk.open(picture)
    desk.pilot.click(50, 60)
    desk.pilot.drag([(50, 60), (60, 70), (80, 90)])
    assert desk.workspace.session is None
    assert len(desk.viewer.layers) == 1


def test_a_hidden_mask_is_not_changed(desk: Desk, picture: Path) -> None:
    desk.open(picture)
    desk.draft()
    desk.workspace.mask_layer.visible = False
    desk.pilot.shift_click(*CELLS[0][:2])
    assert len(desk.document.history) == 1
    assert "hidden" in desk.widget.correct.message.text()


def test_a_brush_stroke_begun_on_a_cell_edits_it(desk: Desk, picture: Path) -> None:
    desk.open(picture)
    desk.draft()
    row, column, radius, _ = CELLS[0]
    cell = desk.document.cell_at(row, column)
    desk.pilot.key(Qt.Key.Key_P)
    steps = [(row, column + step) for step in range(0, 3 * radius, 3)]
    desk.pilot.drag(steps)
    desk.pilot.key(Qt.Key.Key_Z)
    assert desk.document.undo_summary == f"paint cell {cell.id}"
    assert desk.document.objects[cell.id].state == "edited"
    assert desk.document.objects[cell.id].area > cell.area
    desk.pilot.key(Qt.Key.Key_Z, CTRL)
    assert desk.document.objects[cell.id] == cell


def test_a_brush_stroke_begun_on_the_ground_makes_a_new_cell(desk: Desk, picture: Path) -> None:
    desk.open(picture)
    desk.draft()
    new = desk.document.next_id
    desk.pilot.key(Qt.Key.Key_P)
    desk.pilot.drag([(100, 20), (100, 30), (105, 40)])
    assert desk.document.cell_at(100, 30).id == new
    desk.pilot.drag([(180, 20), (180, 30)])
    assert desk.document.cell_at(180, 25).id == new + 1


@pytest.mark.parametrize("active", ["mask", "picture"])
def test_ctrl_y_redoes_and_does_not_turn_to_3d(desk: Desk, picture: Path, active: str) -> None:
    desk.open(picture)
    desk.draft()
    desk.viewer.layers.selection.active = desk.viewer.layers[active == "mask"]
    desk.pilot.shift_click(*CELLS[0][:2])
    desk.pilot.key(Qt.Key.Key_Z, CTRL)
    desk.pilot.key(Qt.Key.Key_Y, CTRL)
    assert desk.viewer.dims.ndisplay == 2
    assert desk.document.undo_summary.startswith("remove cell")


def test_buttons_name_what_they_take_back(desk: Desk, picture: Path) -> None:
    desk.open(picture)
    panel = desk.widget.correct
    assert not panel.undo.isEnabled()
    desk.pilot.shift_click(*CELLS[0][:2])
    assert panel.undo.text() == "Undo add cell 1"
    desk.pilot.press(panel.undo)
    assert not panel.undo.isEnabled()
    assert panel.redo.text() == "Redo add cell 1"
    desk.pilot.press(panel.redo)
    assert desk.document.counts.added == 1


def test_keys_work_after_a_dock_button_was_clicked(desk: Desk, picture: Path) -> None:
    desk.open(picture)
    desk.draft()
    desk.pilot.shift_click(*CELLS[0][:2])
    desk.pilot.press(desk.widget.correct.undo)
    desk.pilot.press(desk.widget.correct.redo)
    focused = desk.pilot.window.focusWidget() or desk.pilot.window
    QTest.keyClick(focused, Qt.Key.Key_Z, CTRL)
    desk.pilot.settle()
    assert desk.document.undo_summary == "draft (mean-sd)"


def test_an_earlier_mask_is_replaced_only_on_ones_word(
    desk: Desk, picture: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.open(picture)
    desk.draft()
    out = tmp_path / "masks"
    out.mkdir()
    (out / "cells.png").write_bytes(b"an earlier mask")
    desk.widget.export.folder.setText(str(out))
    asked: list[str] = []

    def answer(button):
        def ask(_parent, _title, text, *_):
            asked.append(text)
            return button

        return ask

    yes, no = QMessageBox.StandardButton.Yes, QMessageBox.StandardButton.No
    monkeypatch.setattr(QMessageBox, "question", answer(no))
    desk.export()
    assert (out / "cells.png").read_bytes() == b"an earlier mask"
    assert not (out / "cells.json").exists()
    monkeypatch.setattr(QMessageBox, "question", answer(yes))
    desk.export()
    assert np.asarray(Image.open(out / "cells.png")).max() == 255
    assert len(asked) == 2


def test_an_export_is_of_the_moment_and_goes_on_when_one_goes_on(
    desk: Desk, tmp_path: Path
) -> None:
    desk.open_folder(tmp_path, "one.png", "two.png")
    desk.draft()
    labels = desk.document.labels.copy()
    reports: list[object] = []
    desk.widget.exported.connect(reports.append)
    desk.widget.export.folder.setText(str(tmp_path / "out"))
    # No event is handled between these: the export has begun and is not done
    desk.widget.export_current()
    desk.workspace.correction.fix_at(*CELLS[0][:2])
    desk.workspace.navigation.step(1)
    desk.pilot.wait_until(lambda: bool(reports), "the export")
    desk.idle()
    assert desk.workspace.current.name == "two.png"
    found = np.asarray(Image.open(tmp_path / "out" / "one.png"))
    np.testing.assert_array_equal(found > 0, labels > 0)


def test_the_picture_itself_is_never_replaced(
    desk: Desk, picture: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.open(picture)
    desk.draft()
    before = picture.read_bytes()
    desk.widget.export.folder.setText(str(picture.parent))
    monkeypatch.setattr(QMessageBox, "question", lambda *_: pytest.fail("it asked"))
    desk.export()
    assert picture.read_bytes() == before
    assert "never written to" in desk.widget.export.outcome.text()


def test_an_unreadable_file_is_one_sentence_and_the_session_goes_on(
    desk: Desk, picture: Path, tmp_path: Path, capture_notifications: list[str]
) -> None:
    text = tmp_path / "text.png"
    text.write_text("not a picture")
    desk.open(picture)
    desk.workspace.open_files([text])
    desk.pilot.wait_until(lambda: bool(capture_notifications), "a notification")
    desk.idle()
    assert len(capture_notifications) == 1
    assert "text.png" in capture_notifications[0]
    desk.draft()
    assert desk.document.counts.final >= 3


def test_touching_cells_are_told_and_can_be_kept_apart(
    desk: Desk, picture: Path, tmp_path: Path
) -> None:
    desk.open(picture)
    desk.pilot.shift_click(*CELLS[0][:2])
    layer = desk.workspace.mask_layer
    # A second cell that lies against the first
    row = CELLS[0][0]
    labels = desk.document.labels
    side = np.flatnonzero(labels[row])[-1] + 1
    with layer.block_history():
        layer.data_setitem(tuple(np.mgrid[row : row + 5, side : side + 5].reshape(2, -1)), 9)
    panel = desk.widget.export
    desk.pilot.wait_until(lambda: panel.gap.isVisible(), "the notice")
    assert panel.touching.text().startswith("1 pair of cells touches")
    panel.folder.setText(str(tmp_path / "out"))
    QTest.mouseClick(panel.gap, Qt.MouseButton.LeftButton, pos=panel.gap.rect().center() * 0.1)
    panel.gap.setChecked(True)
    desk.export()
    record = json.loads((tmp_path / "out" / "cells.json").read_text())
    assert record["mask"] | {"sha256": ""} == {
        "name": "cells.png",
        "sha256": "",
        "background": 0,
        "foreground": 255,
        "gap": True,
        "components": 2,
        "touching_pairs": 1,
    }


def test_cells_counted_within_a_stroke_touch_as_often_as_they_do(
    desk: Desk, picture: Path
) -> None:
    desk.open(picture)
    desk.pilot.shift_click(*CELLS[0][:2])
    layer, panel = desk.workspace.mask_layer, desk.widget.export
    row = CELLS[0][0]
    side = int(np.flatnonzero(desk.document.labels[row])[-1]) + 1
    desk.widget._touching = None
    with layer.block_history():
        layer.data_setitem(tuple(np.mgrid[row : row + 5, side : side + 5].reshape(2, -1)), 9)
        desk.widget._quiet.timeout.emit()
    desk.pilot.wait_until(lambda: panel.gap.isVisible(), "the notice")
    desk.workspace.undo()
    desk.pilot.wait_until(lambda: not panel.gap.isVisible(), "the end of the notice")
    assert_whole(desk.widget)


def test_pictures_of_a_folder_by_the_arrows(desk: Desk, tmp_path: Path) -> None:
    desk.open_folder(tmp_path, "one.png", "two.png")
    panel = desk.widget.picture
    assert panel.list.currentText() == "one.png"
    desk.draft()
    desk.workspace.queueing.drafts.set_on(False)
    desk.pilot.press(panel.forth)
    desk.pilot.wait_until(lambda: panel.list.currentText() == "two.png", "the next picture")
    desk.idle()
    assert desk.workspace.session is None
    desk.pilot.press(panel.back)
    desk.pilot.settle()
    assert panel.list.currentText() == "one.png"
    assert desk.document.counts.final >= 3


def test_settings_reach_the_draft(desk: Desk, picture: Path) -> None:
    desk.open(picture)
    desk.widget.draft.form["cutoff.amount"].value = 3.5
    desk.draft()
    details = desk.workspace.session.draft_in_force.change.details
    assert details["params"]["cutoff"]["amount"] == 3.5
    assert details["method"] == "threshold"
    method = desk.widget.draft.method
    method.setCurrentIndex(method.findData("fnc-v1-draft"))
    desk.draft()
    details = desk.workspace.session.draft_in_force.change.details
    assert details["method"] == "fnc-v1-draft"


def test_closing_with_a_draft_under_way(desk: Desk, picture: Path) -> None:
    desk.open(picture)
    QTest.mouseClick(desk.widget.draft.button, Qt.MouseButton.LeftButton)
    desk.viewer.close()
