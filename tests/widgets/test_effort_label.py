"""Time and corrections in words."""

from __future__ import annotations

import pytest

from napari_fncells.core.effort import Effort
from napari_fncells.widgets.effort_label import EffortLabel, duration, in_words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0 s"),
        (59.9, "59 s"),
        (60, "1 min 0 s"),
        (200, "3 min 20 s"),
        (3599, "59 min 59 s"),
        (3600, "1 h 0 min"),
        (90_061, "25 h 1 min"),
    ],
)
def test_duration(seconds: float, words: str) -> None:
    assert duration(seconds) == words


def test_only_what_was_done_is_told() -> None:
    assert in_words(Effort(active_seconds=12.5)) == "Time 12 s"
    effort = Effort(
        active_seconds=200, removed=12, added=4, splits=2, joins=1, strokes=1000, judged=3
    )
    words = "Time 3 min 20 s · 12 removed · 4 added · 2 splits · 1 join · 1,000 strokes · 3 judged"
    assert in_words(effort) == words


def test_the_label_follows(qtbot) -> None:
    label = EffortLabel()
    qtbot.addWidget(label)
    label.show_effort(Effort(5, 1, {"brush": 1, "shift_click": 7, "lasso": 0}, removed=7))
    assert label.text() == "Time 5 s · 7 removed"
    assert label.toolTip().splitlines()[1:] == ["7 × shift click", "1 × brush"]
    label.show_effort(None)
    assert (label.text(), label.toolTip()) == ("", "")
