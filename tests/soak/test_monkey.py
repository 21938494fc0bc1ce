"""Random mouse and keys on the real window: nothing raises, and the history stays whole."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from qtpy.QtCore import Qt
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QApplication

from napari_fncells.core.document import Document
from napari_fncells.demo.pilot import Pilot, PilotError
from tests.pictures import SHAPE, save_picture

CTRL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
PLAIN = Qt.KeyboardModifier.NoModifier
KEYS = [
    *((getattr(Qt.Key, f"Key_{name}"), PLAIN) for name in "PEFZMXL1234567"),
    (Qt.Key.Key_Escape, PLAIN),
    (Qt.Key.Key_Z, CTRL),
    (Qt.Key.Key_Z, CTRL | SHIFT),
    (Qt.Key.Key_Y, CTRL),
]


class Monkey:
    """Does one random thing after the other, and remembers the last ones."""

    def __init__(self, seed: int, viewer, widget) -> None:
        self.random = random.Random(seed)
        self.pilot = Pilot(viewer)
        self.widget = widget
        self.done: list[str] = []

    def act(self) -> None:
        name, weight = zip(
            ("shift_click", 8), ("drag", 6), ("key", 8), ("draft", 1), ("buttons", 2),
            ("click", 2), ("double", 1), ("wheel", 1), ("layer", 1), ("hide", 1), ("step", 1),
            strict=True,
        )  # fmt: skip
        chosen = self.random.choices(name, weight)[0]
        self.done.append(chosen)
        try:
            getattr(self, chosen)()
        except PilotError as error:
            # The place is not on the canvas now, or the button cannot be pressed
            self.done[-1] += f" ({error})"
        QApplication.processEvents()

    def somewhere(self) -> tuple[int, int]:
        return self.random.randrange(SHAPE[0]), self.random.randrange(SHAPE[1])

    def shift_click(self) -> None:
        place = self.pilot.place(*self.somewhere())
        QTest.mouseClick(self.pilot.canvas, Qt.MouseButton.LeftButton, SHIFT, place)

    def click(self) -> None:
        place = self.pilot.place(*self.somewhere())
        button = self.random.choice([Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton])
        QTest.mouseClick(self.pilot.canvas, button, PLAIN, place)

    def double(self) -> None:
        place = self.pilot.place(*self.somewhere())
        QTest.mouseDClick(self.pilot.canvas, Qt.MouseButton.LeftButton, SHIFT, place)

    def drag(self) -> None:
        row, column = self.somewhere()
        steps = [(row, column)]
        for _ in range(self.random.randrange(1, 6)):
            row += self.random.randrange(-15, 16)
            column += self.random.randrange(-15, 16)
            steps.append((row, column))
        self.pilot.drag(steps, self.random.choice([PLAIN, PLAIN, SHIFT]))

    def key(self) -> None:
        key, modifiers = self.random.choice(KEYS)
        QTest.keyClick(self.pilot.canvas, key, modifiers)

    def wheel(self) -> None:
        self.pilot.viewer.reset_view()

    def draft(self) -> None:
        self.pilot.press(self.widget.draft.button)

    def buttons(self) -> None:
        panel = self.widget.correct
        self.pilot.press(self.random.choice([panel.undo, panel.redo]))

    def layer(self) -> None:
        layers = self.pilot.viewer.layers
        layers.selection.active = self.random.choice(list(layers))

    def hide(self) -> None:
        layer = self.widget.workspace.mask_layer
        if layer is not None:
            layer.visible = not layer.visible

    def step(self) -> None:
        self.widget.workspace.step(self.random.choice([-1, 1]))


def assert_whole(widget) -> None:
    """Every mask is what its history says, and what is shown is that mask."""
    for picture in widget.workspace.pictures:
        if picture.session is None:
            continue
        document = picture.session.document
        layer = picture.mask_layer
        if layer is not None:
            layer.flush_stroke()
            assert layer.data is document.labels
        again = Document.replay(document.shape, document.history)
        np.testing.assert_array_equal(again.labels, document.labels)
        assert dict(again.objects) == dict(document.objects)
        assert {cell.id for cell in document.cells} == set(np.unique(document.labels)) - {0}


@pytest.mark.soak
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("seed", range(6))
def test_random_events(
    make_napari_viewer: Callable, plugins: None, tmp_path: Path, seed: int
) -> None:
    for name in ("one.png", "two.png", "three.png"):
        save_picture(tmp_path, name)
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    viewer = make_napari_viewer(show=True)
    viewer.window._qt_window.resize(1200, 800)
    _, widget = viewer.window.add_plugin_dock_widget("napari-fncells", "Curate masks")
    monkey = Monkey(seed, viewer, widget)
    widget.workspace.open_folder(tmp_path)
    monkey.pilot.wait_until(lambda: widget.workspace.current is not None, "opening")
    try:
        for number in range(2000):
            monkey.act()
            if number % 100 == 99:
                monkey.pilot.wait_until(lambda: not widget.runner.busy, "the end of the job")
                assert_whole(widget)
    except Exception as error:
        raise AssertionError(f"seed {seed}, last: {monkey.done[-50:]}") from error
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before
    vars(monkey.pilot).clear()
    vars(monkey).clear()
