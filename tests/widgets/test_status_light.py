"""The light says saved when everything is saved, and at no other time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from itertools import product

import pytest

from napari_fncells.core.errors import UserError
from napari_fncells.widgets.status_light import StatusLight, light_of

NOON = datetime(2026, 3, 4, 12, 0, 5)
FULL = UserError("The disk is full.", "Free some space.")


@dataclass
class State:
    issued: int = 0
    saved: int = 0
    error: UserError | None = None
    read_only: str = ""
    files_time: datetime | None = None


def test_it_never_says_saved_when_it_is_not() -> None:
    cases = product((0, 1, 7), (0, 1, 7, 9), (None, FULL), ("", "Locked."))
    said = 0
    for issued, saved, error, read_only in cases:
        light = light_of(State(issued, saved, error, read_only))
        if light.words == "Saved":
            said += 1
            assert issued == saved > 0
            assert error is None
    assert said == 2


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (None, "Nothing to save yet"),
        (State(), "Nothing to save yet"),
        (State(3, 2), "Saving…"),
        (State(3, 3), "Saved"),
        (State(3, 2, FULL), "Not saved: The disk is full."),
        (State(3, 3, FULL), "Not saved: The disk is full."),
        (State(0, 0, None, "Another window works on it."), "Read only"),
        (State(0, 0, FULL, "Another window works on it."), "Not saved: The disk is full."),
    ],
)
def test_words(state: State | None, words: str) -> None:
    assert light_of(state).words == words


def test_each_kind_has_its_own_colour() -> None:
    states = (State(), State(2, 1), State(2, 2), State(2, 1, FULL), State(read_only="x"))
    assert len({light_of(state).colour for state in states}) == len(states)


def test_where_and_when() -> None:
    details = light_of(State(1200, 1200, files_time=NOON)).details
    assert "All 1,200 changes are on the disk" in details
    assert "12:00:05 on 04 March" in details
    details = light_of(State(3, 1, FULL)).details
    assert "Free some space." in details
    assert "2 changes are not on the disk yet." in details
    assert "have not been written yet" in details


def test_the_widget_shows_what_it_is_told(qtbot) -> None:
    widget = StatusLight()
    qtbot.addWidget(widget)
    widget.resize(200, 40)
    widget.show()
    qtbot.waitExposed(widget)
    seen = []
    for state in (State(3, 3), State(3, 3, FULL)):
        widget.show_state(state)
        assert widget.words.text() == light_of(state).words
        assert widget.toolTip() == light_of(state).details
        image = widget.lamp.grab().toImage()
        seen.append(image.pixelColor(image.rect().center()).name())
    assert seen == ["#2fbf71", "#ff4d4f"]
    widget.show_state(None)
    assert widget.words.text() == "Nothing to save yet"
