"""A network by torch: on a GPU, or on the CPU where OpenVINO is missing."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from napari_fncells.model.cresunet import CResUnet
from napari_fncells.model.device import Device
from napari_fncells.model.engine import Precision
from napari_fncells.model.memory import free_memory
from napari_fncells.model.values import Values

_NO_MEMORY = ("out of memory", "can't allocate memory", "not enough memory")
_CLOSE = 2e-3
"""How far probabilities in half precision may be from those of float32."""
_PROBE_SIDE = 512
_PROBE_RUNS = 3

Plane = NDArray[np.float32]

_halved: dict[tuple[str, str], torch.dtype | None] = {}
"""Types of half precision that were found faster and close, by device and weights."""


def network_of(values: Values) -> CResUnet:
    """The network with its values, in evaluation mode."""
    network = CResUnet()
    tensors = {name: torch.tensor(value) for name, value in values.items()}
    # Only counters of training are not among them
    network.load_state_dict(network.state_dict() | tensors)
    network.requires_grad_(False).eval()
    return network


class TorchEngine:
    """A network on a device of torch's.

    Parameters
    ----------
    network
        In evaluation mode; it is moved to the device, channels last.
    device
        Where it computes.
    half
        Type of half precision; None computes in float32.
    """

    def __init__(self, network: CResUnet, device: Device, half: torch.dtype | None = None) -> None:
        self.title = "PyTorch"
        self.precision: Precision = "float32" if half is None else "half"
        self._device = device.name
        self._half = half
        self._network = network.to(device.name, memory_format=torch.channels_last)
        # One thread for all parts: torch keeps a team of its own for each that asks it
        self._worker = ThreadPoolExecutor(1, "model")

    def start(self, values: Plane) -> TorchRun:
        """See `Engine`."""
        left = threading.Event()
        return TorchRun(self._worker.submit(self._compute, values, left), left)

    def free_bytes(self) -> int:
        """See `Engine`."""
        if self._device != "cuda":
            return free_memory()
        free, _ = torch.cuda.mem_get_info()
        unused = torch.cuda.memory_reserved() - torch.cuda.memory_allocated()
        return int(free + unused)

    def rest(self, pixels: int) -> None:  # noqa: ARG002
        """See `Engine`. Other programs, napari among them, draw with the same GPU."""
        if self._device == "cuda":
            torch.cuda.empty_cache()
        elif self._device == "mps":
            torch.mps.empty_cache()

    def _compute(self, values: Plane, left: threading.Event) -> Plane:
        with _told(), _heeding(self._network, left), torch.inference_mode():
            batch = torch.from_numpy(values)[None]
            batch = batch.to(self._device, memory_format=torch.channels_last)
            with torch.autocast(self._device, self._half, enabled=self._half is not None):
                logits = self._network(batch)
            return np.asarray(logits[0, 0].float().cpu().numpy())


class TorchRun:
    """A part that is being computed; see `Run`."""

    def __init__(self, future: Future[Plane], left: threading.Event) -> None:
        self._future = future
        self._left = left

    def done(self, seconds: float) -> bool:
        """See `Run`."""
        return bool(wait([self._future], seconds).done)

    def result(self) -> Plane:
        """See `Run`."""
        return self._future.result()

    def leave(self) -> None:
        """See `Run`."""
        self._left.set()
        self._future.cancel()


def fast_half(
    network: CResUnet,
    device: Device,
    weights: str,
    clock: Callable[[], float] = time.perf_counter,
) -> torch.dtype | None:
    """A type of half precision that is faster here and within 2e-3 of float32's probabilities.

    It is tried once for each device and weights in a process.

    Parameters
    ----------
    network, device
        As for `TorchEngine`.
    weights
        Their SHA-256.
    clock
        Seconds.

    Returns
    -------
    torch.dtype or None
        None where there is no such type.
    """
    key = device.name, weights
    if key not in _halved:
        part = np.random.default_rng(0).random((3, _PROBE_SIDE, _PROBE_SIDE), dtype=np.float32)
        # As dark as pictures are, with something bright
        part **= 8
        expected, slow = _timed(TorchEngine(network, device), part, clock)
        half = half_type(device)
        found, fast = _timed(TorchEngine(network, device, half), part, clock)
        close = float(np.abs(_probability(found) - _probability(expected)).max()) <= _CLOSE
        _halved[key] = half if close and fast < slow else None
    return _halved[key]


def half_type(device: Device) -> torch.dtype:
    """bfloat16, whose range is float32's, where the device computes in it."""
    good = device.name == "cpu" or (device.name == "cuda" and torch.cuda.is_bf16_supported())
    return torch.bfloat16 if good else torch.float16


def _timed(engine: TorchEngine, part: Plane, clock: Callable[[], float]) -> tuple[Plane, float]:
    """Logits of a part and the least seconds that they took, after a first run."""
    logits = engine.start(part).result()
    seconds = []
    for _ in range(_PROBE_RUNS):
        start = clock()
        engine.start(part).result()
        seconds.append(clock() - start)
    return logits, min(seconds)


def _probability(logits: Plane) -> Plane:
    return np.asarray(torch.from_numpy(logits).sigmoid().numpy())


class _LeftError(Exception):
    """Nobody waits for the result any more."""


@contextmanager
def _heeding(network: CResUnet, left: threading.Event) -> Iterator[None]:
    """Ends a run before its next layer once it is left."""

    def check(*_: Any) -> None:
        if left.is_set():
            raise _LeftError

    layers = [layer for layer in network.modules() if not any(layer.children())]
    hooks = [layer.register_forward_pre_hook(check) for layer in layers]
    try:
        yield
    finally:
        for hook in hooks:
            hook.remove()


@contextmanager
def _told() -> Iterator[None]:
    """Makes lack of memory on any device a MemoryError."""
    try:
        yield
    except RuntimeError as error:
        if any(word in str(error).lower() for word in _NO_MEMORY):
            raise MemoryError(str(error).splitlines()[0]) from error
        raise
