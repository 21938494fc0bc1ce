"""Which pictures of a queue are shown, and in which order."""

from __future__ import annotations

from qtpy.QtCore import Signal
from qtpy.QtWidgets import QHBoxLayout, QToolButton, QVBoxLayout, QWidget

from napari_fncells.session.entry import EntryState
from napari_fncells.session.queue import SORT_TITLES, Queue, View
from napari_fncells.widgets.controls import Choice, keep_canvas_keys
from napari_fncells.widgets.filter_buttons import FilterButtons
from napari_fncells.widgets.queue_row import COLOURS, SIGNS
from napari_fncells.widgets.search_field import SearchField


class QueueViewBar(QWidget):
    """Search, order, and a button for each state.

    Attributes
    ----------
    changed
        Signal(View): others are to be shown.
    left
        Signal(): the keys are to go to the canvas again.
    """

    changed = Signal(object)
    left = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._view = View()
        self.search = SearchField("Search")
        self.sort = Choice()
        for key, title in SORT_TITLES.items():
            self.sort.addItem(title, key)
        self.order = QToolButton(text="↓", checkable=True, toolTip="The largest first")
        self.states = FilterButtons({state: _button(state) for state in EntryState})
        keep_canvas_keys(self.order)
        self._lay_out()
        self.search.searched.connect(self._ask)
        self.search.left.connect(self.left)
        self.sort.activated.connect(lambda _index: self._ask())
        self.order.clicked.connect(lambda _checked: self._ask())
        self.states.changed.connect(self._ask)

    def show_view(self, view: View) -> None:
        """Set the controls to what is shown."""
        self._view = view
        self.states.show_chosen(view.states)
        self.search.show_text(view.search)
        self.sort.setCurrentIndex(self.sort.findData(view.sort))
        self.order.setChecked(view.descending)
        self.order.setText("↓" if view.descending else "↑")

    def show_counts(self, queue: Queue) -> None:
        """Show how many pictures are of each state."""
        counts = queue.counts
        self.states.show_total(len(queue.entries))
        for state, button in self.states.buttons.items():
            self.states.show_count(state, f"{SIGNS[state]} {counts[state]:,}", counts[state])
            button.setToolTip(
                f"{counts[state]:,} {state.value}: show these; several may be chosen"
            )

    def _ask(self) -> None:
        view = View(
            self.states.chosen,
            self.search.text().strip(),
            self.sort.currentData(),
            self.order.isChecked(),
        )
        if view != self._view:
            self._view = view
            self.changed.emit(view)

    def _lay_out(self) -> None:
        finding = QHBoxLayout()
        finding.addWidget(self.search, 1)
        finding.addWidget(self.sort)
        finding.addWidget(self.order)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addLayout(finding)
        layout.addWidget(self.states)


def _button(state: EntryState) -> QToolButton:
    button = QToolButton(text=state.value, checkable=True, visible=False)
    button.setStyleSheet(
        f"QToolButton {{ color: {COLOURS[state]}; padding: 2px 5px; }}"
        f"QToolButton:checked {{ background: {COLOURS[state]}; color: #10131a; }}"
    )
    return button
