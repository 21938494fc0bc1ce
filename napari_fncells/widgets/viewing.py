"""Joins the view panel with what it shows and what it changes."""

from __future__ import annotations

from napari_fncells.viewer.colours import STATE
from napari_fncells.viewer.display import DisplayParams, channels_of
from napari_fncells.viewer.workspace import Workspace
from napari_fncells.widgets.colour_strip import ColourStrip
from napari_fncells.widgets.controls import guarded
from napari_fncells.widgets.view_panel import ViewPanel


def connect_view(panel: ViewPanel, strip: ColourStrip, workspace: Workspace) -> None:
    """Let a panel steer how pictures and cells look; it and the strip show how that stands."""

    def show_display(params: DisplayParams) -> None:
        picture = workspace.current
        workspace.display.set_params(params, picture.image_layer if picture else None)

    def show_opacity(opacity: float) -> None:
        if workspace.mask_layer is not None:
            workspace.mask_layer.opacity = opacity

    def refresh() -> None:
        picture, mask = workspace.current, workspace.mask_layer
        layer = picture.image_layer if picture is not None else None
        panel.show_channels(channels_of(layer) if layer is not None else ())
        document = workspace.session.document if workspace.session is not None else None
        panel.show_counts(document.states if document is not None else {})
        if mask is not None:
            panel.show_opacity(mask.opacity)

    def show_look() -> None:
        panel.show_filled(workspace.overlay.filled)
        panel.show_states(workspace.overlay.states)
        panel.show_heat(workspace.heat.wanted)

    def show_colours() -> None:
        colours = workspace.colours
        panel.show_colours(colours.choices, colours.told)
        strip.show_colours(colours.title, colours.key, colours.counts)

    panel.display_changed.connect(show_display)
    panel.colours_chosen.connect(guarded(workspace.colours.choose))
    strip.ended.connect(lambda: workspace.colours.choose(STATE))
    panel.opacity_changed.connect(show_opacity)
    panel.filled_changed.connect(workspace.overlay.set_filled)
    panel.states_changed.connect(workspace.overlay.set_states)
    panel.heat_changed.connect(workspace.heat.show)
    panel.show_display(workspace.display.params)
    show_look()
    # What is connected to the workspace must not outlive the panel
    for signal, slot in (
        (workspace.changed, refresh),
        (workspace.overlay.changed, show_look),
        (workspace.display.changed, panel.show_display),
        (workspace.heat.changed, show_look),
        (workspace.colours.changed, show_colours),
        (workspace.queueing.changed, show_colours),
    ):
        signal.connect(slot)
        panel.destroyed.connect(lambda *_, s=signal, c=slot: s.disconnect(c, missing_ok=True))
    refresh()
    show_colours()
