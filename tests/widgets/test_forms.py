"""Forms hold what the parameter classes hold."""

from __future__ import annotations

import pytest

from napari_fncells.core.params import PRESETS, DraftParams
from napari_fncells.widgets.forms import draft_form, fill_form, read_form

pytestmark = pytest.mark.usefixtures("qapp")


@pytest.mark.parametrize("params", PRESETS.values(), ids=PRESETS)
def test_a_form_gives_back_what_was_put_in(params: DraftParams) -> None:
    assert read_form(draft_form(params), params) == params
    form = draft_form(PRESETS["auto"])
    fill_form(form, params)
    assert read_form(form, PRESETS["auto"]) == params


def test_every_field_has_help_and_its_range() -> None:
    params = PRESETS["auto"]
    form = draft_form(params)
    fields = [
        (f"{group}.{name}", field)
        for group in ("score", "cutoff", "clean_up")
        for name, field in type(getattr(params, group)).model_fields.items()
    ]
    fields.append(("unit", DraftParams.model_fields["unit"]))
    assert [widget.name for widget in form] == [key for key, _ in fields]
    for key, field in fields:
        assert form[key].tooltip == field.description
    assert (form["clean_up.opening"].min, form["clean_up.opening"].max) == (0, 50)
    assert "px" in form["score.smoothing"].label


def test_choices_are_words() -> None:
    form = draft_form(PRESETS["auto"])
    assert form["cutoff.method"].native.currentText() == "mean + SD"
    assert form["cutoff.method"].value == "mean_sd"
