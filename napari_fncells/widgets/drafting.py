"""The draft panel at work: previews, applying, matching and fitting to corrections."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

from napari_fncells.core.errors import ParameterError
from napari_fncells.core.fit import FitResult
from napari_fncells.core.params import DraftParams, Unit
from napari_fncells.viewer.workspace import Workspace
from napari_fncells.widgets.draft_panel import DraftPanel
from napari_fncells.widgets.latest import LatestRunner

Guard = Callable[[Callable[..., object]], Callable[..., None]]
"""Lets an action's expected errors become a notification."""


def connect_draft(panel: DraftPanel, workspace: Workspace, guarded: Guard) -> None:
    """Let a draft panel preview and make the drafts of a workspace."""
    desk = _DraftDesk(panel, workspace)
    workspace.preview.background = LatestRunner(panel)
    workspace.preview.changed.connect(desk.show_look)
    workspace.changed.connect(desk.follow)
    panel.requested.connect(guarded(desk.apply))
    panel.tuned.connect(desk.tune)
    panel.method_chosen.connect(desk.choose)
    panel.form.changed.connect(desk.choose)
    panel.cutoff_moved.connect(workspace.preview.move_cutoff)
    panel.cutoff_moved.connect(workspace.heat.move_cutoff)
    panel.cutoff_set.connect(guarded(desk.set_cutoff))
    panel.preview_ended.connect(workspace.preview.end)
    panel.match_requested.connect(guarded(desk.match_outlines))
    panel.unit_chosen.connect(guarded(desk.change_unit))
    panel.file_chosen.connect(guarded(workspace.drafting.adopt_file))
    panel.fit_requested.connect(guarded(desk.fit))
    panel.compare_requested.connect(guarded(desk.compare))


class _DraftDesk:
    """What the buttons and settings of the draft panel do."""

    def __init__(self, panel: DraftPanel, workspace: Workspace) -> None:
        self._panel = panel
        self._workspace = workspace
        self._edits = -1
        self._at = workspace.current

    def apply(self) -> None:
        """Make the draft with the settings shown."""
        self._workspace.drafting.draft(self._panel.params)

    def tune(self) -> None:
        """Preview the settings."""
        if self._workspace.current is None:
            return
        try:
            params = self._panel.params
        except ParameterError as error:
            self._panel.words.setText(str(error))
            return
        self._note_edits()
        self._workspace.preview.show(params, quick=True)

    def choose(self) -> None:
        """Show the heat of the model that is chosen, from its cutoff on."""
        with suppress(ParameterError):  # told when it is used
            self._workspace.heat.choose(self._panel.params)

    def set_cutoff(self, cutoff: float) -> None:
        """Take the cutoff that the line was dragged to into the settings."""
        params = self._workspace.preview.with_cutoff(cutoff)
        if params is not None:
            self.take(params)

    def take(self, params: DraftParams) -> None:
        """Show other settings, and their preview."""
        self._panel.show_params(params)
        self._workspace.heat.choose(params)
        if self._panel.tuning:
            # As the form rounds them, so that Apply does what is shown
            self._workspace.preview.show(self._panel.params)

    def change_unit(self, unit: Unit) -> None:
        """Show the same sizes in another unit."""
        other: Unit = "um" if unit == "px" else "px"
        former = self._panel.params.model_copy(update={"unit": other})
        session = self._workspace.session
        try:
            size = session.image.pixel_size if session is not None else None
            self.take(former.in_unit(unit, size))
        except ParameterError:
            self._panel.show_params(former)
            raise

    def match_outlines(self) -> None:
        """Raise the outline offset by what the corrections ask for."""
        session = self._workspace.session
        offset = session.draft_offset if session is not None else None
        if offset is None:
            self._workspace.report(
                "Accept, add or edit three cells first, and leave some drafted."
            )
            return
        now = self._panel.raise_offset(offset)
        side = "inside" if offset > 0 else "outside"
        self._workspace.report(
            f"Drafts lie {abs(offset):.1f} px {side} your outlines: offset set to {now:+.1f} px."
        )

    def fit(self) -> None:
        """Find the settings that agree best with the corrections, and show them."""

        def offer(result: FitResult) -> None:
            self._panel.tell(result.words)
            if result.improved:
                self.take(result.params)

        self._workspace.drafting.fit(self._panel.params, offer)

    def compare(self) -> None:
        """Say beside each method, and of the settings shown, what they would leave to do."""
        settings = {**self._panel.method.settings, "": self._panel.params}
        self._workspace.drafting.meter(settings, self._panel.show_meter)

    def show_look(self) -> None:
        """Show what is previewed."""
        self._panel.show_look(self._workspace.preview.look)

    def follow(self) -> None:
        """Keep the preview up to date with the picture and its edits."""
        workspace = self._workspace
        preview, session = workspace.preview, workspace.session
        arrived, self._at = workspace.current is not self._at, workspace.current
        if arrived and self._panel.tuning and (session is None or not session.draft_in_force):
            self.tune()
            return
        edits = session.document.edit_count if session is not None else -1
        if preview.active and edits != self._edits:
            self._edits = edits
            preview.follow()

    def _note_edits(self) -> None:
        session = self._workspace.session
        self._edits = session.document.edit_count if session is not None else -1
