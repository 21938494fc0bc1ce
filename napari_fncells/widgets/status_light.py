"""The light that says whether everything is saved, and never says so when it is not."""

from __future__ import annotations

from dataclasses import dataclass

from qtpy.QtCore import QRectF, QSize, Qt
from qtpy.QtGui import QColor, QPainter, QPaintEvent, QPen
from qtpy.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QWidget

from napari_fncells.session.save_state import SaveState

_GREEN = "#2fbf71"
_AMBER = "#f0b429"
_RED = "#ff4d4f"
_GREY = "#8a8f98"
_BLUE = "#4d9fff"
_DIAMETER = 12


@dataclass(frozen=True)
class Light:
    """What the light shows.

    Attributes
    ----------
    colour
        Of the lamp.
    words
        Beside it.
    details
        Where and when, for the tooltip.
    lit
        Whether the lamp is full; it is a ring while something is awaited.
    """

    colour: str
    words: str
    details: str
    lit: bool = True


def light_of(state: SaveState | None) -> Light:
    """What to show of a state; None where no picture is open."""
    if state is None:
        return Light(_GREY, "Nothing to save yet", "No picture is open.", lit=False)
    files = _about_files(state)
    if state.error is not None:
        details = f"{state.error.remedy} {_unsaved(state)} {files}"
        return Light(_RED, f"Not saved: {state.error.sentence}", " ".join(details.split()))
    if state.read_only:
        return Light(_BLUE, "Read only", f"{state.read_only} {files}")
    if state.saved != state.issued:
        return Light(_AMBER, "Saving…", f"{_unsaved(state)} {files}", lit=False)
    if state.issued == 0:
        return Light(_GREY, "Nothing to save yet", f"Nothing was changed. {files}", lit=False)
    kept = f"All {state.issued:,} changes are" if state.issued > 1 else "The change is"
    return Light(_GREEN, "Saved", f"{kept} on disk, in {state.place}. {files}")


class StatusLight(QWidget):
    """A lamp and words."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.lamp = _Lamp()
        self.words = QLabel()
        self.words.setWordWrap(True)
        self.words.setTextFormat(Qt.TextFormat.PlainText)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.lamp)
        layout.addWidget(self.words, 1)
        self.show_state(None)

    def show_state(self, state: SaveState | None) -> None:
        """Show how things stand; None where no picture is open."""
        light = light_of(state)
        self.lamp.show_light(light)
        self.words.setText(light.words)
        self.setToolTip(light.details)
        self.setAccessibleName(light.words)


class _Lamp(QWidget):
    """A disc, or a ring."""

    def __init__(self) -> None:
        super().__init__()
        self.light = light_of(None)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def show_light(self, light: Light) -> None:
        """Show another light."""
        self.light = light
        self.update()

    def sizeHint(self) -> QSize:  # noqa: N802
        """Room for the disc."""
        return QSize(_DIAMETER + 4, _DIAMETER + 4)

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        """Draw the disc."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(self.light.colour), 2))
        painter.setBrush(QColor(self.light.colour) if self.light.lit else Qt.BrushStyle.NoBrush)
        painter.drawEllipse(QRectF(3, 3, _DIAMETER - 2, _DIAMETER - 2))
        painter.end()


def _unsaved(state: SaveState) -> str:
    missing = state.issued - state.saved
    if missing <= 0:
        return ""
    return f"{missing:,} change{'s are' if missing > 1 else ' is'} not on the disk yet."


def _about_files(state: SaveState) -> str:
    """When the mask files were written, and how many changes came after."""
    if state.files_time is None:
        return "The mask files beside the picture have not been written yet."
    newer = 0 if state.read_only else state.issued - state.files_edits
    later = f"; {newer:,} later change{'s' if newer > 1 else ''} will follow" if newer > 0 else ""
    time = state.files_time.astimezone()
    return f"The mask files beside the picture are of {time:%H:%M:%S on %d %B}{later}."
