"""The queue at work: the panel joined with the pictures of a window."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

from napari.viewer import Viewer
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QFileDialog, QHBoxLayout, QMenu, QPushButton

from napari_fncells.io.datasets.catalogue import PUBLISHED
from napari_fncells.session.annotator import keep_annotator, known_annotator
from napari_fncells.session.queue import Queue, View
from napari_fncells.widgets.controls import guarded, keep_canvas_keys
from napari_fncells.widgets.datasets import open_or_get
from napari_fncells.widgets.job_dock import JobDock
from napari_fncells.widgets.queue_panel import QueuePanel

TITLE = "Picture queue"


class QueueWidget(JobDock[QueuePanel]):
    """Dock widget of the queue.

    Parameters
    ----------
    napari_viewer
        The window's viewer; napari passes it, by this very name.
    """

    def __init__(self, napari_viewer: Viewer) -> None:
        super().__init__(napari_viewer, QueuePanel(), 250)
        self.workspace.queueing.drafts.runner = self.runner
        self._queue: Queue | None = None
        self._column.addLayout(self._opening())
        self._connect()
        self.panel.show_annotator(known_annotator(self.workspace.saving.root))
        self.refresh()

    def _opening(self) -> QHBoxLayout:
        """Buttons that open something else; there before anything is."""
        self.folder = QPushButton("Open folder…")
        self.datasets = QPushButton("FNC data sets…")
        self.datasets.setToolTip("The Fluorescent Neuronal Cells data sets: opened, or got first.")
        keep_canvas_keys(self.folder, self.datasets)
        menu = QMenu(self.datasets)
        for key, which in PUBLISHED.items():
            menu.addAction(which.title, partial(self._open_dataset, key))
        self.datasets.setMenu(menu)
        self.folder.clicked.connect(self._ask_for_folder)
        row = QHBoxLayout()
        row.setContentsMargins(4, 0, 4, 4)
        row.addWidget(self.folder)
        row.addWidget(self.datasets)
        return row

    def _open_dataset(self, key: str) -> None:
        guarded(open_or_get)(self.workspace, key)

    def _ask_for_folder(self) -> None:
        chosen = QFileDialog.getExistingDirectory(self, "Open a folder of pictures")
        if chosen:
            guarded(self.workspace.open_folder)(Path(chosen))

    def refresh(self) -> None:
        """Show the queue of the window."""
        queue = self.workspace.queueing.queue
        if queue is not self._queue:
            self._let_go()
            self._queue = queue
            if queue is not None:
                queue.changed.connect(self._show_list)
                queue.entry_changed.connect(self._show_entry)
            self._show_list()
        self._show_facts()

    def _show_list(self) -> None:
        self.panel.show_queue(self._queue)
        self._show_current()
        self._soon.start()

    def _show_entry(self, name: str) -> None:
        self.panel.model.show_entry(name)
        self._soon.start()

    def _show_current(self) -> None:
        name = self.workspace.queueing.current
        self.panel.show_current(name)
        entry = self._queue.entries.get(name) if self._queue is not None and name else None
        self.panel.show_said(entry.state if entry is not None else None)

    def _show_facts(self) -> None:
        """Show counts, progress, and what concerns the whole folder."""
        queueing = self.workspace.queueing
        if self._queue is not None:
            self.panel.show_counts(self._queue)
            self._show_current()
        self.panel.show_notice(queueing.notice, lacks_place=queueing.lacks_place)
        self.panel.drafts.show_drafting(
            queueing.drafts.on, queueing.drafts.left, anew=queueing.drafts.anew
        )
        attention = queueing.attention
        self.panel.drafts.show_attention(attention.share if attention is not None else None)

    def _connect(self) -> None:
        panel, workspace = self.panel, self.workspace
        queueing = workspace.queueing
        queueing.changed.connect(self.refresh)
        queueing.moved.connect(self._show_current)
        workspace.changed.connect(self._show_current)
        self._soon.timeout.connect(self._show_facts)
        workspace.parts.chosen.connect(self._show_other_parts)
        panel.chosen.connect(guarded(workspace.navigation.go_to_name))
        panel.view.changed.connect(self._show_view)
        panel.place_chosen.connect(guarded(self._choose_place))
        panel.annotator_given.connect(guarded(self._take_annotator))
        panel.drafts.drafting_set.connect(queueing.drafts.set_on)
        panel.drafts.attention_set.connect(queueing.set_attention)
        panel.drafts.draft_all.connect(guarded(queueing.drafts.draft_all))
        panel.drafts.cancelled.connect(self.runner.cancel)
        panel.done.connect(guarded(workspace.navigation.finish))
        panel.unsure.connect(guarded(workspace.navigation.mark_unsure))
        panel.reopened.connect(guarded(workspace.navigation.reopen))
        panel.left.connect(self._give_keys_back)
        panel.model.thumbnails.failed.connect(self._note_problem)
        self.runner.started.connect(panel.drafts.show_busy)
        self.runner.stepped.connect(panel.drafts.show_busy)
        self.runner.ended.connect(self._show_idle)

    def _show_view(self, view: View) -> None:
        self.workspace.queueing.show(view)

    def _choose_place(self, folder: Path) -> None:
        self.workspace.queueing.choose_place(folder)
        self._show_facts()

    def _take_annotator(self, name: str) -> None:
        root = self.workspace.saving.root
        if name.strip() == (known_annotator(root) or "") == self.workspace.author:
            return
        kept = keep_annotator(name, root)
        self.workspace.change_author(kept)
        self.panel.show_annotator(kept)

    def _note_problem(self, path: Path, problem: str) -> None:
        if self._queue is not None and path.parent == self._queue.folder:
            self._queue.note_problem(path.name, problem)

    def _show_other_parts(self, _folder: Path) -> None:
        self.panel.model.thumbnails.forget()
        self._show_list()

    def _show_idle(self) -> None:
        self.panel.drafts.show_busy(None)
        self._show_facts()

    def _let_go(self) -> None:
        if self._queue is not None:
            self._queue.changed.disconnect(self._show_list)
            self._queue.entry_changed.disconnect(self._show_entry)


def open_queue_dock(viewer: Any) -> QueueWidget:
    """Open the dock of the queue in place of the list of layers, which stays a tab beside it."""
    from napari_fncells.viewer.hooks import PLUGIN

    window = viewer.window
    dock, found = window.add_plugin_dock_widget(PLUGIN, TITLE)
    widget: QueueWidget = found
    qt_window, layers = window._qt_window, window._qt_viewer.dockLayerList
    if dock.property("fncellsPlaced"):
        return widget
    dock.setProperty("fncellsPlaced", True)
    qt_window.addDockWidget(qt_window.dockWidgetArea(layers), dock)
    qt_window.tabifyDockWidget(layers, dock)
    dock.show()
    dock.raise_()
    above = window._qt_viewer.dockLayerControls
    qt_window.resizeDocks([above, dock], [1, 1000], Qt.Orientation.Vertical)
    return widget
