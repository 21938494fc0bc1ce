"""A napari window with the dock open."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import napari
from napari.settings import get_settings
from qtpy.QtCore import QPoint, QRect
from qtpy.QtGui import QGuiApplication
from qtpy.QtWidgets import QMainWindow

from napari_fncells.viewer.commands import register
from napari_fncells.viewer.hooks import DOCK, PLUGIN
from napari_fncells.viewer.workspace import existing_workspace
from napari_fncells.widgets.curate import CurateWidget

_SHARE = 0.92  # of the screen


def open_window(*, show: bool = True) -> tuple[Any, CurateWidget]:
    """Open napari with the dock; returns the viewer and the dock's widget."""
    _quiet_about_pyqt5()
    # Before napari applies the shortcuts of its settings, of which some may be ours
    register(existing_workspace)
    viewer = napari.Viewer(show=show)
    _, widget = viewer.window.add_plugin_dock_widget(PLUGIN, DOCK)
    if get_settings().application.window_size is None:
        _make_room(viewer.window._qt_window)
    return viewer, widget


def _make_room(window: QMainWindow) -> None:
    """Let a window that nobody has sized yet take most of the screen: pictures are large."""
    screen = QGuiApplication.primaryScreen()
    if screen is not None:
        free = screen.availableGeometry()
        size = free.size() * _SHARE
        window.resize(size)
        window.move(free.center() - QRect(QPoint(0, 0), size).center())


def _quiet_about_pyqt5() -> None:
    """Keep napari from saying at every start that PyQt5 is on its way out.

    The user can do nothing about it, and the notice covers the picture; our pyqt5 extra keeps
    napari at a release that runs on it.
    """
    warnings.filterwarnings("ignore", message="System theme detection requires")
    from napari._qt import qt_main_window

    if hasattr(qt_main_window, "SHOW_QT_WARNING"):
        qt_main_window.SHOW_QT_WARNING = False


def show_path(widget: CurateWidget, path: Path) -> None:
    """Open a picture or a folder of them.

    Raises
    ------
    UserError
        For a folder without pictures.
    """
    if path.is_dir():
        widget.workspace.open_folder(path)
    else:
        widget.workspace.open_files([path])
