"""The int8 variant: made, kept as data, refused where it is not what it should be."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from napari_fncells.core.errors import ParameterError
from napari_fncells.model.card import ModelCard
from napari_fncells.model.device import Device, choose_device
from napari_fncells.model.library import list_models, model_folder
from napari_fncells.model.predict import load_model, predict, ready_model
from napari_fncells.model.quantised import Quantised, read_quantised, write_quantised
from napari_fncells.model.refusal import ModelError
from napari_fncells.model.weights import int8_path, read_card, write_int8, write_model
from tests.model.weights_of import random_values

pytest.importorskip("openvino")
safetensors = pytest.importorskip("safetensors.numpy")

CARD = ModelCard(name="own", sha256="0" * 64)
CPU = Device("cpu", "CPU")
Arrays = dict[str, NDArray[Any]]


def picture(seed: int = 0) -> NDArray[np.uint8]:
    return np.random.default_rng(seed).integers(0, 256, (64, 72, 3), dtype=np.uint8)


@pytest.fixture(scope="module")
def made() -> bytes:
    pytest.importorskip("nncf")
    from napari_fncells.model.quantise import quantise

    return quantise(random_values(), CARD, [picture(seed) for seed in range(4)])


@pytest.fixture
def file(tmp_path: Path, made: bytes) -> Path:
    """Weights with their variant, of which the card says nothing yet."""
    path = write_model(tmp_path, random_values(), CARD)
    write_int8(path, made, agrees=False, metrics={"int8 IoU": 0.5})
    return path


def test_it_is_near_float32_and_not_the_same(file: Path) -> None:
    image = picture(9)
    plain, int8 = (load_model(file, "cpu", precision) for precision in ("float32", "int8"))
    assert (plain.engine.precision, int8.engine.precision) == ("float32", "int8")
    expected, found = predict(plain, image).values, predict(int8, image).values
    assert 0 < np.abs(found - expected).max() < 0.1
    assert np.corrcoef(found.ravel(), expected.ravel())[0, 1] > 0.99


def test_it_is_used_unasked_only_where_the_card_says_it_agrees(file: Path, made: bytes) -> None:
    assert load_model(file, "cpu").engine.precision == "float32"
    write_int8(file, made, agrees=True)
    card = read_card(file)
    assert card.int8_agrees
    assert card.metrics == {"int8 IoU": 0.5}
    assert load_model(file, "cpu").engine.precision == "int8"
    assert load_model(file, "cpu", "float32").engine.precision == "float32"


def test_without_the_file_it_is_float32(file: Path, made: bytes) -> None:
    write_int8(file, made, agrees=True)
    int8_path(file).unlink()
    assert load_model(file, "cpu").engine.precision == "float32"
    with pytest.raises(ModelError, match="has no int8 variant"):
        load_model(file, "cpu", "int8")


def test_without_openvino_it_is_float32_by_torch(
    file: Path, made: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("torch")
    write_int8(file, made, agrees=True)
    monkeypatch.setitem(sys.modules, "openvino", None)
    loaded = load_model(file, "cpu")
    assert (loaded.engine.title, loaded.engine.precision) == ("PyTorch", "float32")
    with pytest.raises(ModelError, match=r"OpenVINO.*fncells\[openvino\]"):
        load_model(file, "cpu", "int8")


def test_without_nncf_none_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    from napari_fncells.model.quantise import quantise

    monkeypatch.setitem(sys.modules, "nncf", None)
    with pytest.raises(ModelError, match=r"NNCF.*fncells\[train\]"):
        quantise(random_values(), CARD, [picture()])


def test_other_weights_do_not_take_it_over(file: Path, made: bytes) -> None:
    write_int8(file, made, agrees=True)
    card = read_card(file)
    write_model(file.parent, random_values(), card)
    assert load_model(file, "cpu").engine.precision == "int8"
    write_model(file.parent, random_values(1), card, replace=True)
    assert read_card(file).int8_sha256 is None
    assert load_model(file, "cpu").engine.precision == "float32"


def test_it_is_not_a_model_of_its_own(made: bytes) -> None:
    path = write_model(model_folder(), random_values(), CARD)
    write_int8(path, made, agrees=False)
    own = [listed for listed in list_models() if not listed.shipped]
    assert [(listed.name, listed.problem) for listed in own] == [("own", "")]


def test_the_precisions() -> None:
    with pytest.raises(ParameterError, match="int4"):
        load_model("own", precision="int4")
    with pytest.raises(ModelError, match="for GPUs"):
        ready_model(random_values(), CARD, CPU, "half")
    with pytest.raises(ModelError, match="on the CPU only"):
        ready_model(random_values(), CARD, Device("cuda", "a GPU"), "int8")
    with pytest.raises(ModelError, match="has no int8 variant"):
        ready_model(random_values(), CARD, CPU, "int8")


def test_it_is_written_as_it_was_read(made: bytes) -> None:
    int8 = read_quantised(made, "x")
    assert len(int8.kernels) >= 20
    assert write_quantised(int8) == made


@pytest.mark.parametrize("at", [10, -10])
def test_a_tampered_file_is_refused(file: Path, made: bytes, at: int) -> None:
    """Also where nobody asked for it, as then something is wrong."""
    write_int8(file, made, agrees=True)
    data = bytearray(made)
    data[at] ^= 1
    int8_path(file).write_bytes(data)
    for precision in ("int8", "auto"):
        with pytest.raises(ModelError, match=r"own\.int8\.st is not the file that its card"):
            load_model(file, "cpu", precision)
    assert load_model(file, "cpu", "float32").engine.precision == "float32"


def changed(change: Callable[[Arrays], None]) -> Callable[[Arrays], Arrays]:
    def act(arrays: Arrays) -> Arrays:
        change(arrays)
        return arrays

    return act


CONV = "encoder.residual_block1.conv_path.conv_block.conv2d_2"
WRONG = {
    "an unknown name": changed(lambda a: a.update({"system.weight": np.zeros(2, np.float32)})),
    "a part of a layer missing": changed(lambda a: a.__delitem__(f"{CONV}.scale")),
    "another shape": changed(lambda a: a.update({f"{CONV}.weight": np.zeros((2, 2), np.int8)})),
    "another kind": changed(
        lambda a: a.update({f"{CONV}.weight": a[f"{CONV}.weight"].astype(np.float32)})
    ),
    "no finite number": changed(lambda a: a[f"{CONV}.bias"].fill(np.nan)),
    "a range upside down": changed(
        lambda a: a.update({"head.range": np.array([1, -1], np.float32)})
    ),
    "an infinite range": changed(
        lambda a: a.update({"head.range": np.array([0, np.inf], np.float32)})
    ),
    "nothing": lambda _: {"x.range": np.array([0, 1], np.float32)},
}


@pytest.mark.parametrize("change", WRONG.values(), ids=WRONG)
def test_what_is_no_int8_variant_is_refused(
    made: bytes, change: Callable[[Arrays], Arrays]
) -> None:
    arrays = {name: array.copy() for name, array in safetensors.load(made).items()}
    with pytest.raises(ModelError, match=r"^x .*it was not taken"):
        read_quantised(safetensors.save(change(arrays)), "x")


def test_nothing_in_the_file_runs(file: Path, tmp_path: Path) -> None:
    """Its card may say that code is the variant; it is not run, whatever its form."""
    import hashlib
    import pickle

    canary = tmp_path / "canary"

    class Bomb:
        def __reduce__(self) -> tuple[Any, ...]:
            return Path.touch, (canary,)

    graph = f'<?xml version="1.0"?><net name="x" version="11"><layers path="{canary}"/></net>'
    for data in (pickle.dumps(Bomb()), graph.encode(), f"open({str(canary)!r}, 'w')".encode()):
        int8_path(file).write_bytes(data)
        card = read_card(file).model_copy(
            update={"int8_sha256": hashlib.sha256(data).hexdigest(), "int8_agrees": True}
        )
        file.with_suffix(".json").write_text(card.model_dump_json())
        with pytest.raises(ModelError, match="was not taken"):
            load_model(file, "cpu")
    assert not canary.exists()


def test_ranges_that_no_graph_has_change_nothing(made: bytes) -> None:
    """Names are looked up from our side: others are never reached."""
    int8 = read_quantised(made, "x")
    more = Quantised(
        int8.kernels,
        int8.scales,
        int8.biases,
        {**int8.ranges, "elsewhere": (np.float32(0), np.float32(1))},
    )
    found, expected = (
        predict(ready_model(random_values(), CARD, choose_device("cpu"), "int8", each), picture())
        for each in (more, int8)
    )
    np.testing.assert_array_equal(found.values, expected.values)


def test_the_half_precision_of_a_gpu_must_be_near_and_faster() -> None:
    """Tried on the CPU, which computes in bfloat16, too; the clock is made."""
    torch = pytest.importorskip("torch")
    from napari_fncells.model import torch_engine

    network = torch_engine.network_of(random_values())
    for steps, fast in (([9.0] * 6 + [1.0] * 6, True), ([1.0] * 6 + [9.0] * 6, False)):
        ticks = iter(np.cumsum(steps))
        weights = f"random, {fast}"
        # Their probabilities lie within the distance only where kernels are small
        for parameter in network.parameters():
            parameter.mul_(0.5)
        found = torch_engine.fast_half(network, CPU, weights, lambda: float(next(ticks)))  # noqa: B023
        assert found == (torch.bfloat16 if fast else None)
        assert torch_engine.fast_half(network, CPU, weights) == found
