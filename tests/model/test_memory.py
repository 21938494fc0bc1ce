"""What happens where memory does not suffice: smaller parts, then the CPU, and words about it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import pytest
from numpy.typing import NDArray

from napari_fncells.core.score import ScoreMap
from napari_fncells.core.steps import finish
from napari_fncells.model.card import ModelCard
from napari_fncells.model.device import Device
from napari_fncells.model.engine import Precision
from napari_fncells.model.predict import Model, predict, predict_steps
from napari_fncells.model.refusal import ModelError
from tests.model.weights_of import random_values

CARD = ModelCard(name="own", sha256="0" * 64)
GPU = Device("cuda", "a GPU")


@dataclass
class Done:
    """A run that was done at once."""

    logits: NDArray[np.float32]

    def done(self, seconds: float) -> bool:
        return True

    def result(self) -> NDArray[np.float32]:
        return self.logits

    def leave(self) -> None:
        """Nothing is left to end."""


@dataclass
class Small:
    """An engine that holds so many pixels; its logits are the picture's own values."""

    holds: int
    asked: list[int] = field(default_factory=list)
    title: str = "stub"
    precision: Precision = "float32"

    def start(self, values: NDArray[np.float32]) -> Done:
        size = values.shape[1] * values.shape[2]
        self.asked.append(size)
        if size > self.holds:
            raise MemoryError
        return Done(values[0])

    def free_bytes(self) -> int:
        return 1 << 40

    def rest(self, pixels: int) -> None:
        """It keeps nothing."""


def picture() -> NDArray[np.float32]:
    return np.random.default_rng(1).random((1000, 1300), dtype=np.float32)


def expected() -> NDArray[np.float32]:
    return predict(Model(Small(1 << 40), CARD, GPU), picture()).values


def test_enough_memory_needs_no_words() -> None:
    engine = Small(1 << 40)
    assert predict(Model(engine, CARD, GPU), picture()).notices == ()
    assert len(engine.asked) == 1


def test_parts_become_smaller() -> None:
    engine = Small(300_000)
    said = []
    steps = predict_steps(Model(engine, CARD, GPU), picture())
    try:
        while True:
            said.append(next(steps))
    except StopIteration as end:
        found: ScoreMap = end.value
    np.testing.assert_array_equal(found.values, expected())
    assert len(found.notices) == 1
    assert "smaller parts" in found.notices[0]
    assert found.notices[0] in said
    # Two attempts in vain, not one for each part
    assert sum(size > engine.holds for size in engine.asked) == 2
    numbers = [int(words.split("part ")[1].split()[0]) for words in said if "part " in words]
    assert numbers == sorted(numbers)
    assert said[-1].endswith(f"part {numbers[-1]} of {numbers[-1]}")


def test_then_the_cpu_computes() -> None:
    cpu = Small(1 << 40)
    found = predict(Model(Small(0), CARD, GPU, lambda: cpu), picture())
    np.testing.assert_array_equal(found.values, expected())
    assert any("CPU" in notice for notice in found.notices)
    assert cpu.asked


@pytest.mark.parametrize("spare", [None, lambda: Small(0)])
def test_at_last_it_says_so(spare: Callable[[], Small] | None) -> None:
    with pytest.raises(ModelError, match="memory does not suffice"):
        predict(Model(Small(0), CARD, GPU, spare), picture())


def test_torch_tells_what_it_lacks(monkeypatch: pytest.MonkeyPatch) -> None:
    torch = pytest.importorskip("torch")
    from napari_fncells.model.torch_engine import TorchEngine, network_of

    network = network_of(random_values())
    engine = TorchEngine(network, Device("cpu", "CPU"))
    part = np.zeros((3, 8, 8), np.float32)
    for error in (
        torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 GiB"),
        RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory: you tried"),
        RuntimeError("MPS backend out of memory (MPS allocated: 9 GB)"),
    ):

        def fail(*_: object, error: Exception = error) -> None:
            raise error

        with monkeypatch.context() as patch:
            patch.setattr(network.encoder.conv_block, "forward", fail)
            with pytest.raises(MemoryError):
                engine.start(part).result()
    assert engine.start(part).result().shape == (8, 8)


def test_other_errors_of_torch_stay_what_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("torch")
    from napari_fncells.model.torch_engine import TorchEngine, network_of

    engine = TorchEngine(network_of(random_values()), Device("cpu", "CPU"))
    with pytest.raises(RuntimeError, match="size"):
        engine.start(np.zeros((3, 9, 9), np.float32)).result()


def test_openvino_tells_what_it_lacks() -> None:
    pytest.importorskip("openvino")
    from napari_fncells.model.openvino import OpenVINORun

    class Request:
        text = "Exception from src/inference: std::bad_alloc"

        def start_async(self, *_: object, **__: object) -> None:
            raise RuntimeError(self.text)

    with pytest.raises(MemoryError):
        OpenVINORun(Request(), np.zeros((3, 8, 8), np.float32), [])
    Request.text = "Exception from src:\nshapes do not fit"
    with pytest.raises(ModelError, match="shapes do not fit"):
        OpenVINORun(Request(), np.zeros((3, 8, 8), np.float32), [])


def test_a_model_on_the_gpu_has_the_cpu_to_go_to(monkeypatch: pytest.MonkeyPatch) -> None:
    """The real way, with an engine that fails as one on a GPU would."""
    pytest.importorskip("openvino")
    from napari_fncells.model import engines
    from napari_fncells.model.predict import ready_model

    monkeypatch.setattr(engines, "_on_gpu", lambda *_: Small(0))
    image = (picture()[:400, :500] * 255).astype(np.uint8)
    found = predict(ready_model(random_values(), CARD, GPU), image)
    on_cpu = ready_model(random_values(), CARD, Device("cpu", "CPU"))
    np.testing.assert_allclose(found.values, predict(on_cpu, image).values, atol=1e-5)
    assert len(found.notices) == 2


def test_steps_go_on_where_nothing_is_short() -> None:
    found = finish(predict_steps(Model(Small(1 << 40), CARD, GPU), picture(), at_once=300_000))
    np.testing.assert_array_equal(found.values, expected())
    assert found.notices == ()
