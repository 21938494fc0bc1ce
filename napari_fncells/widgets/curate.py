"""The dock: picture, draft, correction, export."""

from __future__ import annotations

from collections.abc import Callable, Generator
from functools import partial
from pathlib import Path
from typing import TypeGuard

from napari.utils.notifications import show_error
from napari.viewer import Viewer
from qtpy.QtCore import Qt, QTimer, Signal
from qtpy.QtWidgets import QGroupBox, QMessageBox, QScrollArea, QVBoxLayout, QWidget

from napari_fncells.core.binary import touching_pairs
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
from napari_fncells.viewer.jobs import Steps
from napari_fncells.viewer.pictures import Picture
from napari_fncells.viewer.workspace import workspace_of
from napari_fncells.widgets.correct_panel import CorrectPanel
from napari_fncells.widgets.draft_panel import DraftPanel
from napari_fncells.widgets.export_panel import ExportPanel
from napari_fncells.widgets.picture_panel import PicturePanel
from napari_fncells.widgets.runner import ThreadRunner

Export = Callable[..., Generator[str, None, ExportReport]]

_QUIET_MS = 300  # touching pairs are counted once the mask has been still this long


class CurateWidget(QScrollArea):
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
        # Apart from the other jobs, which take each other's place: no export is ever cut short
        self.saver = ThreadRunner()
        self.picture = PicturePanel()
        self.draft = DraftPanel()
        self.correct = CorrectPanel()
        self.export = ExportPanel()
        self._shown: Picture | None = None
        self._lay_out()
        self._quiet = QTimer(self, singleShot=True, interval=_QUIET_MS)
        # Not within napari's own handling of the layer that was inserted
        self._adoption = QTimer(self, singleShot=True, interval=0)
        self._connect()
        self.refresh()
        self._adoption.start()

    def refresh(self) -> None:
        """Show the state of the workspace."""
        workspace = self.workspace
        if workspace.current is not self._shown:
            self._shown = workspace.current
            self.correct.message.clear()
        self.picture.show_pictures(workspace.pictures, workspace.current)
        session = workspace.session
        self.correct.show_document(session.document if session else None)
        self.draft.setEnabled(workspace.current is not None)
        if not self.saver.busy:
            self._show_no_export()
            self.export.outcome.clear()
        if session is not None:
            self.export.choose_default_folder(suggest_folder(session.image))
        self._quiet.start()

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
        self.runner.started.connect(self.draft.show_busy)
        self.runner.stepped.connect(self.draft.show_busy)
        self.runner.ended.connect(self._show_idle)
        self.saver.started.connect(self._show_export)
        self.saver.stepped.connect(self._show_export)
        self.saver.ended.connect(self._show_no_export)
        self.picture.chosen.connect(self._guarded(workspace.go_to))
        self.picture.stepped.connect(self._guarded(workspace.step))
        self.picture.files_opened.connect(self._guarded(workspace.open_files))
        self.picture.folder_opened.connect(self._guarded(workspace.open_folder))
        self.draft.requested.connect(self._guarded(self._draft))
        self.draft.cancelled.connect(self.runner.cancel)
        self.correct.undo_requested.connect(workspace.undo)
        self.correct.redo_requested.connect(workspace.redo)
        self.export.requested.connect(self.export_current)
        self._adoption.timeout.connect(workspace.adopt_pending)
        self._quiet.timeout.connect(self._count_touching)

    def _guarded(self, act: Callable[..., object]) -> Callable[..., None]:
        """Let an action's expected errors become a notification."""

        def run(*args: object) -> None:
            try:
                act(*args)
            except UserError as error:
                show_error(str(error))

        return run

    def _draft(self) -> None:
        self.workspace.draft(self.draft.params)

    def _show_idle(self) -> None:
        self.draft.show_busy(None)

    def _say(self, message: str) -> None:
        self.correct.message.setText(message)

    def _adopt_soon(self) -> None:
        self._adoption.start()

    def _count_touching(self) -> None:
        session = self.workspace.session
        pairs = touching_pairs(session.document.labels) if session else ()
        self.export.show_touching(len(pairs))

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

        self.saver("Exporting", _outcome_of(export(replace=replace)), done)

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
        self.ensureWidgetVisible(self.export.outcome)
        self.exported.emit(report)

    def _show_export(self, step: str) -> None:
        self.export.button.setEnabled(False)
        self.export.outcome.setText(f"{step} …")

    def _show_no_export(self) -> None:
        self.export.button.setEnabled(self.workspace.session is not None)

    def _ask_to_replace(self, path: Path) -> bool:
        """Ask whether an earlier export may be replaced."""
        answer = QMessageBox.question(
            self,
            "Replace the mask?",
            f"{path.name} exists already in\n{path.parent}\n\nReplace it and its record?",
            QMessageBox.StandardButton.Yes | QMessageBox.StandardButton.No,
            QMessageBox.StandardButton.No,
        )
        return bool(answer == QMessageBox.StandardButton.Yes)

    def _lay_out(self) -> None:
        content = QWidget()
        layout = QVBoxLayout(content)
        for title, panel in (
            ("1  Picture", self.picture),
            ("2  Draft", self.draft),
            ("3  Correct", self.correct),
            ("4  Export", self.export),
        ):
            box = QGroupBox(title)
            inner = QVBoxLayout(box)
            inner.addWidget(panel)
            layout.addWidget(box)
        layout.addStretch(1)
        self.setWidget(content)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setMinimumWidth(300)


def _outcome_of(export: Generator[str, None, ExportReport]) -> Steps:
    """Run an export to a report, or to an error that the user can mend."""
    try:
        return (yield from export), None
    except UserError as error:
        return None, error


def _in_the_way(error: UserError | None, image: Image) -> TypeGuard[SaveError]:
    """Whether an export stopped at an earlier one, which the user may give up."""
    return (
        isinstance(error, SaveError)
        and error.code is SaveCode.EXISTS
        and may_replace(error.path, image)
    )
