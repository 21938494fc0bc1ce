"""The int8 variant of weights: whole numbers, what they are multiplied by, and ranges.

It is kept as a safetensors file beside the float weights, so it holds arrays and nothing that
could run: the graph is built by our own code, from names that it knows. Normalisations stay in
the float weights, without which the variant is of no use.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_fncells.model.layout import layers, value_shapes
from napari_fncells.model.refusal import refused, required
from napari_fncells.model.tensor_file import read_safetensors

LEVELS = 256
"""Values that 8 bits tell apart."""
SUFFIX = ".int8.st"
"""Of the file beside weights; not theirs, so that it is not listed as a model."""
MOST_BYTES = 16 << 20
_REMEDY = "Use precision='float32', or import the model again."

Floats = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Quantised:
    """What an int8 graph needs beside the float weights.

    Attributes
    ----------
    kernels
        int8, by names of layers; those left out stay float32.
    scales
        float32, what the kernels of each channel are multiplied by, shaped to fit them.
    biases
        float32, corrected for the mean error of 8 bits.
    ranges
        Least and largest value, float32 each, of the results that are rounded, by their name in
        the graph; those beyond are cut.
    """

    kernels: Mapping[str, NDArray[np.int8]]
    scales: Mapping[str, Floats]
    biases: Mapping[str, Floats]
    ranges: Mapping[str, tuple[np.float32, np.float32]]


def write_quantised(int8: Quantised) -> bytes:
    """A file of an int8 variant."""
    arrays: dict[str, NDArray[Any]] = {}
    for name, kernel in int8.kernels.items():
        arrays[f"{name}.weight"] = kernel
        arrays[f"{name}.scale"] = int8.scales[name].reshape(-1)
        arrays[f"{name}.bias"] = int8.biases[name]
    for name, limits in int8.ranges.items():
        arrays[f"{name}.range"] = np.array(limits, np.float32)
    data: bytes = required("safetensors.numpy").save(arrays, metadata={"format": "np"})
    return data


def read_quantised(data: bytes, file: str) -> Quantised:
    """An int8 variant out of a whole file.

    Parameters
    ----------
    data, file
        Its bytes, and its name for refusals.

    Raises
    ------
    ModelError
        It is damaged, or holds anything but layers of a c-ResUnet and ranges that make sense.
    """
    arrays = read_safetensors(data, file)
    kernels, scales, biases = {}, {}, {}
    for name in (name for kind in ("wide", "point", "up") for name in layers(kind)):
        if f"{name}.weight" not in arrays:
            continue
        shape = value_shapes()[f"{name}.weight"]
        channels = value_shapes()[f"{name}.bias"]
        kernels[name] = _taken(arrays, f"{name}.weight", shape, "int8", file)
        scale = _taken(arrays, f"{name}.scale", channels, "float32", file)
        scales[name] = scale.reshape(scale_shape(name))
        biases[name] = _taken(arrays, f"{name}.bias", channels, "float32", file)
    ranges = {}
    for name in list(arrays):
        low, high = _taken(arrays, name, (2,), "float32", file)
        place, _, kind = name.rpartition(".")
        if kind != "range" or not low < high:
            raise refused(file, f"has {name[:80]!r}, which no int8 variant has", _REMEDY)
        ranges[place] = low, high
    if not kernels or not ranges:
        raise refused(file, "holds no int8 variant of a c-ResUnet", _REMEDY)
    return Quantised(kernels, scales, biases, ranges)


def scale_shape(name: str) -> tuple[int, ...]:
    """The shape in which scales of a layer fit its kernel: one for each channel of its result."""
    axis = 1 if name in layers("up") else 0
    return tuple(-1 if each == axis else 1 for each in range(4))


def _taken(
    arrays: dict[str, NDArray[Any]], name: str, shape: tuple[int, ...], kind: str, file: str
) -> NDArray[Any]:
    """Take an array out, checked."""
    array = arrays.pop(name, None)
    if array is None or array.shape != shape or array.dtype.name != kind:
        raise refused(file, f"does not have {name[:80]!r} as an int8 variant has it", _REMEDY)
    if kind != "int8" and not np.isfinite(array).all():
        raise refused(file, f"holds values in {name[:80]!r} that are no finite numbers", _REMEDY)
    return array
