"""Mouse gestures on the canvas that mend the mask, in any mode and whichever layer is active."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from enum import StrEnum
from typing import Any, Protocol

import numpy as np
from napari.components._viewer_mouse_bindings import double_click_to_zoom

from napari_fncells.viewer.document_layer import DocumentLayer
from napari_fncells.viewer.layer import MaskLayer

_LEFT = 1
CLICK_PX = 5
"""A movement shorter than this is a click."""

Path = np.ndarray
"""(n, 2) float: rows and columns in the picture."""
Points = list[tuple[float, ...]]
"""On the canvas, in px from its upper left, or in the world."""


class Kind(StrEnum):
    """What a press begins, by the keys held."""

    FIX = "lasso"
    """Shift: a click mends, a drag is a lasso."""
    CUT = "cut"
    """Ctrl: a cut or a join."""
    TRACE = "trace"
    """Ctrl+Shift: the outline of a new cell, or a new one for the cell it goes over."""


_KINDS = {
    frozenset({"Shift"}): Kind.FIX,
    frozenset({"Control"}): Kind.CUT,
    frozenset({"Control", "Shift"}): Kind.TRACE,
}


class Hand(Protocol):
    """What gestures are done to."""

    def mask_to_correct(self) -> MaskLayer | None:
        """The mask layer to work on: begun where there is none yet."""

    def point_to(self, row: float, column: float) -> None:
        """Make sure that a place can be edited, before the gesture is done."""

    def fix_at(self, row: int, column: int) -> Any:
        """Mend what is wrong at a pixel."""

    def remove_inside(self, path: Path) -> Any:
        """Remove the cells inside a lasso."""

    def cut_or_join(self, path: Path) -> Any:
        """Cut a cell along a stroke, or join two."""

    def trace(self, path: Path) -> Any:
        """Add a cell by its outline, or give the outline to the cell it goes over."""

    def select_at(self, y: float, x: float) -> None:
        """Select the cell at a point of the world."""

    def turn(self, delta: float) -> None:
        """Grow or shrink by turns of the wheel."""

    def show_trail(self, kind: str, points: Points) -> None:
        """Draw the path of a gesture under way, in pixels of the canvas; none ends it."""

    def report(self, message: str) -> None:
        """Say something in the status bar."""


class Gestures:
    """Reads gestures from a viewer's mouse events.

    Parameters
    ----------
    viewer
        Its callbacks are extended.
    hand
        Does what the gestures ask for.
    """

    def __init__(self, viewer: Any, hand: Hand) -> None:
        self._hand = hand
        # First in the list: the stroke of the active tool must not begin
        viewer.mouse_drag_callbacks.insert(0, self.on_drag)
        viewer.mouse_wheel_callbacks.insert(0, self.on_wheel)
        _replace_zoom(viewer, self.on_double_click)

    def on_drag(self, viewer: Any, event: Any) -> Iterator[None]:
        """Follow a press until its release, and do what it asks for."""
        kind = _kind_of(viewer, event)
        if kind is None:
            yield from self._follow_click(viewer, event)
            return
        # Asking for the mask begins one, so the event is looked at first
        layer = self._hand.mask_to_correct()
        if layer is None:
            return
        event.handled = True
        if not layer.visible:
            self._hand.report("The mask is hidden: nothing changed. Show it to correct it.")
            return
        active = viewer.layers.selection.active
        mode = getattr(active, "mode", None)
        if mode is not None:
            active.mode = "pan_zoom"
        try:
            places, world = yield from self._follow(kind, event)
        finally:
            if mode is not None:
                active.mode = mode
            self._hand.show_trail(kind, [])
        self._do(kind, places, [layer.picture_position(position) for position in world])

    def on_wheel(self, viewer: Any, event: Any) -> None:
        """Grow or shrink by Shift+wheel; macOS turns that sideways, so both axes count."""
        if _held(event) == {"Shift"} and _ours(viewer):
            event.handled = True
            self._hand.turn(float(np.sum(event.delta)))

    def on_double_click(self, viewer: Any, event: Any) -> None:
        """Zoom as napari does, unless it is the second of two fast clicks of a gesture.

        The second is swallowed: it would take back what the first did.
        """
        if frozenset(_held(event)) in _KINDS and _ours(viewer):
            event.handled = True
            return
        double_click_to_zoom(viewer, event)

    def _follow(self, kind: Kind, event: Any) -> Generator[None, None, tuple[Points, Points]]:
        """Follow a drag to its release; returns its places on the canvas and in the world."""
        places: Points = [tuple(event.pos)]
        world: Points = [tuple(event.position)]
        yield
        while event.type == "mouse_move":
            event.handled = True
            places.append(tuple(event.pos))
            world.append(tuple(event.position))
            if _length(places) >= CLICK_PX:
                self._hand.show_trail(kind, places)
            yield
        event.handled = True
        places.append(tuple(event.pos))
        world.append(tuple(event.position))
        return places, world

    def _follow_click(self, viewer: Any, event: Any) -> Iterator[None]:
        """Select by a plain click, where moving the picture is what a drag would do."""
        active = viewer.layers.selection.active
        moving = str(getattr(active, "mode", "pan_zoom")) == "pan_zoom"
        if event.button != _LEFT or _held(event) or not moving or viewer.dims.ndisplay != 2:
            return
        start, position = tuple(event.pos), tuple(event.position)
        yield
        while event.type == "mouse_move":
            yield
        if _length([start, tuple(event.pos)]) < CLICK_PX:
            self._hand.select_at(*position[-2:])

    def _do(
        self,
        kind: Kind,
        places: Points,
        points: Sequence[tuple[float, float]],
    ) -> None:
        """Do what a finished gesture asks for."""
        hand = self._hand
        hand.point_to(*points[0])
        path = np.asarray(points, dtype=float)
        if kind is Kind.FIX and _length(places) < CLICK_PX:
            row, column = (round(v) for v in points[-1])
            outcome = hand.fix_at(row, column)
        elif kind is Kind.FIX:
            outcome = hand.remove_inside(path)
        elif _length(places) < CLICK_PX:
            hand.report(_TOO_SHORT[kind])
            return
        elif kind is Kind.CUT:
            outcome = hand.cut_or_join(path)
        else:
            outcome = hand.trace(path)
        hand.report(outcome.message)


_TOO_SHORT = {
    Kind.CUT: "Drag across a cell to cut it, or from one cell to another to join them.",
    Kind.TRACE: "Drag around a cell to trace it, or to give it another outline.",
}


def _kind_of(viewer: Any, event: Any) -> Kind | None:
    """What a press begins, or None where it is none of our gestures."""
    if event.button != _LEFT or not _ours(viewer):
        return None
    return _KINDS.get(frozenset(_held(event)))


def _held(event: Any) -> set[str]:
    """Names of the modifier keys held."""
    return {str(getattr(key, "name", key)) for key in event.modifiers}


def _ours(viewer: Any) -> bool:
    """Whether no other layer's tool waits for the mouse."""
    if viewer.dims.ndisplay != 2:
        return False
    active = viewer.layers.selection.active
    if active is None or isinstance(active, DocumentLayer):
        return True
    return str(getattr(active, "mode", "pan_zoom")) in ("pan_zoom", "transform")


def _length(places: Points) -> float:
    """How far a path leads away from its start, in pixels of the canvas."""
    away = np.abs(np.asarray(places, dtype=float) - np.asarray(places[0], dtype=float))
    return float(away.max())


def _replace_zoom(viewer: Any, ours: Any) -> None:
    """Put our double-click in the place of napari's, which it calls."""
    callbacks = viewer.mouse_double_click_callbacks
    if double_click_to_zoom in callbacks:
        callbacks[callbacks.index(double_click_to_zoom)] = ours
