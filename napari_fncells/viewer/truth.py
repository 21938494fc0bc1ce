"""The ground truth of a data set, shown as a layer that cannot be edited."""

from __future__ import annotations

from functools import partial
from typing import Any

import cv2
import numpy as np
from napari.utils.colormaps import DirectLabelColormap
from numpy.typing import NDArray
from psygnal import Signal

from napari_fncells.core.errors import UserError
from napari_fncells.io.images import Image
from napari_fncells.session.truth import Truth, load_truth, truth_path
from napari_fncells.viewer.jobs import Runner, Steps, run_now
from napari_fncells.viewer.palette import TRUTH_COLOUR
from napari_fncells.viewer.pictures import Picture, image_of, is_known
from napari_fncells.viewer.state_layer import StateLayer

NAME = "ground truth"

_OUTLINE = 3  # px
_Found = tuple[Truth, NDArray[np.uint8]] | UserError | None
_NONE_HERE = "There is no ground truth for this picture."


class TruthView:
    """Shows the ground truth of the current picture, where its data set has one.

    One layer serves all pictures; where there is nothing to show it is hidden. Hiding or
    removing it in the list of layers counts for the pictures that follow, too.

    Parameters
    ----------
    viewer
        Returns the viewer.

    Attributes
    ----------
    told
        Signal(str): what was read, or why it was not.
    wanted
        Whether ground truth is to be shown where there is one.
    truth
        That of the current picture, once it was shown.
    layer
        The napari layer, once there was something to show.
    runner
        Runs the reading; replaced by the window.
    """

    told = Signal(str)

    def __init__(self, viewer: Any) -> None:
        self._viewer = viewer
        self._picture: Picture | None = None
        self._gives_way = False
        self._by_our_hand = False
        self._drawn: Truth | None = None
        self._rims: NDArray[np.uint8] = np.zeros((1, 1), np.uint8)
        self.runner: Runner = run_now
        self.wanted = True
        self.truth: Truth | None = None
        self.layer: StateLayer | None = None

    def follow(self, picture: Picture | None) -> None:
        """Show the ground truth of another picture, or of none."""
        if picture is not None and picture.image_layer is None:
            picture = None
        if picture is not self._picture:
            self._picture, self.truth = picture, None
            self._show()

    def give_way(self, gives_way: bool) -> None:
        """Hide the layer while the colours of the cells tell the same, until it is asked for."""
        if gives_way != self._gives_way:
            self._gives_way = gives_way
            self._show()

    def toggle(self) -> str:
        """Show the ground truth, or hide it; says which in words."""
        if self._path() is None:
            return _NONE_HERE
        self.wanted = not (self.wanted and self._is_shown())
        self._gives_way = False
        self._show()
        return "The ground truth is shown." if self.wanted else "The ground truth is hidden."

    def _show(self) -> None:
        """Bring the layer in line with the picture and the wish."""
        if self.truth is not None and self.wanted and not self._gives_way:
            self._put(self.truth)
            return
        self._hide()
        if self.wanted and self.truth is None and self._path() is not None:
            self._read()

    def _path(self) -> Any:
        """The file of the current picture's ground truth."""
        layer = self._picture.image_layer if self._picture is not None else None
        if layer is None or not is_known(layer):
            return None
        return truth_path(image_of(layer).path)

    def _read(self) -> None:
        """Read the ground truth of the picture, away from the window's thread."""
        picture = self._picture
        if picture is not None:
            image = image_of(picture.image_layer)
            arrived = partial(self._arrived, picture)
            self.runner("Reading the ground truth", _reading(image), arrived)

    def _arrived(self, picture: Picture, found: _Found) -> None:
        """Show what was read, if its picture is still the one that is looked at."""
        if picture is not self._picture:
            return
        if isinstance(found, UserError):
            self.told.emit(str(found))
        elif found is not None:
            self.truth, self._rims = found
            self.told.emit(self.truth.in_words)
            if self.wanted and not self._gives_way:
                self._put(self.truth)

    def _put(self, truth: Truth) -> None:
        """Show labels in the layer, which is made or put back where it is missing."""
        viewer, picture = self._viewer(), self._picture
        if viewer is None or picture is None:
            return
        self._by_our_hand = True
        try:
            if self.layer is None or self.layer not in viewer.layers:
                self._add()
            elif self._drawn is not truth:
                self._redraw(self.layer, self._rims)
            self._drawn = truth
            if self.layer is not None:
                self._raise(self.layer, picture.image_layer)
                _align(self.layer, picture.image_layer)
                self.layer.visible = True
        finally:
            self._by_our_hand = False

    def _add(self) -> None:
        """Make the layer; the active one stays so."""
        viewer = self._viewer()
        colours = {None: TRUTH_COLOUR, 0: "#00000000"}
        self.layer = StateLayer(
            self._rims,
            name=NAME,
            colormap=DirectLabelColormap(color_dict=colours),
            metadata={"fncells": {"role": "truth"}},
        )
        self.layer.help = "The ground truth that came with the data set; it is never changed"
        self.layer.events.visible.connect(self._on_visible)
        layers = viewer.layers
        active = layers.selection.active
        layers.append(self.layer)
        if active is not None:
            layers.selection.active = active
        layers.events.removed.connect(self._on_removed)

    def _raise(self, layer: StateLayer, picture: Any) -> None:
        """Put the layer right above the picture, beneath the mask."""
        layers = self._viewer().layers
        if picture in layers and layers.index(layer) != layers.index(picture) + 1:
            layers.move(layers.index(layer), layers.index(picture) + 1)

    def _redraw(self, layer: StateLayer, outlines: NDArray[np.uint8]) -> None:
        resized = layer.data.shape != outlines.shape
        layer.data = outlines
        if resized:
            self._viewer().reset_view()

    def _hide(self) -> None:
        if self.layer is None:
            return
        self._by_our_hand = True
        if self.truth is None and self._drawn is not None:
            # What is not of this picture must not come up by the eye in the list, and its
            # size must not make room
            picture = self._picture.image_layer if self._picture is not None else self.layer
            self._redraw(self.layer, np.zeros(picture.data.shape[:2], np.uint8))
            self._drawn = None
        self.layer.visible = False
        self._by_our_hand = False

    def _is_shown(self) -> bool:
        viewer = self._viewer()
        in_viewer = viewer is not None and self.layer is not None and self.layer in viewer.layers
        return in_viewer and self.layer is not None and bool(self.layer.visible)

    def _on_visible(self, _event: Any = None) -> None:
        """The eye in the list of layers was clicked."""
        if self._by_our_hand or self.layer is None:
            return
        self.wanted = bool(self.layer.visible)
        if self.wanted and self.truth is None:
            self._show()

    def _on_removed(self, event: Any) -> None:
        if event.value is self.layer:
            self.wanted, self.layer = False, None


def _reading(image: Image) -> Steps:
    """Read the ground truth of a picture and find its outlines."""
    yield f"Reading the ground truth of {image.name}"
    try:
        truth = load_truth(image)
    except UserError as error:
        return error
    if truth is None:
        return None
    yield f"Drawing the ground truth of {image.name}"
    return truth, _outlines(truth.labels)


def _outlines(labels: NDArray[Any]) -> NDArray[np.uint8]:
    """1 on the rims of the cells: (Y, X). napari's own contours take ten times as long."""
    inside = (labels > 0).astype(np.uint8)
    square = np.ones((3, 3), np.uint8)
    return inside - np.asarray(cv2.erode(inside, square, iterations=_OUTLINE), np.uint8)


def _align(layer: StateLayer, picture: Any) -> None:
    """Lay a layer on a picture; setting what is set already costs a redraw."""
    for name in ("scale", "translate"):
        wanted = getattr(picture, name)[-2:]
        if not np.array_equal(getattr(layer, name), wanted):
            setattr(layer, name, wanted)
