"""The export of a data set at work: the panel joined with the pictures of a window."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import Any

from napari.utils.notifications import show_error
from napari.viewer import Viewer
from pydantic import ValidationError
from qtpy.QtCore import QTimer
from qtpy.QtGui import QShowEvent

from napari_fncells.core.errors import UserError
from napari_fncells.core.params.export import ExportParams
from napari_fncells.io.report import PAGE_NAME, ReleaseReport
from napari_fncells.io.set_files import report_of
from napari_fncells.session.curated import Selection, Wanted, select
from napari_fncells.session.entry import EntryState
from napari_fncells.session.queue import Queue
from napari_fncells.session.release import ProofError, chosen_formats, release_steps, titled
from napari_fncells.session.verify import Verification, verify_steps
from napari_fncells.viewer.jobs import Steps, outcome_of
from napari_fncells.widgets.controls import guarded
from napari_fncells.widgets.docking import open_over_curate, take_place
from napari_fncells.widgets.gate_dock import open_gate_dock
from napari_fncells.widgets.job_dock import JobDock
from napari_fncells.widgets.question import is_agreed
from napari_fncells.widgets.release_panel import ReleasePanel

TITLE = "Export data set"

_SUFFIX = "-ground-truth"


class ReleaseWidget(JobDock[ReleasePanel]):
    """Dock widget of the export of a data set.

    Parameters
    ----------
    napari_viewer
        The window's viewer; napari passes it, by this very name.
    """

    def __init__(self, napari_viewer: Viewer) -> None:
        super().__init__(napari_viewer, ReleasePanel(), 280)
        # Not within napari's own placing of the dock
        self._placing = QTimer(self, singleShot=True, interval=0)
        self._shown: Path | None = None
        self._connect()
        self.refresh()

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802
        """Take its place in the window."""
        super().showEvent(event)
        self._placing.start()

    def refresh(self) -> None:
        """Show what there is to export."""
        queue = self.workspace.queueing.queue
        if queue is not None:
            self.panel.suggest(suggested_set(queue.folder))
        words, ready = _in_words(queue, only_done=self.panel.only_done.isChecked())
        self.panel.show_about(words, ready=ready, pictures=queue is not None)
        self._show_former()

    def export(self) -> None:
        """Write the set and prove it, asking before another is replaced.

        Raises
        ------
        UserError
            There is nothing to export, or the work on the screen cannot be saved.
        """
        target = self.panel.target
        queue = self.workspace.queueing.queue
        if target is None or queue is None:
            return
        forms = chosen_formats(list(self.panel.formats.names))
        params = self.panel.form.params
        replace = report_of(target) is not None
        if replace and not self._may_replace(target):
            return
        self.workspace.require_saved()
        picture = self.workspace.current
        keeper = picture.keeper if picture is not None else None
        save = keeper.files_job() if keeper is not None else None
        wanted = Wanted(queue.annotator, only_done=self.panel.only_done.isChecked())
        images, root = self.panel.pictures.isChecked(), self.workspace.saving.root

        def steps() -> Steps:
            yield "Saving the mask on the screen"
            if save is not None:
                save()
            yield "Looking for the pictures"
            pictures: Selection = select(queue.folder, wanted, root)
            return (
                yield from release_steps(
                    pictures,
                    target,
                    forms,
                    params,
                    titled(pictures),
                    images=images,
                    replace=replace,
                )
            )

        self.runner("Exporting the data set", outcome_of(steps()), self._show_exported)

    def verify(self) -> None:
        """Compare the set in the folder with its report."""
        target = self.panel.target
        if target is not None:
            self.runner("Verifying", outcome_of(verify_steps(target)), self._show_verified)

    def _connect(self) -> None:
        panel, workspace = self.panel, self.workspace
        workspace.queueing.changed.connect(self._refresh_soon)
        workspace.changed.connect(self._refresh_soon)
        self._soon.timeout.connect(self.refresh)
        self._placing.timeout.connect(lambda: take_place(self))
        panel.only_done.toggled.connect(lambda _on: self.refresh())
        panel.folder.editingFinished.connect(self._show_former)
        panel.requested.connect(guarded(self.export))
        panel.verify_requested.connect(guarded(self.verify))
        panel.check_requested.connect(self._open_check)
        panel.cancelled.connect(self._cancel)
        self.runner.started.connect(panel.show_busy)
        self.runner.stepped.connect(panel.show_busy)
        self.runner.ended.connect(lambda: panel.show_busy(None))

    def _refresh_soon(self) -> None:
        with suppress(RuntimeError):  # the dock may be gone by now
            self._soon.start()

    def _show_former(self) -> None:
        """Offer the formats and settings of the set that is there."""
        target = self.panel.target
        if target == self._shown or target is None:
            return
        self._shown = target
        report = report_of(target)
        if report is None:
            return
        names = {form.name for form in report.formats}
        with suppress(ValidationError):
            self.panel.show_choice(names, ExportParams.model_validate(report.params))
            self.panel.pictures.setChecked(report.images)

    def _cancel(self) -> None:
        self.runner.cancel()
        self.panel.show_outcome("Stopped. What was there before is as it was.", good=False)

    def _show_exported(self, outcome: tuple[ReleaseReport | None, UserError | None]) -> None:
        report, error = outcome
        # At the end of the job the bar goes first
        self.panel.show_busy(None)
        target = self.panel.target
        if report is None or target is None:
            words = f"Not exported. {error}"
            if isinstance(error, ProofError):
                words = "\n".join((words, *error.problems[:5]))
            self.panel.show_outcome(words, good=False)
            show_error(str(error))
            return
        left_out = [each.reason for each in report.failed]
        said = "\n".join((f"Done. {report.sentence}", *report.notes, *left_out))
        self.panel.show_outcome(said, good=not left_out, report=target / PAGE_NAME)
        self.workspace.report(report.sentence)

    def _show_verified(self, outcome: tuple[Verification | None, UserError | None]) -> None:
        found, error = outcome
        self.panel.show_busy(None)
        target = self.panel.target
        if found is None or target is None:
            self.panel.show_outcome(str(error), good=False)
            return
        lines = str(found).splitlines()
        more = [f"… and {len(lines) - 10:,} more."] if len(lines) > 10 else []
        page = target / PAGE_NAME
        self.panel.show_outcome(
            "\n".join((*found.notes, *lines[:10], *more)),
            good=found.holds,
            report=page if page.is_file() else None,
        )

    def _may_replace(self, target: Path) -> bool:
        """Ask whether the set that is there may be replaced."""
        return is_agreed(
            self,
            "Replace the data set?",
            f"{target.name} in\n{target.parent}\nholds an exported set. Replace it?\n\n"
            "It stays as it is until the new one is proved; files changed or added since are "
            "kept beside it.",
        )

    def _open_check(self) -> None:
        open_gate_dock(self.workspace.viewer)


def suggested_set(folder: Path) -> Path:
    """Folder to offer for the set of a folder of pictures: beside it, where one may write."""
    # Data sets have their pictures in a folder of that name
    named = folder.parent if folder.name.casefold() in ("images", "image") else folder
    beside = named.parent if os.access(named.parent, os.W_OK) else Path.home()
    return beside / f"{named.name}{_SUFFIX}"


def _in_words(queue: Queue | None, *, only_done: bool) -> tuple[str, bool]:
    """What would be exported, and whether that is anything."""
    if queue is None:
        return "Open a folder of pictures to export its masks as a data set.", False
    counts, total = queue.counts, len(queue.entries)
    done = counts[EntryState.DONE]
    if only_done:
        left = total - done
        words = f"{done:,} of {total:,} pictures of {queue.folder.name} are done"
        more = f"; the other {left:,} are left out." if left else "."
        return words + more, done > 0
    with_mask = total - counts[EntryState.NEW] - counts[EntryState.PROBLEM]
    words = f"{with_mask:,} of {total:,} pictures of {queue.folder.name} have a mask"
    drafts = counts[EntryState.DRAFT]
    more = f"; {drafts:,} are drafts that nobody has looked at." if drafts else "."
    return words + more, with_mask > 0


def open_release_dock(viewer: Any) -> ReleaseWidget:
    """Open the dock of the export, as a tab over the dock in which one curates."""
    widget: ReleaseWidget = open_over_curate(viewer, TITLE)
    return widget
