"""Controls that leave the keys to the canvas and the wheel to the dock, and their errors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from napari.utils.notifications import show_error
from qtpy.QtCore import QEvent, QObject, Qt
from qtpy.QtWidgets import QComboBox, QLineEdit, QWidget
from superqt import QLabeledDoubleSlider

from napari_fncells.core.errors import UserError


class _WheelPassesOn(QObject):
    """Lets the wheel scroll the dock over a control that was not chosen by the Tab key."""

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
        if event.type() != QEvent.Type.Wheel or not isinstance(watched, QWidget):
            return False
        if watched.hasFocus():
            return False
        event.ignore()
        return True


def guarded(act: Callable[..., object]) -> Callable[..., None]:
    """Let an action's expected errors become a notification."""

    def run(*args: object) -> None:
        try:
            act(*args)
        except UserError as error:
            show_error(str(error))

    return run


def keep_canvas_keys(*widgets: QWidget) -> None:
    """Let controls take the keys from the canvas after the Tab key alone, not after a click."""
    for widget in widgets:
        widget.setFocusPolicy(Qt.FocusPolicy.TabFocus)


def give_keys_back(viewer: Any) -> None:
    """Let the keys go to the canvas again, where there is a window."""
    window = getattr(viewer, "window", None)
    if window is not None:
        window._qt_viewer.canvas.native.setFocus()


class Choice(QComboBox):
    """A combo box that takes neither keys nor wheel when it was not asked to."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        # The longest choice must not widen the dock
        self.setSizeAdjustPolicy(self.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(8)
        keep_canvas_keys(self)
        self.installEventFilter(_WheelPassesOn(self))


class Slider(QLabeledDoubleSlider):
    """A slider with its value beside it.

    Parameters
    ----------
    minimum, maximum, step
        Of its value.
    decimals
        Shown of the value.
    """

    def __init__(
        self, minimum: float, maximum: float, step: float, decimals: int = 2, parent: Any = None
    ) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self.setRange(minimum, maximum)
        self.setSingleStep(step)
        self.setPageStep(step * 5)
        self.setDecimals(decimals)
        passes_on = _WheelPassesOn(self)
        keep_canvas_keys(self._slider)
        self._slider.installEventFilter(passes_on)
        self.installEventFilter(passes_on)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setFocusProxy(self._slider)
        for label in self.findChildren(QLineEdit):
            # A click into the number would take the keys away
            label.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            label.setReadOnly(True)

    def show_value(self, value: float) -> None:
        """Show a value without telling that it changed."""
        blocked = self.blockSignals(True)
        self.setValue(value)
        self.blockSignals(blocked)
