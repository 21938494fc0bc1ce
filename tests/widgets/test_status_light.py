"""The light says saved when everything is saved, and at no other time."""

from __future__ import annotations

from datetime import datetime
from itertools import product
from pathlib import Path

import pytest

from napari_fncells.io.atomic import SaveCode, SaveError
from napari_fncells.session.save_state import SaveState
from napari_fncells.widgets.status_light import StatusLight, light_of

NOON = datetime(2026, 3, 4, 12, 0, 5).astimezone()
FULL = SaveError(SaveCode.DISK_FULL, Path("x"), "The disk is full.", "Free some space.")


def state(
    issued: int = 0,
    saved: int = 0,
    error: SaveError | None = None,
    read_only: str = "",
    files_time: datetime | None = None,
    files_edits: int = 0,
) -> SaveState:
    place = Path("/home/me/cells.journal")
    return SaveState(issued, saved, error, read_only, place, files_time, files_edits)


def test_it_never_says_saved_when_it_is_not() -> None:
    cases = product((0, 1, 7), (0, 1, 7, 9), (None, FULL), ("", "Locked."))
    said = 0
    for issued, saved, error, read_only in cases:
        light = light_of(state(issued, saved, error, read_only))
        if light.words == "Saved":
            said += 1
            assert issued == saved > 0
            assert error is None
    assert said == 2


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (None, "Nothing to save yet"),
        (state(), "Nothing to save yet"),
        (state(3, 2), "Saving…"),
        (state(3, 3), "Saved"),
        (state(3, 2, FULL), "Not saved: The disk is full."),
        (state(3, 3, FULL), "Not saved: The disk is full."),
        (state(0, 0, None, "Another window works on it."), "Read only"),
        (state(0, 0, FULL, "Another window works on it."), "Not saved: The disk is full."),
    ],
)
def test_words(given: SaveState | None, words: str) -> None:
    assert light_of(given).words == words


def test_each_kind_has_its_own_colour() -> None:
    states = (state(), state(2, 1), state(2, 2), state(2, 1, FULL), state(read_only="x"))
    assert len({light_of(each).colour for each in states}) == len(states)


def test_where_and_when() -> None:
    details = light_of(state(1200, 1200, files_time=NOON, files_edits=1198)).details
    assert "All 1,200 changes are on disk, in /home/me/cells.journal." in details
    assert "2 later changes will follow" in details
    assert "12:00:05 on 04 March" in details
    details = light_of(state(3, 1, FULL)).details
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
    for given in (state(3, 3), state(3, 3, FULL)):
        widget.show_state(given)
        assert widget.words.text() == light_of(given).words
        assert widget.toolTip() == light_of(given).details
        image = widget.lamp.grab().toImage()
        seen.append(image.pixelColor(image.rect().center()).name())
    assert seen == ["#2fbf71", "#ff4d4f"]
    widget.show_state(None)
    assert widget.words.text() == "Nothing to save yet"
