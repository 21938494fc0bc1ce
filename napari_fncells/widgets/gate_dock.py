"""The check before an export at work: the panel joined with the pictures of a window."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from napari.viewer import Viewer
from qtpy.QtCore import QTimer
from qtpy.QtGui import QShowEvent

from napari_fncells.core.params.quality import QualityParams
from napari_fncells.core.quality import Repair
from napari_fncells.session.gate import Found
from napari_fncells.viewer.gating import Gating
from napari_fncells.widgets.controls import guarded
from napari_fncells.widgets.docking import open_over_curate, take_place
from napari_fncells.widgets.fields import ParamsForm
from napari_fncells.widgets.gate_actions import question
from napari_fncells.widgets.gate_panel import GatePanel
from napari_fncells.widgets.job_dock import JobDock
from napari_fncells.widgets.question import is_agreed

TITLE = "Check before export"


class GateWidget(JobDock[GatePanel]):
    """Dock widget of the check.

    Parameters
    ----------
    napari_viewer
        The window's viewer; napari passes it, by this very name.
    """

    def __init__(self, napari_viewer: Viewer) -> None:
        super().__init__(napari_viewer, GatePanel(), 280)
        self.gating = Gating(self.workspace)
        self.gating.runner = self.runner
        self._begun = False
        self._beginning = QTimer(self, singleShot=True, interval=0)
        # Not within napari's own placing of the dock
        self._placing = QTimer(self, singleShot=True, interval=0)
        self._connect()
        self._soon.start()

    def refresh(self) -> None:
        """Show what was found."""
        if not self.isVisible():
            return  # nobody looks: done when it is shown
        gating = self.gating
        gating.refresh()
        self.panel.show_trouble(gating.trouble)
        if not self.runner.busy:
            self.panel.show_busy(None)
        self.panel.show_report(gating.report, gating.current, complete=gating.complete)

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802
        """Catch up with what happened while nobody looked."""
        super().showEvent(event)
        self._placing.start()
        self._soon.start()
        if not self._begun and self.workspace.queueing.queue is not None:
            # Who opens the dock wants to know
            self._begun = True
            self._beginning.start()

    def _connect(self) -> None:
        panel, gating = self.panel, self.gating
        gating.stale.connect(self._refresh_soon)
        self._soon.timeout.connect(self.refresh)
        self._beginning.timeout.connect(guarded(gating.check))
        self._placing.timeout.connect(lambda: take_place(self))
        panel.asked.connect(guarded(gating.check))
        panel.cancelled.connect(self.runner.cancel)
        panel.actions.shown.connect(guarded(gating.show))
        panel.actions.mended.connect(guarded(gating.mend))
        panel.actions.all_mended.connect(guarded(self._mend_all))
        panel.actions.all_accepted.connect(guarded(self._accept_all))
        panel.actions.accepted.connect(guarded(gating.accept))
        panel.actions.withdrawn.connect(guarded(gating.withdraw))
        panel.limits_set.connect(guarded(self._look_for))
        panel.left.connect(self._give_keys_back)
        self.runner.started.connect(panel.show_busy)
        self.runner.stepped.connect(panel.show_busy)
        self.runner.ended.connect(self._show_idle)

    def _refresh_soon(self) -> None:
        self._soon.start()

    def _look_for(self, form: ParamsForm[QualityParams]) -> None:
        self.gating.look_for(form.params)

    def _mend_all(self, items: Sequence[Found], how: Repair) -> None:
        if is_agreed(self, "Mend all of this kind?", question(items, how, self.gating.current)):
            self.gating.mend(items, how)

    def _accept_all(self, items: Sequence[Found]) -> None:
        words = f"Accept all {len(items):,} as they are?\n\nThey are not told of again."
        if is_agreed(self, "Accept all of this kind?", words):
            self.gating.accept(items)

    def _show_idle(self) -> None:
        self.panel.show_busy(None)
        self.gating.settle()


def open_gate_dock(viewer: Any) -> GateWidget:
    """Open the dock of the check, as a tab over the dock in which one curates."""
    widget: GateWidget = open_over_curate(viewer, TITLE)
    return widget
