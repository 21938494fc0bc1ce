"""What can be done about what the check before an export found."""

from __future__ import annotations

from collections.abc import Sequence

from qtpy.QtCore import Signal
from qtpy.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from napari_fncells.core.quality import TITLES, Repair
from napari_fncells.session.gate import Found
from napari_fncells.widgets.controls import keep_canvas_keys
from napari_fncells.widgets.gate_list import GateList
from napari_fncells.widgets.gate_model import GateModel


class GateActions(QWidget):
    """Buttons for the finding chosen in a list, and for all of its kind.

    Attributes
    ----------
    shown
        Signal(Found): go to where it is.
    mended
        Signal(list, Repair): mend these in that way.
    all_mended
        Signal(list, Repair): the same, of a whole kind: it is to be asked for first.
    accepted, withdrawn
        Signal(list): accept these as they are; take that back.
    all_accepted
        Signal(list): accept a whole kind: it is to be asked for first.
    """

    shown = Signal(object)
    mended = Signal(object, object)
    all_mended = Signal(object, object)
    accepted = Signal(object)
    withdrawn = Signal(object)
    all_accepted = Signal(object)

    def __init__(self, rows: GateList, model: GateModel) -> None:
        super().__init__()
        self._rows = rows
        self._model = model
        self.show_me = QPushButton("Show me ⏎")
        self.ways = [QPushButton(), QPushButton()]
        self.accept = QPushButton("Accept (A)")
        self.every = QPushButton("Mend all of this kind…")
        self.accept_every = QPushButton("Accept all…")
        keep_canvas_keys(self.show_me, *self.ways, self.accept, self.every, self.accept_every)
        self._lay_out()
        self._connect()
        self.show_choice()

    @property
    def of_kind(self) -> list[Found]:
        """Findings of the chosen one's kind that are shown, and not accepted."""
        chosen = self._rows.chosen
        if chosen is None:
            return []
        kind = chosen.finding.kind
        return [f for f in self._model.shown if f.finding.kind is kind and not f.accepted]

    def show_choice(self) -> None:
        """Offer what can be done about the chosen finding."""
        chosen = self._rows.chosen
        ways = chosen.finding.repairs if chosen is not None and not chosen.accepted else ()
        # Buttons stay where they are: what is chosen must not move away under the hand
        first, second = self.ways
        none = "Mend (R)" if chosen is None else "To be mended by hand"
        first.setText(f"{TITLES[ways[0]]} (R)" if ways else none)
        first.setEnabled(bool(ways))
        second.setVisible(len(ways) > 1)
        second.setText(TITLES[ways[1]] if len(ways) > 1 else "")
        for button in (self.show_me, self.accept):
            button.setEnabled(chosen is not None)
        undone = chosen is not None and chosen.accepted
        self.accept.setText("Tell of it again (A)" if undone else "Accept as it is (A)")
        many = len(self.of_kind) if chosen is not None and not chosen.accepted else 0
        self.every.setEnabled(bool(ways) and many > 1)
        self.every.setText(f"Mend all {many:,} of this kind…" if many else "Mend all…")
        self.accept_every.setEnabled(many > 1)
        self.accept_every.setText(f"Accept all {many:,}…" if many else "Accept all…")

    def _mend(self, number: int = 0) -> None:
        chosen = self._rows.chosen
        if chosen is not None and not chosen.accepted and number < len(chosen.finding.repairs):
            self.mended.emit([chosen], chosen.finding.repairs[number])

    def _mend_all(self) -> None:
        chosen = self._rows.chosen
        if chosen is not None and chosen.finding.repairs:
            self.all_mended.emit(self.of_kind, chosen.finding.repairs[0])

    def _accept(self) -> None:
        chosen = self._rows.chosen
        if chosen is not None:
            (self.withdrawn if chosen.accepted else self.accepted).emit([chosen])

    def _accept_all(self) -> None:
        if self.of_kind:
            self.all_accepted.emit(self.of_kind)

    def _show_chosen(self) -> None:
        if self._rows.chosen is not None:
            self.shown.emit(self._rows.chosen)

    def _connect(self) -> None:
        self._rows.shown.connect(self.shown)
        self._rows.mended.connect(lambda _item: self._mend())
        self._rows.accepted.connect(lambda _item: self._accept())
        self._rows.moved.connect(self.show_choice)
        self.show_me.clicked.connect(self._show_chosen)
        self.ways[0].clicked.connect(lambda _checked: self._mend(0))
        self.ways[1].clicked.connect(lambda _checked: self._mend(1))
        self.accept.clicked.connect(self._accept)
        self.every.clicked.connect(self._mend_all)
        self.accept_every.clicked.connect(self._accept_all)

    def _lay_out(self) -> None:
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        for buttons in (
            (self.show_me, self.accept),
            self.ways,
            (self.every, self.accept_every),
        ):
            row = QHBoxLayout()
            for button in buttons:
                row.addWidget(button)
            layout.addLayout(row)


def question(items: Sequence[Found], how: Repair, current: str | None) -> str:
    """What is asked before a whole kind is mended."""
    cells = sum(max(1, len(item.finding.cells)) for item in items)
    pictures = {item.picture for item in items}
    many = f"{cells:,} cells" if cells != 1 else "1 cell"
    if pictures == {current}:
        where, undo = "in this picture", "Ctrl+Z takes all of it back in one step."
    else:
        several = f"{len(pictures):,} pictures" if len(pictures) != 1 else "1 picture"
        where = f"in {several}"
        undo = "Each picture is one step of its own history: Ctrl+Z takes it back there."
    return f"{TITLES[how]} of {many} {where}?\n\n{undo}"
