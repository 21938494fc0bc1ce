"""The c-ResUnet as a graph of OpenVINO, built from its values alone: no torch, no file.

It computes what `cresunet.CResUnet` does in evaluation. Each operation bears a name, by which an
int8 variant says which results are rounded to 8 bits.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_fncells.model.layout import HEAD
from napari_fncells.model.quantised import LEVELS, Quantised
from napari_fncells.model.refusal import required
from napari_fncells.model.values import Values

# That of `cresunet`, which cannot be imported without torch
_EPSILON = 1e-3
PICTURE = "picture"


def build_graph(values: Values, int8: Quantised | None = None) -> Any:
    """A network as OpenVINO wants it.

    Parameters
    ----------
    values
        By the names of the layout.
    int8
        Kernels and ranges of 8 bits; without them all is float32.

    Returns
    -------
    openvino.Model
        From (1, 3, Y, X) float32, Y and X multiples of 8, to logits (1, 1, Y, X).
    """
    graph = _Graph(values, int8)
    picture = graph.op.parameter([1, 3, -1, -1], np.float32, name=PICTURE)
    x = graph.conv(graph.rounded(picture, PICTURE), "encoder.colorspace")
    first = graph.path(x, "encoder.conv_block")
    second = graph.residual(graph.halved(first, "encoder.first"), "encoder.residual_block1")
    third = graph.residual(graph.halved(second, "encoder.second"), "encoder.residual_block2")
    x = graph.halved(third, "encoder.third")
    for number in (1, 2):
        x = graph.residual(x, f"encoder.bottleneck.residual_block{number}")
    for number, skip in enumerate((third, second, first), start=1):
        x = graph.ascent(x, skip, f"decoder.upconv_block{number}")
    return required("openvino").Model([graph.conv(x, HEAD)], [picture], "c-resunet")


class _Graph:
    """Parts of the network, as functions from node to node; names are those of the layout."""

    def __init__(self, values: Values, int8: Quantised | None) -> None:
        self.values = values
        self.int8 = int8
        self.op: Any = required("openvino").opset13

    def rounded(self, x: Any, name: str) -> Any:
        """Give a result its name, and round it where the int8 variant does."""
        x.set_friendly_name(name)
        limits = None if self.int8 is None else self.int8.ranges.get(name)
        if limits is None:
            return x
        low, high = (self.op.constant(limit) for limit in limits)
        return self.op.fake_quantize(x, low, high, low, high, LEVELS)

    def conv(self, x: Any, name: str) -> Any:
        """A convolution that keeps the size, and its bias."""
        edge = self.values[f"{name}.weight"].shape[-1] // 2
        around = [edge, edge]
        x = self.op.convolution(x, self.kernel(name), [1, 1], around, around, [1, 1], name=name)
        return self.biased(x, name)

    def up(self, x: Any, name: str) -> Any:
        """A transposed convolution that doubles the size, and its bias."""
        x = self.op.convolution_backprop_data(x, self.kernel(name), strides=[2, 2], name=name)
        return self.biased(x, name)

    def kernel(self, name: str) -> Any:
        """Of a convolution: float32, or 8 bits and what they are multiplied by."""
        if self.int8 is None or name not in self.int8.kernels:
            return self.op.constant(self.values[f"{name}.weight"])
        whole = self.op.convert(self.op.constant(self.int8.kernels[name]), np.float32)
        return self.op.multiply(whole, self.op.constant(self.int8.scales[name]))

    def biased(self, x: Any, name: str) -> Any:
        """A convolution's result with its bias added."""
        known: Mapping[str, NDArray[np.float32]] = {} if self.int8 is None else self.int8.biases
        bias = known[name] if name in known else self.values[f"{name}.bias"]
        return self.rounded(self.op.add(x, _column(bias)), f"{name}.biased")

    def norm_elu(self, x: Any, name: str, channels: slice = slice(None)) -> Any:
        """Batch normalisation and ELU, of some channels or all."""
        weight, bias, mean, variance = (
            self.values[f"{name}.{part}"][channels].astype(np.float64)
            for part in ("weight", "bias", "running_mean", "running_var")
        )
        scale = weight / np.sqrt(variance + _EPSILON)
        place = f"{name}.{channels.start or 0}"
        x = self.rounded(self.op.multiply(x, _column(scale)), f"{place}.scaled")
        x = self.rounded(self.op.add(x, _column(bias - mean * scale)), f"{place}.normed")
        return self.rounded(self.op.elu(x, 1.0), f"{place}.elu")

    def halved(self, x: Any, name: str) -> Any:
        """The largest of each 2x2."""
        pooled = self.op.max_pool(x, [2, 2], [1, 1], [0, 0], [0, 0], [2, 2])
        # Its second result, where the largest were, is of no use
        pooled.set_friendly_name(name)
        return pooled.output(0)

    def path(self, x: Any, name: str) -> Any:
        """Twice: batch normalisation, ELU, convolution."""
        return self.end_of_path(self.norm_elu(x, f"{name}.conv_block.batchnorm2d_0"), name)

    def end_of_path(self, x: Any, name: str) -> Any:
        """A path but for its first normalisation."""
        x = self.conv(x, f"{name}.conv_block.conv2d_2")
        x = self.norm_elu(x, f"{name}.conv_block.batchnorm2d_3")
        return self.conv(x, f"{name}.conv_block.conv2d_5")

    def residual(self, x: Any, name: str) -> Any:
        """A path, and its input added."""
        point = f"{name}.id_path.conv2d_1"
        shortcut = self.conv(x, point) if f"{point}.weight" in self.values else x
        path = self.path(x, f"{name}.conv_path")
        return self.rounded(self.op.add(path, shortcut), f"{name}.sum")

    def ascent(self, x: Any, skip: Any, name: str) -> Any:
        """Upsampled input beside that of the way down, and added to the result.

        Both are normalised before they are joined, which is the same, and joins 8 bits.
        """
        x = self.up(x, f"{name}.id_path.up_conv")
        norm = f"{name}.conv_path.conv_block.batchnorm2d_0"
        half = self.values[f"{norm}.weight"].size // 2
        halves = [
            self.norm_elu(x, norm, slice(0, half)),
            self.norm_elu(skip, norm, slice(half, None)),
        ]
        both = self.rounded(self.op.concat(halves, 1), f"{name}.both")
        path = self.end_of_path(both, f"{name}.conv_path")
        return self.rounded(self.op.add(path, x), f"{name}.sum")


def _column(values: NDArray[np.floating[Any]]) -> NDArray[np.float32]:
    """One value for each channel."""
    return values.astype(np.float32).reshape(1, -1, 1, 1)
