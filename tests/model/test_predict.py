"""A picture becomes probabilities, whatever its size, whole or in parts."""

from __future__ import annotations

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
from napari_fncells.model.card import ModelCard
from napari_fncells.model.device import choose_device, found_devices
from napari_fncells.model.library import model_folder
from napari_fncells.model.predict import Model, load_model, predict, predict_steps, ready_model
from napari_fncells.model.refusal import ModelError
from napari_fncells.model.weights import write_model
from tests.model.weights_of import random_values

torch = pytest.importorskip("torch")
pytest.importorskip("safetensors")

CARD = ModelCard(name="random", sha256="0" * 64)


@pytest.fixture(scope="module")
def model() -> Model:
    return ready_model(random_values(), CARD, choose_device("cpu"))


def picture(height: int, width: int) -> NDArray[np.uint8]:
    return np.random.default_rng(5).integers(0, 256, (height, width, 3), dtype=np.uint8)


def test_it_is_the_networks_own_answer(model: Model) -> None:
    image = picture(24, 40)
    batch = torch.tensor(image.transpose(2, 0, 1)[None] / np.float32(255))
    with torch.inference_mode():
        expected = torch.sigmoid(model.network(batch))[0, 0].numpy()
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
    assert len(list(predict_steps(model, image[:9, :9]))) == 1
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
    before = {name: value.clone() for name, value in model.network.state_dict().items()}
    image = picture(40, 40)
    first = predict(model, image).values
    np.testing.assert_array_equal(predict(model, image).values, first)
    assert all(torch.equal(before[n], v) for n, v in model.network.state_dict().items())
    assert not any(p.requires_grad for p in model.network.parameters())


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
        np.testing.assert_array_equal(predict(loaded, image).values, predict(model, image).values)


def test_devices(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    assert [device.name for device in found_devices()] == ["cpu"]
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


def test_without_torch_it_says_how_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = write_model(tmp_path, random_values(), CARD)
    monkeypatch.setitem(__import__("sys").modules, "torch", None)
    with pytest.raises(UserError, match=r"need PyTorch.*pip install 'napari-fncells\[model\]'"):
        load_model(file)
