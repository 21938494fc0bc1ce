"""Form of the parameters of a draft, made from their classes: one field, one widget."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from magicgui.widgets import Container
from magicgui.widgets.bases import ValueWidget
from qtpy.QtCore import Signal
from qtpy.QtWidgets import QLabel, QVBoxLayout, QWidget

from napari_fncells.core.errors import ParameterError
from napari_fncells.core.params import CutoffParams, DraftParams, Params, field_facts
from napari_fncells.widgets.fields import field_widget

SECTIONS = {"score": "Score", "cutoff": "Cutoff", "clean_up": "Clean-up"}
_REST = "Sizes"
_PROBABILITY = "probability"
_PROBABILITY_STEP = 0.05
_PROBABILITY_DIGITS = 3
"""The amount's unit, step and digits where a model's probabilities are cut."""


class DraftForm(QWidget):
    """All parameters of a draft; those without effect beside the others are hidden.

    Attributes
    ----------
    changed
        Signal(str): the expert changed the field of this name.
    """

    changed = Signal(str)

    def __init__(self, params: DraftParams, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._fields: dict[str, ValueWidget] = {}
        self._base = params
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        self._headings: list[tuple[QLabel, Container]] = []
        for group, title in (*SECTIONS.items(), ("", _REST)):
            heading = QLabel(f"<b>{title}</b>")
            section = Container(labels=True, widgets=self._made(group, params))
            section.margins = (0, 0, 0, 0)
            layout.addWidget(heading)
            layout.addWidget(section.native)
            self._headings.append((heading, section))
        amount = self._fields["cutoff.amount"].native
        self._amount_step, self._amount_digits = amount.singleStep(), amount.decimals()
        self.show_params(params)

    def __getitem__(self, name: str) -> ValueWidget:
        """Widget of a field, by its name with its group: `cutoff.amount`."""
        return self._fields[name]

    @property
    def names(self) -> list[str]:
        """Names of the fields, in order."""
        return list(self._fields)

    @property
    def params(self) -> DraftParams:
        """The parameters shown.

        Raises
        ------
        ParameterError
            For values that do not go together.
        """
        return self._base.with_settings({n: f.value for n, f in self._fields.items()})

    def show_params(self, params: DraftParams) -> None:
        """Show parameters, without a signal per field."""
        self._base = params
        self._show_unit(params)
        for name, field in self._fields.items():
            value: Any = params
            for part in name.split("."):
                value = getattr(value, part)
            with field.changed.blocked():
                field.value = value
        self._hide_idle(params)

    def set_silently(self, name: str, value: Any) -> None:
        """Set a field without telling that it changed."""
        with self._fields[name].changed.blocked():
            self._fields[name].value = value

    def _show_unit(self, params: DraftParams) -> None:
        """Show the amount in its unit, a probability with as many digits as it takes."""
        amount = self._fields["cutoff.amount"]
        unit = field_facts(CutoffParams.model_fields["amount"])["units"].get(params.cutoff.method)
        unit = _PROBABILITY if params.by_model else unit
        step, digits = self._amount_step, self._amount_digits
        if params.by_model:
            step, digits = _PROBABILITY_STEP, _PROBABILITY_DIGITS
        # Fewer digits round the value, which is no change of the expert's
        with amount.changed.blocked():
            amount.native.setSuffix(f" {unit}" if unit else "")
            amount.native.setDecimals(digits)
            amount.native.setSingleStep(step)

    def _made(self, group: str, params: DraftParams) -> list[ValueWidget]:
        """Widgets of the fields of a group; '' for those of none."""
        part: Params = getattr(params, group) if group else params
        made = []
        for name, field in type(part).model_fields.items():
            if isinstance(getattr(part, name), Params) or not field_facts(field).get("form", True):
                continue
            key = f"{group}.{name}" if group else name
            widget = field_widget(key, name, field, getattr(part, name))
            widget.changed.connect(lambda _value, key=key: self._on_changed(key))
            self._fields[key] = widget
            made.append(widget)
        return made

    def _on_changed(self, name: str) -> None:
        with suppress(ParameterError):  # told when it is used
            params = self.params
            self._hide_idle(params)
            self._show_unit(params)
        self.changed.emit(name)

    def _hide_idle(self, params: DraftParams) -> None:
        idle = params.idle
        for name, field in self._fields.items():
            field.visible = name not in idle
        for heading, section in self._headings:
            shown = any(field.name not in idle for field in section)
            heading.setVisible(shown)
            section.native.setVisible(shown)
