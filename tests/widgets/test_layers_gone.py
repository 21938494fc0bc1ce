"""Several layers gone between two frames, which napari alone does not survive on some drivers."""

from __future__ import annotations

import numpy as np
from napari.layers import Image, Labels
from qtpy.QtGui import QOpenGLContext

from tests.widgets.conftest import Desk


def test_the_window_lives_on(desk: Desk) -> None:
    layers = desk.viewer.layers
    for round_ in range(3):
        for kind in (Image, Labels):
            layers.append(kind(np.full((40, 50), round_, np.uint8)))
            desk.pilot.settle()
        for column in (10, 20):
            desk.pilot.look_at(10, column, 4)
        for layer in list(layers):
            layers.remove(layer)


def test_what_they_were_drawn_with_goes_where_it_was_drawn(desk: Desk) -> None:
    layers, canvas = desk.viewer.layers, desk.pilot.canvas
    layers.append(Image(np.zeros((40, 50), np.uint8)))
    desk.pilot.settle()
    current: list[bool] = []
    layers.events.removed.connect(
        lambda _event: current.append(QOpenGLContext.currentContext() is canvas.context())
    )
    canvas.doneCurrent()
    del layers[0]
    assert current == [True]
