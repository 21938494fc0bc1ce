"""The banner: what must not be overlooked stays on screen until it is mended."""

from __future__ import annotations

from pathlib import Path

from qtpy.QtCore import Qt, Signal
from qtpy.QtWidgets import (
    QFileDialog,
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from napari_fncells.widgets.controls import keep_canvas_keys

# Text and ground, at a contrast of at least 5 to 1
_RED = ("#ffffff", "#a8071a")
_AMBER = ("#1b1400", "#f0b429")
_BLUE = ("#ffffff", "#1554a0")


class Banner(QWidget):
    """Three strips, each on screen as long as there is something to say.

    A failure to save cannot be dismissed; a note can.

    Attributes
    ----------
    save_elsewhere
        Signal(Path): the user chose a folder to save to.
    retry
        Signal(): the user wants another attempt.
    take_over
        Signal(): the user wants to work on the picture though somebody else is at it.
    """

    save_elsewhere = Signal(object)
    retry = Signal()
    take_over = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.elsewhere = QPushButton("Save elsewhere…")
        self.again = QPushButton("Try again")
        self.take = QPushButton("Take over")
        self.dismiss = QToolButton(text="✕", toolTip="Dismiss")
        keep_canvas_keys(self.elsewhere, self.again, self.take, self.dismiss)
        self.failure = _Strip(_RED, self.elsewhere, self.again)
        self.read_only = _Strip(_BLUE, self.take)
        self.take.setVisible(False)
        self.note = _Strip(_AMBER)
        self.note.add_beside(self.dismiss)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        for strip in (self.failure, self.read_only, self.note):
            layout.addWidget(strip)
        self.elsewhere.clicked.connect(self._ask_for_folder)
        self.again.clicked.connect(self.retry)
        self.take.clicked.connect(self.take_over)
        self.dismiss.clicked.connect(lambda: self.show_note(""))
        self._fit()

    def show_failure(self, sentence: str, remedy: str = "") -> None:
        """Say what could not be saved and what to do; stays until `clear_failure`."""
        self._say(self.failure, sentence, remedy)

    def clear_failure(self) -> None:
        """Take the failure away: everything is saved."""
        self._say(self.failure, "")

    def show_note(self, sentence: str) -> None:
        """Say something that can be dismissed; an empty sentence takes it away."""
        self._say(self.note, sentence)

    def show_read_only(self, sentence: str) -> None:
        """Say why nothing can be changed; an empty sentence takes it away."""
        self._say(self.read_only, sentence)

    def show_taken(self, taken: bool) -> None:
        """Offer to take a picture over, or not."""
        self.take.setVisible(taken)

    def _say(self, strip: _Strip, sentence: str, remedy: str = "") -> None:
        strip.say(sentence, remedy)
        self._fit()

    def _fit(self) -> None:
        """Take no room where there is nothing to say."""
        strips = (self.failure, self.read_only, self.note)
        self.setVisible(any(not strip.isHidden() for strip in strips))

    def _ask_for_folder(self) -> None:
        chosen = QFileDialog.getExistingDirectory(self, "Folder to save to")
        if chosen:
            self.save_elsewhere.emit(Path(chosen))


class _Strip(QFrame):
    """A coloured strip with a sentence, a remedy and buttons."""

    def __init__(self, colours: tuple[str, str], *buttons: QPushButton) -> None:
        super().__init__()
        text, ground = colours
        # Named, so that napari's theme keeps its own colours for the buttons
        self.setObjectName("fncellsStrip")
        self.setStyleSheet(
            f"#fncellsStrip {{ background-color: {ground}; border-radius: 4px; }}"
            f"QLabel {{ color: {text}; background: transparent; }}"
            f"QToolButton {{ color: {text}; background: transparent; border: none;"
            " font-weight: bold; padding: 2px 4px; }"
        )
        self.sentence = _label()
        self.remedy = _label()
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(self.sentence)
        words.addWidget(self.remedy)
        if buttons:
            row = QHBoxLayout()
            for button in buttons:
                row.addWidget(button)
            row.addStretch(1)
            words.addLayout(row)
        self._beside = QHBoxLayout(self)
        self._beside.setContentsMargins(8, 6, 8, 6)
        self._beside.addLayout(words, 1)
        self.setVisible(False)

    def add_beside(self, button: QWidget) -> None:
        """Add a button beside the words."""
        self._beside.addWidget(button, 0, Qt.AlignmentFlag.AlignTop)

    def say(self, sentence: str, remedy: str) -> None:
        """Show a sentence and a remedy, or nothing."""
        self.sentence.setText(sentence)
        self.remedy.setText(remedy)
        self.remedy.setVisible(bool(remedy))
        self.setVisible(bool(sentence))


def _label() -> QLabel:
    label = QLabel()
    label.setWordWrap(True)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    return label
