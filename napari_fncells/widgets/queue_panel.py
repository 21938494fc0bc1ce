"""Panel of the queue: the pictures of a folder, which are shown, how far they are."""

from __future__ import annotations

from pathlib import Path

from qtpy.QtCore import QEvent, QModelIndex, QObject, Qt, Signal
from qtpy.QtGui import QKeyEvent
from qtpy.QtWidgets import (
    QAbstractItemView,
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QListView,
    QProgressBar,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from napari_fncells.session.entry import EntryState
from napari_fncells.session.queue import Progress, Queue
from napari_fncells.widgets.controls import keep_canvas_keys
from napari_fncells.widgets.notice import Notice
from napari_fncells.widgets.queue_drafts import QueueDraftsBar
from napari_fncells.widgets.queue_model import QueueModel
from napari_fncells.widgets.queue_row import RowPainter
from napari_fncells.widgets.queue_view import QueueViewBar


class QueuePanel(QWidget):
    """List of the pictures of a folder, with filter, search and order.

    Attributes
    ----------
    chosen
        Signal(str): the picture of this name was picked.
    place_chosen
        Signal(Path): folder for the mask files.
    annotator_given
        Signal(str): the name was entered.
    done, unsure, reopened
        Signal(): what the expert says of the picture on the screen.
    left
        Signal(): the keys are to go to the canvas again.
    view, drafts
        Which pictures are shown; how they are drafted. Each tells of what is wanted by itself.
    """

    chosen = Signal(str)
    place_chosen = Signal(object)
    annotator_given = Signal(str)
    done = Signal()
    unsure = Signal()
    reopened = Signal()
    left = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.model = QueueModel(self)
        self.notice = Notice()
        self.place = QPushButton("Folder for the mask files…", visible=False)
        self.annotator = QLineEdit(placeholderText="your name or initials, kept")
        self.view = QueueViewBar()
        self.list = QListView()
        self.progress = QLabel(wordWrap=True)
        self.bar = QProgressBar(textVisible=False)
        self.finish = QPushButton("✓ Done, next", toolTip="Accepts the rest (Shift+Return)")
        self.doubt = QPushButton("? Unsure, next", toolTip="Comes back to it later (Shift+U)")
        self.reopen = QPushButton("Re-open", toolTip="Takes back 'done' or 'unsure' (Shift+R)")
        self.drafts = QueueDraftsBar()
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
            self.view.show_view(queue.view)
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
        self.view.show_counts(queue)
        self._show_progress(queue.progress, queue)

    def show_notice(self, sentence: str, *, lacks_place: bool) -> None:
        """Say what is to be known of the folder; offer to choose one for the mask files."""
        self.notice.tell(sentence)
        self.place.setVisible(lacks_place)

    def show_annotator(self, name: str | None) -> None:
        """Show the annotator's name; None where nobody was asked yet."""
        if not self.annotator.hasFocus():
            self.annotator.setText(name or "")

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
        """Give the keys back to the canvas at Return and Escape in the annotator's field."""
        if watched is not self.annotator or event.type() != QEvent.Type.KeyPress:
            return False
        keys = (Qt.Key.Key_Escape, Qt.Key.Key_Return, Qt.Key.Key_Enter)
        if not isinstance(event, QKeyEvent) or event.key() not in keys:
            return False
        self._give_name()
        self.left.emit()
        return True

    # -- how it is done --------------------------------------------------------------------

    def _show_progress(self, progress: Progress, queue: Queue) -> None:
        words = f"{progress}."
        hidden = len(queue.entries) - len(queue.shown)
        if hidden:
            words += f" {len(queue.shown):,} shown."
        self.progress.setText(words)
        self.bar.setMaximum(max(1, progress.total))
        self.bar.setValue(progress.done)

    def _give_name(self) -> None:
        self.annotator_given.emit(self.annotator.text())

    def _ask_for_place(self) -> None:
        chosen = QFileDialog.getExistingDirectory(self, "Folder for the mask files")
        if chosen:
            self.place_chosen.emit(Path(chosen))

    def _choose(self, index: QModelIndex) -> None:
        if index.isValid():
            self.chosen.emit(self.model.name_at(index.row()))

    def _dress(self) -> None:
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
        self.annotator.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.annotator.installEventFilter(self)
        keep_canvas_keys(self.place, self.finish, self.doubt, self.reopen)
        # Never by a click: Ctrl+arrows and all letters would go to the list
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)

    def _connect(self) -> None:
        self.list.clicked.connect(self._choose)
        self.view.left.connect(self.left)
        self.place.clicked.connect(self._ask_for_place)
        self.annotator.editingFinished.connect(self._give_name)
        for button, signal in (
            (self.finish, self.done),
            (self.doubt, self.unsure),
            (self.reopen, self.reopened),
        ):
            button.clicked.connect(signal)

    def _lay_out(self) -> None:
        who = QHBoxLayout()
        who.addWidget(QLabel("Annotator"))
        who.addWidget(self.annotator, 1)
        saying = QHBoxLayout()
        for button in (self.finish, self.doubt, self.reopen):
            saying.addWidget(button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(4, 2, 4, 2)
        layout.setSpacing(4)
        layout.addWidget(self.notice)
        layout.addWidget(self.place)
        layout.addLayout(who)
        layout.addWidget(self.view)
        layout.addWidget(self.list, 1)
        layout.addWidget(self.progress)
        layout.addWidget(self.bar)
        layout.addLayout(saying)
        layout.addWidget(self.drafts)
