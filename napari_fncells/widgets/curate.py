"""The dock: picture, draft, correction, export."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TypeGuard

from napari.utils.notifications import show_error
from napari.viewer import Viewer
from qtpy.QtCore import QSize, Qt, QTimer, Signal
from qtpy.QtWidgets import QFrame, QGroupBox, QScrollArea, QVBoxLayout, QWidget

from napari_fncells.core.adjacency import Adjacency
from napari_fncells.core.document import Document
from napari_fncells.core.errors import UserError
from napari_fncells.io.atomic import SaveCode, SaveError
from napari_fncells.io.images import Image
from napari_fncells.session.export import (
    ExportReport,
    export_steps,
    may_replace,
    prepare_folder,
    suggest_folder,
)
from napari_fncells.viewer.jobs import outcome_of
from napari_fncells.viewer.pictures import Picture
from napari_fncells.viewer.workspace import workspace_of
from napari_fncells.widgets.banner import Banner
from napari_fncells.widgets.colour_strip import ColourStrip
from napari_fncells.widgets.controls import guarded
from napari_fncells.widgets.correct_panel import CorrectPanel
from napari_fncells.widgets.draft_panel import DraftPanel
from napari_fncells.widgets.drafting import connect_draft
from napari_fncells.widgets.export_panel import ExportPanel
from napari_fncells.widgets.modelling import connect_models
from napari_fncells.widgets.noting import connect_notes
from napari_fncells.widgets.part_dialog import connect_parts
from napari_fncells.widgets.picture_panel import PicturePanel
from napari_fncells.widgets.question import is_agreed
from napari_fncells.widgets.queue_dock import open_queue_dock
from napari_fncells.widgets.review_panel import ReviewPanel, connect_review
from napari_fncells.widgets.runner import ThreadRunner
from napari_fncells.widgets.view_panel import TITLE as VIEW_TITLE
from napari_fncells.widgets.view_panel import ViewPanel
from napari_fncells.widgets.viewing import connect_view
from napari_fncells.widgets.window_parts import WindowParts

Export = Callable[..., Generator[str, None, ExportReport]]

_QUIET_MS = 300  # touching pairs are counted once the mask has been still this long


class CurateWidget(QWidget):
    """Dock widget of the plugin.

    Parameters
    ----------
    napari_viewer
        The window's viewer; napari passes it, by this very name.

    Attributes
    ----------
    exported
        Signal(ExportReport or None): an export was done, or was not.
    """

    exported = Signal(object)

    def __init__(self, napari_viewer: Viewer) -> None:
        super().__init__()
        self.workspace = workspace_of(napari_viewer)
        self.runner = ThreadRunner()
        self.workspace.runner = self.runner
        # Apart, too: it is read while one goes on
        self.workspace.truth.runner = self.truth_reader = ThreadRunner()
        # Apart, too: a look at what agrees stops no draft and no look at what is doubtful
        self.workspace.colours.runner = self.colour_reader = ThreadRunner()
        # Apart from the other jobs, which take each other's place: no export is ever cut short,
        # and what goes on beside the work stops no draft
        self.looker = ThreadRunner()
        self.workspace.aside = self.looker
        self.saver = ThreadRunner()
        self.banner = Banner()
        self.strip = ColourStrip()
        self._scroll = QScrollArea()
        self.picture = PicturePanel()
        self.draft = DraftPanel()
        self.correct = CorrectPanel()
        self.review = ReviewPanel()
        self.view = ViewPanel()
        self.export = ExportPanel()
        # Not held here: they belong to the window, and hold it
        WindowParts.of(self.workspace.viewer, self.workspace)
        self._touching: tuple[Document, Adjacency] | None = None
        self._shown: Picture | None = None
        self._queued: Path | None = None
        self._lay_out()
        self._quiet = QTimer(self, singleShot=True, interval=_QUIET_MS)
        # Not within napari's own handling of the layer that was inserted
        self._adoption = QTimer(self, singleShot=True, interval=0)
        # Nor within the opening of the folder
        self._queue_opening = QTimer(self, singleShot=True, interval=0)
        self._connect()
        self.refresh()
        self._adoption.start()

    def sizeHint(self) -> QSize:  # noqa: N802
        """As narrow as its controls may be: the room is the picture's."""
        return QSize(self.minimumWidth(), super().sizeHint().height())

    def refresh(self) -> None:
        """Show the state of the workspace."""
        workspace = self.workspace
        if workspace.current is not self._shown:
            self._shown = workspace.current
            self.correct.message.clear()
            self._show_effort()
        self.picture.show_pictures(workspace.pictures, workspace.current)
        self.picture.show_part(workspace.parts.words)
        session = workspace.session
        self.correct.show_document(session.document if session else None)
        self.draft.setEnabled(workspace.current is not None)
        if not self.saver.busy:
            self._show_no_export()
            self.export.outcome.clear()
        if session is not None:
            self.export.choose_default_folder(suggest_folder(session.image))
        self.show_saving()
        self._quiet.start()

    def show_saving(self) -> None:
        """Show how far the work is saved; what cannot be is told until it is."""
        saving = self.workspace.saving
        state = saving.state(self.workspace.current)
        self.correct.light.show_state(state)
        self.banner.show_read_only(state.read_only if state is not None else "")
        keeper = self.workspace.current.keeper if self.workspace.current is not None else None
        self.banner.show_taken(keeper is not None and keeper.taken is not None)
        errors = [k.state.error for k in saving.unsaved() if k.state.error is not None]
        behind = list(saving.unwritten.items())
        if errors:
            self.banner.show_failure(errors[0].sentence, errors[0].remedy)
        elif behind:
            self.banner.show_failure(*_files_behind(behind))
        else:
            self.banner.clear_failure()

    def bring_into_view(self, control: QWidget) -> None:
        """Scroll the dock to one of its controls."""
        self._scroll.ensureWidgetVisible(control)

    def export_current(self) -> None:
        """Export the current mask, asking before anything is replaced."""
        try:
            session = self.workspace.require_session()
            folder = self._export_folder()
        except UserError as error:
            self._show_outcome(error)
            return
        mask = self.workspace.snapshot()
        gap = self.export.gap.isChecked() and self.export.gap.isVisibleTo(self)
        self._run_export(
            session.image, partial(export_steps, session.image, mask, folder, gap=gap)
        )

    def _connect(self) -> None:
        workspace = self.workspace
        workspace.changed.connect(self.refresh)
        workspace.said.connect(self._say)
        workspace.adoptable.connect(self._adopt_soon)
        workspace.worked.connect(self._show_effort)
        workspace.saving.changed.connect(self.show_saving)
        workspace.saving.told.connect(self.banner.show_note)
        self.banner.retry.connect(workspace.saving.retry)
        self.banner.take_over.connect(guarded(workspace.take_over))
        self.banner.save_elsewhere.connect(guarded(workspace.saving.save_elsewhere))
        connect_view(self.view, self.strip, workspace)
        connect_review(self.review, workspace)
        self.runner.started.connect(self.draft.show_busy)
        self.runner.stepped.connect(self.draft.show_busy)
        self.runner.ended.connect(self._show_idle)
        self.saver.started.connect(self._show_export)
        self.saver.stepped.connect(self._show_export)
        self.saver.ended.connect(self._show_no_export)
        self.picture.chosen.connect(guarded(workspace.navigation.go_to))
        self.picture.stepped.connect(guarded(workspace.navigation.step))
        self.picture.files_opened.connect(guarded(workspace.open_files))
        self.picture.folder_opened.connect(guarded(workspace.open_folder))
        self.picture.part_requested.connect(workspace.parts.ask)
        connect_parts(workspace.parts, self)
        self.draft.cancelled.connect(self.runner.cancel)
        connect_draft(self.draft, workspace, guarded)
        connect_models(self.draft, workspace, guarded)
        connect_notes(self.correct, workspace, guarded)
        self.correct.undo_requested.connect(workspace.undo)
        self.correct.redo_requested.connect(workspace.redo)
        self.correct.table_requested.connect(self._open_table)
        self.export.requested.connect(self.export_current)
        self.export.check_wanted.connect(self._open_gate)
        self.export.set_wanted.connect(self._open_release)
        self._adoption.timeout.connect(workspace.drafting.adopt_pending)
        self._quiet.timeout.connect(self._count_touching)
        self._queue_opening.timeout.connect(self._open_queue)
        workspace.queueing.changed.connect(self._open_queue_soon)

    def _show_idle(self) -> None:
        self.draft.show_busy(None)

    def _say(self, message: str) -> None:
        self.correct.message.setText(message)

    def _open_queue_soon(self) -> None:
        """Open the list of pictures along with a folder of several."""
        queue = self.workspace.queueing.queue
        if queue is not None and queue.folder != self._queued and len(queue.entries) > 1:
            self._queued = queue.folder
            self._queue_opening.start()

    def _open_queue(self) -> None:
        with suppress(RuntimeError):  # the window may be gone by now
            open_queue_dock(self.workspace.viewer)

    # The docks that not everybody opens are read when they are: they bring many formats along

    def _open_gate(self) -> None:
        from napari_fncells.widgets.gate_dock import open_gate_dock

        open_gate_dock(self.workspace.viewer)

    def _open_table(self) -> None:
        from napari_fncells.widgets.table_dock import open_table_dock

        open_table_dock(self.workspace.viewer)

    def _open_release(self) -> None:
        from napari_fncells.widgets.release_dock import open_release_dock

        open_release_dock(self.workspace.viewer)

    def _adopt_soon(self) -> None:
        self._adoption.start()

    def _show_effort(self) -> None:
        session = self.workspace.session
        self.correct.effort.show_effort(session.effort if session is not None else None)

    def _count_touching(self) -> None:
        """Say how many pairs touch; the picture is looked at once, then edit by edit."""
        session = self.workspace.session
        document = session.document if session is not None else None
        if self._touching is not None and self._touching[0] is not document:
            self._touching[1].close()
            self._touching = None
        if document is not None and self._touching is None:
            # Paint of a stroke under way would be counted now, and once more at its end
            self.workspace.settle()
            self._touching = document, Adjacency(document)
        self.export.show_touching(self._touching[1].count if self._touching else 0)

    def _export_folder(self) -> Path:
        """The folder chosen, made where it is missing."""
        text = self.export.folder.text().strip()
        if not text:
            raise UserError("No folder was chosen for the masks.", "Choose one with Browse.")
        return prepare_folder(Path(text).expanduser())

    def _run_export(self, image: Image, export: Export, *, replace: bool = False) -> None:
        """Export off the GUI thread; then say what came of it, or ask."""

        def done(outcome: tuple[ExportReport | None, UserError | None]) -> None:
            report, error = outcome
            if replace or not _in_the_way(error, image):
                self._show_outcome(report or error)
            elif self._ask_to_replace(error.path):
                self._run_export(image, export, replace=True)
            else:
                self._show_outcome(None)

        self.saver("Exporting", outcome_of(export(replace=replace)), done)

    def _show_outcome(self, outcome: ExportReport | UserError | None) -> None:
        """Say what came of an export; None where the user kept the earlier mask."""
        report = outcome if isinstance(outcome, ExportReport) else None
        if report is not None:
            text = report.sentence
            self.workspace.viewer.status = text
        elif outcome is None:
            text = "Nothing was saved: the earlier mask is kept."
        else:
            text = f"Not saved. {outcome}"
            show_error(str(outcome))
        self.export.outcome.setText(text)
        self.bring_into_view(self.export.outcome)
        self.exported.emit(report)

    def _show_export(self, step: str) -> None:
        self.export.button.setEnabled(False)
        self.export.outcome.setText(f"{step} …")

    def _show_no_export(self) -> None:
        self.export.button.setEnabled(self.workspace.session is not None)

    def _ask_to_replace(self, path: Path) -> bool:
        """Ask whether an earlier export may be replaced."""
        return is_agreed(
            self,
            "Replace the mask?",
            f"{path.name} exists already in\n{path.parent}\n\nReplace it and its record?",
        )

    def _lay_out(self) -> None:
        content = QWidget()
        parts = QVBoxLayout(content)
        for title, panel in (
            ("1  Picture", self.picture),
            ("2  Draft", self.draft),
            ("3  Correct", self.correct),
            ("4  Export", self.export),
            (VIEW_TITLE, self.view),
        ):
            box = QGroupBox(title)
            inner = QVBoxLayout(box)
            inner.addWidget(panel)
            if panel is self.correct:
                inner.addWidget(self.review)
            parts.addWidget(box)
        parts.addStretch(1)
        self._scroll.setWidget(content)
        self._scroll.setWidgetResizable(True)
        self._scroll.setFrameShape(QFrame.Shape.NoFrame)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        # Above what can be scrolled: a failure to save stays in sight
        layout.addWidget(self.banner)
        # As does what is counted while one corrects
        layout.addWidget(self.strip)
        layout.addWidget(self._scroll, 1)
        self.setMinimumWidth(365)


def _files_behind(behind: list[tuple[Path, SaveError]]) -> tuple[str, str]:
    """What to say of mask files that could not be written."""
    path, error = behind[0]
    others = f" and of {len(behind) - 1:,} more" if len(behind) > 1 else ""
    return (
        f"The mask files of {path.name}{others} could not be written: {error.sentence}",
        "Nothing is lost: the journal on this computer has it all. Until they are written, these "
        "pictures do not count as done. Save elsewhere to choose another folder for them.",
    )


def _in_the_way(error: UserError | None, image: Image) -> TypeGuard[SaveError]:
    """Whether an export stopped at an earlier one, which the user may give up."""
    return (
        isinstance(error, SaveError)
        and error.code is SaveCode.EXISTS
        and may_replace(error.path, image)
    )
