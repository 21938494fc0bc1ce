from __future__ import annotations

import math
from typing import Any

import pytest
from pydantic import ValidationError

from napari_fncells.core.errors import ParameterError, UserError
from napari_fncells.core.grow import GrowParams
from napari_fncells.core.params import (
    AUTO,
    FNC_V1_BASELINE,
    FNC_V1_DRAFT,
    MEAN_SD,
    PRESET_TITLES,
    PRESETS,
    CleanUpParams,
    CutoffParams,
    DraftParams,
    ScoreParams,
    preset,
)

CLASSES = (ScoreParams, CutoffParams, CleanUpParams, DraftParams, GrowParams)


@pytest.mark.parametrize(
    ("settings", "group", "field", "value"),
    [
        ({"amount": 2.5}, "cutoff", "amount", 2.5),
        ({"cutoff.amount": 2.5}, "cutoff", "amount", 2.5),
        ({"amount": "2.5"}, "cutoff", "amount", 2.5),
        ({"smoothing": "7"}, "score", "smoothing", 7.0),
        ({"min_area": "600"}, "clean_up", "min_area", 600),
        ({"min_area": " 600 "}, "clean_up", "min_area", 600),
        ({"clean_up.split": "distance"}, "clean_up", "split", "distance"),
        ({"method": "percentile"}, "cutoff", "method", "percentile"),
        ({"channel": "green"}, "score", "channel", "green"),
    ],
)
def test_with_settings(settings: dict[str, Any], group: str, field: str, value: Any) -> None:
    start = DraftParams()
    changed = start.with_settings(settings)
    found = getattr(getattr(changed, group), field)
    assert found == value
    assert type(found) is type(value)
    assert start == DraftParams()
    others = start.model_dump()
    others[group][field] = value
    assert changed.model_dump() == others


def test_with_settings_takes_several_and_none() -> None:
    changed = DraftParams().with_settings({"amount": "3", "cutoff.method": "percentile"})
    assert (changed.cutoff.amount, changed.cutoff.method) == (3.0, "percentile")
    assert DraftParams().with_settings({}) == DraftParams()


@pytest.mark.parametrize("name", ["", "nonsense", "cutoff", "score.amount", "Amount", "cutoff."])
def test_unknown_settings_are_refused_with_the_known_ones(name: str) -> None:
    with pytest.raises(ParameterError) as caught:
        DraftParams().with_settings({name: 1})
    assert repr(name) in caught.value.sentence
    assert "cutoff.amount" in caught.value.remedy


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("amount", -1e7),
        ("amount", 1e7),
        ("amount", "much"),
        ("amount", ""),
        ("amount", None),
        ("amount", math.nan),
        ("amount", "nan"),
        ("amount", math.inf),
        ("smoothing", 50.5),
        ("min_area", 1.5),
        ("min_area", "1.5"),
        ("min_area", -1),
        ("opening", 51),
        ("split", "always"),
        ("channel", "alpha"),
    ],
)
def test_values_out_of_range_are_refused_by_name(name: str, value: Any) -> None:
    with pytest.raises(ParameterError, match=name) as caught:
        DraftParams().with_settings({name: value})
    assert isinstance(caught.value, UserError)
    assert repr(value) in str(caught.value)


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"method": "percentile", "amount": 100.1}, "A percentile lies between 0 and 100."),
        ({"min_area": 5, "max_area": 4}, "Min_area cannot be above max_area."),
        ({"blob_min": 50, "blob_max": 40}, "Blob_min cannot be above blob_max."),
    ],
)
def test_values_that_do_not_go_together_are_refused(
    settings: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(ParameterError) as caught:
        DraftParams().with_settings(settings)
    assert str(caught.value).startswith(sentence)


def test_sizes_in_micrometres() -> None:
    params = DraftParams().with_settings(
        {"unit": "um", "smoothing": 1, "min_area": 20, "outline_offset": -0.5, "amount": 3}
    )
    pixels = params.in_pixels(0.25)
    assert pixels.unit == "px"
    assert pixels.score.smoothing == 4
    assert pixels.clean_up.min_area == 320
    assert pixels.clean_up.outline_offset == -2
    assert pixels.cutoff.amount == 3
    assert pixels.in_unit("um", 0.25) == params
    assert DraftParams().in_pixels(None) == DraftParams()
    with pytest.raises(ParameterError, match="does not tell"):
        params.in_pixels(None)
    with pytest.raises(ParameterError, match="smoothing"):
        params.in_pixels(0.01)


@pytest.mark.parametrize("kind", CLASSES)
def test_parameters_are_frozen_and_closed(kind: type) -> None:
    params = kind()
    field = next(iter(kind.model_fields))
    with pytest.raises(ValidationError):
        setattr(params, field, getattr(params, field))
    with pytest.raises(ValidationError):
        kind(unheard_of=1)


@pytest.mark.parametrize("kind", CLASSES)
def test_json_round_trip(kind: type) -> None:
    assert kind.model_validate_json(kind().model_dump_json()) == kind()


@pytest.mark.parametrize("name", list(PRESETS))
def test_presets(name: str) -> None:
    params = preset(name)
    assert params is PRESETS[name]
    assert DraftParams.model_validate_json(params.model_dump_json()) == params
    assert PRESET_TITLES[name]
    assert hash(params) == hash(params.model_copy())


def test_preset_facts() -> None:
    assert (
        set(PRESETS)
        == set(PRESET_TITLES)
        == {
            AUTO,
            MEAN_SD,
            FNC_V1_DRAFT,
            FNC_V1_BASELINE,
        }
    )
    recipe = preset(FNC_V1_DRAFT)
    assert recipe.score.smoothing == 7
    assert (recipe.cutoff.method, recipe.cutoff.amount) == ("percentile", 97)
    assert recipe.clean_up == CleanUpParams()
    baseline = preset(FNC_V1_BASELINE)
    assert (baseline.cutoff.method, baseline.cutoff.amount) == ("percentile", 99.4)
    assert (baseline.clean_up.hole_area, baseline.clean_up.min_area) == (600, 200)
    with pytest.raises(ParameterError, match="'nonsense'"):
        preset("nonsense")


@pytest.mark.parametrize("kind", CLASSES[:3])
def test_every_field_explains_itself(kind: type) -> None:
    for field in kind.model_json_schema()["properties"].values():
        assert field["description"].endswith(".")
        assert "default" in field
        if field.get("type") in ("number", "integer"):
            assert field["minimum"] <= field["default"] <= field["maximum"]
            assert field["unit"]
