"""Panel of what is seen: the picture's brightness, the mask's look, the legend of states."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from qtpy.QtCore import Signal
from qtpy.QtWidgets import (
    QButtonGroup,
    QCheckBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QRadioButton,
    QVBoxLayout,
    QWidget,
)

from napari_fncells.core.objects import ObjectState
from napari_fncells.viewer.display import CHANNEL_TITLES, Channel, DisplayParams
from napari_fncells.viewer.palette import MASK_OPACITY
from napari_fncells.widgets.controls import Choice, Slider, keep_canvas_keys
from napari_fncells.widgets.legend import SHOWN_AT_FIRST, Legend

TITLE = "View (changes no data)"
"""What the box around the panel is called."""

_FIELDS: dict[str, dict[str, Any]] = DisplayParams.model_json_schema()["properties"]


class ViewPanel(QWidget):
    """Brightness, black level, gamma, channel; opacity and filling of the mask; the legend.

    Attributes
    ----------
    display_changed
        Signal(DisplayParams): how pictures are to be shown.
    opacity_changed
        Signal(float): of the mask, 0 to 1.
    filled_changed
        Signal(bool): whether cells are filled, or outlined.
    states_changed
        Signal(frozenset of ObjectState): cells of which states are to be shown.
    heat_changed
        Signal(bool): whether the probabilities of a model are to be shown.
    colours_chosen
        Signal(str): what is to be told by the colours of cells; see `viewer.colours`.
    """

    display_changed = Signal(object)
    opacity_changed = Signal(float)
    filled_changed = Signal(bool)
    states_changed = Signal(object)
    heat_changed = Signal(bool)
    colours_chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._display = DisplayParams()
        self.brightness = _slider("brightness", decimals=1)
        self.black = _slider("black")
        self.gamma = _slider("gamma")
        self.channel = Choice()
        self.channel.setToolTip(_FIELDS["channel"]["description"])
        self.opacity = Slider(0, 1, 0.05)
        self.opacity.setToolTip("How much of the picture the mask covers.")
        self.filled = QRadioButton("filled")
        self.outlines = QRadioButton("outlines")
        self._look = QButtonGroup(self)
        self.heat = QCheckBox("Model probability")
        self.heat.setToolTip(
            "Show what the chosen model makes of the picture, from the cutoff on; of the next "
            "picture, once the model has looked at it. Never exported."
        )
        self.colours = Choice()
        self.colours.setToolTip(
            "What the colours of the cells tell. Beside another mask: which cells both have, "
            "by an IoU above 0.5, live while you work."
        )
        self.legend = Legend()
        self.reset = QPushButton("Reset")
        self.reset.setToolTip("Show picture and mask as at first.")
        keep_canvas_keys(self.filled, self.outlines, self.heat, self.reset)
        self._lay_out()
        self.show_channels(())
        self.show_display(self._display)
        self.show_opacity(MASK_OPACITY)
        self.show_filled(True)
        self._connect()

    def show_display(self, params: DisplayParams) -> None:
        """Show how pictures are shown."""
        self._display = params
        self.brightness.show_value(params.brightness)
        self.black.show_value(params.black)
        self.gamma.show_value(params.gamma)
        self.channel.setCurrentIndex(max(self.channel.findData(params.channel), 0))

    def show_channels(self, channels: Sequence[Channel]) -> None:
        """Offer the channels of a picture; none of a grey one."""
        self.channel.clear()
        for name in channels:
            self.channel.addItem(CHANNEL_TITLES[name], name)
        if not channels:
            self.channel.addItem("Grey", self._display.channel)
        self.channel.setEnabled(bool(channels))
        self.channel.setCurrentIndex(max(self.channel.findData(self._display.channel), 0))

    def show_opacity(self, opacity: float) -> None:
        """Show how opaque the mask is."""
        self.opacity.show_value(opacity)

    def show_filled(self, filled: bool) -> None:
        """Show whether cells are filled."""
        (self.filled if filled else self.outlines).setChecked(True)

    def show_heat(self, shown: bool) -> None:
        """Show whether the probabilities of a model are shown."""
        self.heat.setChecked(shown)

    def show_colours(self, choices: Mapping[str, str], told: str) -> None:
        """Offer what the colours can tell, by what it is called; `told` is what they tell."""
        known = {self.colours.itemData(n): n for n in range(self.colours.count())}
        if list(known) != list(choices):
            self.colours.clear()
            for name, title in choices.items():
                self.colours.addItem(title, name)
        self.colours.setCurrentIndex(max(self.colours.findData(told), 0))
        self.legend.setVisible(told == next(iter(choices), told))

    def show_states(self, states: Iterable[ObjectState]) -> None:
        """Show cells of which states are shown."""
        self.legend.show_states(states)

    def show_counts(self, counts: Mapping[ObjectState, int]) -> None:
        """Show how many cells there are of each state."""
        self.legend.show_counts(counts)

    def _connect(self) -> None:
        for slider in (self.brightness, self.black, self.gamma):
            slider.valueChanged.connect(self._tell_display)
        # Neither of these two is emitted when a program sets what is shown
        self.channel.activated.connect(self._tell_display)
        self._look.buttonClicked.connect(self._tell_filled)
        self.opacity.valueChanged.connect(self.opacity_changed)
        # Not emitted when a program sets what is shown
        self.heat.clicked.connect(self.heat_changed)
        self.colours.activated.connect(
            lambda _index: self.colours_chosen.emit(self.colours.currentData())
        )
        self.legend.states_changed.connect(self.states_changed)
        self.reset.clicked.connect(self._reset)

    def _tell_display(self) -> None:
        params = DisplayParams(
            brightness=self.brightness.value(),
            black=self.black.value(),
            gamma=self.gamma.value(),
            channel=self.channel.currentData(),
        )
        if params != self._display:
            self._display = params
            self.display_changed.emit(params)

    def _tell_filled(self) -> None:
        self.filled_changed.emit(self.filled.isChecked())

    def _reset(self) -> None:
        """Show everything as at first, and ask for it."""
        self.show_display(DisplayParams())
        self.show_opacity(MASK_OPACITY)
        self.show_filled(True)
        self.show_states(SHOWN_AT_FIRST)
        self.display_changed.emit(self._display)
        self.opacity_changed.emit(MASK_OPACITY)
        self.filled_changed.emit(True)
        self.states_changed.emit(self.legend.states)

    def _lay_out(self) -> None:
        look = QHBoxLayout()
        for button in (self.filled, self.outlines):
            self._look.addButton(button)
            look.addWidget(button)
        look.addStretch(1)
        rows = QGridLayout()
        rows.setVerticalSpacing(4)
        rows.setColumnStretch(1, 1)
        controls: tuple[tuple[str, QWidget], ...] = (
            ("Brightness", self.brightness),
            ("Black level", self.black),
            ("Gamma", self.gamma),
            ("Channel", self.channel),
            ("Mask opacity", self.opacity),
        )
        for row, (title, control) in enumerate(controls):
            label = QLabel(title)
            label.setToolTip(control.toolTip())
            rows.addWidget(label, row, 0)
            rows.addWidget(control, row, 1, 1, 1 if control is self.channel else 2)
            if control is self.channel:
                rows.addWidget(self.reset, row, 2)
        rows.addWidget(QLabel("Cells"), len(controls), 0)
        rows.addLayout(look, len(controls), 1, 1, 2)
        told = QLabel("Colours tell", toolTip=self.colours.toolTip())
        rows.addWidget(told, len(controls) + 1, 0)
        rows.addWidget(self.colours, len(controls) + 1, 1, 1, 2)
        rows.addWidget(self.heat, len(controls) + 2, 1, 1, 2)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        layout.addLayout(rows)
        layout.addWidget(self.legend)


def _slider(name: str, decimals: int = 2) -> Slider:
    """Slider of a display parameter, with its range, step and help."""
    field = _FIELDS[name]
    slider = Slider(field["minimum"], field["maximum"], field["step"], decimals)
    slider.setToolTip(field["description"])
    return slider
