"""Drafts by a network at 1200 x 1600: compare the ratios within one run.

`tools/measure_model.py` measures them turn by turn, which a busy machine disturbs less, and adds
the share of the machine's peak, the first draft of a new process, and memory.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from benchmarks.literal import LiteralNetwork
from napari_fncells.core.simulate import simulate_image
from napari_fncells.model.card import ModelCard
from napari_fncells.model.device import choose_device
from napari_fncells.model.predict import Model, predict, ready_model
from napari_fncells.model.quantise import quantise
from napari_fncells.model.quantised import read_quantised
from napari_fncells.model.torch_engine import TorchEngine, network_of
from tests.model.weights_of import random_values

SEEN = {"as it is": 1, "reduced by 2": 2}


@pytest.fixture(scope="module")
def picture() -> np.ndarray:
    return simulate_image("crowded", seed=4)[0]


@pytest.fixture(scope="module", params=SEEN)
def reduction(request: pytest.FixtureRequest) -> int:
    return SEEN[request.param]


@pytest.fixture(scope="module")
def hands(picture: np.ndarray, reduction: int) -> dict[str, Callable[[], object]]:
    """The same values by several hands."""
    values = random_values()
    card = ModelCard(name="speed", reduction=reduction, sha256="0" * 64)
    cpu = choose_device("cpu")
    int8 = read_quantised(quantise(values, card, [picture]), "int8")
    models = {
        "float32": ready_model(values, card, cpu, "float32"),
        "int8": ready_model(values, card, cpu, "int8", int8),
        "torch": Model(TorchEngine(network_of(values), cpu), card, cpu),
    }
    literal = LiteralNetwork(values)
    found = predict(models["float32"], picture).values
    np.testing.assert_allclose(found, literal.predict(picture, reduction), atol=1e-4)
    by_model = {name: _prediction(model, picture) for name, model in models.items()}
    return {"literal": lambda: literal.predict(picture, reduction), **by_model}


@pytest.mark.parametrize("hand", ["literal", "torch", "float32", "int8"])
def test_model(
    benchmark: Any, hands: dict[str, Callable[[], object]], hand: str, reduction: int
) -> None:
    benchmark.group = f"model draft, 1200x1600, reduced by {reduction}"
    benchmark.pedantic(hands[hand], rounds=5, warmup_rounds=1)


def _prediction(model: Model, picture: np.ndarray) -> Callable[[], object]:
    return lambda: predict(model, picture)
