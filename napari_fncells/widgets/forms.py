"""Forms made from parameter classes: one field, one widget."""

from __future__ import annotations

from typing import Any, Literal, get_args, get_origin

from annotated_types import Ge, Le
from magicgui.widgets import Container, create_widget
from magicgui.widgets.bases import ValueWidget
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from napari_fncells.core.params import DraftParams


def draft_form(params: DraftParams) -> Container:
    """Form of all draft parameters, each named `group.field`."""
    form = Container(labels=True)
    for group in DraftParams.model_fields:
        part: BaseModel = getattr(params, group)
        for name, field in type(part).model_fields.items():
            form.append(_widget(f"{group}.{name}", name, field, getattr(part, name)))
    return form


def read_form(form: Container, params: DraftParams) -> DraftParams:
    """Parameters with the values of a form.

    Raises
    ------
    ParameterError
        For a value outside its range.
    """
    return params.with_settings({widget.name: widget.value for widget in form})


def fill_form(form: Container, params: DraftParams) -> None:
    """Show parameters in a form, without a signal per field."""
    with form.changed.blocked():
        for widget in form:
            group, name = widget.name.split(".")
            widget.value = getattr(getattr(params, group), name)


def _widget(key: str, name: str, field: FieldInfo, value: Any) -> ValueWidget:
    """Widget of one field, with its range, step and help."""
    extra: dict[str, Any] = dict(field.json_schema_extra or {})  # type: ignore[arg-type]
    unit = f" ({extra['unit']})" if "unit" in extra else ""
    options: dict[str, Any] = {"tooltip": field.description}
    if get_origin(field.annotation) is Literal:
        titles = extra.get("titles", {})
        options["choices"] = [(titles.get(v, v), v) for v in get_args(field.annotation)]
    else:
        options |= {"min": _bound(field, Ge), "max": _bound(field, Le)}
        options |= {"step": extra.get("step", 1)}
    return create_widget(
        value=value,
        annotation=field.annotation,
        name=key,
        label=name.replace("_", " ") + unit,
        options=options,
    )


def _bound(field: FieldInfo, kind: type[Ge] | type[Le]) -> Any:
    """A field's lower or upper limit."""
    attribute = kind.__name__.lower()
    return next(getattr(m, attribute) for m in field.metadata if isinstance(m, kind))
