"""A monkey at the real window: random gestures, keys, controls and layers, from a seed."""

from __future__ import annotations

import random
from typing import Any

from qtpy.QtCore import QEvent, QPoint, QPointF, Qt
from qtpy.QtGui import QMouseEvent, QWheelEvent
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QApplication

from napari_fncells.demo.pilot import Pilot, PilotError
from napari_fncells.viewer.commands import COMMANDS
from napari_fncells.viewer.state_layer import NAME
from tests.pictures import CELLS, SHAPE

CTRL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
ALT, PLAIN = Qt.KeyboardModifier.AltModifier, Qt.KeyboardModifier.NoModifier
LEFT, NOTHING = Qt.MouseButton.LeftButton, Qt.MouseButton.NoButton

_MODIFIERS = {"Control": CTRL, "Shift": SHIFT, "Alt": ALT}
_KEYS = {
    ".": "Period", ",": "Comma", "/": "Slash", "[": "BracketLeft", "]": "BracketRight",
    "Enter": "Return", "-": "Minus", "=": "Equal",
}  # fmt: skip
OURS = tuple(key for known in COMMANDS for key in known.keys)
NAPARIS = (
    "P",
    "E",
    "F",
    "Z",
    "M",
    "X",
    "L",
    "B",
    *"1234567",
    "[",
    "]",
    "-",
    "=",
    "V",
    "Control-Y",
)
MOVES_MS = 11  # VisPy drops movements that follow one another faster

# What it does, and how often
ACTIONS = {
    "shift_click": 12, "click": 5, "double": 2, "cut_or_join": 8, "lasso": 4, "trace": 5,
    "drag": 8, "wheel": 6, "key_of_ours": 26, "key_of_naparis": 10, "press_twice": 3, "draft": 1,
    "buttons": 3, "active_layer": 2, "order": 1, "hide": 1, "contour": 0.5, "remove_states": 0.7,
    "remove_layer": 0.4, "step": 2, "choose": 1, "view": 5, "legend": 3, "sheet": 1, "home": 3,
    "tune": 6,
}  # fmt: skip


class Monkey:
    """Does one random thing after the other, and remembers the last ones.

    Parameters
    ----------
    seed
        Of everything it does.
    viewer, widget
        The window and its dock.
    """

    def __init__(self, seed: int, viewer: Any, widget: Any) -> None:
        self.random = random.Random(seed)
        self.viewer, self.widget = viewer, widget
        self.pilot = Pilot(viewer)
        self.done: list[str] = []

    def act(self) -> None:
        """Do something."""
        chosen = self.random.choices(list(ACTIONS), list(ACTIONS.values()))[0]
        self.done.append(chosen)
        try:
            getattr(self, chosen)()
        except PilotError as error:
            # The place is not on the canvas now, or the button cannot be pressed
            self._note(f"({error})")
        QApplication.processEvents()

    def _note(self, what: str) -> None:
        self.done[-1] += f" {what}"

    # -- the mouse ---------------------------------------------------------------------------

    def somewhere(self) -> tuple[float, float]:
        """A pixel, more often than not of a cell."""
        if self.random.random() < 0.6:
            row, column, radius, _ = self.random.choice(CELLS)
            return row + self.random.gauss(0, radius / 2), column + self.random.gauss(
                0, radius / 2
            )
        return self.random.uniform(-5, SHAPE[0] + 5), self.random.uniform(-5, SHAPE[1] + 5)

    def shift_click(self) -> None:
        self._click(SHIFT)

    def click(self) -> None:
        button = self.random.choice([LEFT, LEFT, Qt.MouseButton.RightButton])
        self._click(self.random.choice([PLAIN, PLAIN, ALT, CTRL, CTRL | SHIFT]), button)

    def double(self) -> None:
        place = self.pilot.place(*self.somewhere())
        modifiers = self.random.choice([PLAIN, SHIFT, CTRL])
        QTest.mouseClick(self.pilot.canvas, LEFT, modifiers, place)
        QTest.mouseDClick(self.pilot.canvas, LEFT, modifiers, place)

    def cut_or_join(self) -> None:
        start, end = self.somewhere(), self.somewhere()
        if self.random.random() < 0.6:
            row, column, radius, _ = self.random.choice(CELLS)
            reach = radius + self.random.randrange(8)
            start, end = (row - reach, column), (row + reach, column + self.random.randrange(9))
        parts = [k / 4 for k in range(5)]
        self._drag([_between(start, end, part) for part in parts], CTRL)

    def lasso(self) -> None:
        (row, column), reach = self.somewhere(), self.random.randrange(10, 60)
        self._drag(_square(row, column, reach), SHIFT)

    def trace(self) -> None:
        (row, column), reach = self.somewhere(), self.random.randrange(4, 25)
        self._drag(_square(row, column, reach), CTRL | SHIFT)

    def drag(self) -> None:
        """Any modifier, wherever it leads: a stroke where a tool is active."""
        row, column = self.somewhere()
        path = [(row, column)]
        for _ in range(self.random.randrange(1, 6)):
            row += self.random.randrange(-15, 16)
            column += self.random.randrange(-15, 16)
            path.append((row, column))
        modifiers = self.random.choice([PLAIN, PLAIN, PLAIN, SHIFT, CTRL, ALT, CTRL | SHIFT])
        self._drag(path, modifiers)

    def wheel(self) -> None:
        modifiers = self.random.choice([SHIFT, SHIFT, SHIFT, PLAIN])
        place = self.pilot.place(*self.somewhere())
        delta = QPoint(0, self.random.choice([-240, -120, -30, 30, 120, 240]))
        for _ in range(self.random.randrange(1, 4)):
            event = QWheelEvent(
                QPointF(place), QPointF(self.pilot.canvas.mapToGlobal(place)), QPoint(), delta,
                NOTHING, modifiers, Qt.ScrollPhase.NoScrollPhase, False,
            )  # fmt: skip
            QApplication.sendEvent(self.pilot.canvas, event)

    def _click(self, modifiers: Any, button: Any = LEFT) -> None:
        QTest.mouseClick(self.pilot.canvas, button, modifiers, self.pilot.place(*self.somewhere()))

    def _drag(self, path: list[tuple[float, float]], modifiers: Any) -> None:
        canvas = self.pilot.canvas
        places = [self.pilot.place(*point) for point in path]
        QTest.mousePress(canvas, LEFT, modifiers, places[0])
        for place in places[1:]:
            QTest.qWait(MOVES_MS)
            self._move(place, modifiers)
        if self.random.random() < 0.1:
            # In the midst of it
            self.key_of_ours()
        QTest.mouseRelease(canvas, LEFT, modifiers, places[-1])

    def _move(self, place: QPoint, modifiers: Any) -> None:
        event = QMouseEvent(
            QEvent.Type.MouseMove, QPointF(place), QPointF(self.pilot.canvas.mapToGlobal(place)),
            NOTHING, LEFT, modifiers,
        )  # fmt: skip
        QApplication.sendEvent(self.pilot.canvas, event)

    # -- keys --------------------------------------------------------------------------------

    def key_of_ours(self) -> None:
        self._key(self.random.choice(OURS))

    def key_of_naparis(self) -> None:
        self._key(self.random.choice(NAPARIS))

    def press_twice(self) -> None:
        """Undo and redo, as one does in a row."""
        for name in self.random.choices(["Control-Z", "Control-Shift-Z"], [3, 2], k=3):
            self._key(name)

    def sheet(self) -> None:
        QTest.keyClicks(self.pilot.canvas, "?")

    def _key(self, name: str) -> None:
        self._note(name)
        *held, last = name.split("-") if name not in ("-", "=") else [name]
        modifiers = PLAIN
        for word in held:
            modifiers |= _MODIFIERS[word]
        key = getattr(Qt.Key, f"Key_{_KEYS.get(last, last)}")
        QTest.keyPress(self.pilot.canvas, key, modifiers)
        QApplication.processEvents()
        QTest.keyRelease(self.pilot.canvas, key, modifiers)

    # -- dock and layers ---------------------------------------------------------------------

    def draft(self) -> None:
        self.pilot.press(self.widget.draft.button)

    def tune(self) -> None:
        """Settings of the draft, opened, turned and closed."""
        panel = self.widget.draft
        what = self.random.choice(["toggle", "field", "field", "cutoff", "sizes", "preset", "fit"])
        self._note(what)
        if what == "toggle":
            turn = panel.settings.collapse if panel.tuning else panel.settings.expand
            turn(animate=False)
        elif what == "field":
            self._turn(panel.form[self.random.choice(panel.form.names)])
        elif what == "cutoff":
            low, high = panel.scores.line.maxRange
            if low is not None:
                for _ in range(self.random.randrange(1, 5)):
                    panel.scores.line.setValue(self.random.uniform(low, high))
                panel.scores.line.sigPositionChangeFinished.emit(panel.scores.line)
        elif what == "sizes":
            panel.sizes.band.setRegion(sorted(self.random.uniform(0.5, 6) for _ in range(2)))
        elif what == "preset":
            panel.method.setCurrentIndex(self.random.randrange(panel.method.count()))
        else:
            self.pilot.press(self.random.choice([panel.fit, panel.compare, panel.match]))

    def _turn(self, field: Any) -> None:
        """Another value of a field of a form."""
        self._note(field.name)
        if hasattr(field, "choices"):
            field.value = self.random.choice(list(field.choices))
        elif isinstance(field.value, bool):
            field.value = not field.value
        else:
            # Near the lower end: wide filters of a small picture say nothing new
            high = min(field.max, field.min + 60)
            field.value = type(field.value)(self.random.uniform(max(field.min, -10), high))

    def buttons(self) -> None:
        panel = self.widget.correct
        self.pilot.press(self.random.choice([panel.undo, panel.redo]))

    def active_layer(self) -> None:
        layers = list(self.viewer.layers)
        if layers:
            self.viewer.layers.selection.active = self.random.choice(layers)

    def order(self) -> None:
        count = len(self.viewer.layers)
        if count > 1:
            self.viewer.layers.move(self.random.randrange(count), self.random.randrange(count + 1))

    def hide(self) -> None:
        layers = list(self.viewer.layers)
        if layers:
            layer = self.random.choice(layers)
            layer.visible = not layer.visible

    def contour(self) -> None:
        mask = self.widget.workspace.mask_layer
        if mask is not None:
            mask.contour = self.random.choice([0, 0, 1, 2])

    def remove_states(self) -> None:
        for layer in [layer for layer in self.viewer.layers if layer.name == NAME]:
            self.viewer.layers.remove(layer)

    def remove_layer(self) -> None:
        layers = list(self.viewer.layers)
        if layers:
            layer = self.random.choice(layers)
            self._note(layer.name)
            self.viewer.layers.remove(layer)

    def step(self) -> None:
        self.widget.workspace.navigation.step(self.random.choice([-1, 1]))

    def choose(self) -> None:
        """A picture from the list, which may be the one that is shown."""
        pictures = self.widget.workspace.pictures
        self.widget.picture.chosen.emit(self.random.choice(list(pictures)))

    def view(self) -> None:
        view = self.widget.view
        slider = self.random.choice([view.brightness, view.black, view.gamma, view.opacity])
        if self.random.random() < 0.15:
            self.pilot.press(view.reset)
        elif self.random.random() < 0.3:
            self.pilot.press(self.random.choice([view.filled, view.outlines]))
        elif self.random.random() < 0.2 and view.channel.isEnabled():
            index = self.random.randrange(view.channel.count())
            view.channel.setCurrentIndex(index)
            view.channel.activated.emit(index)
        else:
            slider.setValue(self.random.uniform(slider.minimum(), slider.maximum()))

    def legend(self) -> None:
        self.pilot.press(self.random.choice(list(self.widget.view.legend.boxes.values())))

    def home(self) -> None:
        """The whole picture in sight, its mask shown, all of its controls in reach."""
        self.viewer.reset_view()
        mask = self.widget.workspace.mask_layer
        if mask is not None:
            mask.visible = True


def _between(start: tuple[float, float], end: tuple[float, float], part: float) -> Any:
    return tuple(a + (b - a) * part for a, b in zip(start, end, strict=True))


def _square(row: float, column: float, reach: float) -> list[tuple[float, float]]:
    corners = [(-1, -1), (-1, 1), (1, 1), (1, -1), (-1, -1)]
    return [(row + reach * y, column + reach * x) for y, x in corners]
