"""What belongs to a window rather than to the dock: over the canvas, in the menu, at its end."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from qtpy.QtCore import QEvent, QObject, QTimer
from qtpy.QtGui import QKeyEvent

from napari_fncells.core.errors import UserError
from napari_fncells.io.importers.annotations import annotation_importer
from napari_fncells.viewer.workspace import Workspace
from napari_fncells.widgets import cells_menu
from napari_fncells.widgets.cheat_sheet import CheatSheet
from napari_fncells.widgets.close_guard import CloseGuard
from napari_fncells.widgets.controls import guarded
from napari_fncells.widgets.trail import Trail

_WATCH_MS = 100
_FRAME_MS = 16


class WindowParts(QObject):
    """The path of gestures, the cheat sheet, the menu, the guard; one set a window.

    Parameters
    ----------
    viewer
        A `napari.Viewer` with its window.
    workspace
        The viewer's.
    """

    def __init__(self, viewer: Any, workspace: Workspace) -> None:
        window = viewer.window._qt_window
        super().__init__(window)
        self._workspace = workspace
        canvas = viewer.window._qt_viewer.canvas.native
        self.trail = Trail(canvas)
        self.sheet = CheatSheet(canvas)
        self.menu = cells_menu.install(viewer.window, workspace)
        for watched in (canvas, window, viewer.window._qt_viewer):
            watched.installEventFilter(self)
        self.guard = CloseGuard(window, self._unsaved, self._flush, self._save_elsewhere)
        workspace.trail.connect(self.trail.show_trail)
        workspace.help_wanted.connect(self.sheet.toggle)
        workspace.escaped.connect(self._hide_sheet)
        viewer.layers.events.removing.connect(self._draw_on_canvas)
        self._timer = QTimer(self, interval=_WATCH_MS)
        self._timer.timeout.connect(workspace.watch)
        self._timer.start()
        self._glide = QTimer(self, interval=_FRAME_MS)
        self._glide.timeout.connect(self._go_on)
        workspace.glide.timed = True
        workspace.glide.started.connect(self._begin_glide)

    @classmethod
    def of(cls, viewer: Any, workspace: Workspace) -> WindowParts:
        """Those of a viewer's window, made at the first call."""
        found = viewer.window._qt_window.findChild(cls)
        return found if found is not None else cls(viewer, workspace)

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:  # noqa: N802
        """Show the cheat sheet at '?', for which napari has no name; save when closing."""
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            if event.text() == "?":
                self.sheet.toggle()
                return True
        elif event.type() == QEvent.Type.Close:
            self._flush()
        elif event.type() == QEvent.Type.Drop:
            return self._take_dropped(event)
        return False

    def _take_dropped(self, event: Any) -> bool:
        """Queue the pictures of a folder, take annotations as a draft; the rest is napari's."""
        urls = event.mimeData().urls()
        place = Path(urls[0].toLocalFile()) if len(urls) == 1 and urls[0].isLocalFile() else None
        if place is None:
            return False
        if place.is_dir():
            try:
                self._workspace.open_folder(place)
            except UserError:
                return False
        elif annotation_importer(place) is not None:
            guarded(self._workspace.drafting.adopt_file)(place)
        else:
            return False
        event.acceptProposedAction()
        return True

    def _draw_on_canvas(self, _event: Any = None) -> None:
        """Let napari drop what a layer was drawn with where it was drawn.

        It does so at once, outside of any drawing; with several layers gone between two frames,
        and Qt's own drawing context current, the next frame but one ends the process.
        """
        canvas: Any = self.trail.parentWidget()
        if canvas is not None:
            canvas.makeCurrent()

    def _begin_glide(self) -> None:
        # Not the timer's own method, whose signature nobody can read
        self._glide.start()

    def _go_on(self) -> None:
        if not self._workspace.glide.step():
            self._glide.stop()

    def _hide_sheet(self) -> None:
        self.sheet.hide()

    def _unsaved(self) -> str | None:
        """What is not on disk, in a sentence, or None."""
        left = self._workspace.saving.unsaved()
        if not left:
            return None
        errors = [keeper.state.error for keeper in left if keeper.state.error is not None]
        return str(errors[0]) if errors else "The last edits are still being saved."

    def _flush(self, _seconds: float = 0.0) -> None:
        self._workspace.leaving.emit()
        self._workspace.settle()
        self._workspace.saving.flush()
        self._workspace.queueing.remember()
        self._workspace.queueing.rest()

    def _save_elsewhere(self, folder: Path) -> None:
        self._workspace.saving.save_elsewhere(folder)
