"""Panel of the queue: the pictures of a folder, which are shown, how far they are."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from qtpy.QtCore import QEvent, QModelIndex, QObject, Qt, QTimer, Signal
from qtpy.QtGui import QKeyEvent
from qtpy.QtWidgets import (
    QAbstractItemView,
    QCheckBox,
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QListView,
    QProgressBar,
    QPushButton,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)
from superqt import QFlowLayout

from napari_fncells.session.entry import EntryState
from napari_fncells.session.queue import SORT_TITLES, Progress, Queue, View
from napari_fncells.widgets.controls import Choice, keep_canvas_keys
from napari_fncells.widgets.queue_model import QueueModel
from napari_fncells.widgets.queue_row import COLOURS, SIGNS, RowPainter

_TYPING_MS = 150
_SHARES = (0.03, 0.05, 0.08)


class QueuePanel(QWidget):
    """List of the pictures of a folder, with filter, search and order.

    Attributes
    ----------
    chosen
        Signal(str): the picture of this name was picked.
    view_changed
        Signal(View): others are to be shown.
    place_chosen
        Signal(Path): folder for the mask files.
    annotator_given
        Signal(str): the name was entered.
    drafting_set
        Signal(bool): new pictures are to be drafted when opened, or not.
    attention_set
        Signal(float or None): share of the cells for which an error is to be planted.
    draft_all, cancelled
        Signal(): draft the whole queue; stop that.
    done, unsure, reopened
        Signal(): what the expert says of the picture on the screen.
    left
        Signal(): the keys are to go to the canvas again.
    """

    chosen = Signal(str)
    view_changed = Signal(object)
    place_chosen = Signal(object)
    annotator_given = Signal(str)
    drafting_set = Signal(bool)
    attention_set = Signal(object)
    draft_all = Signal()
    cancelled = Signal()
    done = Signal()
    unsure = Signal()
    reopened = Signal()
    left = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.model = QueueModel(self)
        self._view = View()
        self.notice = QLabel(wordWrap=True, visible=False)
        self.place = QPushButton("Folder for the mask files…", visible=False)
        self.annotator = QLineEdit(placeholderText="your name or initials, kept")
        self.search = QLineEdit(placeholderText="Search", clearButtonEnabled=True)
        self.sort = Choice()
        for key, title in SORT_TITLES.items():
            self.sort.addItem(title, key)
        self.order = QToolButton(text="↓", checkable=True, toolTip="The largest first")
        self.all = QToolButton(text="all", checkable=True, checked=True)
        self.filters = {state: _filter_button(state) for state in EntryState}
        self.list = QListView()
        self.progress = QLabel(wordWrap=True)
        self.bar = QProgressBar(textVisible=False)
        self.finish = QPushButton("✓ Done, next", toolTip="Accepts the rest (Shift+Return)")
        self.doubt = QPushButton("? Unsure, next", toolTip="Comes back to it later (Shift+U)")
        self.reopen = QPushButton("Re-open", toolTip="Takes back 'done' or 'unsure' (Shift+R)")
        self.drafting = QCheckBox("Draft as opened")
        self.drafting.setToolTip(
            "A picture without a mask is drafted with the settings used last in this folder, "
            "ahead of time."
        )
        self.all_drafts = QPushButton("Draft all")
        self.all_drafts.setToolTip(
            "Drafts all pictures without a mask, while you work; once each has one, again those "
            "whose draft nobody has touched. Those with work on them stay as they are."
        )
        self.stop = QPushButton("Stop", visible=False)
        self.attention = Choice()
        self.attention.addItem("off", None)
        for share in _SHARES:
            self.attention.addItem(f"{100 * share:.0f} % of the cells", share)
        self.attention.setToolTip(
            "Plants errors under new drafts, to learn what share of them is found: false cells "
            "put in, cells hidden. None gets into a file; what was missed is shown and put right "
            "before a picture is done."
        )
        self.busy = QLabel(wordWrap=True, visible=False)
        self._typing = QTimer(self, singleShot=True, interval=_TYPING_MS)
        self._dress()
        self._lay_out()
        self._connect()

    # -- what is shown ---------------------------------------------------------------------

    def show_queue(self, queue: Queue | None) -> None:
        """Show another queue, or others of its pictures."""
        bar = self.list.verticalScrollBar()
        place = bar.value()
        self.model.show_queue(queue)
        bar.setValue(place)
        self.setEnabled(queue is not None)
        if queue is not None:
            self._show_view(queue.view)
            self.show_counts(queue)
        else:
            self.progress.setText("Open a folder of pictures, or drop one onto the window.")

    def show_said(self, state: EntryState | None) -> None:
        """Offer what can be said of the picture on the screen."""
        said = state in (EntryState.DONE, EntryState.UNSURE)
        self.reopen.setVisible(said)
        self.doubt.setVisible(state is not EntryState.UNSURE)
        self.finish.setVisible(state is not EntryState.DONE)
        for button in (self.finish, self.doubt):
            button.setEnabled(state is not None)

    def show_current(self, name: str | None) -> None:
        """Mark the picture that is on the screen, and bring it into sight."""
        row = self.model.row_of(name)
        if row is None:
            self.list.clearSelection()
            self.list.setCurrentIndex(QModelIndex())
            return
        index = self.model.index(row)
        if self.list.currentIndex() != index:
            self.list.setCurrentIndex(index)
            # The next one, too, is to be in sight
            for near in (row - 1, row + 1, row):
                self.list.scrollTo(self.model.index(near))

    def show_counts(self, queue: Queue) -> None:
        """Show how many pictures are of each state, and how far the queue is."""
        counts = queue.counts
        self.all.setText(f"all {len(queue.entries):,}")
        for state, button in self.filters.items():
            button.setText(f"{SIGNS[state]} {counts[state]:,}")
            button.setToolTip(
                f"{counts[state]:,} {state.value}: show these; several may be chosen"
            )
            button.setVisible(bool(counts[state]) or button.isChecked())
        self._show_progress(queue.progress, queue)

    def show_notice(self, sentence: str, *, lacks_place: bool) -> None:
        """Say what is to be known of the folder; offer to choose one for the mask files."""
        self.notice.setText(sentence)
        self.notice.setVisible(bool(sentence))
        self.place.setVisible(lacks_place)

    def show_annotator(self, name: str | None) -> None:
        """Show the annotator's name; None where nobody was asked yet."""
        if not self.annotator.hasFocus():
            self.annotator.setText(name or "")

    def show_drafting(self, on: bool, left: int, *, anew: bool = False) -> None:
        """Show whether new pictures are drafted, and how many there are to draft."""
        blocked = self.drafting.blockSignals(True)
        self.drafting.setChecked(on)
        self.drafting.blockSignals(blocked)
        words = f"Draft {left:,} anew" if anew else f"Draft all {left:,} now"
        self.all_drafts.setText(words if left else "None to draft")
        self.all_drafts.setEnabled(bool(left))

    def show_attention(self, share: float | None) -> None:
        """Show for what share of the cells errors are planted; None for the check being off."""
        place = self.attention.findData(share)
        if place < 0:
            # Of a folder whose settings were written by hand
            self.attention.addItem(f"{100 * (share or 0):.3g} % of the cells", share)
            place = self.attention.count() - 1
        self.attention.setCurrentIndex(place)

    def show_busy(self, words: str | None) -> None:
        """Show what is being drafted in the background; None for nothing."""
        self.busy.setText(words or "")
        for widget in (self.busy, self.stop):
            widget.setVisible(words is not None)
        for widget in (self.drafting, self.all_drafts):
            widget.setVisible(words is None)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
        """Give the keys back to the canvas at Return and Escape in a text field."""
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            if event.key() == Qt.Key.Key_Escape and watched is self.search:
                self.search.clear()
            if event.key() in (Qt.Key.Key_Escape, Qt.Key.Key_Return, Qt.Key.Key_Enter):
                if watched is self.annotator:
                    self._give_name()
                elif self._typing.isActive():
                    self._typing.stop()
                    self._filter()
                self.left.emit()
                return True
        return False

    # -- how it is done --------------------------------------------------------------------

    def _show_progress(self, progress: Progress, queue: Queue) -> None:
        words = f"{progress}."
        hidden = len(queue.entries) - len(queue.shown)
        if hidden:
            words += f" {len(queue.shown):,} shown."
        self.progress.setText(words)
        self.bar.setMaximum(max(1, progress.total))
        self.bar.setValue(progress.done)

    def _show_view(self, view: View) -> None:
        """Set the controls to what is shown."""
        self._view = view
        for state, button in self.filters.items():
            button.setChecked(view.states is not None and state in view.states)
        self.all.setChecked(view.states is None)
        typing = self.search.hasFocus() or self._typing.isActive()
        if self.search.text() != view.search and not typing:
            blocked = self.search.blockSignals(True)
            self.search.setText(view.search)
            self.search.blockSignals(blocked)
        self.sort.setCurrentIndex(self.sort.findData(view.sort))
        self.order.setChecked(view.descending)
        self.order.setText("↓" if view.descending else "↑")

    def _filter(self) -> None:
        chosen = frozenset(state for state, button in self.filters.items() if button.isChecked())
        self._ask(chosen or None)

    def _give_name(self) -> None:
        self.annotator_given.emit(self.annotator.text())

    def _show_all(self) -> None:
        for button in self.filters.values():
            button.setChecked(False)
        self._ask(None)

    def _ask(self, states: frozenset[EntryState] | None) -> None:
        self.all.setChecked(states is None)
        view = View(
            states,
            self.search.text().strip(),
            self.sort.currentData(),
            self.order.isChecked(),
        )
        if view != self._view:
            self._view = view
            self.view_changed.emit(view)

    def _ask_for_place(self) -> None:
        chosen = QFileDialog.getExistingDirectory(self, "Folder for the mask files")
        if chosen:
            self.place_chosen.emit(Path(chosen))

    def _choose(self, index: QModelIndex) -> None:
        if index.isValid():
            self.chosen.emit(self.model.name_at(index.row()))

    def _dress(self) -> None:
        self.notice.setObjectName("fncellsNotice")
        self.notice.setStyleSheet(
            "#fncellsNotice { background: #f0b429; color: #1b1400; padding: 6px;"
            " border-radius: 4px; }"
        )
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Expanding)
        self.bar.setFixedHeight(6)
        self.list.setModel(self.model)
        self.list.setItemDelegate(RowPainter(self.list))
        self.list.setUniformItemSizes(True)
        self.list.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.list.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.list.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.annotator.setMaxLength(60)
        self.annotator.setToolTip(
            "Written into every correction; each annotator has mask files of their own."
        )
        for field in (self.search, self.annotator):
            field.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
            field.installEventFilter(self)
        keep_canvas_keys(
            self.place, self.order, self.all, *self.filters.values(), self.finish, self.doubt,
            self.reopen, self.drafting, self.all_drafts, self.stop,
        )  # fmt: skip
        # Never by a click: Ctrl+arrows and all letters would go to the list
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)

    def _connect(self) -> None:
        self.list.clicked.connect(self._choose)
        self.search.textChanged.connect(lambda _text: self._typing.start())
        self._typing.timeout.connect(self._filter)
        self.sort.activated.connect(lambda _index: self._filter())
        self.order.clicked.connect(self._filter)
        self.all.clicked.connect(self._show_all)
        for button in self.filters.values():
            button.clicked.connect(self._filter)
        self.place.clicked.connect(self._ask_for_place)
        self.annotator.editingFinished.connect(self._give_name)
        self.drafting.clicked.connect(self.drafting_set)
        self.attention.activated.connect(
            lambda _index: self.attention_set.emit(self.attention.currentData())
        )
        for button, signal in self._buttons.items():
            button.clicked.connect(signal)

    @property
    def _buttons(self) -> Mapping[QPushButton, Signal]:
        return {
            self.finish: self.done,
            self.doubt: self.unsure,
            self.reopen: self.reopened,
            self.all_drafts: self.draft_all,
            self.stop: self.cancelled,
        }

    def _lay_out(self) -> None:
        who = QHBoxLayout()
        who.addWidget(QLabel("Annotator"))
        who.addWidget(self.annotator, 1)
        finding = QHBoxLayout()
        finding.addWidget(self.search, 1)
        finding.addWidget(self.sort)
        finding.addWidget(self.order)
        states = QWidget()
        flow = QFlowLayout(states)
        flow.setContentsMargins(0, 0, 0, 0)
        flow.setSpacing(3)
        for button in (self.all, *self.filters.values()):
            flow.addWidget(button)
        saying = QHBoxLayout()
        for button in (self.finish, self.doubt, self.reopen):
            saying.addWidget(button)
        drafts = QHBoxLayout()
        drafts.addWidget(self.drafting)
        drafts.addWidget(self.busy, 1)
        drafts.addWidget(self.all_drafts, 1)
        drafts.addWidget(self.stop)
        check = QHBoxLayout()
        label = QLabel("Attention check", toolTip=self.attention.toolTip())
        check.addWidget(label)
        check.addWidget(self.attention, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(4, 2, 4, 2)
        layout.setSpacing(4)
        layout.addWidget(self.notice)
        layout.addWidget(self.place)
        layout.addLayout(who)
        layout.addLayout(finding)
        layout.addWidget(states)
        layout.addWidget(self.list, 1)
        layout.addWidget(self.progress)
        layout.addWidget(self.bar)
        layout.addLayout(saying)
        layout.addLayout(drafts)
        layout.addLayout(check)


def _filter_button(state: EntryState) -> QToolButton:
    button = QToolButton(text=state.value, checkable=True, visible=False)
    button.setStyleSheet(
        f"QToolButton {{ color: {COLOURS[state]}; padding: 2px 5px; }}"
        f"QToolButton:checked {{ background: {COLOURS[state]}; color: #10131a; }}"
    )
    return button
