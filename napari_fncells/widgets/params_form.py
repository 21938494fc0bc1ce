"""Form of any parameter class: one field, one widget."""

from __future__ import annotations

from typing import Generic, TypeVar

from magicgui.widgets import Container
from magicgui.widgets.bases import ValueWidget
from qtpy.QtCore import Signal
from qtpy.QtWidgets import QVBoxLayout, QWidget

from napari_fncells.core.params.base import Params, field_facts, validated
from napari_fncells.widgets.forms import field_widget

Kind = TypeVar("Kind", bound=Params)


class ParamsForm(QWidget, Generic[Kind]):
    """Fields of a parameter class with their ranges, units and help.

    Attributes
    ----------
    changed
        Signal(): a field has another value.
    """

    changed = Signal()

    def __init__(self, params: Kind, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._kind = type(params)
        self._fields: dict[str, ValueWidget] = {
            name: field_widget(name, name, field, getattr(params, name))
            for name, field in self._kind.model_fields.items()
            if field_facts(field).get("form", True)
        }
        for field in self._fields.values():
            field.changed.connect(lambda _value: self.changed.emit())
        section = Container(labels=True, widgets=list(self._fields.values()))
        section.margins = (0, 0, 0, 0)
        self._section = section
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
            For values that do not go together.
        """
        values = {name: field.value for name, field in self._fields.items()}
        return validated(self._kind, values)
