"""Panel of the object table: filter, rows, what is done to the selected cells, plots."""

from __future__ import annotations

from pathlib import Path

from qtpy.QtCore import QEvent, QObject, Qt, QTimer, Signal
from qtpy.QtGui import QGuiApplication, QKeyEvent
from qtpy.QtWidgets import (
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from napari_fncells.core.object_table import ObjectTable, Test
from napari_fncells.core.table_filter import MOST, FilterError, parse_filter
from napari_fncells.widgets.controls import keep_canvas_keys
from napari_fncells.widgets.table_model import ObjectModel
from napari_fncells.widgets.table_plots import TablePlots
from napari_fncells.widgets.table_view import ObjectView

_TYPING_MS = 200
_PLOTTING_MS = 120
_HELP = (
    "Shows the cells for which this holds: columns compared by < <= > >= = !=, joined by and, or, "
    "not and brackets.\narea < 150 and contrast < 2\nstate = draft or solidity < 0.8\n"
    "100 < area < 400\narea < 20 µm²"
)
_NO_MASK = "No mask yet: draft one, or add cells."


class TablePanel(QWidget):
    """The table with all around it.

    Attributes
    ----------
    chosen
        Signal(list): these cells are to be selected.
    shown
        Signal(int): the camera is to go to this cell.
    accepted, removed, doubted
        Signal(): the selected cells are to be accepted, removed, marked as unsure.
    saved
        Signal(Path, list): these cells are to be written into a file.
    told
        Signal(str): what was done, in words.
    left
        Signal(): the keys are to go to the canvas again.
    """

    chosen = Signal(list)
    shown = Signal(int)
    accepted = Signal()
    removed = Signal()
    doubted = Signal()
    saved = Signal(object, list)
    told = Signal(str)
    left = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.model = ObjectModel(self)
        self.view = ObjectView(self.model)
        self.plots = TablePlots(self.model)
        self.filter = QLineEdit(
            placeholderText="Filter, e.g.  area < 150 and contrast < 2", clearButtonEnabled=True
        )
        self.filter.setMaxLength(MOST)
        self.error = QLabel(wordWrap=True, visible=False)
        self.counts = QLabel()
        self.every = QPushButton("Select all")
        self.accept = QPushButton("Accept")
        self.doubt = QPushButton("Unsure")
        self.remove = QPushButton("Remove")
        self.copy = QPushButton("Copy")
        self.save = QPushButton("CSV…")
        self.more = QToolButton(text="Plots ▸", checkable=True)
        self._test: Test | None = None
        self._pixel_size: float | None = None
        self._selected: frozenset[int] = frozenset()
        self._pending = self._left_out = 0
        self._suggested = Path("objects.csv")
        self._typing = QTimer(self, singleShot=True, interval=_TYPING_MS)
        # Drawn a moment later: rows are not to wait for it
        self._plotting = QTimer(self, singleShot=True, interval=_PLOTTING_MS)
        self._dress()
        self._lay_out()
        self._connect()
        self.show_table(None)

    # -- what is shown ---------------------------------------------------------------------

    def show_table(
        self,
        table: ObjectTable | None,
        *,
        pixel_size: float | None = None,
        pending: int = 0,
        left_out: int = 0,
        source: Path | None = None,
    ) -> None:
        """Show a table, or what became of it.

        Parameters
        ----------
        table
            The table; None where there is no mask.
        pixel_size
            µm a pixel; None where it is not known.
        pending, left_out
            How many cells are to be measured, and are not in it.
        source
            File of the picture.
        """
        other = table is not self.model.table
        self._pixel_size, self._pending, self._left_out = pixel_size, pending, left_out
        if source is not None:
            self._suggested = source.with_name(f"{source.stem}.objects.csv")
        if other:
            self._read_filter(table)
        self._show_rows(table)

    def show_selected(self, ids: frozenset[int], *, scroll: bool = True) -> None:
        """Show which cells are selected."""
        self._selected = ids
        self.view.select_cells(ids, scroll=scroll)
        self._show_counts()
        self._plotting.start()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
        """Go on to the rows at Return in the filter; drop it at Escape."""
        if watched is not self.filter or not isinstance(event, QKeyEvent):
            return False
        if event.type() != QEvent.Type.KeyPress:
            return False
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._typing.stop()
            self._apply()
            self.view.setFocus()
            return True
        if event.key() == Qt.Key.Key_Escape:
            self.filter.clear()
            self._typing.stop()
            self._apply()
            self.left.emit()
            return True
        return False

    # -- how it is done --------------------------------------------------------------------

    def _show_rows(self, table: ObjectTable | None) -> None:
        bar = self.view.verticalScrollBar()
        place = bar.value()
        if self.model.show_table(table, self._test):
            self.view.updateGeometries()
            bar.setValue(place)
            self.view.select_cells(self._selected, scroll=False)
        self._drop_unseen()
        self._show_counts()
        self._plotting.start()

    def _drop_unseen(self) -> None:
        """Select no more of several cells than is shown: nothing unseen is to be removed."""
        if len(self._selected) < 2:
            return
        seen = self._selected.intersection(self.model.ids.tolist())
        if seen != self._selected:
            self.chosen.emit(sorted(seen))

    def _apply(self) -> None:
        """Take the filter as it is written now."""
        self._read_filter(self.model.table)
        self._show_rows(self.model.table)

    def _read_filter(self, table: ObjectTable | None) -> None:
        """What the filter says; where it is none, it says what it said before."""
        self.error.hide()
        if table is None:
            self._test = None
            return
        text = self.filter.text()
        try:
            test = parse_filter(text, table.values, self._pixel_size)
        except FilterError as error:
            self.error.setText(str(error))
            self.error.show()
            return
        self._test = test if text.strip() else None

    def _show_counts(self) -> None:
        table = self.model.table
        rows = self.model.rowCount()
        words = _NO_MASK
        if table is not None:
            total = f"{len(table):,} cells" if len(table) != 1 else "1 cell"
            words = total if rows == len(table) else f"{rows:,} of {total}"
            if self._selected:
                words += f" · {len(self._selected):,} selected"
            if self._left_out:
                words += f" · {self._left_out:,} ignored, not listed"
            if self._pending:
                words += f" · measuring {self._pending:,}"
        self.counts.setText(words)
        many = len(self._selected)
        for button, title, key in (
            (self.accept, "Accept", "A"),
            (self.doubt, "Unsure", "U"),
            (self.remove, "Remove", "D"),
        ):
            button.setEnabled(bool(many))
            button.setText(f"{title} {many:,} ({key})" if many > 1 else f"{title} ({key})")
        filtered = table is not None and rows != len(table)
        self.every.setText(f"Select these {rows:,}" if filtered else "Select all")
        for button in (self.every, self.copy, self.save):
            button.setEnabled(rows > 0)

    def _choose_plotted(self, ids: list[int], more: bool) -> None:
        self.chosen.emit(sorted(self._selected.union(ids)) if more else ids)

    def _copy(self) -> None:
        rows = self.view.selected_rows or range(self.model.rowCount())
        QGuiApplication.clipboard().setText(self.model.text_of(rows))
        count = len(rows)
        self.told.emit(f"Copied {count:,} row{'s' if count != 1 else ''} with their titles.")

    def _ask_for_file(self) -> None:
        chosen, _ = QFileDialog.getSaveFileName(
            self, "Save the rows shown", str(self._suggested), "Tables (*.csv)"
        )
        if chosen:
            self.saved.emit(Path(chosen), self.model.ids.tolist())

    def _act(self, signal: Signal) -> None:
        """Do something to the selected cells; where a single one goes, the next row is chosen."""
        rows = self.view.selected_rows
        cell = int(self.model.ids[rows[0]]) if len(rows) == 1 else None
        signal.emit()
        if cell is not None and not self.model.rows_of([cell]).size and not self._on_canvas:
            self.view.choose_row(rows[0])

    @property
    def _on_canvas(self) -> bool:
        """Whether another cell was selected meanwhile."""
        return bool(self.view.selected_rows)

    def _show_plots(self, shown: bool) -> None:
        self.plots.setVisible(shown)
        self.more.setText("Plots ▾" if shown else "Plots ▸")
        self._plotting.start()

    def _plot(self) -> None:
        if self.plots.isVisible():
            self.plots.show_selected(self._selected)

    def _dress(self) -> None:
        self.error.setStyleSheet("color: #f0b429;")
        self.filter.setToolTip(_HELP)
        self.every.setToolTip("Selects all rows that are shown (Ctrl+A in the table).")
        for button, words in (
            (self.accept, "Accepts the selected cells"),
            (self.doubt, "Marks the selected cells as unsure"),
            (self.remove, "Removes the selected cells"),
        ):
            button.setToolTip(f"{words}, in one step: Ctrl+Z takes it back.")
        self.copy.setToolTip("Copies the selected rows, or all that are shown (Ctrl+C).")
        self.save.setToolTip("Saves all rows that are shown, with every measure, as a table.")
        self.more.setToolTip("Spread of area and intensity, and any two columns with a lasso.")
        self.plots.setVisible(False)
        self.filter.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.filter.installEventFilter(self)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Expanding)
        keep_canvas_keys(
            self.every, self.accept, self.doubt, self.remove, self.copy, self.save, self.more
        )

    def _connect(self) -> None:
        self.filter.textChanged.connect(lambda _text: self._typing.start())
        self._typing.timeout.connect(self._apply)
        self._plotting.timeout.connect(self._plot)
        self.view.chosen.connect(self.chosen)
        self.view.shown.connect(self.shown)
        self.view.left.connect(self.left)
        for signal, source in (
            (self.accepted, self.accept), (self.removed, self.remove), (self.doubted, self.doubt),
        ):  # fmt: skip
            source.clicked.connect(lambda _checked, signal=signal: self._act(signal))
        self.view.accepted.connect(lambda: self._act(self.accepted))
        self.view.removed.connect(lambda: self._act(self.removed))
        self.view.doubted.connect(lambda: self._act(self.doubted))
        self.view.copied.connect(self._copy)
        self.copy.clicked.connect(self._copy)
        self.save.clicked.connect(self._ask_for_file)
        self.every.clicked.connect(lambda: self.chosen.emit(self.model.ids.tolist()))
        self.more.toggled.connect(self._show_plots)
        self.plots.chosen.connect(self._choose_plotted)

    def _lay_out(self) -> None:
        top = QHBoxLayout()
        top.addWidget(self.filter, 1)
        top.addWidget(self.every)
        top.addWidget(self.accept)
        top.addWidget(self.doubt)
        top.addWidget(self.remove)
        bottom = QHBoxLayout()
        bottom.addWidget(self.counts, 1)
        bottom.addWidget(self.copy)
        bottom.addWidget(self.save)
        bottom.addWidget(self.more)
        rows = QHBoxLayout()
        rows.addWidget(self.view, 3)
        rows.addWidget(self.plots, 2)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(4, 4, 4, 2)
        layout.addLayout(top)
        layout.addWidget(self.error)
        layout.addLayout(rows, 1)
        layout.addLayout(bottom)
