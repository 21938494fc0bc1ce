"""The object table at work: the panel joined with the cells of a window."""

from __future__ import annotations

from typing import Any

from napari.viewer import Viewer
from qtpy.QtCore import QTimer
from qtpy.QtGui import QHideEvent, QShowEvent
from qtpy.QtWidgets import QVBoxLayout, QWidget

from napari_fncells.viewer.tabling import Tabling
from napari_fncells.viewer.workspace import workspace_of
from napari_fncells.widgets.controls import give_keys_back, guarded
from napari_fncells.widgets.docking import open_below, take_height
from napari_fncells.widgets.runner import ThreadRunner
from napari_fncells.widgets.table_panel import TablePanel

TITLE = "Object table"

_DOUBTS_MS = 200


class TableWidget(QWidget):
    """Dock widget of the object table.

    Parameters
    ----------
    napari_viewer
        The window's viewer; napari passes it, by this very name.
    """

    def __init__(self, napari_viewer: Viewer) -> None:
        super().__init__()
        self.workspace = workspace_of(napari_viewer)
        open_below(self.workspace.viewer, TITLE)
        self.tabling = Tabling(self.workspace)
        self.panel = TablePanel()
        # Apart from the other jobs: it takes no other's place
        self.runner = ThreadRunner()
        self.tabling.runner = self.runner
        # Not within napari's own placing of the dock
        self._placing = QTimer(self, singleShot=True, interval=0)
        self._choosing = False
        # The order of the verdicts is learned anew at each: a moment later, once for several
        self._doubting = QTimer(self, singleShot=True, interval=_DOUBTS_MS)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.panel)
        self._connect()

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802
        """Catch up with what happened while nobody looked."""
        super().showEvent(event)
        self._placing.start()
        self.tabling.look(True)
        self._show_selected()

    def hideEvent(self, event: QHideEvent) -> None:  # noqa: N802
        """Cost nothing while nobody looks."""
        super().hideEvent(event)
        self.tabling.look(False)

    def _connect(self) -> None:
        panel, tabling = self.panel, self.tabling
        tabling.changed.connect(self._show_table)
        tabling.selected.connect(self._show_selected)
        tabling.outdated.connect(self._doubt_soon)
        self._doubting.timeout.connect(guarded(tabling.refresh_doubts))
        self._placing.timeout.connect(lambda: take_height(self))
        panel.chosen.connect(guarded(self._choose))
        panel.shown.connect(guarded(tabling.show))
        panel.accepted.connect(guarded(tabling.accept))
        panel.removed.connect(guarded(tabling.remove))
        panel.doubted.connect(guarded(tabling.unsure))
        panel.saved.connect(guarded(tabling.save))
        panel.told.connect(self.workspace.report)
        panel.left.connect(self._give_keys_back)

    def _show_table(self) -> None:
        tabling = self.tabling
        self.panel.show_table(
            tabling.table,
            pixel_size=tabling.pixel_size,
            pending=tabling.pending,
            left_out=tabling.left_out,
            source=tabling.source,
        )
        # Cells that are gone are selected no longer
        self._show_selected(scroll=False)

    def _doubt_soon(self) -> None:
        self._doubting.start()

    def _choose(self, ids: list[int]) -> None:
        self._choosing = True
        try:
            self.tabling.choose(ids)
        finally:
            self._choosing = False

    def _show_selected(self, *, scroll: bool = True) -> None:
        if self.isVisible():
            # What is chosen in the table itself is where it is: it does not move under the hand
            self.panel.show_selected(self.tabling.chosen, scroll=scroll and not self._choosing)

    def _give_keys_back(self) -> None:
        give_keys_back(self.workspace.viewer)


def open_table_dock(viewer: Any) -> TableWidget:
    """Open the dock of the object table under the canvas.

    Parameters
    ----------
    viewer
        One with a window.
    """
    from napari_fncells.viewer.hooks import PLUGIN

    dock, widget = viewer.window.add_plugin_dock_widget(PLUGIN, TITLE)
    dock.show()
    dock.raise_()
    table: TableWidget = widget
    return table
