"""Panel of the check before an export: what was found, and what is done about it."""

from __future__ import annotations

from collections.abc import Sequence

from qtpy.QtCore import QTimer, Signal
from qtpy.QtWidgets import (
    QCheckBox,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from napari_fncells.core.params.quality import QualityParams
from napari_fncells.core.quality import Kind
from napari_fncells.session.gate import Found, GateReport
from napari_fncells.widgets.controls import keep_canvas_keys
from napari_fncells.widgets.fields import ParamsForm
from napari_fncells.widgets.filter_buttons import FilterButtons
from napari_fncells.widgets.gate_actions import GateActions
from napari_fncells.widgets.gate_list import GateList
from napari_fncells.widgets.gate_model import HEADINGS, Filter, GateModel
from napari_fncells.widgets.notice import Notice
from napari_fncells.widgets.search_field import SearchField

_SETTING_MS = 450
_HINT = "↑ ↓ choose, Return shows, R mends, A accepts; all other keys go to the picture."


class GatePanel(QWidget):
    """List of what was found, with filter, and buttons for what can be done.

    Attributes
    ----------
    asked, cancelled
        Signal(): all pictures are to be checked; that, or a repair, is to be stopped.
    limits_set
        Signal(QualityParams): what is to be looked for.
    left
        Signal(): the keys are to go to the canvas again.
    actions
        What can be done about the chosen finding; tells of what is wanted by itself.
    """

    asked = Signal()
    cancelled = Signal()
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
        self.trouble = Notice()
        self.kinds = FilterButtons({kind: _filter_button(kind) for kind in Kind})
        self.search = SearchField("Picture")
        self.here = QCheckBox("This picture")
        self.here.setToolTip("Only what was found in the picture on the screen.")
        self.kept = QCheckBox("Accepted")
        self.kept.setToolTip("What was accepted as it is, too.")
        self.list = GateList(self.model)
        self.actions = GateActions(self.list, self.model)
        self.hint = QLabel(_HINT, wordWrap=True)
        self.more = QToolButton(text="Limits ▸", checkable=True)
        self.limits = ParamsForm(QualityParams())
        self._setting = QTimer(self, singleShot=True, interval=_SETTING_MS)
        self._dress()
        self._lay_out()
        self._connect()

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
        self.trouble.tell(sentence)

    def show_busy(self, words: str | None) -> None:
        """Show what is being done in the background; None for nothing."""
        if words is not None:
            self.summary.setText(f"{words} …")
        self.stop.setVisible(words is not None)
        self.check.setVisible(words is None)

    # -- how it is done --------------------------------------------------------------------

    def _show_counts(self, report: GateReport) -> None:
        counts = report.counts
        self.kinds.show_total(sum(counts.values()))
        for kind in Kind:
            count = counts.get(kind, 0)
            self.kinds.show_count(kind, f"{kind.value} {count:,}", count)
        accepted = sum(item.accepted for item in report.found)
        self.kept.setText(f"Accepted ({accepted:,})")
        self.kept.setVisible(bool(accepted) or self.kept.isChecked())

    def _filter(self) -> None:
        wanted = Filter(
            self.kinds.chosen,
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
        self.actions.show_choice()

    def _show_limits(self, shown: bool) -> None:
        self.limits.setVisible(shown)
        self.more.setText("Limits ▾" if shown else "Limits ▸")

    def _dress(self) -> None:
        self.hint.setStyleSheet("color: #9aa0a6;")
        self.limits.setVisible(False)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Expanding)
        self.list.setMinimumHeight(120)
        self.more.setToolTip("Which sizes, holes and threads are told of.")
        keep_canvas_keys(self.check, self.stop, self.here, self.kept, self.more)

    def _connect(self) -> None:
        self.check.clicked.connect(self.asked)
        self.stop.clicked.connect(self.cancelled)
        self.kinds.changed.connect(self._filter)
        for button in (self.here, self.kept):
            button.clicked.connect(lambda _checked: self._filter())
        self.search.searched.connect(self._filter)
        self.search.left.connect(self.left)
        self.list.left.connect(self.left)
        self.more.toggled.connect(self._show_limits)
        self.limits.changed.connect(lambda _name: self._setting.start())
        self._setting.timeout.connect(lambda: self.limits_set.emit(self.limits))

    def _lay_out(self) -> None:
        asking = QHBoxLayout()
        asking.addWidget(self.check, 1)
        asking.addWidget(self.stop, 1)
        asking.addWidget(self.more)
        finding = QHBoxLayout()
        finding.addWidget(self.search, 1)
        finding.addWidget(self.here)
        finding.addWidget(self.kept)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(4, 8, 4, 2)
        layout.setSpacing(4)
        layout.addLayout(asking)
        layout.addWidget(self.limits)
        layout.addWidget(self.trouble)
        layout.addWidget(self.summary)
        layout.addWidget(self.kinds)
        layout.addLayout(finding)
        layout.addWidget(self.list, 1)
        layout.addWidget(self.actions)
        layout.addWidget(self.hint)


def _filter_button(kind: Kind) -> QToolButton:
    button = QToolButton(text=kind.value, checkable=True, visible=False)
    button.setToolTip(f"{HEADINGS[kind]}: show these; several may be chosen")
    button.setStyleSheet("QToolButton { padding: 2px 5px; }")
    return button
