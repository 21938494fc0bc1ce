"""Drafts by a model: one more score map, made by whoever has models."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import numpy as np
import pytest

from napari_fncells.core import segment as module
from napari_fncells.core.candidates import look_steps
from napari_fncells.core.errors import ParameterError
from napari_fncells.core.evidence import Case, Evidence
from napari_fncells.core.fit import fit_steps
from napari_fncells.core.params import CleanUpParams, CutoffParams, DraftParams, ScoreParams
from napari_fncells.core.pipeline import Pipeline
from napari_fncells.core.score import PROBABILITY, ScoreMap
from napari_fncells.core.segment import draft, draft_steps, segment
from napari_fncells.core.steps import finish
from tests.pictures import CELLS, cell_picture

PARAMS = DraftParams(
    model="bright",
    cutoff=CutoffParams(method="value", amount=0.5),
    clean_up=CleanUpParams(min_area=100),
)
DIM = CELLS[3][:2]


class Bright:
    """A model that looks at the light; counts how often it was asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def __call__(self, image: np.ndarray, params: DraftParams) -> Generator[str, None, ScoreMap]:
        self.asked.append(params.model)
        yield f"Model {params.model}, part 1 of 1"
        light = image[..., 0].astype(np.float32)
        values = 1 / (1 + np.exp(-20 * (light - 50) / 255))
        return ScoreMap(values.astype(np.float32), PROBABILITY, source={"model": params.model})


def test_it_is_cut_and_cleaned_like_any_score_map() -> None:
    steps = draft_steps(cell_picture(), PARAMS, scorer=Bright())
    assert next(steps) == "Model bright, part 1 of 1"
    found = finish(steps)
    assert found.method == "model"
    assert found.cutoff == 0.5
    assert found.score.meaning == PROBABILITY
    assert found.score.source == {"model": "bright"}
    assert found.labels.max() == len(CELLS)
    np.testing.assert_array_equal(found.labels, segment(found.score, PARAMS))
    assert draft(cell_picture(), PARAMS, scorer=Bright()).labels.max() == len(CELLS)


def test_sizes_in_um_are_those_of_the_picture() -> None:
    params = PARAMS.in_unit("um", 0.5)
    assert params.clean_up.min_area == 25
    found = draft(cell_picture(), params, 0.5, scorer=Bright())
    np.testing.assert_array_equal(
        found.labels, draft(cell_picture(), PARAMS, scorer=Bright()).labels
    )


@pytest.mark.parametrize("make", [draft, lambda image, params: Pipeline(image).draft(params)])
def test_without_anybody_who_runs_it(make: Any) -> None:
    with pytest.raises(ParameterError, match="'bright' needs somebody who runs it"):
        make(cell_picture(), PARAMS)
    with pytest.raises(ParameterError, match="somebody"):
        finish(look_steps(cell_picture(), PARAMS))


def test_no_setting_of_a_draft_asks_the_model_again() -> None:
    model = Bright()
    pipeline = Pipeline(cell_picture(), scorer=model)
    whole = pipeline.draft(PARAMS)
    for settings in (
        {"amount": 0.9},
        {"amount": 0.2, "hole_area": 50},
        {"hysteresis": 0.3},
        {"split": "distance"},
        {"smoothing": 7.0},
    ):
        params = PARAMS.with_settings(settings)
        found = pipeline.draft(params)
        np.testing.assert_array_equal(
            found.labels, draft(cell_picture(), params, scorer=Bright()).labels
        )
    pipeline.draft(PARAMS, cutoff=0.7, quick=True)
    pipeline.areas(PARAMS)
    pipeline.regions(PARAMS)
    assert model.asked == ["bright"]
    pipeline.draft(DraftParams())
    again = pipeline.draft(PARAMS)
    assert model.asked == ["bright"]
    assert again.score is whole.score
    np.testing.assert_array_equal(again.labels, whole.labels)
    pipeline.draft(PARAMS.with_settings({"model": "other"}))
    assert model.asked == ["bright", "other"]


def test_a_higher_cutoff_finds_less() -> None:
    found = draft(cell_picture(), PARAMS.with_settings({"amount": 0.9}), scorer=Bright())
    assert found.labels.max() == 3
    assert found.labels[DIM] == 0


def test_a_large_picture_is_cut_part_by_part(monkeypatch: pytest.MonkeyPatch) -> None:
    image = np.tile(cell_picture(), (2, 2, 1))
    whole = draft(image, PARAMS, scorer=Bright())
    monkeypatch.setattr(module, "LARGE", 1000)
    tiled = draft(image, PARAMS, scorer=Bright())
    np.testing.assert_array_equal(tiled.labels, whole.labels)
    assert tiled.score.source == whole.score.source
    assert (tiled.method, tiled.cutoff) == ("model", 0.5)


def test_missed_cells_are_those_just_under_the_cutoff() -> None:
    high = PARAMS.with_settings({"amount": 0.9})
    found = finish(look_steps(cell_picture(), high, scorer=Bright())).regions
    assert any(region.box.top <= DIM[0] < region.box.bottom for region in found)
    assert len(found) == len(CELLS)


def test_a_fit_moves_the_cutoff_and_keeps_the_model() -> None:
    image = cell_picture()
    truth = draft(image, PARAMS, scorer=Bright()).labels
    case = Case(image, Evidence.finished(truth))
    start = PARAMS.with_settings({"amount": 0.9})
    model = Bright()
    found = finish(fit_steps([case], start, 40, model))
    assert model.asked == ["bright"]
    assert found.improved
    assert found.after.gestures.total == 0 < found.before.gestures.total
    assert found.params.model == "bright"
    assert found.params.cutoff.method == "value"
    assert found.params.cutoff.amount < 0.9
    assert found.params.score == ScoreParams()


def test_fields_of_grey_values_are_idle() -> None:
    assert {f"score.{name}" for name in ScoreParams.model_fields} <= PARAMS.idle
    assert {"cutoff.method", "cutoff.window"} <= PARAMS.idle
    assert not PARAMS.idle & {"cutoff.amount", "cutoff.hysteresis", "clean_up.min_area"}
    assert "clean_up.split_depth" in PARAMS.idle


@pytest.mark.parametrize(
    ("settings", "match"),
    [
        ({"method": "otsu"}, "fixed value"),
        ({"method": "likeness"}, "fixed value"),
        ({"amount": 1.5}, "between 0 and 1"),
        ({"amount": -0.1}, "between 0 and 1"),
    ],
)
def test_a_probability_is_cut_at_a_probability(settings: dict[str, Any], match: str) -> None:
    with pytest.raises(ParameterError, match=match):
        PARAMS.with_settings(settings)


def test_parameters_from_before_there_were_models_are_read() -> None:
    former = DraftParams().model_dump(mode="json")
    del former["model"]
    assert DraftParams.model_validate(former) == DraftParams()
