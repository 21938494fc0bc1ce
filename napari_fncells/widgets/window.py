"""A napari window with the dock open."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import napari

from napari_fncells.widgets.curate import CurateWidget

PLUGIN = "napari-fncells"
DOCK = "Curate masks"


def open_window(*, show: bool = True) -> tuple[Any, CurateWidget]:
    """Open napari with the dock; returns the viewer and the dock's widget."""
    viewer = napari.Viewer(show=show)
    _, widget = viewer.window.add_plugin_dock_widget(PLUGIN, DOCK)
    return viewer, widget


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
        widget.workspace.open_file(path)
