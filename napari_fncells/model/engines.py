"""Which engine computes a network, by device and precision."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, cast, get_args

from napari_fncells.core.errors import ParameterError
from napari_fncells.model.card import ModelCard
from napari_fncells.model.device import AUTO, Device
from napari_fncells.model.engine import Engine, Precision
from napari_fncells.model.openvino import OpenVINOEngine
from napari_fncells.model.quantised import Quantised
from napari_fncells.model.refusal import ModelError, installed, required
from napari_fncells.model.values import Values

Wanted = Literal["auto", "float32", "int8", "half"]
Spare = Callable[[], Engine]


def checked_precision(wanted: str) -> Wanted:
    """The name of a precision.

    Raises
    ------
    ParameterError
        It is none.
    """
    known = (AUTO, *get_args(Precision))
    if wanted not in known:
        raise ParameterError(
            f"There is no precision named {wanted!r}.", f"Known are: {', '.join(known)}."
        )
    return cast("Wanted", wanted)


def choose_engine(
    values: Values, card: ModelCard, device: Device, wanted: Wanted, int8: Quantised | None
) -> tuple[Engine, Spare | None]:
    """What computes, and what makes an engine on the CPU where that is a GPU's.

    Raises
    ------
    ModelError
        The device does not compute in that precision, or something needed is missing.
    """
    if device.name == "cpu":
        return _on_cpu(values, card, wanted, int8), None
    if wanted == "int8":
        raise ModelError(
            "Models compute in int8 on the CPU only.", "Use device='cpu', or precision='half'."
        )

    def spare() -> Engine:
        return _on_cpu(values, card, "float32", None)

    return _on_gpu(values, card, device, wanted), spare


def _on_cpu(values: Values, card: ModelCard, wanted: Wanted, int8: Quantised | None) -> Engine:
    if wanted == "half":
        raise ModelError(
            "Half precision is for GPUs; no CPU gains by it.", "Use 'auto', 'float32' or 'int8'."
        )
    if wanted == "int8":
        required("openvino")
        if int8 is None:
            raise ModelError(
                f"The model {card.name} has no int8 variant.", "Use precision='float32'."
            )
    if installed("openvino"):
        use = wanted == "int8" or (wanted == AUTO and card.int8_agrees)
        return OpenVINOEngine(values, int8 if use else None)
    required("torch")
    from napari_fncells.model.torch_engine import TorchEngine, network_of

    return TorchEngine(network_of(values), Device("cpu", "CPU"))


def _on_gpu(values: Values, card: ModelCard, device: Device, wanted: Wanted) -> Engine:
    from napari_fncells.model.torch_engine import (
        TorchEngine,
        fast_half,
        half_type,
        network_of,
    )

    network = network_of(values)
    half = half_type(device) if wanted == "half" else None
    if wanted == AUTO:
        half = fast_half(network, device, card.sha256)
    return TorchEngine(network, device, half)
