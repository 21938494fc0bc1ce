"""Fields of parameter classes as widgets: ranges, steps, titles and help come from the class."""

from __future__ import annotations

from typing import Any, Generic, Literal, TypeVar, get_args, get_origin

from annotated_types import Ge, Le
from magicgui.widgets import Container, create_widget
from magicgui.widgets.bases import ValueWidget
from pydantic.fields import FieldInfo
from qtpy.QtCore import Signal
from qtpy.QtWidgets import QVBoxLayout, QWidget

from napari_fncells.core.params import Params, field_facts
from napari_fncells.core.params.base import validated

_SLIDER_STEPS = 250
"""A field with no more steps than this between its limits is a slider."""

Kind = TypeVar("Kind", bound=Params)


class ParamsForm(QWidget, Generic[Kind]):
    """All fields of one parameter class, one below the other.

    Parameters
    ----------
    params
        What is shown at first.

    Attributes
    ----------
    changed
        Signal(str): the user changed the field of this name.
    """

    changed = Signal(str)

    def __init__(self, params: Kind, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._kind = type(params)
        self._fields: dict[str, ValueWidget] = {}
        for name, field in self._kind.model_fields.items():
            if field_facts(field).get("form", True):
                widget = field_widget(name, name, field, getattr(params, name))
                widget.changed.connect(lambda _value, name=name: self.changed.emit(name))
                self._fields[name] = widget
        section = Container(labels=True, widgets=list(self._fields.values()))
        section.margins = (0, 0, 0, 0)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(section.native)

    def __getitem__(self, name: str) -> ValueWidget:
        """Widget of a field."""
        return self._fields[name]

    @property
    def params(self) -> Kind:
        """The parameters shown.

        Raises
        ------
        ParameterError
            For values that are not allowed, alone or together.
        """
        return validated(self._kind, {name: field.value for name, field in self._fields.items()})

    def show_params(self, params: Kind) -> None:
        """Show parameters, without a signal per field."""
        for name, field in self._fields.items():
            with field.changed.blocked():
                field.value = getattr(params, name)


def field_widget(key: str, name: str, field: FieldInfo, value: Any) -> ValueWidget:
    """Widget of one field, with its range, step and help.

    Parameters
    ----------
    key
        Name of the widget.
    name, field
        The field, as its class has it.
    value
        What it shows at first.
    """
    extra = field_facts(field)
    # One that depends on the method is shown with the value
    unit = f" ({extra['unit']})" if "unit" in extra and "units" not in extra else ""
    options: dict[str, Any] = {"tooltip": field.description}
    if get_origin(field.annotation) is Literal:
        titles = extra.get("titles", {})
        options["choices"] = [(titles.get(v, v), v) for v in get_args(field.annotation)]
    elif field.annotation in (int, float):
        low, high, step = _bound(field, Ge), _bound(field, Le), extra.get("step", 1)
        options |= {"min": low, "max": high, "step": step}
        if (high - low) / step <= _SLIDER_STEPS:
            options["widget_type"] = "Slider" if field.annotation is int else "FloatSlider"
    return create_widget(
        value=value,
        annotation=field.annotation,
        name=key,
        label=extra.get("label", name.replace("_", " ")) + unit,
        options=options,
    )


def _bound(field: FieldInfo, kind: type[Ge] | type[Le]) -> Any:
    """A field's lower or upper limit."""
    attribute = kind.__name__.lower()
    return next(getattr(m, attribute) for m in field.metadata if isinstance(m, kind))
