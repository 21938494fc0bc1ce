"""The stage: which layers of which picture are in the viewer."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from napari_fncells.viewer.pictures import LayerData, Picture


class Stage:
    """Puts the layers of pictures into a viewer and takes them out.

    Parameters
    ----------
    viewer
        Returns the viewer.

    Attributes
    ----------
    moving
        Whether layers are being moved by the stage, not by the user.
    """

    def __init__(self, viewer: Any) -> None:
        self._viewer = viewer
        self.moving = False

    def swap(
        self, leaving: Picture | None, arriving: Picture, shown: LayerData | None = None
    ) -> None:
        """Take one picture's layers out and put another's in.

        Layers are handed on where the two pictures are of one kind: making new ones takes far
        longer. A picture that has no file cannot be read again: its layers stay, hidden.

        Parameters
        ----------
        leaving, arriving
            The pictures.
        shown
            What is put on the screen of the arriving one, where it has no layer yet.
        """
        with self._by_our_hand():
            if leaving is not None and leaving.path is not None:
                if shown is not None:
                    self._hand_on(leaving, arriving, shown)
                self._take_out(leaving)
            if shown is not None and arriving.image_layer is None:
                arriving.show(shown)
            layers = self._viewer().layers
            if arriving.image_layer is not None and arriving.image_layer not in layers:
                self._viewer().add_layer(arriving.image_layer)
            self.show_mask(arriving)
            # napari's brush works on the active layer
            layers.selection.active = arriving.mask_layer or arriving.image_layer

    def _hand_on(self, leaving: Picture, arriving: Picture, shown: LayerData) -> None:
        """Let the arriving picture have the layers of the leaving one, as far as they fit."""
        layers = self._viewer().layers
        mask = leaving.mask_layer
        if mask is not None:
            mask.flush_stroke()
        if leaving.image_layer is None or leaving.image_layer not in layers:
            return
        if arriving.image_layer is not None or not arriving.take_image_layer(leaving, shown):
            return
        if mask is not None and mask in layers and arriving.session is not None:
            arriving.take_mask_layer(leaving)

    def show_mask(self, picture: Picture) -> None:
        """Put the mask layer of a picture into the viewer, once it has a mask."""
        viewer = self._viewer()
        if picture.session is None or picture.mask_layer in viewer.layers:
            return
        picture.mask_layer = viewer.add_layer(picture.make_mask_layer())
        viewer.layers.selection.active = picture.mask_layer

    def show_only(self, picture: Picture, pictures: Iterable[Picture]) -> None:
        """Hide the layers of all other pictures."""
        for other in pictures:
            for layer in (other.image_layer, other.mask_layer):
                # napari draws anew at each setting, of the same, too
                if layer is not None and layer.visible != (other is picture):
                    layer.visible = other is picture

    def _take_out(self, picture: Picture) -> None:
        layers = self._viewer().layers
        if picture.mask_layer is not None:
            picture.mask_layer.flush_stroke()
        for layer in (picture.mask_layer, picture.image_layer):
            if layer is not None and layer in layers:
                layers.remove(layer)
        picture.image_layer = picture.mask_layer = None

    @contextmanager
    def _by_our_hand(self) -> Iterator[None]:
        self.moving = True
        try:
            yield
        finally:
            self.moving = False
