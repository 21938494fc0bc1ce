"""Pictures and parameters small enough to train on in a test."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from napari_fncells.model.training.params import TrainParams
from napari_fncells.model.training.pictures import Picture
from napari_fncells.model.training.recipe import card_of
from napari_fncells.model.training.views import View

CARD = card_of("small", 1, 0)
PARAMS = TrainParams(
    steps=4, batch=2, crop=32, simulated=0, check_every=2, reduced_precision=False, average=0.5
)


def discs(seed: int = 0) -> Picture:
    """Bright discs on a dark ground, 160x200 px."""
    rng = np.random.default_rng(seed)
    labels: NDArray[np.uint16] = np.zeros((160, 200), np.uint16)
    rows, columns = np.mgrid[:160, :200]
    for number, (row, column) in enumerate(((40, 50), (40, 130), (110, 60), (115, 150)), start=1):
        labels[np.hypot(rows - row, columns - column) < 16] = number
    light = np.where(labels > 0, 150.0, 20.0) + rng.normal(0, 4, labels.shape)
    return Picture(f"discs {seed}", np.clip(light, 0, 255).astype(np.uint8), labels)


def view(picture: Picture) -> View:
    return View.of(picture.pixels, picture.labels, CARD)
