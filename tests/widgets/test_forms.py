"""Forms hold what the parameter classes hold."""

from __future__ import annotations

import pytest

from napari_fncells.core.errors import ParameterError
from napari_fncells.core.params import PRESETS, DraftParams
from napari_fncells.widgets.forms import DraftForm

pytestmark = pytest.mark.usefixtures("qapp")


@pytest.mark.parametrize("params", PRESETS.values(), ids=PRESETS)
def test_a_form_gives_back_what_was_put_in(params: DraftParams) -> None:
    assert DraftForm(params).params == params
    form = DraftForm(PRESETS["mean-sd"])
    form.show_params(params)
    assert form.params == params


def test_every_field_has_help_and_its_range() -> None:
    params = PRESETS["mean-sd"]
    form = DraftForm(params)
    fields = [
        (f"{group}.{name}", field)
        for group in ("score", "cutoff", "clean_up")
        for name, field in type(getattr(params, group)).model_fields.items()
    ]
    fields.append(("unit", DraftParams.model_fields["unit"]))
    assert form.names == [key for key, _ in fields]
    for key, field in fields:
        assert form[key].tooltip == field.description
    assert (form["clean_up.opening"].min, form["clean_up.opening"].max) == (0, 50)
    assert "px" in form["score.smoothing"].label


def test_choices_are_words() -> None:
    form = DraftForm(PRESETS["mean-sd"])
    assert form["cutoff.method"].native.currentText() == "mean + SD"
    assert form["cutoff.method"].value == "mean_sd"


def test_a_change_is_told_by_name_and_showing_is_not() -> None:
    form = DraftForm(PRESETS["mean-sd"])
    told: list[str] = []
    form.changed.connect(told.append)
    form["score.smoothing"].value = 4.5
    form["clean_up.border"].value = True
    assert told == ["score.smoothing", "clean_up.border"]
    assert form.params.score.smoothing == 4.5
    assert form.params.clean_up.border
    form.show_params(PRESETS["fnc-v1-draft"])
    assert told == ["score.smoothing", "clean_up.border"]


def test_fields_without_effect_are_hidden() -> None:
    form = DraftForm(DraftParams())
    form.show()
    assert not form["cutoff.window"].visible
    assert not form["score.ground"].visible
    form["cutoff.method"].value = "sauvola"
    form["score.background"].value = 40.0
    assert form["cutoff.window"].visible
    assert form["score.ground"].visible
    form["cutoff.method"].value = "otsu"
    assert not form["cutoff.amount"].visible
    assert not form["cutoff.window"].visible


def test_values_that_do_not_go_together_are_told_when_used() -> None:
    form = DraftForm(DraftParams())
    form["clean_up.max_area"].value = 10
    form["clean_up.min_area"].value = 20
    with pytest.raises(ParameterError, match="max_area"):
        _ = form.params


def test_auto_asks_for_little() -> None:
    form = DraftForm(PRESETS["auto"])
    form.show()
    shown = {name for name in form.names if form[name].visible}
    assert {"score.channel", "cutoff.amount", "clean_up.outline_offset"} <= shown
    assert not shown & {"score.smoothing", "cutoff.hysteresis", "clean_up.split"}
    form["cutoff.method"].value = "otsu"
    assert form["score.smoothing"].visible


def test_a_model_is_asked_by_its_probability() -> None:
    params = DraftParams().with_settings({"method": "value", "amount": 0.875, "model": "x"})
    form = DraftForm(PRESETS["mean-sd"])
    form.show()
    told: list[str] = []
    form.changed.connect(told.append)
    width = form.minimumSizeHint().width()
    assert form["cutoff.amount"].native.text() == "3.00 SD"
    form.show_params(params)
    assert form.params == params
    assert form["cutoff.amount"].native.text() == "0.875 probability"
    shown = {name for name in form.names if form[name].visible}
    assert {"cutoff.amount", "clean_up.split"} <= shown
    assert "cutoff.method" not in shown
    assert not any(name.startswith("score.") for name in shown)
    form.show_params(PRESETS["mean-sd"])
    assert form["cutoff.amount"].native.text() == "3.00 SD"
    assert form["score.smoothing"].visible
    assert form.params == PRESETS["mean-sd"]
    assert form.minimumSizeHint().width() == width, "the dock does not grow by it"
    assert not told
    form["cutoff.method"].value = "percentile"
    assert form["cutoff.amount"].native.suffix() == " %"
