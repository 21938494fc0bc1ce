"""The export of a data set in a real window, by mouse."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from qtpy.QtCore import QPoint, Qt
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QDockWidget, QMessageBox

from napari_fncells.io.report import REPORT_NAME
from napari_fncells.session.entry import EntryState
from napari_fncells.widgets.release_dock import ReleaseWidget, open_release_dock, suggested_set
from tests.widgets.conftest import Desk

NAMES = ("a.png", "b.png", "c.png")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "slices"
    folder.mkdir()
    return folder


def opened(desk: Desk, folder: Path) -> ReleaseWidget:
    """The dock, with the first picture drafted and done and the second drafted."""
    desk.open_folder(folder, *NAMES)
    desk.draft()
    desk.pilot.key(Qt.Key.Key_Return, Qt.KeyboardModifier.ShiftModifier)
    queueing = desk.workspace.queueing
    desk.pilot.wait_until(lambda: queueing.current == "b.png", "the next picture")
    desk.pilot.wait_until(
        lambda: queueing.queue.entries["a.png"].state is EntryState.DONE, "the mask files"
    )
    desk.idle()
    widget = open_release_dock(desk.viewer)
    desk.pilot.settle()
    return widget


def finish(desk: Desk, widget: ReleaseWidget, button: Any) -> str:
    desk.pilot.press(button)
    desk.pilot.wait_until(lambda: not widget.runner.busy, "the end of the job")
    desk.pilot.settle()
    return widget.panel.outcome.text()


def tick(desk: Desk, widget: ReleaseWidget, *names: str) -> None:
    """Tick these formats alone, by mouse, on their words."""
    panel = widget.panel
    desk.pilot.press(panel.none)
    for row in range(panel.formats.count()):
        item = panel.formats.item(row)
        if item.data(Qt.ItemDataRole.UserRole) in names:
            panel.formats.scrollToItem(item)
            place = panel.formats.visualItemRect(item).center()
            QTest.mouseClick(panel.formats.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert set(panel.formats.names) == set(names)


def test_what_is_done_is_exported_and_verified(desk: Desk, folder: Path) -> None:
    widget = opened(desk, folder)
    panel = widget.panel
    assert panel.about.text().startswith("1 of 3 pictures of slices are done")
    target = folder.parent / "slices-ground-truth"
    assert panel.target == target
    tick(desk, widget, "binary-png")
    said = finish(desk, widget, panel.button)
    assert said.startswith("Done. 1 picture with 3 cells in 1 format"), said
    assert panel.report.isVisible()
    masks = [p for p in target.rglob("*.png") if p.parent.name == "masks"]
    assert [mask.name for mask in masks] == ["a.png"]
    assert (target / "README.md").read_text("utf-8").startswith("# slices\n")
    assert (target / "croissant.json").is_file()
    assert set(np.unique(np.asarray(Image.open(masks[0])))) == {0, 255}
    assert "as they were exported" in finish(desk, widget, panel.verify)
    masks[0].write_bytes(masks[0].read_bytes() + b"x")
    assert "a.png" in finish(desk, widget, panel.verify)


def test_edits_on_the_screen_are_in_the_set(desk: Desk, folder: Path) -> None:
    widget = opened(desk, folder)
    panel = widget.panel
    desk.pilot.press(panel.only_done)
    assert "drafts that nobody has looked at" in panel.about.text()
    cell = next(desk.document.cells)
    row, column = np.argwhere(desk.document.labels == cell.id)[0]
    desk.pilot.shift_click(float(row), float(column))
    final = desk.document.counts.final
    tick(desk, widget, "binary-png")
    finish(desk, widget, panel.button)
    report = json.loads((panel.target / REPORT_NAME).read_text())
    cells = {picture["name"]: picture["cells"] for picture in report["pictures"]}
    assert cells == {"a.png": 3, "b.png": final}


def test_an_earlier_set_is_replaced_only_when_allowed(
    desk: Desk, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    widget = opened(desk, folder)
    tick(desk, widget, "binary-png")
    finish(desk, widget, widget.panel.button)
    before = (widget.panel.target / REPORT_NAME).read_bytes()
    answers = [QMessageBox.StandardButton.No, QMessageBox.StandardButton.Yes]
    monkeypatch.setattr(QMessageBox, "question", lambda *_: answers.pop(0))
    desk.pilot.press(widget.panel.button)
    assert (widget.panel.target / REPORT_NAME).read_bytes() == before
    finish(desk, widget, widget.panel.button)
    assert (widget.panel.target / REPORT_NAME).read_bytes() != before
    assert not answers


def test_a_folder_of_other_files_is_refused(desk: Desk, folder: Path) -> None:
    widget = opened(desk, folder)
    widget.panel.folder.setText(str(folder))
    tick(desk, widget, "binary-png")
    said = finish(desk, widget, widget.panel.button)
    assert said.startswith("Not exported.")
    assert "other files" in said
    assert sorted(p.name for p in folder.glob("*.png")) == list(NAMES)


def test_formats_of_the_set_that_is_there_are_offered(desk: Desk, folder: Path) -> None:
    widget = opened(desk, folder)
    tick(desk, widget, "binary-png-gap")
    widget.panel.form["category"].value = "neuron"
    finish(desk, widget, widget.panel.button)
    target = widget.panel.target
    desk.pilot.press(widget.panel.usual)
    widget.panel.form["category"].value = "cell"
    widget.panel.folder.setText(str(folder.parent / "elsewhere"))
    widget.panel.folder.editingFinished.emit()
    widget.panel.folder.setText(str(target))
    widget.panel.folder.editingFinished.emit()
    assert widget.panel.formats.names == ("binary-png-gap",)
    assert widget.panel.form.params.category == "neuron"


def test_without_a_folder_there_is_nothing_to_export(desk: Desk) -> None:
    widget = open_release_dock(desk.viewer)
    assert "Open a folder" in widget.panel.about.text()
    assert not widget.panel.button.isEnabled()


def test_a_click_on_the_box_ticks_once(desk: Desk, folder: Path) -> None:
    widget = open_release_dock(desk.viewer)
    desk.pilot.settle()
    desk.pilot.press(widget.panel.none)
    formats = widget.panel.formats
    rect = formats.visualItemRect(formats.item(0))
    place = QPoint(rect.left() + 10, rect.center().y())
    QTest.mouseClick(formats.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert len(formats.names) == 1
    QTest.mouseClick(formats.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert not formats.names


def test_it_is_a_tab_over_the_dock_to_curate(desk: Desk) -> None:
    # As napari's Plugins menu opens it
    dock, _ = desk.viewer.window.add_plugin_dock_widget("napari-fncells", "Export data set")
    window = desk.viewer.window._qt_window
    curate = next(d for d in window.findChildren(QDockWidget) if d.isAncestorOf(desk.widget))
    desk.pilot.wait_until(lambda: dock in window.tabifiedDockWidgets(curate), "the tab")


def test_the_set_goes_beside_the_pictures(tmp_path: Path) -> None:
    (tmp_path / "set" / "images").mkdir(parents=True)
    assert suggested_set(tmp_path / "set") == tmp_path / "set-ground-truth"
    assert suggested_set(tmp_path / "set" / "images") == tmp_path / "set-ground-truth"
