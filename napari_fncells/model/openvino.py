"""A network by OpenVINO, several times as fast on a CPU as torch."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_fncells.model.engine import Precision
from napari_fncells.model.graph import build_graph
from napari_fncells.model.memory import BYTES_A_PIXEL, free_memory
from napari_fncells.model.quantised import Quantised
from napari_fncells.model.refusal import ModelError, required
from napari_fncells.model.values import Values

# On CPUs that can, its default is bf16, which is off by more than cells' outlines bear
_SETTINGS = {"INFERENCE_PRECISION_HINT": "f32", "PERFORMANCE_HINT": "LATENCY"}
_NO_MEMORY = ("bad alloc", "bad_alloc", "allocate", "out of memory")
_BURDEN = 4
"""Memory is given back where it is more than a fourth of what is free."""


class OpenVINOEngine:
    """A network on the CPU.

    Parameters
    ----------
    values
        By the names of the layout.
    int8
        Its int8 variant; without it, float32.

    Raises
    ------
    ModelError
        OpenVINO is missing.
    """

    def __init__(self, values: Values, int8: Quantised | None = None) -> None:
        self.title = "OpenVINO"
        self.precision: Precision = "float32" if int8 is None else "int8"
        self._network = compiled(build_graph(values, int8))
        # Kept with their memory; a run takes one out, so that jobs side by side do not meet
        self._idle: list[Any] = []

    def start(self, values: NDArray[np.float32]) -> OpenVINORun:
        """See `Engine`."""
        try:
            request = self._idle.pop()
        except IndexError:
            request = self._network.create_infer_request()
        return OpenVINORun(request, values, self._idle)

    def free_bytes(self) -> int:
        """See `Engine`."""
        return free_memory()

    def rest(self, pixels: int) -> None:
        """See `Engine`."""
        if pixels * BYTES_A_PIXEL * _BURDEN > free_memory():
            self._idle.clear()
            self._network.release_memory()


class OpenVINORun:
    """A part that is being computed; see `Run`."""

    def __init__(self, request: Any, values: NDArray[np.float32], idle: list[Any]) -> None:
        self._request = request
        self._idle = idle
        # OpenVINO reads them in place
        self._values = np.ascontiguousarray(values[np.newaxis])
        with _told():
            request.start_async([self._values], share_inputs=True)

    def done(self, seconds: float) -> bool:
        """See `Run`."""
        with _told():
            return bool(self._request.wait_for(round(seconds * 1000)))

    def result(self) -> NDArray[np.float32]:
        """See `Run`."""
        with _told():
            self._request.wait()
        logits = np.array(self._request.get_output_tensor().data[0, 0], np.float32)
        self._idle.append(self._request)
        return logits

    def leave(self) -> None:
        """See `Run`."""
        self._request.cancel()
        # So it says that it was left; it can be used again
        with suppress(RuntimeError):
            self._request.wait()
        self._idle.append(self._request)


@contextmanager
def _told() -> Iterator[None]:
    """Tells OpenVINO's lack of memory from its other errors."""
    try:
        yield
    except RuntimeError as error:
        text = str(error)
        if any(word in text.lower() for word in _NO_MEMORY):
            raise MemoryError(text) from error
        raise ModelError(
            f"OpenVINO could not compute the model: {text.splitlines()[-1]}",
            "Try precision='float32', or remove OpenVINO to compute with PyTorch.",
        ) from error


def compiled(graph: Any) -> Any:
    """A graph, ready to compute; some tenths of a second."""
    return _core().compile_model(graph, "CPU", _SETTINGS)


@cache
def _core() -> Any:
    return required("openvino").Core()
