"""Forms made from parameter classes: one field, one widget."""

from __future__ import annotations

from typing import Any, Literal, get_args, get_origin

from annotated_types import Ge, Le
from magicgui.widgets import Container, create_widget
from magicgui.widgets.bases import ValueWidget
from pydantic.fields import FieldInfo

from napari_fncells.core.params import DraftParams, Params, field_facts


def draft_form(params: DraftParams) -> Container:
    """Form of all draft parameters, each named `group.field`; those of no group by their name."""
    form = Container(labels=True)
    for group, outer in DraftParams.model_fields.items():
        part = getattr(params, group)
        if not isinstance(part, Params):
            form.append(_widget(group, group, outer, part))
            continue
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
            value: Any = params
            for name in widget.name.split("."):
                value = getattr(value, name)
            widget.value = value


def _widget(key: str, name: str, field: FieldInfo, value: Any) -> ValueWidget:
    """Widget of one field, with its range, step and help."""
    extra = field_facts(field)
    unit = f" ({extra['unit']})" if "unit" in extra else ""
    options: dict[str, Any] = {"tooltip": field.description}
    if get_origin(field.annotation) is Literal:
        titles = extra.get("titles", {})
        options["choices"] = [(titles.get(v, v), v) for v in get_args(field.annotation)]
    elif field.annotation is not bool:
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
