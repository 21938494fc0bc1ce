"""Buttons that choose which kinds of rows are shown, several or all."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Generic, TypeVar

from qtpy.QtCore import Signal
from qtpy.QtWidgets import QToolButton, QWidget
from superqt import QFlowLayout

from napari_fncells.widgets.controls import keep_canvas_keys

Kind = TypeVar("Kind")


class FilterButtons(QWidget, Generic[Kind]):
    """A button for each kind that there is, and one for all.

    Parameters
    ----------
    buttons
        By kind, checkable; those of kinds that do not occur are hidden.

    Attributes
    ----------
    changed
        Signal(): others are chosen.
    """

    changed = Signal()

    def __init__(self, buttons: Mapping[Kind, QToolButton]) -> None:
        super().__init__()
        self.all = QToolButton(text="all", checkable=True, checked=True)
        self.buttons = dict(buttons)
        flow = QFlowLayout(self)
        flow.setContentsMargins(0, 0, 0, 0)
        flow.setSpacing(3)
        for button in (self.all, *self.buttons.values()):
            flow.addWidget(button)
        keep_canvas_keys(self.all, *self.buttons.values())
        self.all.clicked.connect(self._choose_all)
        for button in self.buttons.values():
            button.clicked.connect(self._choose)

    @property
    def chosen(self) -> frozenset[Kind] | None:
        """The kinds to be shown; None for all."""
        return frozenset(k for k, button in self.buttons.items() if button.isChecked()) or None

    def show_chosen(self, kinds: frozenset[Kind] | None) -> None:
        """Show which kinds are chosen; None for all."""
        for kind, button in self.buttons.items():
            button.setChecked(kinds is not None and kind in kinds)
        self.all.setChecked(kinds is None)

    def show_count(self, kind: Kind, words: str, count: int) -> None:
        """Say how many there are of a kind."""
        button = self.buttons[kind]
        button.setText(words)
        button.setVisible(bool(count) or button.isChecked())

    def show_total(self, count: int) -> None:
        """Say how many there are of all kinds."""
        self.all.setText(f"all {count:,}")

    def _choose(self) -> None:
        self.all.setChecked(self.chosen is None)
        self.changed.emit()

    def _choose_all(self) -> None:
        self.show_chosen(None)
        self.changed.emit()
