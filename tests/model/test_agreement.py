"""When one variant's masks count as another's."""

from __future__ import annotations

import pytest

from napari_fncells.core.steps import finish
from napari_fncells.model.agreement import Agreement, agreement_steps
from napari_fncells.model.card import ModelCard
from napari_fncells.model.device import Device
from napari_fncells.model.predict import ready_model
from tests.model.weights_of import random_values

pytest.importorskip("torch")


def agreement(iou: float, v1: float, by_iou: float) -> Agreement:
    return Agreement(3, iou, {"v1": 0.8, "iou": 0.6}, {"v1": v1, "iou": by_iou}, 0.1)


@pytest.mark.parametrize(
    ("found", "agrees", "loss"),
    [
        (agreement(0.99, 0.8, 0.6), True, 0.0),
        (agreement(0.989, 0.8, 0.6), False, 0.0),
        (agreement(1, 0.796, 0.603), True, 0.004),
        (agreement(1, 0.794, 0.6), False, 0.006),
        (agreement(1, 0.81, 0.6), False, 0.0),
    ],
)
def test_the_limits(found: Agreement, agrees: bool, loss: float) -> None:
    assert found.agrees == agrees
    assert found.loss == pytest.approx(loss)


def test_a_model_agrees_with_itself_and_not_with_another() -> None:
    from napari_fncells.model.training.pictures import simulated_pictures

    pictures = simulated_pictures(2)
    card = ModelCard(name="own", reduction=2, sha256="0" * 64)
    one, other = (ready_model(random_values(seed), card, Device("cpu", "CPU")) for seed in (0, 1))
    same = finish(agreement_steps(one, one, pictures))
    assert same.agrees
    assert (same.pictures, same.iou, same.loss, same.farthest) == (2, 1.0, 0.0, 0.0)
    different = finish(agreement_steps(one, other, pictures))
    assert not different.agrees
    assert different.farthest > 0.1
