"""The list of draft methods: presets, and the models there are below them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QWidget

from napari_fncells.core.params import PRESET_TITLES, PRESETS, DraftParams
from napari_fncells.model.card import ModelCard
from napari_fncells.model.library import Listed
from napari_fncells.widgets.controls import Choice

_MODEL = "model:"  # before the name, among the names of presets


class MethodChoice(Choice):
    """Draft methods by name; `currentIndexChanged` tells of another one."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._cards: dict[str, ModelCard] = {}
        self._titles = dict(PRESET_TITLES)
        for name, title in PRESET_TITLES.items():
            self.addItem(title, name)

    @property
    def params(self) -> DraftParams:
        """Settings of the method that is chosen."""
        card = self.card
        return PRESETS[self.currentData()] if card is None else card.draft_params

    @property
    def card(self) -> ModelCard | None:
        """Card of the model that is chosen; None for a preset."""
        return self._cards.get(self.currentData())

    @property
    def model_name(self) -> str:
        """Name of the model that is chosen; '' for a preset."""
        return self.card.name if self.card is not None else ""

    @property
    def settings(self) -> dict[str, DraftParams | str]:
        """Settings of all methods, by what they are called here."""
        models = {key: card.draft_params for key, card in self._cards.items()}
        return {**{name: name for name in PRESETS}, **models}

    def choose_model(self, name: str) -> None:
        """Choose a model, where it is in the list; told even if it was chosen already."""
        index = self.findData(_MODEL + name)
        if index == self.currentIndex():
            self.currentIndexChanged.emit(index)
        elif index >= 0:
            self.setCurrentIndex(index)

    def show_models(self, models: Iterable[Listed]) -> None:
        """Offer models below the presets, in their order.

        The method that is chosen stays so; where it is gone, the first is.
        """
        chosen = self.currentData()
        blocked = self.blockSignals(True)
        while self.count() > len(PRESETS):
            self.removeItem(self.count() - 1)
        self._cards.clear()
        for number, model in enumerate(models):
            if number == 0:
                self.insertSeparator(self.count())
            self._add(model)
        index = self.findData(chosen)
        self.setCurrentIndex(max(index, 0))
        self.blockSignals(blocked)
        if index < 0:
            self.currentIndexChanged.emit(0)

    def show_remarks(self, remarks: Mapping[str, str]) -> None:
        """Show a remark beside each method, by what it is called in `settings`."""
        for index in range(self.count()):
            name = self.itemData(index)
            if name in remarks:
                self.setItemText(index, f"{self._titles[name]}: {remarks[name]}")

    def _add(self, model: Listed) -> None:
        key, card = _MODEL + model.name, model.card
        self._titles[key] = f"Model {model.name}"
        self.addItem(self._titles[key], key)
        last = self.count() - 1
        if card is None:
            # Shown all the same, so that one sees what became of it
            self.model().item(last).setEnabled(False)
            self.setItemData(last, model.problem, Qt.ItemDataRole.ToolTipRole)
        else:
            self._cards[key] = card
            self.setItemData(last, card.training_data, Qt.ItemDataRole.ToolTipRole)
