"""What there is to compute on, in words."""

from __future__ import annotations

import sys

import pytest

from napari_fncells.model import device
from napari_fncells.model.device import check_devices, found_devices, may_have_gpu
from napari_fncells.model.refusal import ModelError

torch = pytest.importorskip("torch")


@pytest.fixture(autouse=True)
def no_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(device, "may_have_gpu", lambda: True)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)


def test_a_machine_without_a_gpu() -> None:
    pytest.importorskip("openvino")
    check = check_devices()
    assert [each.name for each in check.found] == ["cpu"]
    assert check.used == check.found[0]
    assert check.engine == "OpenVINO"
    assert torch.__version__ in check.lines[1]
    assert "Get started" in check.advice
    assert check.lines[-1] == check.advice


def test_a_gpu_is_used_and_needs_no_advice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda: "a GPU")
    check = check_devices()
    assert check.engine == "PyTorch"
    assert check.lines[-1] == "Used: a GPU, by PyTorch."
    assert not check.advice


def test_without_openvino_it_is_advised(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "openvino", None)
    check = check_devices()
    assert check.engine == "PyTorch"
    assert "OpenVINO not installed" in check.lines[1]
    assert "napari-fncells[openvino]" in check.advice


def test_without_torch_the_cpu_remains(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("openvino")
    monkeypatch.setitem(sys.modules, "torch", None)
    check = check_devices()
    assert [each.name for each in check.found] == ["cpu"]
    assert check.engine == "OpenVINO"
    assert "PyTorch, which is not installed" in check.advice


def test_with_neither_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    monkeypatch.setitem(sys.modules, "openvino", None)
    with pytest.raises(ModelError, match="neither"):
        found_devices()
    check = check_devices()
    assert check.used is None
    assert not check.engine
    assert "pip install" in check.lines[-1]


def test_torch_is_asked_only_where_there_may_be_a_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    """Importing it is most of the time of a first draft."""
    monkeypatch.undo()
    monkeypatch.setattr(sys, "platform", "linux")
    versions = iter(["2.13.0+cpu", "2.13.0+rocm6.4", "2.13.0", "2.13.0"])
    monkeypatch.setattr(device, "_version", lambda _: next(versions))
    assert [may_have_gpu() for _ in range(2)] == [False, True]
    for driver in (True, False):

        def load(name: str, there: bool = driver) -> None:
            assert name == "libcuda.so.1"
            if not there:
                raise OSError(name)

        monkeypatch.setattr(device.ctypes, "CDLL", load)
        assert may_have_gpu() == driver
