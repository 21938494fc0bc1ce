"""Docks of this plugin in their places."""

from __future__ import annotations

from typing import Any

from napari.settings import get_settings
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QDockWidget, QMainWindow, QWidget

_PLACED = "fncellsPlaced"


def open_over_curate(viewer: Any, title: str) -> Any:
    """Open a dock of this plugin as a tab over the one in which one curates.

    Parameters
    ----------
    viewer
        One with a window.
    title
        The dock's, as napari.yaml has it.

    Returns
    -------
    QWidget
        The dock's widget.
    """
    from napari_fncells.viewer.hooks import DOCK, PLUGIN

    window = viewer.window
    window.add_plugin_dock_widget(PLUGIN, DOCK)
    dock, widget = window.add_plugin_dock_widget(PLUGIN, title)
    take_place(widget)
    dock.show()
    dock.raise_()
    return widget


def take_place(widget: QWidget) -> None:
    """Lay the dock of a widget as a tab over the one in which one curates, once.

    However it was opened: two docks above each other leave room for neither.
    """
    from napari_fncells.widgets.curate import CurateWidget

    dock, window = _above(widget, QDockWidget), _above(widget, QMainWindow)
    if dock is None or window is None or dock.property(_PLACED):
        return
    dock.setProperty(_PLACED, True)
    for curate in window.findChildren(CurateWidget):
        over = _above(curate, QDockWidget)
        if over is not None and over is not dock:
            window.tabifyDockWidget(over, dock)
            dock.raise_()
            return


def open_below(viewer: Any, title: str) -> None:
    """Let napari open a dock of this plugin under the canvas, unless the user has moved it.

    To be called before the dock is there: among those on the right it would make them as wide as
    a table is, and under those on the left it would make the window higher.
    """
    from napari_fncells.viewer.hooks import PLUGIN

    places = get_settings().application.plugin_widget_positions
    if places.setdefault(f"{title} ({PLUGIN})", "bottom") == "bottom":
        window: QMainWindow = viewer.window._qt_window
        corner, left = Qt.Corner.BottomLeftCorner, Qt.DockWidgetArea.LeftDockWidgetArea
        window.setCorner(corner, left)


def take_height(widget: QWidget) -> None:
    """Make a dock that lies under the canvas as high as its widget would be, once."""
    dock, window = _above(widget, QDockWidget), _above(widget, QMainWindow)
    if dock is None or window is None or dock.property(_PLACED):
        return
    dock.setProperty(_PLACED, True)
    if window.dockWidgetArea(dock) == Qt.DockWidgetArea.BottomDockWidgetArea:
        window.resizeDocks([dock], [widget.sizeHint().height()], Qt.Orientation.Vertical)


def _above(widget: QWidget, kind: type) -> Any:
    """The nearest widget of a kind that holds this one, or None."""
    parent = widget.parentWidget()
    while parent is not None and not isinstance(parent, kind):
        parent = parent.parentWidget()
    return parent
