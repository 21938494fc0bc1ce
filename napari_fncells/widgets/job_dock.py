"""A dock with one panel, whose jobs go on while one works."""

from __future__ import annotations

from typing import Generic, TypeVar

from napari.viewer import Viewer
from qtpy.QtCore import QTimer
from qtpy.QtWidgets import QVBoxLayout, QWidget

from napari_fncells.viewer.workspace import workspace_of
from napari_fncells.widgets.controls import give_keys_back
from napari_fncells.widgets.runner import ThreadRunner

_SOON_MS = 80

Panel = TypeVar("Panel", bound=QWidget)


class JobDock(QWidget, Generic[Panel]):
    """Joins a panel with the pictures of a window.

    Parameters
    ----------
    viewer
        The window's viewer.
    panel
        What is shown.
    width
        The least, in px.

    Attributes
    ----------
    workspace
        The window's.
    runner
        Apart from the other jobs of the window.
    """

    def __init__(self, viewer: Viewer, panel: Panel, width: int) -> None:
        super().__init__()
        self.workspace = workspace_of(viewer)
        self.panel = panel
        self.runner = ThreadRunner()
        # Many signals come at once; what is shown is drawn once
        self._soon = QTimer(self, singleShot=True, interval=_SOON_MS)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.addWidget(panel)
        self.setMinimumWidth(width)

    def _give_keys_back(self) -> None:
        give_keys_back(self.workspace.viewer)
