"""Docks of this plugin in their places."""

from __future__ import annotations

from typing import Any

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
    dock, widget = window.add_plugin_dock_widget(PLUGIN, title)
    if not dock.property(_PLACED):
        dock.setProperty(_PLACED, True)
        curate, _ = window.add_plugin_dock_widget(PLUGIN, DOCK)
        window._qt_window.tabifyDockWidget(curate, dock)
    dock.show()
    dock.raise_()
    return widget
