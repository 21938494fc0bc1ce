"""Models at work in the dock: the list of them, importing, where they run, the device check."""

from __future__ import annotations

from pathlib import Path

from napari.utils.notifications import show_info

from napari_fncells.model.card import ModelCard
from napari_fncells.model.device import DeviceCheck
from napari_fncells.model.library import list_models
from napari_fncells.session.scoring import Speed, check_steps, import_steps, speed_steps
from napari_fncells.viewer.workspace import Workspace
from napari_fncells.widgets.device_dialog import DeviceDialog
from napari_fncells.widgets.draft_panel import DraftPanel
from napari_fncells.widgets.drafting import Guard
from napari_fncells.widgets.runner import ThreadRunner


def connect_models(panel: DraftPanel, workspace: Workspace, guarded: Guard) -> None:
    """Let a draft panel offer the models there are, and run them."""
    desk = _ModelDesk(panel, workspace)
    panel.weights_chosen.connect(guarded(desk.import_weights))
    panel.check_requested.connect(desk.check)
    panel.model.place_chosen.connect(workspace.scorer.run_at)
    panel.model.opened.connect(desk.look)
    desk.jobs.ended.connect(desk.rest)
    desk.jobs.stepped.connect(desk.tell)
    desk.list_models()


class _ModelDesk:
    """What the models' buttons do."""

    def __init__(self, panel: DraftPanel, workspace: Workspace) -> None:
        self._panel = panel
        self._workspace = workspace
        # Apart from the drafts: looking at devices must not stop one
        self.jobs = ThreadRunner()
        self._dialog: DeviceDialog | None = None
        self._check: DeviceCheck | None = None

    def list_models(self) -> None:
        """Offer the models there are."""
        self._panel.show_models(list_models())

    def import_weights(self, path: Path) -> None:
        """Take weights into the user's models, and choose them."""

        def take(card: ModelCard) -> None:
            self._workspace.scorer.forget()
            self.list_models()
            self._panel.choose_model(card.name)
            for note in card.notes:
                show_info(f"{card.name}: {note}")
            self._workspace.report(f"{path.name} is now your model {card.name}.")

        self._workspace.runner(f"Importing {path.name}", import_steps(path), take)

    def look(self) -> None:
        """Offer the devices there are."""
        if self._check is None and not self.jobs.busy:
            self.jobs("Device check", check_steps(), self._show_check)

    def check(self) -> None:
        """Open the device check."""
        dialog = self._dialog = DeviceDialog(self._panel.window())
        names = [model.name for model in list_models() if model.card is not None]
        dialog.show_models(names, self._panel.method.model_name)
        dialog.test_requested.connect(self._test)
        dialog.stopped.connect(self.jobs.cancel)
        dialog.finished.connect(self._on_closed)
        dialog.show()
        self.jobs("Device check", check_steps(), self._show_check)

    def tell(self, message: str) -> None:
        """Say in the dialog what goes on."""
        if self._dialog is not None:
            self._dialog.show_busy(message)

    def rest(self) -> None:
        """Show that nothing goes on any more."""
        if self._dialog is not None:
            self._dialog.show_busy(None)

    def _test(self, name: str) -> None:
        self.jobs("Device check", speed_steps(self._workspace.scorer, name), self._show_speed)

    def _show_speed(self, speed: Speed) -> None:
        if self._dialog is not None:
            self._dialog.show_speed(str(speed))

    def _on_closed(self) -> None:
        self._dialog = None
        self.jobs.cancel()

    def _show_check(self, check: DeviceCheck) -> None:
        self._check = check
        self._panel.model.show_devices(check.found)
        if self._dialog is not None:
            self._dialog.show_lines(check.lines)
