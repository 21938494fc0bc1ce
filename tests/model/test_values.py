"""What values of a network must be, and where they are told apart."""

from __future__ import annotations

import numpy as np
import pytest

from napari_fncells.model.layout import COUNTER, HEAD
from napari_fncells.model.refusal import ModelError
from napari_fncells.model.values import checked
from tests.model.weights_of import random_values

NORM = "encoder.conv_block.conv_block.batchnorm2d_0"
KERNEL = "encoder.residual_block1.conv_path.conv_block.conv2d_2.weight"


def test_wrapped_names_and_other_heads() -> None:
    values = random_values()
    wrapped = {f"module._orig_mod.{name}": value for name, value in values.items()}
    for part in ("weight", "bias"):
        wrapped[f"module.head.conv2d.{part}"] = wrapped.pop(f"module._orig_mod.{HEAD}.{part}")
    wrapped[f"module.{NORM}.{COUNTER}"] = np.array(7)
    found, notes = checked(wrapped, "x")
    assert list(found) == list(values)
    assert not notes
    for name, value in values.items():
        np.testing.assert_array_equal(found[name], value)


def test_two_channels_become_the_logit_of_softmax() -> None:
    values = random_values()
    rng = np.random.default_rng(1)
    kernel, bias = rng.normal(size=(2, 16, 1, 1)), rng.normal(size=2)
    found, notes = checked(values | {f"{HEAD}.weight": kernel, f"{HEAD}.bias": bias}, "x")
    features = rng.normal(size=16)
    pair = kernel[:, :, 0, 0] @ features + bias
    softmax = np.exp(pair[1]) / np.exp(pair).sum()
    logit = found[f"{HEAD}.weight"][0, :, 0, 0] @ features + found[f"{HEAD}.bias"][0]
    assert 1 / (1 + np.exp(-logit)) == pytest.approx(softmax, abs=1e-6)
    assert len(notes) == 1


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({KERNEL: np.zeros((32, 16, 5, 5))}, "shape"),
        ({KERNEL: np.full((32, 16, 3, 3), np.nan)}, "no finite"),
        ({KERNEL: np.full((32, 16, 3, 3), np.inf)}, "no finite"),
        ({KERNEL: np.full((32, 16, 3, 3), 1e300)}, "no finite"),
        ({KERNEL: np.zeros((32, 16, 3, 3), int)}, "not of fractions"),
        ({KERNEL: np.full((32, 16, 3, 3), "a")}, "not of fractions"),
        ({KERNEL: None}, "lacks 1 values"),
        ({f"{NORM}.running_var": np.array([-1e-3])}, "variances below zero"),
        ({"encoder.extra": np.zeros(3)}, "does not have"),
        ({f"module.{KERNEL}": np.zeros(3)}, "twice"),
        ({f"{HEAD}.weight": np.zeros((2, 16, 1, 1), "U3"), f"{HEAD}.bias": np.zeros(2)}, "shape"),
        ({f"{HEAD}.weight": np.zeros((3, 16, 1, 1)), f"{HEAD}.bias": np.zeros(3)}, "shape"),
    ],
)
def test_what_is_refused(changes: dict[str, np.ndarray | None], problem: str) -> None:
    found = {k: v for k, v in (random_values() | changes).items() if v is not None}
    with pytest.raises(ModelError, match=problem) as caught:
        checked(found, "x.pth")
    assert caught.value.sentence.startswith("x.pth ")
    assert caught.value.sentence.endswith("it was not taken.")
