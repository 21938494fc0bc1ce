"""Training: it learns, it goes on where it stopped, and nothing in its files can run."""

from __future__ import annotations

import json
import os
import pickle
from collections.abc import Generator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from napari_fncells.cli import app
from napari_fncells.core.errors import ParameterError
from napari_fncells.core.evaluate import score_picture
from napari_fncells.core.steps import finish
from napari_fncells.model.device import choose_device
from napari_fncells.model.predict import load_model
from napari_fncells.model.refusal import ModelError
from napari_fncells.model.training.judge import interval
from napari_fncells.model.training.params import LossParams, TrainParams, chosen_params
from napari_fncells.model.values import Values
from tests.model.training.small import CARD, PARAMS, discs, view

torch = pytest.importorskip("torch")
pytest.importorskip("safetensors")

from napari_fncells.model.training.average import Average, between  # noqa: E402
from napari_fncells.model.training.job import (  # noqa: E402
    Task,
    Trained,
    train_model_steps,
    write_trained,
)
from napari_fncells.model.training.loss import loss_of  # noqa: E402
from napari_fncells.model.training.run import Material, train_steps  # noqa: E402
from napari_fncells.model.training.state import FILE, Progress  # noqa: E402

CPU = choose_device("cpu")
Steps = Generator[str, None, tuple[Values, Progress]]


def steps_in(
    folder: Path, params: TrainParams = PARAMS, scores: list[float] | None = None
) -> Steps:
    folder.mkdir(exist_ok=True)
    given = iter(scores or [])
    material = Material([], [view(discs())])
    return train_steps(params, CARD, material, lambda _: next(given, 0.0), folder, CPU)


def test_loss_by_hand() -> None:
    logits = torch.tensor([[[0.0, 2.0]]])
    cells, weights = torch.tensor([[[0.0, 1.0]]]), torch.tensor([[[1.0, 3.0]]])
    entropy = (np.log(2) + 3 * np.log1p(np.exp(-2))) / 2
    p = 1 / (1 + np.exp(-2))
    dice = 1 - (2 * p + 1) / (0.5 + p + 1 + 1)
    found = loss_of(logits, cells, weights, LossParams(dice_share=0.5))
    assert float(found) == pytest.approx(entropy + 0.5 * dice, rel=1e-5)


def test_average_by_hand() -> None:
    layer = torch.nn.Linear(1, 1, bias=False)
    with torch.no_grad():
        layer.weight.fill_(1.0)
        average = Average(layer, 0.99)
        layer.weight.fill_(2.0)
    average.follow(layer, 0)
    assert float(average.values["weight"]) == pytest.approx(0.1 * 1 + 0.9 * 2)
    average.follow(layer, 10_000)
    assert float(average.values["weight"]) == pytest.approx(0.99 * 1.9 + 0.01 * 2)


def test_between_two_trainings() -> None:
    first, second = {"a": np.float32([0, 4])}, {"a": np.float32([1, 2])}
    np.testing.assert_allclose(between(first, second, 0.25)["a"], [0.25, 3.5])
    assert between(first, second, 1.0)["a"].dtype == np.float32


def test_a_training_that_was_cut_off_goes_on_as_if_it_had_not_been(tmp_path: Path) -> None:
    whole, _ = finish(steps_in(tmp_path / "whole", scores=[0.1, 0.2]))
    cut = steps_in(tmp_path / "cut", scores=[0.1])
    for _ in range(3):
        next(cut)
    cut.close()
    words = list(steps_in(tmp_path / "cut", scores=[0.2]))
    assert words[0].startswith("Step 3 of 4")
    resumed, progress = finish(steps_in(tmp_path / "cut"))
    assert [step for step, _, _ in progress.looks] == [2, 4]
    for name, value in whole.items():
        np.testing.assert_allclose(resumed[name], value, rtol=1e-4, atol=1e-6, err_msg=name)


def test_the_best_look_is_kept_and_a_training_that_does_not_improve_ends(tmp_path: Path) -> None:
    params = PARAMS.model_copy(update={"steps": 20, "patience": 2})
    _, progress = finish(steps_in(tmp_path, params, [0.1, 0.5, 0.4, 0.3]))
    assert progress.best == 0.5
    assert progress.best_step == 4
    assert progress.step == 8


def test_other_parameters_do_not_go_on(tmp_path: Path) -> None:
    finish(steps_in(tmp_path))
    with pytest.raises(ModelError, match="other parameters"):
        next(steps_in(tmp_path, PARAMS.model_copy(update={"seed": 5})))


class _Canary:
    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> object:
        return os.mkdir, (str(self.path),)


@pytest.mark.parametrize("kind", ["pickle", "torch", "text"])
def test_a_state_that_carries_code_is_refused_and_runs_nothing(tmp_path: Path, kind: str) -> None:
    canary = tmp_path / "canary"
    if kind == "pickle":
        (tmp_path / FILE).write_bytes(pickle.dumps(_Canary(canary)))
    elif kind == "torch":
        torch.save({"facts": _Canary(canary)}, tmp_path / FILE)
    else:
        (tmp_path / FILE).write_text("no state")
    with pytest.raises(ModelError, match="cannot be gone on from"):
        next(steps_in(tmp_path))
    assert not canary.exists()


def trained_on_discs(folder: Path) -> Trained:
    params = PARAMS.model_copy(
        update={"steps": 40, "crop": 48, "batch": 4, "check_every": 40, "average": 0.8}
    )
    task = Task(folder, params, CARD, [discs(), discs(1)], [discs(2)])
    return finish(train_model_steps(task, CPU))


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Trained:
    return trained_on_discs(tmp_path_factory.mktemp("training"))


def test_it_learns(trained: Trained) -> None:
    found = trained.figures["held out"]
    assert found.detection("iou").f1 == 1.0
    assert trained.card.metrics == {"F1 v1, held out": 1.0, "F1 iou, held out": 1.0}


def test_what_was_learnt_is_a_model_like_others(trained: Trained, tmp_path: Path) -> None:
    file = write_trained(tmp_path, trained)
    model = load_model(file, "cpu")
    assert model.card.reduction == 2
    assert model.card.cutoff == trained.card.cutoff
    assert file.stat().st_size < 3.6e6


def test_there_must_be_pictures(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="no pictures to train on"):
        finish(train_model_steps(Task(tmp_path, PARAMS, CARD), CPU))


def test_intervals_hold_the_figure() -> None:
    labels = discs().labels
    half = np.where(labels < 3, labels, 0)
    pictures = [score_picture("a", labels, labels), score_picture("b", half, labels)]
    low, high = interval(pictures, "iou")
    assert low == pytest.approx(2 * 2 / (2 * 2 + 2))
    assert high == 1.0
    assert interval([score_picture("c", labels * 0, labels * 0)], "iou") == (1.0, 1.0)


def test_parameters_are_set_by_name() -> None:
    found = chosen_params({"steps": 5}, ["seed=3", "loss.cell_weight=2", "reduced_precision=no"])
    assert (found.steps, found.seed, found.loss.cell_weight) == (5, 3, 2.0)
    assert not found.reduced_precision
    for wrong in ("seed", "sead=3", "loss=3", "loss.x=2", "x.y=2", "seed.x=2"):
        with pytest.raises(ParameterError, match="no setting of a training"):
            chosen_params({}, [wrong])
    with pytest.raises(ParameterError, match="crop cannot be"):
        chosen_params({}, ["crop=33"])


def test_the_command(tmp_path: Path) -> None:
    folder = tmp_path / "pictures"
    folder.mkdir()
    for seed in (0, 1):
        picture = replace(discs(seed), name=f"discs{seed}")
        Image.fromarray(picture.pixels).save(folder / f"{picture.name}_image.png")
        mask = (picture.labels > 0).astype(np.uint8) * 255
        Image.fromarray(mask).save(folder / f"{picture.name}_mask.png")
    command = ["train", str(tmp_path / "out"), "--real", str(folder), "--hold-out", "discs1"]
    command += ["--simulated", "0", "--steps", "2", "--set", "crop=32", "--set", "batch=1"]
    command += ["--name", "mine", "--device", "cpu", "--json"]
    result = CliRunner().invoke(app, command, catch_exceptions=False)
    assert result.exit_code == 0
    facts = json.loads(result.stdout)
    assert facts["card"]["name"] == "mine"
    assert facts["card"]["training_data"] == "0 simulated pictures, 1 real ones"
    assert facts["figures"]["held out"]["true"] == 4
    assert load_model(facts["model"], "cpu").card.name == "mine"
    with pytest.raises(ParameterError, match="No picture's name begins with"):
        CliRunner().invoke(app, [*command, "--hold-out", "nothing"], catch_exceptions=False)
