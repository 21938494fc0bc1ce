"""Notes and ignored regions in a real window, by mouse and keys."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from qtpy.QtCore import Qt
from qtpy.QtTest import QTest

from napari_fncells.core.edits import EditKind
from napari_fncells.io.images import read_image
from napari_fncells.io.working import WorkingFiles, glance
from napari_fncells.session.keeping import Keeper
from napari_fncells.widgets.queue_model import NOTE_SIGN, details_of, line_of
from tests.pictures import CELLS, SHAPE
from tests.wholeness import assert_whole
from tests.widgets.conftest import Desk

CTRL = Qt.KeyboardModifier.ControlModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier
FIRST, SECOND = CELLS[0][:2], CELLS[1][:2]


@pytest.fixture
def drafted(desk: Desk, picture: Path) -> Desk:
    desk.open(picture)
    desk.draft()
    return desk


def row_of(desk: Desk):
    return desk.widget.correct.note


def write(desk: Desk, text: str, end: Qt.Key | None = Qt.Key.Key_Return) -> None:
    """Type into the field that asked for it."""
    field = row_of(desk).field
    assert desk.pilot.window.focusWidget() is field
    QTest.keyClicks(field, text)
    if end is not None:
        QTest.keyClick(field, end)
    desk.pilot.settle()


def test_a_note_on_the_cell_under_the_pointer(drafted: Desk) -> None:
    i = int(drafted.document.labels[FIRST])
    states = {cell.id: cell.state for cell in drafted.document.cells}
    drafted.pilot.click(*FIRST)
    drafted.pilot.key(Qt.Key.Key_J)
    assert row_of(drafted).about.text() == f"Cell {i}"
    # Letters that are keys of ours on the canvas are letters here
    write(drafted, "and a doublet? nGu")
    assert drafted.document.objects[i].note == "and a doublet? nGu"
    assert {cell.id: cell.state for cell in drafted.document.cells} == states
    assert drafted.pilot.window.focusWidget() is drafted.pilot.canvas
    drafted.pilot.key(Qt.Key.Key_A)
    assert drafted.document.objects[i].state == "accepted"
    assert drafted.document.objects[i].note == "and a doublet? nGu"
    for _ in range(2):
        drafted.pilot.key(Qt.Key.Key_Z, CTRL)
    assert drafted.document.objects[i].note == ""
    assert row_of(drafted).field.text() == ""


def test_the_row_follows_the_selection(drafted: Desk) -> None:
    first, second = (int(drafted.document.labels[place]) for place in (FIRST, SECOND))
    drafted.workspace.write_note("one", first)
    drafted.workspace.write_note("all of it")
    row = row_of(drafted)
    assert (row.about.text(), row.field.text()) == ("Picture", "all of it")
    drafted.pilot.click(*FIRST)
    assert (row.about.text(), row.field.text()) == (f"Cell {first}", "one")
    drafted.pilot.click(*SECOND)
    assert (row.about.text(), row.field.text()) == (f"Cell {second}", "")
    drafted.pilot.key(Qt.Key.Key_Escape)
    assert row.about.text() == "Picture"


def test_leaving_the_field_takes_the_note_in_and_escape_does_not(drafted: Desk) -> None:
    window = drafted.pilot.window
    window.activateWindow()
    drafted.pilot.wait_until(window.isActiveWindow, "the window in front")
    drafted.pilot.key(Qt.Key.Key_J, SHIFT)
    write(drafted, "not this", Qt.Key.Key_Escape)
    assert drafted.document.note == ""
    drafted.pilot.key(Qt.Key.Key_J, SHIFT)
    write(drafted, "dim", end=None)
    # A click into the picture, on a cell: the note was on the picture
    drafted.pilot.canvas.setFocus()
    drafted.pilot.click(*FIRST)
    assert drafted.document.note == "dim"
    assert row_of(drafted).about.text() == f"Cell {int(drafted.document.labels[FIRST])}"


def test_a_note_half_written_is_taken_along(desk: Desk, tmp_path: Path) -> None:
    desk.open_folder(tmp_path, "a.png", "b.png")
    desk.draft()
    desk.pilot.key(Qt.Key.Key_J, SHIFT)
    write(desk, "left in haste", end=None)
    desk.workspace.navigation.step(1)
    desk.idle()
    assert desk.workspace.current.name == "b.png"
    assert desk.workspace.session is None or desk.document.note == ""
    # What is typed on is of the picture on the screen
    assert (row_of(desk).about.text(), row_of(desk).field.text()) == ("Picture", "")
    keeper = Keeper.open(read_image(tmp_path / "a.png"))
    assert keeper.document.note == "left in haste"
    keeper.close()


def test_the_queue_marks_pictures_with_notes(desk: Desk, tmp_path: Path) -> None:
    desk.open_folder(tmp_path, "a.png", "b.png")
    desk.draft()
    desk.workspace.write_note("blurred on the left")
    desk.pilot.wait_until(
        lambda: desk.workspace.queueing.queue.entries["a.png"].noted, "the mark in the list"
    )
    entry = desk.workspace.queueing.queue.entries["a.png"]
    assert NOTE_SIGN in line_of(entry)
    assert f"{NOTE_SIGN} blurred on the left" in details_of(entry)
    assert NOTE_SIGN not in line_of(desk.workspace.queueing.queue.entries["b.png"])
    desk.workspace.navigation.step(1)
    desk.idle()
    files = WorkingFiles.of(tmp_path / "fncells", "a.png")
    desk.pilot.wait_until(lambda: glance(files) is not None, "the mask files")
    assert glance(files).summary.note == "blurred on the left"


# -- ignored regions -------------------------------------------------------------------------


def cover(desk: Desk, row: int) -> None:
    """Drag the brush across the picture."""
    desk.pilot.drag([(row, 4), (row, SHAPE[1] // 2), (row, SHAPE[1] - 5)])


def test_the_brush_paints_regions(drafted: Desk) -> None:
    before = drafted.document.labels.copy()
    cells = drafted.document.counts.final
    drafted.viewer.reset_view()
    drafted.pilot.key(Qt.Key.Key_I, SHIFT)
    assert drafted.widget.correct.ignore.isChecked()
    cover(drafted, FIRST[0])
    np.testing.assert_array_equal(drafted.document.labels, before)
    counts = drafted.document.counts
    assert counts.ignored >= 1
    assert counts.final == cells - counts.ignored
    assert f"{counts.ignored} ignored" in drafted.widget.correct.counts.text()
    # Our gestures go on working, and the brush stays in hand
    left = next(c for c in drafted.document.cells if c.id not in drafted.document.ignored_cells)
    inside = np.argwhere(drafted.document.labels == left.id)
    drafted.pilot.shift_click(*inside[len(inside) // 2])
    assert not drafted.document.objects[left.id].alive
    assert drafted.workspace.ignoring.active
    drafted.pilot.key(Qt.Key.Key_Escape)
    assert not drafted.widget.correct.ignore.isChecked()
    assert drafted.viewer.layers.selection.active is drafted.workspace.mask_layer
    drafted.pilot.key(Qt.Key.Key_Z, CTRL)
    assert drafted.document.objects[left.id].alive
    drafted.pilot.key(Qt.Key.Key_Z, CTRL)
    assert drafted.document.counts.final == cells
    assert not drafted.document.ignored.any()
    assert_whole(drafted.widget)


def test_the_polygon_and_the_eraser(drafted: Desk) -> None:
    drafted.viewer.reset_view()
    drafted.pilot.press(drafted.widget.correct.ignore)
    drafted.pilot.key(Qt.Key.Key_3)
    corners = ((20, 20), (20, 120), (100, 120), (100, 20))
    for corner in corners:
        drafted.pilot.click(*corner)
    # An unfinished polygon is dropped first, then the tool put away
    drafted.pilot.key(Qt.Key.Key_Escape)
    assert drafted.workspace.ignoring.active
    for corner in corners:
        drafted.pilot.click(*corner)
    QTest.mouseDClick(
        drafted.pilot.canvas, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier,
        drafted.pilot.place(*corners[-1]),
    )  # fmt: skip
    drafted.pilot.settle()
    assert drafted.document.history[-1].change.kind is EditKind.IGNORE
    area = drafted.document.ignored_area
    assert abs(area - 80 * 100) < 400
    drafted.pilot.key(Qt.Key.Key_1)
    drafted.pilot.drag([(60, 30), (60, 60), (60, 100)])
    assert 0 < drafted.document.ignored_area < area
    drafted.pilot.press(drafted.widget.correct.ignore)
    assert not drafted.workspace.ignoring.active
    assert_whole(drafted.widget)


def test_the_layer_is_handed_on_from_picture_to_picture(desk: Desk, tmp_path: Path) -> None:
    desk.open_folder(tmp_path, "a.png", "b.png")
    desk.draft()
    first = desk.document
    desk.viewer.reset_view()
    desk.pilot.key(Qt.Key.Key_I, SHIFT)
    cover(desk, FIRST[0])
    layer = desk.workspace.ignoring.layer
    area = first.ignored_area
    desk.pilot.key(Qt.Key.Key_Right, CTRL)
    desk.idle()
    assert desk.workspace.current.name == "b.png"
    desk.draft()
    assert layer in desk.viewer.layers
    assert layer.data is desk.document.ignored
    assert desk.document.ignored_area == 0
    assert not desk.workspace.ignoring.active
    assert_whole(desk.widget)
    desk.pilot.key(Qt.Key.Key_Left, CTRL)
    desk.idle()
    assert desk.document.ignored_area == area
    assert layer.data is desk.document.ignored
    assert [found for found in desk.viewer.layers if found.name == layer.name] == [layer]
    assert_whole(desk.widget)


def test_an_export_leaves_ignored_cells_out(drafted: Desk) -> None:
    drafted.viewer.reset_view()
    drafted.pilot.key(Qt.Key.Key_I, SHIFT)
    cover(drafted, FIRST[0])
    drafted.export()
    assert "in ignored regions" in drafted.widget.export.outcome.text()
