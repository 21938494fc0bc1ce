"""Panel to choose a draft method, tune it under one's eyes and run it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial
from pathlib import Path

import numpy as np
from qtpy.QtCore import Signal
from qtpy.QtWidgets import (
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QMenu,
    QPushButton,
    QVBoxLayout,
    QWidget,
)
from superqt import QCollapsible

from napari_fncells.core.gestures import Gestures
from napari_fncells.core.params import AUTO, PRESETS, TYPICAL_AMOUNTS, DraftParams
from napari_fncells.io.importers import DRAFT_SUFFIXES, Meaning
from napari_fncells.model.library import Listed
from napari_fncells.session.tuning import Look
from napari_fncells.widgets.controls import keep_canvas_keys
from napari_fncells.widgets.forms import DraftForm
from napari_fncells.widgets.method_choice import MethodChoice
from napari_fncells.widgets.model_panel import ModelPanel
from napari_fncells.widgets.score_plot import ScorePlot
from napari_fncells.widgets.size_plot import SizePlot

_NO_LOOK = "The mask is shown as it is: turn a setting to see another draft."
_APPLY = "Draft mask"
_FILES = f"Drafts ({' '.join(f'*{suffix}' for suffix in DRAFT_SUFFIXES)});;All files (*)"
_WEIGHTS = "Weights (*.safetensors *.pth *.pt *.pkl *.h5 *.hdf5);;All files (*)"
_MEANINGS: dict[str, Meaning | None] = {
    "Tell by its content": None,
    "As labels": Meaning.LABELS,
    "As a mask": Meaning.MASK,
    "As a probability map": Meaning.PROBABILITY,
    "As boxes, each cell an ellipse": Meaning.BOXES,
}


class DraftPanel(QWidget):
    """Method, its settings, what they lead to, and the button.

    Attributes
    ----------
    requested
        Signal(): the user wants a draft with `params`.
    cancelled
        Signal(): the user wants the running job stopped.
    match_requested
        Signal(): the user wants drafts with outlines like the corrected ones.
    fit_requested
        Signal(): the user wants the settings that agree best with the corrections.
    compare_requested
        Signal(): the user wants to know how much work each method would leave.
    tuned
        Signal(): a setting changed and a preview is wanted.
    cutoff_moved
        Signal(float): the cutoff line is dragged, to this score.
    cutoff_set
        Signal(float): it was let go of.
    preview_ended
        Signal(): no preview is wanted any more.
    unit_chosen
        Signal(str): sizes are wanted in this unit; those shown are in the other.
    file_chosen
        Signal(Path, Meaning or None): the user wants this file as the draft, told by its content
        or taken as what it is said to be.
    method_chosen
        Signal(): another method's settings are shown.
    weights_chosen
        Signal(Path): the user wants these weights among the models.
    check_requested
        Signal(): the user wants to know what models run on.
    """

    requested = Signal()
    cancelled = Signal()
    match_requested = Signal()
    fit_requested = Signal()
    compare_requested = Signal()
    tuned = Signal()
    cutoff_moved = Signal(float)
    cutoff_set = Signal(float)
    preview_ended = Signal()
    unit_chosen = Signal(str)
    file_chosen = Signal(object, object)
    method_chosen = Signal()
    weights_chosen = Signal(object)
    check_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.method = MethodChoice()
        self.model = ModelPanel()
        self.model.setVisible(False)
        self.scores = ScorePlot()
        self.sizes = SizePlot()
        self.form = DraftForm(PRESETS[AUTO])
        self.settings = QCollapsible("Fine-tune")
        self.words = QLabel(wordWrap=True)
        self.told = QLabel(wordWrap=True)
        self.told.setVisible(False)
        self.match = QPushButton("Match my outlines")
        self.match.setToolTip(
            "Set the outline offset to what the cells you accepted, added or edited in this "
            "picture ask for."
        )
        self.fit = QPushButton("Fit to my corrections")
        self.fit.setToolTip(
            "Find the settings that agree best with the cells you accepted, added and removed "
            "here, or with the finished pictures of the folder."
        )
        self.compare = QPushButton("Compare methods")
        self.compare.setToolTip(
            "Predict how many gestures each method, and these settings, would leave to do: from "
            "your corrections here and the finished pictures of the folder."
        )
        self.file = QPushButton("Open a draft …")
        self.file.setToolTip(
            "Take another program's labels, mask, probability map or Cellpose _seg.npy as the "
            "draft."
        )
        self.file.setMenu(QMenu(self.file))
        self.models = QPushButton("Models …")
        self.models.setToolTip("Import weights, or see what models run on and how fast.")
        self.models.setMenu(QMenu(self.models))
        self.button = QPushButton(_APPLY)
        self.button.setToolTip(
            "Propose a mask. Cells you added, edited or removed stay as they are."
        )
        self.stop = QPushButton("Stop")
        self.stop.setVisible(False)
        self.progress = QLabel(wordWrap=True)
        self.progress.setVisible(False)
        keep_canvas_keys(
            self.match, self.fit, self.compare, self.file, self.models, self.button, self.stop
        )
        self._lay_out()
        self._connect()

    @property
    def params(self) -> DraftParams:
        """The settings shown.

        Raises
        ------
        ParameterError
            For values that do not go together.
        """
        return self.form.params

    @property
    def tuning(self) -> bool:
        """Whether the settings are open, and a preview with them."""
        return bool(self.settings.isExpanded())

    def show_models(self, models: Iterable[Listed]) -> None:
        """Offer models below the presets; the method that is chosen stays so, where it is left."""
        self.method.show_models(models)

    def choose_model(self, name: str) -> None:
        """Choose a model as the method."""
        self.method.choose_model(name)

    def show_params(self, params: DraftParams) -> None:
        """Show other settings."""
        self.form.show_params(params)
        self.sizes.show_limits(params.clean_up.min_area, params.clean_up.max_area)

    def raise_offset(self, by: float) -> float:
        """Raise the outline offset, within its range; returns what it is then."""
        field = self.form["clean_up.outline_offset"]
        field.value = float(min(max(round(field.value + by, 1), field.min), field.max))
        return float(field.value)

    def tell(self, text: str) -> None:
        """Say what came of a fit or a comparison."""
        self.told.setText(text)
        self.told.setVisible(bool(text))

    def show_meter(self, meter: Mapping[str, Gestures]) -> None:
        """Show predicted gestures beside each method; those of the settings shown under ''."""
        self.method.show_remarks({n: _gestures(found) for n, found in meter.items() if n})
        mine = meter[""]
        self.tell(f"The settings shown would have left {_gestures(mine)} to do ({mine}).")

    def show_busy(self, message: str | None) -> None:
        """Say what the running job does, or with None that none runs."""
        for button in (self.button, self.fit, self.compare, self.file, self.models):
            button.setEnabled(message is None)
        self.stop.setVisible(message is not None)
        self.progress.setVisible(message is not None)
        self.progress.setText(f"{message} …" if message else "")

    def show_look(self, look: Look | None) -> None:
        """Show what the draft would be like; None where there is no preview."""
        if look is None:
            self.button.setText(_APPLY)
            self.words.setText(_NO_LOOK if self.tuning else "")
            self.scores.clear_scores()
            self.sizes.show_areas(np.empty(0, dtype=np.int64))
            return
        self.scores.show_scores(look.histogram.counts, look.histogram.edges)
        if not self.scores.line.moving:
            self.scores.show_cutoff(look.draft.cutoff)
        self.sizes.show_areas(look.areas)
        self.button.setText(f"Apply: {look.effect}")
        cells = f"{look.count} cell{'' if look.count == 1 else 's'}"
        self.words.setText(f"<b>{cells}</b> in preview; the mask is as it was. {look.draft.words}")

    def _connect(self) -> None:
        self.method.currentIndexChanged.connect(self._show_preset)
        self.form.changed.connect(self._on_field)
        self.sizes.moved.connect(self._on_sizes)
        self.scores.moved.connect(self.cutoff_moved)
        self.scores.released.connect(self.cutoff_set)
        self.settings.toggled.connect(self._on_opened)
        self.button.clicked.connect(self.requested)
        self.stop.clicked.connect(self.cancelled)
        self.match.clicked.connect(self.match_requested)
        self.fit.clicked.connect(self.fit_requested)
        self.compare.clicked.connect(self.compare_requested)
        for title, meaning in _MEANINGS.items():
            action = self.file.menu().addAction(title)
            action.triggered.connect(partial(self._choose_file, meaning))
        menu = self.models.menu()
        menu.addAction("Import weights …").triggered.connect(self._choose_weights)
        menu.addAction("Device check …").triggered.connect(lambda _: self.check_requested.emit())

    def _show_preset(self) -> None:
        card = self.method.card
        self.model.setVisible(card is not None)
        if card is not None:
            self.model.show_card(card)
        self.show_params(self.method.params)
        self.method_chosen.emit()
        self._tell()

    def _on_field(self, name: str) -> None:
        if name in ("clean_up.min_area", "clean_up.max_area"):
            areas = (self.form[f"clean_up.{end}_area"].value for end in ("min", "max"))
            self.sizes.show_limits(*areas)
        elif name == "cutoff.method":
            self._begin_with_typical_amount()
        elif name == "unit":
            self.unit_chosen.emit(self.form["unit"].value)
            return
        self._tell()

    def _begin_with_typical_amount(self) -> None:
        """Another method counts in other units: the amount of the last one says nothing."""
        method = self.form["cutoff.method"].value
        amount = TYPICAL_AMOUNTS.get(method)
        if method == "value":
            amount = float(self.scores.line.value())
        if amount is not None:
            self.form.set_silently("cutoff.amount", amount)

    def _on_sizes(self, smallest: int, largest: int) -> None:
        self.form.set_silently("clean_up.min_area", smallest)
        self.form.set_silently("clean_up.max_area", largest)
        self._tell()

    def _on_opened(self, opened: bool) -> None:
        if opened:
            self._tell()
        else:
            self.preview_ended.emit()

    def _tell(self) -> None:
        """Ask for a preview of the settings, where they are open."""
        if self.tuning:
            self.tuned.emit()

    def _choose_file(self, meaning: Meaning | None, _checked: bool = False) -> None:
        path, _ = QFileDialog.getOpenFileName(self, "Open a draft", "", _FILES)
        if path:
            self.file_chosen.emit(Path(path), meaning)

    def _choose_weights(self, _checked: bool = False) -> None:
        path, _ = QFileDialog.getOpenFileName(self, "Import weights", "", _WEIGHTS)
        if path:
            self.weights_chosen.emit(Path(path))

    def _lay_out(self) -> None:
        tuning = QWidget()
        inner = QVBoxLayout(tuning)
        inner.setContentsMargins(0, 0, 0, 0)
        for widget in (
            self.words,
            self.scores,
            self.sizes,
            self.form,
            self.match,
            self.fit,
            self.compare,
            self.told,
        ):
            inner.addWidget(widget)
        self.settings.addWidget(tuning)
        buttons = QHBoxLayout()
        buttons.addWidget(self.button, 1)
        buttons.addWidget(self.stop)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        others = QHBoxLayout()
        others.addWidget(self.file, 1)
        others.addWidget(self.models, 1)
        layout.addWidget(self.method)
        layout.addWidget(self.model)
        layout.addLayout(buttons)
        layout.addWidget(self.progress)
        layout.addWidget(self.settings)
        layout.addLayout(others)


def _gestures(found: Gestures) -> str:
    return f"{found.total} gesture{'' if found.total == 1 else 's'}"
