"""The heat: what a model makes of the picture, above it, from the cutoff on."""

from __future__ import annotations

from math import ceil, sqrt
from typing import TYPE_CHECKING

import numpy as np
from napari.layers import Image as ImageLayer
from numpy.typing import NDArray
from psygnal import Signal

from napari_fncells.core.errors import UserError
from napari_fncells.core.params import DraftParams
from napari_fncells.core.score import ScoreMap
from napari_fncells.session.image import ImageSession
from napari_fncells.session.seen_weights import params_of
from napari_fncells.viewer.pictures import HEAT, KEY, Picture

if TYPE_CHECKING:
    from napari_fncells.viewer.workspace import Workspace

NAME = "model probability"
_OPACITY = 0.8
_PIXELS = 4_000_000
"""Of a larger picture every second, third, ... pixel is shown."""
_WHITE = 255
_HIGHEST = 0.99
"""Cutoff above which nothing more would be seen of the brightest."""


class Heat:
    """Shows the probabilities of a model above the current picture, clear below the cutoff.

    One layer, made at first and used for every picture. It is no picture and never exported.

    Parameters
    ----------
    workspace
        Whose current picture is looked at.

    Attributes
    ----------
    changed
        Signal(): it was switched on or off.
    """

    changed = Signal()

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._wanted = False
        self._params: DraftParams | None = None
        self._layer: ImageLayer | None = None
        self._shown: ScoreMap | None = None
        workspace.changed.connect(self.follow)

    @property
    def wanted(self) -> bool:
        """Whether it is switched on; it is seen where a model has looked at the picture."""
        return self._wanted

    def toggle(self) -> None:
        """Switch it on or off."""
        self.show(not self._wanted)

    def show(self, wanted: bool) -> None:
        """Switch it on, which lets the model look at the picture where it has not, or off."""
        self._wanted = False
        if self._taken_out:
            self._layer = None
        if wanted:
            try:
                self._begin()
            except UserError as error:
                self._workspace.report(str(error))
        self.follow()
        self.changed.emit()

    def choose(self, params: DraftParams | None) -> None:
        """Say which model and cutoff are chosen; None for those of the draft there is."""
        self._params = params if params is not None and params.by_model else None
        self.follow()

    def move_cutoff(self, cutoff: float) -> None:
        """Show what is above a cutoff."""
        if self._layer is not None and self._layer.visible:
            self._layer.contrast_limits = min(cutoff, _HIGHEST) * _WHITE, _WHITE

    def follow(self) -> None:
        """Show the current picture's heat, where it is wanted and there; hide any other.

        A layer that the user took out of the viewer is switched off by that.
        """
        if self._taken_out:
            self._layer = self._shown = None
            self._wanted = False
            self.changed.emit()
        picture, session = self._workspace.current, self._workspace.session
        params = self._model_of(session) if self._wanted else None
        score = None
        if params is not None and session is not None:
            score = self._workspace.scorer.known(session.image.pixels, params.model)
        if score is None or params is None or picture is None or picture.image_layer is None:
            self.leave()
            return
        if score is not self._shown:
            self._draw(score, picture)
        self.move_cutoff(params.cutoff.amount)

    def leave(self) -> None:
        """Take it off the screen."""
        self._shown = None
        if self._layer is not None and self._layer.visible:
            self._layer.visible = False

    def _begin(self) -> None:
        """Let the model look at the picture."""
        workspace = self._workspace
        session = workspace.require_session()
        params = self._model_of(session)
        if params is None:
            raise UserError(
                "No model is chosen whose probabilities could be shown.",
                "Choose one as the method of the draft.",
            )
        self._wanted = True
        pixels = session.image.pixels
        if workspace.scorer.known(pixels, params.model) is None:
            steps = workspace.scorer(pixels, params)
            workspace.runner(f"Model {params.model}", steps, lambda _score: self.follow())

    def _model_of(self, session: ImageSession | None) -> DraftParams | None:
        """Parameters that name a model: those chosen, else those of the draft in force."""
        if self._params is not None or session is None:
            return self._params
        draft = session.draft_in_force
        details = draft.change.details if draft is not None else {}
        return params_of(details) if details.get("params", {}).get("model") else None

    def _draw(self, score: ScoreMap, picture: Picture) -> None:
        step = max(ceil(sqrt(score.values.size / _PIXELS)), 1)
        seen = np.rint(score.values[::step, ::step] * np.float32(_WHITE)).astype(np.uint8)
        if self._layer is None:
            self._layer = self._made(seen)
        else:
            self._layer.data = seen
        scale = np.asarray(picture.image_layer.scale[-2:], dtype=float)
        origin = np.asarray(picture.image_layer.translate[-2:], dtype=float)
        self._layer.scale = scale * step
        self._layer.translate = origin + scale * (step - 1) / 2
        self._layer.visible = True
        self._shown = score
        # Right above the picture, under mask and states
        layers = self._workspace.viewer.layers
        at, picture_at = layers.index(self._layer), layers.index(picture.image_layer)
        if at != picture_at + 1:
            layers.move(at, picture_at + 1)

    def _made(self, seen: NDArray[np.uint8]) -> ImageLayer:
        """The layer; the active one stays active."""
        layers = self._workspace.viewer.layers
        active = layers.selection.active
        layer = ImageLayer(
            seen,
            name=NAME,
            colormap="inferno",
            blending="additive",
            opacity=_OPACITY,
            contrast_limits=(0, _WHITE),
            metadata={KEY: {"role": HEAT}},
        )
        layers.append(layer)
        if active is not None:
            layers.selection.active = active
        return layer

    @property
    def _taken_out(self) -> bool:
        return self._layer is not None and self._layer not in self._workspace.viewer.layers
