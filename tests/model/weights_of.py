"""Weights of a c-ResUnet in all the forms in which others keep them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from napari_fncells.core.params import CleanUpParams
from napari_fncells.model.card import ModelCard
from napari_fncells.model.layout import COUNTER, NORM_PARTS, value_shapes
from napari_fncells.model.library import model_folder
from napari_fncells.model.values import Values
from napari_fncells.model.weights import write_model

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


def bright_values(level: float = 50.0, steepness: float = 20.0) -> Values:
    """A network that looks at the light of each pixel alone.

    Its logit is steepness x (red - level) / 255.
    """
    values = {
        name: np.zeros(shape, np.float32)
        for name, shape in value_shapes().items()
        if not name.endswith(COUNTER)
    }
    for name, value in values.items():
        norm = f"{name.rpartition('.')[0]}.running_var" in values
        if norm and name.endswith(("running_var", "weight")):
            value[:] = 1
    values["encoder.colorspace.weight"][0, 0] = 1
    top, bottom = "encoder.conv_block.conv_block", "decoder.upconv_block3.conv_path.conv_block"
    for name, channel in (
        (f"{top}.conv2d_2.weight", 0),
        (f"{top}.conv2d_5.weight", 0),
        # What comes straight from above lies behind what comes from below
        (f"{bottom}.conv2d_2.weight", 16),
        (f"{bottom}.conv2d_5.weight", 0),
    ):
        values[name][0, channel, 1, 1] = 1
    values["head.heatmap.conv2d.weight"][0, 0] = steepness
    values["head.heatmap.conv2d.bias"][0] = -steepness * level / 255
    return values


def write_bright_model(
    name: str = "bright", level: float = 50.0, *, replace: bool = False
) -> Path:
    """Put such a network among the user's models; at a cutoff of 0.5 it finds all four cells of
    `tests.pictures`, at 0.9 the bright three.
    """
    card = ModelCard(
        name=name,
        sha256="0" * 64,
        clean_up=CleanUpParams(min_area=100),
        training_data="nothing: it was made by hand",
        licence="MIT",
        metrics={"F1": 0.5},
    )
    return write_model(model_folder(), bright_values(level), card, replace=replace)
