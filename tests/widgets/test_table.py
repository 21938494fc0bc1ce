"""The object table in a real window, by mouse and keys."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from qtpy.QtCore import QEvent, QPoint, QPointF, Qt
from qtpy.QtGui import QGuiApplication, QMouseEvent
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QApplication, QFileDialog, QWidget

from napari_fncells.core.changes import ignore_region, remove_cell
from napari_fncells.core.edits import EditKind
from napari_fncells.core.objects import ObjectState
from napari_fncells.core.state_codes import SELECTED
from napari_fncells.widgets.table_dock import TableWidget
from napari_fncells.widgets.table_model import ObjectModel
from tests.pictures import CELLS
from tests.widgets.conftest import Desk
from tests.widgets.test_queue import focused, opened, press_focused

_CTRL, _SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
_NONE = Qt.KeyboardModifier.NoModifier
_LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def table(desk: Desk, picture: Path) -> TableWidget:
    """The dock with the three bright cells of the drafted picture, all measured."""
    desk.open(picture)
    desk.draft()
    desk.pilot.press(desk.widget.correct.table)
    widget = desk.pilot.window.findChild(TableWidget)
    ready(desk, widget)
    return widget


def ready(desk: Desk, widget: TableWidget) -> None:
    desk.pilot.wait_until(lambda: widget.tabling.pending == 0, "the measures")
    desk.pilot.wait_until(lambda: not widget._doubting.isActive(), "the doubts")
    desk.pilot.wait_until(lambda: not widget.panel._plotting.isActive(), "the plots")
    desk.pilot.settle()


def model(table: TableWidget) -> ObjectModel:
    return table.panel.model


def ids(table: TableWidget) -> list[int]:
    return model(table).ids.tolist()


def column(table: TableWidget, name: str) -> list[str]:
    k = model(table).names.index(name)
    return [model(table).index(row, k).data() for row in range(model(table).rowCount())]


def click(desk: Desk, table: TableWidget, row: int, modifiers: Any = _NONE) -> None:
    view = table.panel.view
    place = view.visualRect(model(table).index(row, 2)).center()
    QTest.mouseClick(view.viewport(), _LEFT, modifiers, place)
    desk.pilot.settle()


def sort_by(desk: Desk, table: TableWidget, name: str) -> None:
    head = table.panel.view.horizontalHeader()
    k = model(table).names.index(name)
    place = QPoint(head.sectionViewportPosition(k) + head.sectionSize(k) // 2, 5)
    QTest.mouseClick(head.viewport(), _LEFT, pos=place)
    desk.pilot.settle()


def write_filter(desk: Desk, table: TableWidget, text: str) -> None:
    QTest.mouseClick(table.panel.filter, _LEFT)
    table.panel.filter.selectAll()
    QTest.keyClicks(table.panel.filter, text)
    QTest.keyClick(table.panel.filter, Qt.Key.Key_Return)
    desk.pilot.settle()


def selected(table: TableWidget) -> list[int]:
    return [ids(table)[row] for row in table.panel.view.selected_rows]


def highlighted(desk: Desk) -> set[int]:
    """Cells whose outlines are highlighted on the canvas."""
    codes = desk.workspace.overlay.layer.data
    return set(np.unique(desk.document.labels[codes == SELECTED]).tolist())


def drag(plot: QWidget, shares: Sequence[tuple[float, float]], modifiers: Any = _NONE) -> None:
    """Drag over a plot, by shares of its width and height."""
    canvas = plot.viewport()
    points = [QPoint(round(canvas.width() * x), round(canvas.height() * y)) for x, y in shares]
    QTest.mousePress(canvas, _LEFT, modifiers, points[0])
    for point in points[1:]:
        move = QMouseEvent(
            QEvent.Type.MouseMove, QPointF(point), QPointF(canvas.mapToGlobal(point)),
            Qt.MouseButton.NoButton, _LEFT, modifiers,
        )  # fmt: skip
        QApplication.sendEvent(canvas, move)
    QTest.mouseRelease(canvas, _LEFT, modifiers, points[-1])


def looks_at(desk: Desk, cell: int) -> bool:
    y, x = desk.viewer.scene.camera.center[-2:]
    row, col = desk.document.objects[cell].box.centre
    return bool(np.hypot(y - row, x - col) < 3)


@pytest.mark.parametrize("size", [(1280, 800), (1600, 1000)])
def test_it_opens_under_the_canvas_and_leaves_room(
    desk: Desk, tmp_path: Path, size: tuple[int, int]
) -> None:
    window = desk.pilot.window
    # With the queue on the left, which cannot be made much lower
    opened(desk, tmp_path, "a.png", "b.png")
    desk.draft()
    window.resize(*size)
    desk.pilot.settle()
    curate = desk.widget.width()
    desk.pilot.press(desk.widget.correct.table)
    desk.pilot.wait_until(lambda: bool(window.findChildren(TableWidget)), "the table")
    desk.pilot.settle()
    panel = window.findChild(TableWidget).panel
    assert desk.widget.width() == curate
    assert (window.width(), window.height()) == size
    assert panel.view.viewport().height() >= 8 * panel.view.rowHeight(0)
    assert panel.width() > desk.pilot.canvas.width()
    assert desk.pilot.canvas.height() >= 0.5 * size[1]
    # With the plots, too, the filter can be read and no title is cut off
    desk.pilot.press(panel.more)
    head = panel.view.horizontalHeader()
    assert all(head.sectionSize(k) >= head.sectionSizeHint(k) for k in range(head.count()))
    assert panel.filter.width() > 300
    assert panel.plots.scatter.height() > 120
    assert panel.plots.across.width() > 100


def test_rows_follow_every_edit(desk: Desk, table: TableWidget) -> None:
    assert ids(table) == [1, 2, 3]
    assert column(table, "state") == ["draft"] * 3
    areas = [f"{cell.area:,}" for cell in desk.document.cells]
    assert column(table, "area") == areas
    desk.pilot.shift_click(*CELLS[0][:2])
    assert ids(table) == [2, 3]
    desk.pilot.shift_click(*CELLS[3][:2])
    assert ids(table) == [2, 3, 4]
    assert column(table, "state")[-1] == "added"
    before = column(table, "area")[-1]
    desk.pilot.wheel(*CELLS[3][:2], 120, _SHIFT)
    assert column(table, "area")[-1] != before
    desk.pilot.key(Qt.Key.Key_Z, _CTRL)
    desk.pilot.key(Qt.Key.Key_Z, _CTRL)
    desk.pilot.key(Qt.Key.Key_Z, _CTRL)
    assert ids(table) == [1, 2, 3]
    assert column(table, "area") == areas
    assert "" not in column(table, "contrast")


def test_doubts_are_those_by_which_n_leads(desk: Desk, table: TableWidget) -> None:
    sort_by(desk, table, "doubt")
    sort_by(desk, table, "doubt")
    assert ids(table) == desk.workspace.session.doubting.ranking().by_doubt
    first, *others = ids(table)
    desk.pilot.key(Qt.Key.Key_N)
    assert selected(table) == [first]
    desk.pilot.key(Qt.Key.Key_A)
    ready(desk, table)
    assert column(table, "doubt")[-1] == ""
    assert ids(table)[-1] == first
    assert sorted(ids(table)[:-1]) == sorted(others)


def test_row_and_cell_are_selected_together(desk: Desk, table: TableWidget) -> None:
    click(desk, table, 1)
    assert desk.workspace.review.selected == 2
    desk.pilot.wait_until(lambda: looks_at(desk, 2), "the camera")
    press_focused(desk, Qt.Key.Key_Down)
    assert desk.workspace.review.selected == 3
    desk.pilot.wait_until(lambda: looks_at(desk, 3), "the camera")
    desk.pilot.look_at(100, 120, 2)
    press_focused(desk, Qt.Key.Key_Return)
    desk.pilot.wait_until(lambda: looks_at(desk, 3), "the camera")
    desk.pilot.look_at(100, 120, 1.5)
    desk.pilot.click(*desk.document.objects[1].box.centre)
    assert selected(table) == [1]
    desk.pilot.click(5, 5)
    assert selected(table) == []


def test_several_are_removed_in_one_step(desk: Desk, table: TableWidget) -> None:
    click(desk, table, 0)
    click(desk, table, 2, _CTRL)
    assert highlighted(desk) == {1, 3}
    edits = desk.document.edit_count
    press_focused(desk, Qt.Key.Key_D)
    assert desk.document.edit_count == edits + 1
    assert ids(table) == [2]
    press_focused(desk, Qt.Key.Key_Z, _CTRL)
    assert ids(table) == [1, 2, 3]
    assert highlighted(desk) <= {1, 3}


def test_a_filter_then_all_then_removed(desk: Desk, table: TableWidget) -> None:
    areas = {cell.id: cell.area for cell in desk.document.cells}
    limit = sorted(areas.values())[1]
    small = [i for i, area in areas.items() if area <= limit]
    write_filter(desk, table, f"area <= {limit} and state = draft")
    assert ids(table) == small
    assert focused(desk) is table.panel.view
    press_focused(desk, Qt.Key.Key_A, _CTRL)
    assert table.panel.remove.text() == "Remove 2 (D)"
    desk.pilot.press(table.panel.remove)
    assert ids(table) == []
    assert desk.document.undo_summary == "remove 2 cells"
    assert [cell.id for cell in desk.document.cells] == [i for i in areas if i not in small]


def test_what_a_filter_hides_is_not_selected(desk: Desk, table: TableWidget) -> None:
    desk.pilot.press(table.panel.every)
    assert highlighted(desk) == {1, 2, 3}
    write_filter(desk, table, "id < 3")
    assert highlighted(desk) == {1, 2}
    write_filter(desk, table, "state = draft")
    desk.pilot.press(table.panel.every)
    press_focused(desk, Qt.Key.Key_A)
    assert {cell.state for cell in desk.document.cells} == {ObjectState.ACCEPTED}
    assert ids(table) == []
    assert highlighted(desk) == set()


def test_what_is_no_filter_is_told_and_changes_nothing(desk: Desk, table: TableWidget) -> None:
    write_filter(desk, table, "id < 3")
    write_filter(desk, table, "aera < 150")
    assert "Character 1: there is no column" in table.panel.error.text()
    assert table.panel.error.isVisible()
    assert ids(table) == [1, 2]
    QTest.mouseClick(table.panel.filter, _LEFT)
    press_focused(desk, Qt.Key.Key_Escape)
    assert ids(table) == [1, 2, 3]
    assert not table.panel.error.isVisible()
    assert focused(desk) is desk.pilot.canvas


def test_d_removes_row_after_row_in_the_order_shown(desk: Desk, table: TableWidget) -> None:
    sort_by(desk, table, "mean")
    sort_by(desk, table, "mean")
    means = [float(text) for text in column(table, "mean")]
    assert means == sorted(means, reverse=True)
    first, second, third = ids(table)
    click(desk, table, 0)
    press_focused(desk, Qt.Key.Key_D)
    assert desk.workspace.review.selected == second
    press_focused(desk, Qt.Key.Key_U)
    assert desk.document.objects[second].state is ObjectState.UNSURE
    press_focused(desk, Qt.Key.Key_Down)
    press_focused(desk, Qt.Key.Key_A)
    assert desk.document.objects[third].state is ObjectState.ACCEPTED
    assert not desk.document.objects[first].alive


def test_keys_of_the_canvas_pass_on(desk: Desk, table: TableWidget) -> None:
    click(desk, table, 0)
    filled = desk.workspace.overlay.filled
    press_focused(desk, Qt.Key.Key_O)
    assert desk.workspace.overlay.filled is not filled
    press_focused(desk, Qt.Key.Key_Escape)
    assert focused(desk) is desk.pilot.canvas


def test_keys_on_the_canvas_mean_all_that_are_selected(desk: Desk, table: TableWidget) -> None:
    desk.pilot.press(table.panel.every)
    desk.viewer.mouse_over_canvas = False
    desk.pilot.key(Qt.Key.Key_U)
    assert {cell.state for cell in desk.document.cells} == {ObjectState.UNSURE}
    assert len(desk.document.history[-1].change.objects) == 3
    desk.pilot.hover(*desk.document.objects[2].box.centre)
    desk.viewer.mouse_over_canvas = True
    desk.pilot.key(Qt.Key.Key_D)
    assert [cell.id for cell in desk.document.cells] == [1, 3]
    desk.pilot.key(Qt.Key.Key_Escape)
    assert highlighted(desk) == set()
    assert selected(table) == []


def test_lasso_and_span_in_the_plots_select(desk: Desk, table: TableWidget) -> None:
    assert not table.panel.plots.isVisible()
    desk.pilot.press(table.panel.more)
    ready(desk, table)
    plots = table.panel.plots
    drag(plots.scatter, [(0, 0), (1, 0), (1, 1), (0, 1)])
    assert selected(table) == [1, 2, 3]
    assert highlighted(desk) == {1, 2, 3}
    means = [float(text) for text in column(table, "mean")]
    drag(plots.histograms["mean"], [(0.001, 0.5), (0.2, 0.5)])
    assert selected(table) == [1 + int(np.argmin(means))]
    drag(plots.histograms["mean"], [(0.8, 0.5), (0.999, 0.5)], _SHIFT)
    assert selected(table) == sorted([1 + int(np.argmin(means)), 1 + int(np.argmax(means))])
    scatter = plots.scatter
    ready(desk, table)
    spot = scatter.getPlotItem().getViewBox().mapViewToScene(QPointF(*scatter._points[1]))
    QTest.mouseClick(scatter.viewport(), _LEFT, pos=scatter.mapFromScene(spot))
    assert selected(table) == [2]


def test_rows_are_copied_with_their_titles(desk: Desk, table: TableWidget) -> None:
    click(desk, table, 1)
    press_focused(desk, Qt.Key.Key_C, _CTRL)
    head, row, end = QGuiApplication.clipboard().text().split("\n")
    assert head.split("\t")[:4] == ["id", "state", "doubt", "area px²"]
    fields = row.split("\t")
    assert [*fields[:2], fields[3]] == ["2", "draft", str(desk.document.objects[2].area)]
    assert end == ""
    desk.pilot.look_at(100, 120, 1.5)
    desk.pilot.click(5, 5)
    desk.pilot.press(table.panel.copy)
    assert QGuiApplication.clipboard().text().count("\n") == 4


def test_csv_has_the_columns_of_the_export_and_replaces_nothing(
    desk: Desk, table: TableWidget, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "out"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(target), ""))
    target.with_suffix(".csv").write_text("mine")
    write_filter(desk, table, "id != 2")
    desk.pilot.press(table.panel.save)
    with target.with_suffix(".csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["id"] for row in rows] == ["1", "3"]
    assert rows[0]["image"] == "cells.png"
    assert int(rows[0]["area_px"]) == desk.document.objects[1].area
    assert {"mean_0", "ring_2", "contrast_2", "solidity"} <= rows[0].keys()
    kept = [path for path in tmp_path.glob("out.*.csv") if path.read_text() == "mine"]
    assert len(kept) == 1


def test_cells_in_ignored_regions_are_not_listed(desk: Desk, table: TableWidget) -> None:
    box = desk.document.objects[2].box
    mask = np.ones((box.height, box.width), bool)
    desk.document.commit(ignore_region(desk.document, box, mask))
    assert ids(table) == [1, 3]
    assert "1 ignored, not listed" in table.panel.counts.text()
    desk.document.undo()
    assert ids(table) == [1, 2, 3]


def test_nothing_is_missed_while_the_dock_is_hidden(
    desk: Desk, table: TableWidget, tmp_path: Path
) -> None:
    dock = table.parentWidget()
    dock.hide()
    desk.document.commit(remove_cell(desk.document, desk.document.objects[1]))
    dock.show()
    desk.pilot.settle()
    assert ids(table) == [2, 3]
    assert desk.document.history[-1].change.kind is EditKind.REMOVE
    # Another picture is another table
    folder = tmp_path / "other"
    folder.mkdir()
    desk.open_folder(folder, "b.png")
    assert ids(table) == []
    assert "No mask yet" in table.panel.counts.text()
