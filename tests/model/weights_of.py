"""Weights of a c-ResUnet in all the forms in which others keep them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from napari_fncells.model.layout import COUNTER, NORM_PARTS, value_shapes
from napari_fncells.model.values import Values

KERAS_WORDS = dict(
    zip(NORM_PARTS, ("gamma", "beta", "moving_mean", "moving_variance"), strict=True)
)


def random_values(seed: int = 0) -> Values:
    """Finite values, of a size that keeps a network's output within reason."""
    rng = np.random.default_rng(seed)
    values = {}
    for name, shape in value_shapes().items():
        if name.endswith(COUNTER):
            continue
        spread = 0.3 if len(shape) == 1 else np.sqrt(1 / np.prod(shape[1:]))
        value = rng.normal(0, spread, shape).astype(np.float32)
        values[name] = np.abs(value) + 0.5 if name.endswith("running_var") else value
    return values


def keras_layers(values: Values) -> list[tuple[str, dict[str, NDArray[np.float32]]]]:
    """Layers as the published Keras file has them, in the order of the layout."""
    layers: dict[str, dict[str, NDArray[np.float32]]] = {}
    for name, value in values.items():
        layer, _, part = name.rpartition(".")
        norm = f"{layer}.running_var" in values
        word = KERAS_WORDS[part] if norm else {"weight": "kernel"}.get(part, part)
        # Their transposition is its own inverse but for the two first axes
        layers.setdefault(layer, {})[word] = (
            value.transpose(2, 3, 1, 0) if value.ndim > 1 else value
        )
    counts: dict[str, int] = {}
    named = []
    for layer, arrays in layers.items():
        kind = "batch_normalization" if "gamma" in arrays else "conv2d"
        kind = "conv2d_transpose" if "up_conv" in layer else kind
        counts[kind] = counts.get(kind, 0) + 1
        named.append((f"{kind}_{counts[kind]}", arrays))
    return named


def keras_dict(values: Values) -> dict[str, NDArray[np.float32]]:
    """The 112 arrays of the authors' pickle, by their Keras names."""
    return {
        f"{layer}/{word}:0": np.ascontiguousarray(array)
        for layer, arrays in keras_layers(values)
        for word, array in arrays.items()
    }
