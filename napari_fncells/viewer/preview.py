"""The preview: what a draft would be, shown above the picture; the mask is not touched."""

from __future__ import annotations

from collections.abc import Callable
from math import ceil, sqrt
from typing import TYPE_CHECKING, Any

import numpy as np
from napari.layers import Labels as LabelsLayer
from napari.utils.colormaps import DirectLabelColormap
from numpy.typing import NDArray
from psygnal import Signal

from napari_fncells.core.objects import ObjectState
from napari_fncells.core.params import DraftParams
from napari_fncells.core.redraft import Standing
from napari_fncells.core.score import ScoreMap
from napari_fncells.core.state_codes import CODES, OUTLINE, draft_codes
from napari_fncells.session.image import ImageSession
from napari_fncells.session.tuning import Look, Tuning, with_cutoff
from napari_fncells.viewer.palette import PREVIEW_COLOUR
from napari_fncells.viewer.pictures import Picture
from napari_fncells.viewer.state_layer import StateLayer

if TYPE_CHECKING:
    from napari_fncells.viewer.workspace import Workspace

Background = Callable[[Callable[[], Any], Callable[[Any], None]], None]
"""Called with some work and what to do with its result; only the newest counts."""

NAME = "draft preview"
_PIXELS = 4_000_000
"""A larger picture is previewed by every second, third, ... pixel."""


def at_once(work: Callable[[], Any], done: Callable[[Any], None]) -> None:
    """Do the work now; windows inject a runner that uses a thread."""
    done(work())


class Preview:
    """Shows what the draft of the current picture would be, while its settings are turned.

    Parameters
    ----------
    workspace
        Whose current picture is looked at.

    Attributes
    ----------
    changed
        Signal(): there is another look, or none any more.
    background
        Does the work; replaced by the window.
    """

    changed = Signal()

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self.background: Background = at_once
        self._tuned: tuple[Picture, Tuning] | None = None
        self._look: Look | None = None
        self._params: DraftParams | None = None
        self._layer: LabelsLayer | None = None
        self._step = 1
        workspace.scorer.changed.connect(self._forget)

    @property
    def active(self) -> bool:
        """Whether a preview is on the screen, or on its way there."""
        return self._params is not None

    @property
    def look(self) -> Look | None:
        """What is shown; None while there is nothing yet."""
        return self._look

    def show(
        self, params: DraftParams, *, cutoff: float | None = None, quick: bool = False
    ) -> None:
        """Show the draft with these parameters, as soon as it is there.

        With `quick`, a rough look comes first, for a slider that may move on at once.

        Raises
        ------
        UserError
            Where there is no picture to draft.
        """
        session = self._workspace.require_session()
        self._workspace.settle()
        picture = self._workspace.current
        if picture is None:
            return
        if self._tuned is None or self._tuned[0] is not picture:
            self._tuned = picture, Tuning(session.image, self._workspace.scorer)
        tuning = self._tuned[1]
        self._params = params
        if params.by_model and not self._scored(session, params):
            return
        standing = Standing.of(session.document)

        def arrive(look: Look) -> None:
            self._take(look)
            if quick and self._params is params:
                self.show(params)

        self.background(lambda: tuning.look(params, standing, cutoff=cutoff, quick=quick), arrive)

    def _scored(self, session: ImageSession, params: DraftParams) -> bool:
        """Whether a model's score map is there; else it is made, and the look follows.

        By the runner, for that tells how far it is and can be stopped, which looks cannot.
        """
        workspace, picture = self._workspace, self._workspace.current
        pixels = session.image.pixels
        if workspace.scorer.known(pixels, params.model) is not None:
            return True

        def go_on(_score: ScoreMap) -> None:
            if workspace.current is picture and self._params is not None:
                self.show(self._params)

        self._look = None
        self.changed.emit()
        workspace.runner(f"Model {params.model}", workspace.scorer(pixels, params), go_on)
        return False

    def move_cutoff(self, cutoff: float) -> None:
        """Show at once what is above a cutoff; the cells of it follow."""
        look, params = self._look, self._params
        if look is None or params is None:
            return
        self._draw(look.draft.score.values[:: self._step, :: self._step] > cutoff)
        self.show(params, cutoff=cutoff)

    def with_cutoff(self, cutoff: float) -> DraftParams | None:
        """The parameters shown, with the cutoff at another score; None where none are shown."""
        return None if self._look is None else with_cutoff(self._look, cutoff)

    def follow(self) -> None:
        """Compare the draft that is shown with the mask anew, after an edit."""
        if self._look is None:
            return
        session = self._workspace.require_session()
        standing, look = Standing.of(session.document), self._look
        self.background(lambda: look.compared_with(standing), self._take)

    def end(self) -> None:
        """Take the preview off the screen."""
        if not self.active:
            return
        self._params = self._look = None
        if self._layer is not None and self._layer in self._workspace.viewer.layers:
            self._layer.visible = False
        self.changed.emit()

    def leave(self) -> None:
        """Let go of the picture and of what was worked out of it."""
        self.end()
        self._tuned = None

    def _forget(self) -> None:
        """Models are others or run elsewhere: what they made is not kept."""
        params, self._tuned = self._params, None
        if params is not None and params.by_model:
            self._look = None
            self.show(params)

    def _take(self, look: Look) -> None:
        if self._params is None or self._tuned is None:
            return
        if self._tuned[0] is not self._workspace.current:
            return
        self._look = look
        step = ceil(sqrt(look.fitted.size / _PIXELS))
        self._step = max(step, 1)
        self._draw(draft_codes(look.fitted[:: self._step, :: self._step].astype(np.uint16)))
        self.changed.emit()

    def _draw(self, codes: NDArray[np.generic]) -> None:
        """Put codes, or the pixels above a cutoff, on the screen."""
        layer = self._layer
        if layer is None or layer not in self._workspace.viewer.layers:
            layer = self._layer = self._made(codes.shape)
        if layer.data.shape != codes.shape:
            layer.data = np.zeros(codes.shape, np.uint8)
            self._place(layer)
        layer.data[...] = codes
        layers = self._workspace.viewer.layers
        if layers[-1] is not layer:
            # Another picture was put above it since
            layers.move(layers.index(layer), len(layers))
        if layer.visible:
            layer.refresh(extent=False)
        else:
            layer.visible = True

    def _made(self, shape: tuple[int, ...]) -> LabelsLayer:
        """The layer, right above the picture's others; the active one stays active."""
        layers = self._workspace.viewer.layers
        active = layers.selection.active
        layer = StateLayer(
            np.zeros(shape, np.uint8), name=NAME, colormap=_colours(), metadata={"fncells": {}}
        )
        layer.editable = False
        self._place(layer)
        layers.append(layer)
        if active is not None:
            layers.selection.active = active
        return layer

    def _place(self, layer: LabelsLayer) -> None:
        """Lie over the picture, pixel on pixel or every so many on one."""
        picture = self._workspace.current
        if picture is None or picture.image_layer is None:
            return
        scale = np.asarray(picture.image_layer.scale[-2:], dtype=float)
        origin = np.asarray(picture.image_layer.translate[-2:], dtype=float)
        layer.scale = scale * self._step
        layer.translate = origin + scale * (self._step - 1) / 2


def _colours() -> DirectLabelColormap:
    inside = CODES[ObjectState.DRAFT]
    return DirectLabelColormap(
        color_dict={
            None: "#00000000",
            0: "#00000000",
            inside: PREVIEW_COLOUR + "59",
            inside + OUTLINE: PREVIEW_COLOUR,
        }
    )
