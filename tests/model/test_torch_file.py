"""Checkpoints of PyTorch give their tensors; nothing in them runs."""

from __future__ import annotations

import io
import os
import pickle
import sys
import types
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from napari_fncells.model.layout import COUNTER, HEAD
from napari_fncells.model.refusal import ModelError
from napari_fncells.model.values import Values
from napari_fncells.model.weights import import_weights
from tests.model.weights_of import random_values

torch = pytest.importorskip("torch")
pytest.importorskip("safetensors")

NORM = "encoder.conv_block.conv_block.batchnorm2d_0"


def tensors(values: Values, prefix: str = "") -> dict[str, Any]:
    found = {f"{prefix}{name}": torch.tensor(value) for name, value in values.items()}
    return found | {f"{prefix}{NORM}.{COUNTER}": torch.tensor(5)}


@pytest.fixture
def fastai_optimiser(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What fastai saves beside the weights: a list of its own class, numbers of numpy."""
    module = types.ModuleType("fastcore.foundation")

    class L:
        def __init__(self, items: list[Any]) -> None:
            self.items = items

    L.__module__, L.__qualname__ = "fastcore.foundation", "L"
    module.L = L  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "fastcore", types.ModuleType("fastcore"))
    monkeypatch.setitem(sys.modules, "fastcore.foundation", module)
    state = [{"grad_avg": torch.zeros(3), "step": 4, "do_wd": False}]
    return {"state": state, "hypers": L([{"lr": np.float64(0.003), "mom": 0.9, "eps": 1e-5}])}


FORMS: dict[str, Callable[[Values], Any]] = {
    "plain": tensors,
    "wrapped": lambda values: tensors(values, "module."),
    "named": lambda values: {"epoch": 3, "model_state_dict": tensors(values, "module.")},
    "parameters": lambda values: {k: torch.nn.Parameter(v) for k, v in tensors(values).items()
                                  if v.is_floating_point()},
    "double": lambda values: {k: v.double() for k, v in tensors(values).items()
                              if v.is_floating_point()},
}  # fmt: skip


@pytest.mark.parametrize("old", [False, True])
@pytest.mark.parametrize("form", FORMS)
def test_forms_of_checkpoints(tmp_path: Path, form: str, old: bool) -> None:
    values = random_values()
    file = tmp_path / "weights.h5"  # a known program saves so under this suffix
    torch.save(FORMS[form](values), file, _use_new_zipfile_serialization=not old)
    found, card = import_weights(file)
    for name, value in values.items():
        np.testing.assert_array_equal(found[name], value)
    assert card.source is not None
    assert "PyTorch" in card.source.kind


@pytest.mark.parametrize("old", [False, True])
def test_a_checkpoint_of_fastai(
    tmp_path: Path, fastai_optimiser: dict[str, Any], old: bool
) -> None:
    values = random_values()
    file = tmp_path / "model.pth"
    saved = {"model": tensors(values), "opt": fastai_optimiser}
    torch.save(saved, file, _use_new_zipfile_serialization=not old)
    found, card = import_weights(file)
    for name, value in values.items():
        np.testing.assert_array_equal(found[name], value)
    assert card.source is not None
    assert card.source.kind == "checkpoint of fastai"
    assert card.cutoff == 0.5


def test_two_channels(tmp_path: Path) -> None:
    saved = tensors(random_values())
    saved[f"{HEAD}.weight"] = torch.rand(2, 16, 1, 1)
    saved[f"{HEAD}.bias"] = torch.rand(2)
    file = tmp_path / "x.pth"
    torch.save(saved, file)
    found, card = import_weights(file)
    expected = saved[f"{HEAD}.weight"][1] - saved[f"{HEAD}.weight"][0]
    np.testing.assert_array_equal(found[f"{HEAD}.weight"][0], expected.numpy())
    assert "two channels" in card.notes[0]


class Canary:
    """Leaves a folder where it is unpickled."""

    def __init__(self, place: Path) -> None:
        self.place = place

    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, (str(self.place),)


@pytest.mark.parametrize("old", [False, True])
@pytest.mark.parametrize("protocol", [2, 4])
@pytest.mark.parametrize("beside", [True, False])
def test_code_is_not_run(tmp_path: Path, old: bool, protocol: int, beside: bool) -> None:
    canary = tmp_path / "canary"
    saved = {"model": tensors(random_values()), "opt": Canary(canary)}
    if not beside:
        saved = tensors(random_values()) | {"encoder.colorspace.bias": Canary(canary)}
    file = tmp_path / "x.pth"
    torch.save(saved, file, pickle_protocol=protocol, _use_new_zipfile_serialization=not old)
    with pytest.raises(ModelError, match=r"x\.pth (asks for '(posix|nt|pickle)\.|holds)"):
        import_weights(file)
    assert not canary.exists()
    torch.load(file, weights_only=False)  # the canary does sing
    assert canary.exists()


def repacked(data: bytes, change: Callable[[str, bytes], bytes], **options: Any) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w", **options) as new:
        for entry in old.infolist():
            new.writestr(entry.filename, change(entry.filename, old.read(entry)))
    return out.getvalue()


@pytest.fixture(scope="module")
def checkpoint() -> bytes:
    stream = io.BytesIO()
    torch.save(tensors(random_values()), stream)
    return stream.getvalue()


def refuse(folder: Path, data: bytes, problem: str) -> None:
    file = folder / "x.pth"
    file.write_bytes(data)
    with pytest.raises(ModelError, match=problem) as caught:
        import_weights(file)
    assert caught.value.sentence.startswith("x.pth ")
    assert caught.value.sentence.endswith("it was not taken.")


def test_a_program_is_refused(tmp_path: Path) -> None:
    stream = io.BytesIO()
    torch.jit.save(torch.jit.trace(torch.nn.Conv2d(3, 1, 1), torch.zeros(1, 3, 4, 4)), stream)
    refuse(tmp_path, stream.getvalue(), "TorchScript")


def test_a_packed_archive_is_refused(tmp_path: Path, checkpoint: bytes) -> None:
    packed = repacked(checkpoint, lambda _, data: data, compression=zipfile.ZIP_DEFLATED)
    refuse(tmp_path, packed, "packed in a way")


def test_other_archives_are_refused(tmp_path: Path) -> None:
    stream = io.BytesIO()
    np.savez(stream, a=np.zeros(3))
    refuse(tmp_path, stream.getvalue(), "not one of PyTorch")


def test_an_archive_with_a_name_twice_is_refused(tmp_path: Path, checkpoint: bytes) -> None:
    stream = io.BytesIO(checkpoint)
    with zipfile.ZipFile(stream, "a") as archive:
        top = archive.namelist()[0].partition("/")[0]
        archive.writestr(f"{top}/DATA.pkl", b"x")
    refuse(tmp_path, stream.getvalue(), "given twice")


def test_storages_shorter_than_announced_are_refused(tmp_path: Path, checkpoint: bytes) -> None:
    def shorten(name: str, data: bytes) -> bytes:
        return data[:-4] if name.endswith("data/0") else data

    refuse(tmp_path, repacked(checkpoint, shorten), "damaged")


@pytest.mark.parametrize("old", [False, True])
@pytest.mark.parametrize("share", [0.0001, 0.01, 0.5, 0.999])
def test_truncated_checkpoints(tmp_path: Path, old: bool, share: float) -> None:
    stream = io.BytesIO()
    torch.save(tensors(random_values()), stream, _use_new_zipfile_serialization=not old)
    data = stream.getvalue()
    refuse(tmp_path, data[: int(len(data) * share)], r"x\.pth")


@pytest.mark.parametrize(
    "value",
    [
        3,
        "text",
        torch.zeros(1, 3, 1, 1).to_sparse(),
        torch.zeros(1).expand(10_000_000_000),
        torch.zeros(1, 3, 1, 1, device="meta"),
        torch.full((1, 3, 1, 1), torch.nan),
        torch.zeros(1, 3, 1, 1, dtype=torch.complex64),
        torch.zeros(1, 3, 1, 1, dtype=torch.int32),
        torch.zeros(1, 3, 1),
    ],
    ids=["number", "text", "sparse", "huge", "meta", "nan", "complex", "whole", "shape"],
)
def test_values_that_are_refused(tmp_path: Path, value: Any) -> None:
    stream = io.BytesIO()
    torch.save(tensors(random_values()) | {"encoder.colorspace.weight": value}, stream)
    refuse(tmp_path, stream.getvalue(), r"x\.pth")


@pytest.mark.parametrize("saved", [[1, 2], {}, torch.zeros(3), {"model": {}}, {"model": 3}])
def test_checkpoints_of_something_else(tmp_path: Path, saved: Any) -> None:
    stream = io.BytesIO()
    torch.save(saved, stream)
    refuse(tmp_path, stream.getvalue(), r"x\.pth")


def test_a_pickle_that_asks_for_memory_is_refused_unread(
    tmp_path: Path, checkpoint: bytes
) -> None:
    # bytearray(2 ** 40): torch itself would allow it
    bomb = b"\x80\x02c__builtin__\nbytearray\n\x8a\x06" + (2**40).to_bytes(6, "little") + b"\x85R."

    def swap(name: str, data: bytes) -> bytes:
        return bomb if name.endswith("data.pkl") else data

    refuse(tmp_path, repacked(checkpoint, swap), "asks for '__builtin__.bytearray'")


def test_a_plain_pickle_of_tensors_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "x.pth"
    file.write_bytes(pickle.dumps(torch.zeros(3)))
    with pytest.raises(ModelError, match=r"x\.pth"):
        import_weights(file)


def test_bfloat16(tmp_path: Path) -> None:
    values = random_values()
    saved = {k: v.bfloat16() if v.is_floating_point() else v for k, v in tensors(values).items()}
    file = tmp_path / "x.pth"
    torch.save(saved, file)
    found, _ = import_weights(file)
    for name, value in values.items():
        np.testing.assert_allclose(found[name], value, rtol=1e-2, atol=1e-6)
