"""Making the int8 variant of weights, by post-training quantisation with NNCF."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_fncells.model.card import ModelCard
from napari_fncells.model.channels import NetworkInput
from napari_fncells.model.graph import build_graph
from napari_fncells.model.layout import HEAD
from napari_fncells.model.openvino import compiled
from napari_fncells.model.quantised import LEVELS, Quantised, scale_shape, write_quantised
from napari_fncells.model.refusal import ModelError, required
from napari_fncells.model.tiles import MULTIPLE, pad
from napari_fncells.model.values import Values

SIDE = 512
"""Most px, of a network's, that are seen of each picture, each way; from its middle."""
_EXACT = 1e-3
_CUT_SHARE = 3e-5
"""Of values at either end that ranges leave out."""
_FLOAT = ("encoder.colorspace", "encoder.conv_block.conv_block.conv2d_2", HEAD)


def quantise(values: Values, card: ModelCard, pictures: Sequence[NDArray[Any]]) -> bytes:
    """The int8 variant of weights, as a file.

    Kernels get a scale for each channel, results a range each, from what the network makes of
    pictures; biases are corrected for the mean error. See Nagel et al., A White Paper on Neural
    Network Quantization (2021).

    Parameters
    ----------
    values, card
        Of the float weights.
    pictures
        (Y, X) or (Y, X, C), such as the model will see: some tens, with and without cells.

    Returns
    -------
    bytes
        For `weights.write_int8`.

    Raises
    ------
    ModelError
        NNCF or OpenVINO is missing, or makes what our graph cannot repeat.
    """
    nncf = required("nncf")
    seen = [_middle(picture, card) for picture in pictures]
    plain = build_graph(values)
    left = [node.get_friendly_name() for node in plain.get_ordered_ops() if _is_float(node)]
    graph = nncf.quantize(
        plain,
        nncf.Dataset(seen),
        # Ranges need not lie evenly about 0, as what an ELU gives does not
        preset=nncf.QuantizationPreset.MIXED,
        subset_size=len(seen),
        ignored_scope=nncf.IgnoredScope(names=left),
        advanced_parameters=nncf.AdvancedQuantizationParameters(
            activations_range_estimator_params=_range_estimator()
        ),
    )
    int8 = _read(graph)
    _check(graph, build_graph(values, int8), seen[0])
    return write_quantised(int8)


def _is_float(node: Any) -> bool:
    """Whether a node is left in float32.

    These are the sums of residuals, which go through the whole network; the first two layers and
    the last, which compute little. Without them the IoU of masks with float32's rose from 0.96 to
    0.98, for a fifth of int8's time.
    """
    name: str = node.get_friendly_name()
    return name in _FLOAT or name.endswith(".sum")


def _range_estimator() -> Any:
    """What ranges are made of: nearly the whole of each picture's values, mean over pictures.

    A few very bright pixels would make all others coarse.
    """
    estimator = import_module("nncf.quantization.range_estimator")
    kind, mean = estimator.StatisticsType.QUANTILE, estimator.AggregatorType.MEAN
    statistic = estimator.StatisticsCollectorParameters(
        statistics_type=kind, aggregator_type=mean, quantile_outlier_prob=_CUT_SHARE
    )
    return estimator.RangeEstimatorParameters(min=statistic, max=statistic)


def _middle(picture: NDArray[Any], card: ModelCard) -> NDArray[np.float32]:
    """(1, 3, Y, X) of the middle of a picture."""
    source = NetworkInput.of(picture, card)
    window = tuple(
        slice(max(0, side - SIDE) // 2, max(0, side - SIDE) // 2 + min(side, SIDE))
        for side in source.shape
    )
    return pad(source.window((window[0], window[1])))[np.newaxis]


def _read(graph: Any) -> Quantised:
    """Numbers and ranges out of a graph of NNCF's."""
    kernels, scales, biases, ranges = {}, {}, {}, {}
    for node in graph.get_ordered_ops():
        kind, name = node.get_type_name(), node.get_friendly_name()
        if kind == "FakeQuantize":
            ranges[_before(node, 0).get_friendly_name()] = _limits(node)
        elif kind in ("Convolution", "ConvolutionBackpropData"):
            scaled = _before(node, 1)
            if scaled.get_type_name() == "Multiply":
                kernels[name] = np.asarray(_before(_before(scaled, 0), 0).data, np.int8)
                scales[name] = _whole(_before(scaled, 1)).reshape(scale_shape(name))
                (add,) = node.output(0).get_target_inputs()
                biases[name] = _whole(_before(add.get_node(), 1)).reshape(-1)
    return Quantised(kernels, scales, biases, ranges)


def _limits(node: Any) -> tuple[np.float32, np.float32]:
    """Range of a FakeQuantize that rounds and does nothing else."""
    low, high, low_out, high_out = (_whole(_before(node, place)).ravel() for place in range(1, 5))
    plain = low.size == 1 and (low, high) == (low_out, high_out)
    if not plain or node.get_attributes()["levels"] != LEVELS:
        raise ModelError(f"NNCF rounds {node.get_friendly_name()!r} in a way that is not known.")
    return low[0], high[0]


def _before(node: Any, place: int) -> Any:
    """The node that an input comes from."""
    return node.input(place).get_source_output().get_node()


def _whole(constant: Any) -> NDArray[np.float32]:
    """A constant's values, where NNCF keeps them in half precision through its conversion."""
    if constant.get_type_name() == "Convert":
        constant = _before(constant, 0)
    return np.array(constant.data, np.float32)


def _check(theirs: Any, ours: Any, seen: NDArray[np.float32]) -> None:
    """Whether the graph built from the numbers is NNCF's."""
    size = tuple(min(side, 16 * MULTIPLE) for side in seen.shape[2:])
    part = np.ascontiguousarray(seen[..., : size[0], : size[1]])
    found, expected = (compiled(graph)([part])[0] for graph in (ours, theirs))
    if not np.allclose(found, expected, atol=_EXACT * max(1.0, float(np.abs(expected).max()))):
        raise ModelError("The int8 variant does not compute what NNCF made.")
