"""What the picture has cost so far: time and corrections."""

from __future__ import annotations

from collections.abc import Mapping

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QLabel, QWidget

from napari_fncells.core.effort import Effort


def in_words(effort: Effort) -> str:
    """Time and corrections: 'Time 3 min 20 s · 12 removed · 4 added'."""
    parts = [f"Time {duration(effort.active_seconds)}"]
    for number, one, many in (
        (effort.removed, "removed", "removed"),
        (effort.added, "added", "added"),
        (effort.splits, "split", "splits"),
        (effort.joins, "join", "joins"),
        (effort.strokes, "stroke", "strokes"),
        (effort.outlines, "reshaped", "reshaped"),
        (effort.judged, "judged", "judged"),
    ):
        if number:
            parts.append(f"{number:,} {one if number == 1 else many}")
    return " · ".join(parts)


def duration(seconds: float) -> str:
    """A time span in the two largest units that fit it: '45 s', '3 min 20 s', '1 h 5 min'."""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


class EffortLabel(QLabel):
    """Time and corrections of the current picture; the gestures in its tooltip."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWordWrap(True)
        self.setTextFormat(Qt.TextFormat.PlainText)

    def show_effort(self, effort: Effort | None) -> None:
        """Show what a picture has cost; None where there is none."""
        self.setText(in_words(effort) if effort is not None else "")
        self.setToolTip(_gestures(effort.gestures) if effort is not None else "")


def _gestures(gestures: Mapping[str, int]) -> str:
    """One line a gesture, the most frequent first."""
    often = sorted(gestures.items(), key=lambda item: (-item[1], item[0]))
    lines = [f"{number:,} × {name.replace('_', ' ')}" for name, number in often if number]
    return "\n".join(["Time counts while you work, not while you pause.", *lines])
