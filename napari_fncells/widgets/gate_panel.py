"""Panel of the check before an export: what was found, and what is done about it."""

from __future__ import annotations

from collections.abc import Sequence

from qtpy.QtCore import QEvent, QObject, Qt, QTimer, Signal
from qtpy.QtGui import QKeyEvent
from qtpy.QtWidgets import (
    QCheckBox,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)
from superqt import QFlowLayout

from napari_fncells.core.params.quality import QualityParams
from napari_fncells.core.quality import TITLES, Kind, Repair
from napari_fncells.session.gate import Found, GateReport
from napari_fncells.widgets.controls import keep_canvas_keys
from napari_fncells.widgets.fields import ParamsForm
from napari_fncells.widgets.gate_list import GateList
from napari_fncells.widgets.gate_model import HEADINGS, Filter, GateModel

_TYPING_MS = 150
_HINT = "↑ ↓ choose, Return shows, R mends, A accepts; all other keys go to the picture."


class GatePanel(QWidget):
    """List of what was found, with filter, and buttons for what can be done.

    Attributes
    ----------
    asked, cancelled
        Signal(): all pictures are to be checked; that, or a repair, is to be stopped.
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
    limits_set
        Signal(QualityParams): what is to be looked for.
    left
        Signal(): the keys are to go to the canvas again.
    """

    asked = Signal()
    cancelled = Signal()
    shown = Signal(object)
    mended = Signal(object, object)
    all_mended = Signal(object, object)
    accepted = Signal(object)
    withdrawn = Signal(object)
    all_accepted = Signal(object)
    limits_set = Signal(object)
    left = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.model = GateModel(self)
        self._report: GateReport | None = None
        self._current: str | None = None
        self.check = QPushButton("Check all pictures")
        self.check.setToolTip(
            "Looks at every picture of the folder and its mask. Those that did not change since "
            "are not read again."
        )
        self.stop = QPushButton("Stop", visible=False)
        self.summary = QLabel(wordWrap=True)
        self.trouble = QLabel(wordWrap=True, visible=False)
        self.all = QToolButton(text="all", checkable=True, checked=True)
        self.filters = {kind: _filter_button(kind) for kind in Kind}
        self.search = QLineEdit(placeholderText="Picture", clearButtonEnabled=True)
        self.here = QCheckBox("This picture")
        self.here.setToolTip("Only what was found in the picture on the screen.")
        self.kept = QCheckBox("Accepted")
        self.kept.setToolTip("What was accepted as it is, too.")
        self.list = GateList(self.model)
        self.show_me = QPushButton("Show me ⏎")
        self.ways = [QPushButton(), QPushButton()]
        self.accept = QPushButton("Accept (A)")
        self.every = QPushButton("Mend all of this kind…")
        self.accept_every = QPushButton("Accept all…")
        self.hint = QLabel(_HINT, wordWrap=True)
        self.more = QToolButton(text="Limits ▸", checkable=True)
        self.limits = ParamsForm(QualityParams())
        self._typing = QTimer(self, singleShot=True, interval=_TYPING_MS)
        self._setting = QTimer(self, singleShot=True, interval=3 * _TYPING_MS)
        self._dress()
        self._lay_out()
        self._connect()
        self._show_choice()

    # -- what is shown ---------------------------------------------------------------------

    def show_report(self, report: GateReport, current: str | None, *, complete: bool) -> None:
        """Show what was found.

        Parameters
        ----------
        report
            What was found.
        current
            Name of the picture on the screen.
        complete
            Whether all pictures were checked.
        """
        self._report, self._current = report, current
        if complete:
            words = report.verdict
        elif current is None:
            words = "Open a picture, or a folder of them."
        else:
            found = len(report.open)
            words = f"{current}: {found:,} found. The other pictures were not checked yet."
        if not self.stop.isVisibleTo(self):
            self.summary.setText(words)
        self._show_counts(report)
        self._filter()

    def show_trouble(self, sentence: str) -> None:
        """Say why it is not known what was accepted; nothing where it is."""
        self.trouble.setText(sentence)
        self.trouble.setVisible(bool(sentence))

    def show_busy(self, words: str | None) -> None:
        """Show what is being done in the background; None for nothing."""
        if words is not None:
            self.summary.setText(f"{words} …")
        self.stop.setVisible(words is not None)
        self.check.setVisible(words is None)

    @property
    def of_kind(self) -> list[Found]:
        """Findings of the chosen one's kind that are shown, and not accepted."""
        chosen = self.list.chosen
        if chosen is None:
            return []
        kind = chosen.finding.kind
        return [f for f in self.model.shown if f.finding.kind is kind and not f.accepted]

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
        """Give the keys back to the canvas at Return and Escape in the search field."""
        if watched is self.search and isinstance(event, QKeyEvent):
            enter = (Qt.Key.Key_Return, Qt.Key.Key_Enter)
            if event.type() == QEvent.Type.KeyPress and event.key() in enter:
                self._typing.stop()
                self._filter()
                self.left.emit()
                return True
            if event.type() == QEvent.Type.KeyPress and event.key() == Qt.Key.Key_Escape:
                self.search.clear()
                self.left.emit()
                return True
        return False

    # -- how it is done --------------------------------------------------------------------

    def _show_counts(self, report: GateReport) -> None:
        counts = report.counts
        self.all.setText(f"all {sum(counts.values()):,}")
        for kind, button in self.filters.items():
            count = counts.get(kind, 0)
            button.setText(f"{kind.value} {count:,}")
            button.setVisible(bool(count) or button.isChecked())
        accepted = sum(item.accepted for item in report.found)
        self.kept.setText(f"Accepted ({accepted:,})")
        self.kept.setVisible(bool(accepted) or self.kept.isChecked())

    def _filter(self) -> None:
        kinds = frozenset(kind for kind, button in self.filters.items() if button.isChecked())
        self.all.setChecked(not kinds)
        wanted = Filter(
            kinds or None,
            self.search.text().strip(),
            self._current if self.here.isChecked() else None,
            self.kept.isChecked(),
        )
        self._show_found(self._report.found if self._report is not None else (), wanted)

    def _show_found(self, found: Sequence[Found], wanted: Filter) -> None:
        """Show other rows; the chosen one stays, or the one that takes its place."""
        chosen, row = self.list.chosen, self.list.currentIndex().row()
        bar = self.list.verticalScrollBar()
        place = bar.value()
        if self.model.show_found(found, wanted):
            # Now, not when Qt finds the time: the place is lost by then
            self.list.doItemsLayout()
            bar.setValue(place)
            kept = self.model.place_of(chosen.key) if chosen is not None else None
            if kept is not None or row >= 0:
                self.list.choose(row if kept is None else kept)
        self._show_choice()

    def _show_all(self) -> None:
        for button in self.filters.values():
            button.setChecked(False)
        self._filter()

    def _show_choice(self) -> None:
        """Offer what can be done about the chosen finding."""
        chosen = self.list.chosen
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
        chosen = self.list.chosen
        if chosen is not None and not chosen.accepted and number < len(chosen.finding.repairs):
            self.mended.emit([chosen], chosen.finding.repairs[number])

    def _mend_all(self) -> None:
        chosen = self.list.chosen
        if chosen is not None and chosen.finding.repairs:
            self.all_mended.emit(self.of_kind, chosen.finding.repairs[0])

    def _accept(self) -> None:
        chosen = self.list.chosen
        if chosen is not None:
            (self.withdrawn if chosen.accepted else self.accepted).emit([chosen])

    def _accept_all(self) -> None:
        if self.of_kind:
            self.all_accepted.emit(self.of_kind)

    def _show_chosen(self) -> None:
        if self.list.chosen is not None:
            self.shown.emit(self.list.chosen)

    def _show_limits(self, shown: bool) -> None:
        self.limits.setVisible(shown)
        self.more.setText("Limits ▾" if shown else "Limits ▸")

    def _dress(self) -> None:
        self.trouble.setObjectName("fncellsTrouble")
        self.trouble.setStyleSheet(
            "#fncellsTrouble { background: #f0b429; color: #1b1400; padding: 6px;"
            " border-radius: 4px; }"
        )
        self.hint.setStyleSheet("color: #9aa0a6;")
        self.limits.setVisible(False)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Expanding)
        self.list.setMinimumHeight(120)
        self.more.setToolTip("Which sizes, holes and threads are told of.")
        self.search.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.search.installEventFilter(self)
        keep_canvas_keys(
            self.check, self.stop, self.all, *self.filters.values(), self.here, self.kept,
            self.show_me, *self.ways, self.accept, self.every, self.accept_every, self.more,
        )  # fmt: skip

    def _connect(self) -> None:
        self.check.clicked.connect(self.asked)
        self.stop.clicked.connect(self.cancelled)
        self.all.clicked.connect(self._show_all)
        for button in (*self.filters.values(), self.here, self.kept):
            button.clicked.connect(lambda _checked: self._filter())
        self.search.textChanged.connect(lambda _text: self._typing.start())
        self._typing.timeout.connect(self._filter)
        self.list.shown.connect(self.shown)
        self.list.mended.connect(lambda _item: self._mend())
        self.list.accepted.connect(lambda _item: self._accept())
        self.list.moved.connect(self._show_choice)
        self.list.left.connect(self.left)
        self.show_me.clicked.connect(self._show_chosen)
        self.ways[0].clicked.connect(lambda _checked: self._mend(0))
        self.ways[1].clicked.connect(lambda _checked: self._mend(1))
        self.accept.clicked.connect(self._accept)
        self.every.clicked.connect(self._mend_all)
        self.accept_every.clicked.connect(self._accept_all)
        self.more.toggled.connect(self._show_limits)
        self.limits.changed.connect(lambda _name: self._setting.start())
        self._setting.timeout.connect(lambda: self.limits_set.emit(self.limits))

    def _lay_out(self) -> None:
        asking = QHBoxLayout()
        asking.addWidget(self.check, 1)
        asking.addWidget(self.stop, 1)
        asking.addWidget(self.more)
        kinds = QWidget()
        flow = QFlowLayout(kinds)
        flow.setContentsMargins(0, 0, 0, 0)
        flow.setSpacing(3)
        for button in (self.all, *self.filters.values()):
            flow.addWidget(button)
        finding = QHBoxLayout()
        finding.addWidget(self.search, 1)
        finding.addWidget(self.here)
        finding.addWidget(self.kept)
        showing = QHBoxLayout()
        showing.addWidget(self.show_me)
        showing.addWidget(self.accept)
        mending = QHBoxLayout()
        for button in self.ways:
            mending.addWidget(button)
        whole = QHBoxLayout()
        whole.addWidget(self.every)
        whole.addWidget(self.accept_every)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(4, 8, 4, 2)
        layout.setSpacing(4)
        layout.addLayout(asking)
        layout.addWidget(self.limits)
        layout.addWidget(self.trouble)
        layout.addWidget(self.summary)
        layout.addWidget(kinds)
        layout.addLayout(finding)
        layout.addWidget(self.list, 1)
        layout.addLayout(showing)
        layout.addLayout(mending)
        layout.addLayout(whole)
        layout.addWidget(self.hint)


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


def _filter_button(kind: Kind) -> QToolButton:
    button = QToolButton(text=kind.value, checkable=True, visible=False)
    button.setToolTip(f"{HEADINGS[kind]}: show these; several may be chosen")
    button.setStyleSheet("QToolButton { padding: 2px 5px; }")
    return button
