"""The dialog that asks which page and channel of a file is to be worked on."""

from __future__ import annotations

from qtpy.QtCore import Qt, Signal
from qtpy.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from napari_fncells.io.parts import Part
from napari_fncells.viewer.part_choice import PartChoice, PartQuestion
from napari_fncells.widgets.controls import Choice, guarded

_MOST_AT_ONCE = 16  # channels; more are not read together


class PartDialog(QDialog):
    """Asks for a part of a file.

    Parameters
    ----------
    question
        The file and what it holds.
    parent
        The window.

    Attributes
    ----------
    answered
        Signal(Path, Part): the file, and the part that was chosen.
    """

    answered = Signal(object, object)

    def __init__(self, question: PartQuestion, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._question = question
        parts, part = question.parts, question.part
        self.setWindowTitle("Which part of the file?")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.page = QSpinBox()
        self.page.setRange(1, parts.pages)
        self.page.setValue((part.page or 0) + 1)
        self.page_name = QLabel()
        self.channel = Choice()
        if parts.channels <= _MOST_AT_ONCE:
            self.channel.addItem(f"all {parts.channels} together", None)
        for number in range(parts.channels):
            self.channel.addItem(parts.channel_in_words(number), number)
        self.channel.setCurrentIndex(max(0, self.channel.findData(part.channel)))
        self.buttons = QDialogButtonBox(
            QDialogButtonBox.StandardButton.Open | QDialogButtonBox.StandardButton.Cancel
        )
        self._lay_out()
        self.page.valueChanged.connect(self._show_name)
        self.buttons.accepted.connect(self._answer)
        self.buttons.rejected.connect(self.reject)
        self._show_name()

    @property
    def chosen(self) -> Part:
        """What is chosen now."""
        parts = self._question.parts
        # What this file gives no choice of stays as it is for the others
        page = self.page.value() - 1 if parts.pages > 1 else self._question.part.page
        several = parts.channels > 1
        channel = self.channel.currentData() if several else self._question.part.channel
        return Part(page=page, channel=channel)

    def _answer(self) -> None:
        self.accept()
        self.answered.emit(self._question.path, self.chosen)

    def _show_name(self) -> None:
        self.page_name.setText(self._question.parts.page_in_words(self.page.value() - 1))

    def _lay_out(self) -> None:
        parts, name = self._question.parts, self._question.path.name
        held = [f"{parts.pages:,} pictures"] if parts.pages > 1 else []
        held += [f"{parts.channels:,} channels"] if parts.channels > 1 else []
        told = QLabel(f"{name} holds {' of '.join(held)}. Which is to be worked on?")
        told.setTextFormat(Qt.TextFormat.PlainText)
        told.setWordWrap(True)
        note = QLabel(
            "It is remembered for the folder, and taken for all of its files that hold several. "
            "Each picture of a file has a mask of its own: to change the picture loses none."
        )
        note.setWordWrap(True)
        paging = QHBoxLayout()
        paging.addWidget(self.page)
        paging.addWidget(self.page_name, 1)
        form = QFormLayout()
        if parts.pages > 1:
            form.addRow("Picture", paging)
        if parts.channels > 1:
            form.addRow("Channel", self.channel)
        layout = QVBoxLayout(self)
        layout.addWidget(told)
        layout.addLayout(form)
        layout.addWidget(note)
        layout.addWidget(self.buttons)
        self.setMinimumWidth(460)


def connect_parts(parts: PartChoice, owner: QWidget) -> None:
    """Let a window ask with this dialog, one at a time."""
    dialogs: list[PartDialog] = []

    def ask(question: PartQuestion) -> None:
        if dialogs:
            return
        dialog = PartDialog(question, owner)
        dialogs.append(dialog)
        dialog.finished.connect(lambda _result: dialogs.clear())
        dialog.answered.connect(guarded(parts.choose))
        # not modal to the program: what runs in the background goes on
        dialog.open()

    parts.wanted.connect(ask)
    owner.destroyed.connect(lambda *_: parts.wanted.disconnect(ask, missing_ok=True))
