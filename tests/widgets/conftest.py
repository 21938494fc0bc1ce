"""A real window with the dock, steered by mouse and keys."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from napari_fncells.core.params import MEAN_SD
from napari_fncells.demo.pilot import Pilot
from napari_fncells.viewer.workspace import Workspace
from napari_fncells.widgets.cells_menu import CellsMenu
from napari_fncells.widgets.cheat_sheet import CheatSheet
from napari_fncells.widgets.curate import CurateWidget
from napari_fncells.widgets.trail import Trail
from tests.pictures import save_picture


class Desk:
    """The window, the dock and the hand on mouse and keys."""

    def __init__(self, viewer, widget: CurateWidget) -> None:
        self.viewer = viewer
        self.widget = widget
        self.pilot = Pilot(viewer)

    @property
    def workspace(self) -> Workspace:
        return self.widget.workspace

    @property
    def document(self):
        return self.workspace.session.document

    @property
    def trail(self) -> Trail:
        return self.pilot.canvas.findChild(Trail)

    @property
    def sheet(self) -> CheatSheet:
        return self.pilot.canvas.findChild(CheatSheet)

    @property
    def menu(self) -> CellsMenu:
        return self.pilot.window.menuBar().findChild(CellsMenu)

    def open(self, path: Path) -> None:
        self.workspace.open_files([path])
        self.pilot.wait_until(lambda: self.workspace.current is not None, "opening")
        self.idle()

    def open_folder(self, folder: Path, *names: str) -> None:
        """Open a folder, with pictures of these names written into it before."""
        for name in names:
            save_picture(folder, name)
        self.workspace.open_folder(folder)
        self.pilot.wait_until(lambda: self.workspace.current is not None, "opening")
        self.idle()

    def draft(self) -> None:
        known = len(self.document.history) if self.workspace.session else 0
        self.pilot.press(self.widget.draft.button)
        self.pilot.wait_until(
            lambda: self.workspace.session is not None and len(self.document.history) > known,
            "the draft",
        )
        self.idle()

    def export(self) -> None:
        outcomes: list[object] = []
        self.widget.exported.connect(outcomes.append)
        self.pilot.press(self.widget.export.button)
        self.pilot.wait_until(lambda: bool(outcomes), "the export")
        self.pilot.wait_until(lambda: not self.widget.saver.busy, "the end of the export")
        self.widget.exported.disconnect(outcomes.append)

    def idle(self) -> None:
        busy = self.widget.runner, self.widget.looker, self.widget.colour_reader
        self.pilot.wait_until(lambda: not any(r.busy for r in busy), "the end of the jobs")
        self.pilot.settle()


@pytest.fixture
def desk(make_napari_viewer: Callable, plugins) -> Iterator[Desk]:
    viewer = make_napari_viewer(show=True)
    viewer.window._qt_window.resize(1400, 900)
    _, widget = viewer.window.add_plugin_dock_widget("napari-fncells", "Curate masks")
    desk = Desk(viewer, widget)
    # Leaves the dim cell out, for the tests to add
    widget.draft.method.setCurrentIndex(widget.draft.method.findData(MEAN_SD))
    desk.pilot.settle()
    yield desk
    # napari's fixture looks for windows that something still holds
    vars(desk.pilot).clear()
    vars(desk).clear()


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    return save_picture(tmp_path)
