"""A picture becomes probabilities, whatever its size, whole or in parts."""

from __future__ import annotations

import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.special import expit, logit

from napari_fncells.core.blur import enlarged
from napari_fncells.core.errors import ParameterError, UserError
from napari_fncells.core.segment import segment
from napari_fncells.core.steps import finish
from napari_fncells.model import device
from napari_fncells.model.card import ModelCard
from napari_fncells.model.device import choose_device, found_devices
from napari_fncells.model.library import model_folder
from napari_fncells.model.openvino import OpenVINOEngine
from napari_fncells.model.predict import Model, load_model, predict, predict_steps, ready_model
from napari_fncells.model.refusal import ModelError
from napari_fncells.model.weights import write_model
from tests.model.weights_of import random_values

torch = pytest.importorskip("torch")
pytest.importorskip("safetensors")

from napari_fncells.model.torch_engine import TorchEngine, network_of  # noqa: E402

CARD = ModelCard(name="random", sha256="0" * 64)


@pytest.fixture(scope="module", params=["OpenVINO", "PyTorch"])
def model(request: pytest.FixtureRequest) -> Model:
    """The same network by both that can compute it on a CPU."""
    cpu = choose_device("cpu")
    if request.param == "PyTorch":
        return Model(TorchEngine(network_of(random_values()), cpu), CARD, cpu)
    pytest.importorskip("openvino")
    return ready_model(random_values(), CARD, cpu)


def picture(height: int, width: int) -> NDArray[np.uint8]:
    return np.random.default_rng(5).integers(0, 256, (height, width, 3), dtype=np.uint8)


def test_it_is_the_networks_own_answer(model: Model) -> None:
    image = picture(24, 40)
    batch = torch.tensor(image.transpose(2, 0, 1)[None] / np.float32(255))
    with torch.inference_mode():
        expected = torch.sigmoid(network_of(random_values())(batch))[0, 0].numpy()
    found = predict(model, image)
    np.testing.assert_allclose(found.values, expected, atol=1e-6)
    assert found.meaning == "probability"
    assert found.values.std() > 0.01


@pytest.mark.parametrize("shape", [(1, 1), (1, 30), (7, 9), (8, 8), (33, 50)])
def test_any_size(model: Model, shape: tuple[int, int]) -> None:
    found = predict(model, picture(*shape)).values
    assert found.shape == shape
    assert found.dtype == np.float32
    assert ((found >= 0) & (found <= 1)).all()


def test_odd_sizes_are_mirrored(model: Model) -> None:
    image = picture(21, 30)
    mirrored = np.pad(image, ((0, 3), (0, 2), (0, 0)), mode="reflect")
    found, expected = predict(model, image).values, predict(model, mirrored).values
    np.testing.assert_array_equal(found, expected[:21, :30])


@pytest.mark.parametrize("shape", [(500, 605), (16, 1203), (701, 9)])
def test_parts_fit_together(model: Model, shape: tuple[int, int]) -> None:
    image = picture(*shape)
    steps = predict_steps(model, image, at_once=300 * 300)
    assert "part 1 of" in next(steps)
    in_parts = finish(steps).values
    assert set(predict_steps(model, image[:9, :9])) == {"Model random, part 1 of 1"}
    np.testing.assert_allclose(in_parts, predict(model, image).values, atol=1e-5)


@pytest.mark.parametrize("shape", [(1, 1), (31, 50), (701, 1003)])
def test_a_smaller_picture_may_be_what_the_network_sees(
    model: Model, shape: tuple[int, int]
) -> None:
    half = replace(model, card=CARD.model_copy(update={"reduction": 2}))
    image = picture(*shape)
    found = predict(half, image).values
    assert found.shape == shape
    in_parts = finish(predict_steps(half, image, at_once=300 * 300)).values
    np.testing.assert_allclose(in_parts, found, atol=1e-5)


def test_means_of_blocks_are_seen(model: Model) -> None:
    half = replace(model, card=CARD.model_copy(update={"reduction": 2}))
    small = picture(40, 56)
    found = predict(half, small.repeat(2, axis=0).repeat(2, axis=1)).values
    expected = predict(model, small).values
    between = expit(enlarged(logit(expected), 2))
    np.testing.assert_allclose(found, between, atol=1e-4)


def test_a_job_can_be_left_and_can_change_threads(model: Model) -> None:
    image = picture(400, 500)
    left = predict_steps(model, image, at_once=300 * 300)
    next(left)
    next(left)
    left.close()
    steps = predict_steps(model, image, at_once=300 * 300)
    next(steps)
    done = []
    thread = threading.Thread(target=lambda: done.append(finish(steps)))
    thread.start()
    thread.join()
    np.testing.assert_allclose(done[0].values, predict(model, image).values, atol=1e-5)
    assert not torch.is_inference_mode_enabled()


def test_predictions_leave_the_model_as_it_is(model: Model) -> None:
    image = picture(40, 40)
    first = predict(model, image).values
    np.testing.assert_array_equal(predict(model, image).values, first)


def test_torch_keeps_its_values_and_no_hooks() -> None:
    network = network_of(random_values())
    before = {name: value.clone() for name, value in network.state_dict().items()}
    cpu = choose_device("cpu")
    predict(Model(TorchEngine(network, cpu), CARD, cpu), picture(40, 40))
    assert all(torch.equal(before[n], v) for n, v in network.state_dict().items())
    assert not any(p.requires_grad for p in network.parameters())
    assert not any(layer._forward_pre_hooks for layer in network.modules())


@pytest.mark.parametrize("shape", [(8, 8), (24, 40), (256, 200)])
def test_openvino_equals_torch(shape: tuple[int, int]) -> None:
    pytest.importorskip("openvino")
    values = random_values(3)
    batch = np.random.default_rng(0).random((3, *shape), dtype=np.float32)
    found = OpenVINOEngine(values).start(batch).result()
    expected = TorchEngine(network_of(values), choose_device("cpu")).start(batch).result()
    assert expected.std() > 0.1
    np.testing.assert_allclose(found, expected, atol=1e-4)


def test_jobs_side_by_side_do_not_meet(model: Model) -> None:
    image = picture(300, 400)
    expected = predict(model, image).values
    jobs = [predict_steps(model, image, at_once=1), predict_steps(model, image[::-1], at_once=1)]
    for job in jobs * 2:
        next(job)
    upright, flipped = (finish(job).values for job in jobs)
    np.testing.assert_allclose(upright, expected, atol=1e-5)
    np.testing.assert_allclose(flipped, predict(model, image[::-1]).values, atol=1e-5)


def test_a_part_is_left_before_it_is_done(model: Model) -> None:
    """Whoever leaves need not wait for the whole network."""
    large = np.random.default_rng(0).random((3, 1024, 1024), dtype=np.float32)
    small = large[:, :64, :64].copy()
    expected = model.engine.start(small).result()
    run = model.engine.start(large)
    assert not run.done(0)
    run.leave()
    # And what comes next finds the engine as it was
    np.testing.assert_array_equal(model.engine.start(small).result(), expected)


def test_results_are_written_where_asked(model: Model, tmp_path: Path) -> None:
    image = np.memmap(tmp_path / "image", np.uint8, "w+", shape=(90, 100, 3))
    image[:] = picture(90, 100)
    out = np.memmap(tmp_path / "out", np.float32, "w+", shape=(90, 100))
    found = predict(model, image, out=out)
    assert found.values is out
    np.testing.assert_array_equal(out, predict(model, picture(90, 100)).values)
    for wrong in (np.empty((90, 99), np.float32), np.empty((90, 100))):
        with pytest.raises(ParameterError, match="float32 of the shape"):
            predict(model, image, out=wrong)


def test_its_score_map_is_cut_like_any_other(model: Model) -> None:
    score = predict(model, picture(64, 64))
    params = CARD.draft_params.with_settings({"amount": float(np.median(score.values))})
    assert segment(score, params).max() > 0


def test_no_picture(model: Model) -> None:
    with pytest.raises(ParameterError):
        predict(model, np.zeros(3))


@pytest.mark.filterwarnings("error")
def test_loading_by_path_and_by_name(tmp_path: Path, model: Model) -> None:
    file = write_model(tmp_path, random_values(), CARD)
    write_model(model_folder(), random_values(), CARD)
    image = picture(16, 16)
    for place in (file, str(file), "random"):
        loaded = load_model(place, "cpu")
        assert loaded.card.sha256 != CARD.sha256
        found, expected = predict(loaded, image).values, predict(model, image).values
        np.testing.assert_allclose(found, expected, atol=1e-6)


def test_devices(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(device, "may_have_gpu", lambda: True)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    assert [each.name for each in found_devices()] == ["cpu"]
    assert choose_device().name == "cpu"
    for wanted in ("cuda", "mps"):
        with pytest.raises(ModelError) as caught:
            choose_device(wanted)
        assert "'cpu'" in caught.value.remedy
    with pytest.raises(ParameterError, match="tpu"):
        choose_device("tpu")
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: True)
    assert choose_device().name == "mps"
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda: "a GPU")
    assert choose_device().title == "a GPU"
    assert choose_device("mps").name == "mps"


@pytest.mark.parametrize("missing", ["torch", "openvino"])
def test_either_of_the_two_is_enough(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, missing: str
) -> None:
    pytest.importorskip("openvino")
    file = write_model(tmp_path, random_values(), CARD)
    expected = predict(load_model(file, "cpu"), picture(16, 16)).values
    monkeypatch.setitem(sys.modules, missing, None)
    loaded = load_model(file)
    assert loaded.engine.title == {"torch": "OpenVINO", "openvino": "PyTorch"}[missing]
    np.testing.assert_allclose(predict(loaded, picture(16, 16)).values, expected, atol=1e-5)


def test_openvino_needs_no_torch(tmp_path: Path) -> None:
    """In a process that cannot import it."""
    pytest.importorskip("openvino")
    file = write_model(tmp_path, random_values(), CARD)
    code = (
        "import sys; sys.modules['torch'] = None\n"
        "import numpy, napari_fncells as fn\n"
        f"model = fn.load_model({str(file)!r})\n"
        "print(fn.predict(model, numpy.zeros((16, 16))).values.shape)\n"
        # It would report the use over the network
        "assert not [name for name in sys.modules if 'openvino_telemetry' in name]"
    )
    found = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert found.stdout.strip() == "(16, 16)"


def test_without_both_it_says_how_to_get_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = write_model(tmp_path, random_values(), CARD)
    monkeypatch.setitem(sys.modules, "torch", None)
    monkeypatch.setitem(sys.modules, "openvino", None)
    with pytest.raises(UserError, match=r"neither.*pip install 'napari-fncells\[model\]'"):
        load_model(file)
