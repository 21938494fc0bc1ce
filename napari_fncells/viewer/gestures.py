"""Mouse gestures on the canvas that mend the mask, in any mode and whichever layer is active."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from napari.components._viewer_mouse_bindings import double_click_to_zoom

from napari_fncells.session.image import Outcome
from napari_fncells.viewer.layer import MaskLayer

_LEFT = 1
_CLICK_PX = 5  # a movement shorter than this is a click


class ShiftClick:
    """Shift+click mends what is wrong under the cursor.

    Parameters
    ----------
    viewer
        Its callbacks are extended.
    target
        Gives the mask layer to work on, or None where there is none.
    act
        Called with (row, column) of a click; returns what came of it.
    report
        Called with the message for the status bar.
    """

    def __init__(
        self,
        viewer: Any,
        target: Callable[[], MaskLayer | None],
        act: Callable[[int, int], Outcome],
        report: Callable[[str], None],
    ) -> None:
        self._target = target
        self._act = act
        self._report = report
        # First in the list: the stroke of the active tool must not begin
        viewer.mouse_drag_callbacks.insert(0, self.on_drag)
        _replace_zoom(viewer, self.on_double_click)

    def on_drag(self, viewer: Any, event: Any) -> Iterator[None]:
        """Follow a press until its release, and act if it was a click."""
        # Asking for the mask begins one, so the event is looked at first
        layer = self._target() if _is_ours(viewer, event) else None
        if layer is None:
            return
        if not layer.visible:
            event.handled = True
            self._report("The mask is hidden: nothing changed. Show it to correct it.")
            return
        start = event.pos
        active = viewer.layers.selection.active
        mode = getattr(active, "mode", None)
        if mode is not None:
            active.mode = "pan_zoom"
        event.handled = True
        try:
            yield
            while event.type == "mouse_move":
                event.handled = True
                yield
            event.handled = True
        finally:
            if mode is not None:
                active.mode = mode
        moved = max(abs(event.pos[0] - start[0]), abs(event.pos[1] - start[1]))
        if moved < _CLICK_PX:
            row, column = (round(v) for v in layer.world_to_data(event.position)[-2:])
            self._report(self._act(row, column).message)

    def on_double_click(self, viewer: Any, event: Any) -> None:
        """Zoom as napari does, unless it is the second of two fast Shift+clicks.

        The second is swallowed: it would take back what the first did.
        """
        if "Shift" in event.modifiers and self._target() is not None:
            event.handled = True
            return
        double_click_to_zoom(viewer, event)


def _is_ours(viewer: Any, event: Any) -> bool:
    """Whether a press is a plain Shift+left click that no other layer's tool waits for."""
    modifiers = {str(getattr(key, "name", key)) for key in event.modifiers}
    if event.button != _LEFT or modifiers != {"Shift"} or viewer.dims.ndisplay != 2:
        return False
    active = viewer.layers.selection.active
    if active is None or isinstance(active, MaskLayer):
        return True
    return str(getattr(active, "mode", "pan_zoom")) in ("pan_zoom", "transform")


def _replace_zoom(viewer: Any, ours: Callable[[Any, Any], None]) -> None:
    """Put our double-click in the place of napari's, which it calls."""
    callbacks = viewer.mouse_double_click_callbacks
    if double_click_to_zoom in callbacks:
        callbacks[callbacks.index(double_click_to_zoom)] = ours
