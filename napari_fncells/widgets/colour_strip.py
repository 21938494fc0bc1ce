"""What the colours of cells tell, above all that can be scrolled: the key, and the counts."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from qtpy.QtCore import Qt, Signal
from qtpy.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QToolButton, QWidget

from napari_fncells.widgets.controls import keep_canvas_keys


class ColourStrip(QWidget):
    """Shown as long as colours tell anything but the states.

    Attributes
    ----------
    ended
        Signal(): the colours are to tell the states again.
    """

    ended = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.words = QLabel(wordWrap=True)
        self.end = QToolButton(text="✕", toolTip="Let the colours tell the states again.")
        keep_canvas_keys(self.end)
        self.end.clicked.connect(lambda _checked: self.ended.emit())
        self.words.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        layout = QHBoxLayout(self)
        # At the top napari's title of the dock covers some pixels
        layout.setContentsMargins(10, 7, 4, 0)
        layout.addWidget(self.words, 1)
        layout.addWidget(self.end, 0, Qt.AlignmentFlag.AlignTop)
        self.hide()

    def show_colours(self, title: str, key: Sequence[tuple[str, str]], counts: str) -> None:
        """Show what the colours tell.

        Parameters
        ----------
        title
            What that is called; empty for the states, at which the strip goes.
        key
            Colour and title of each class.
        counts
            How far another mask agrees.
        """
        self.setVisible(bool(title))
        # Each title stays beside its colour when lines are broken
        titles = [(colour, escape(name).replace(" ", "&nbsp;")) for colour, name in key]
        classes = "&nbsp; ".join(f'<span style="color: {c}">■</span>&nbsp;{t}' for c, t in titles)
        head = f"<b>{escape(title)}</b>" + (f": {escape(counts)}" if counts else "")
        self.words.setText(f"{head}<br>{classes}" if classes else head)
