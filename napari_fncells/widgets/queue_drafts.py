"""How the pictures of a queue are drafted, and whether errors are planted to learn from."""

from __future__ import annotations

from qtpy.QtCore import Signal
from qtpy.QtWidgets import (
    QCheckBox,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from napari_fncells.widgets.controls import Choice, keep_canvas_keys

_SHARES = (0.03, 0.05, 0.08)


class QueueDraftsBar(QWidget):
    """Drafts of each picture as it is opened, or of all, and the attention check under them.

    Attributes
    ----------
    drafting_set
        Signal(bool): new pictures are to be drafted when opened, or not.
    attention_set
        Signal(float or None): share of the cells for which an error is to be planted.
    draft_all, cancelled
        Signal(): draft the whole queue; stop that.
    """

    drafting_set = Signal(bool)
    attention_set = Signal(object)
    draft_all = Signal()
    cancelled = Signal()

    def __init__(self) -> None:
        super().__init__()
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
        self.busy = QLabel(wordWrap=True, visible=False)
        self.attention = Choice()
        self.attention.addItem("off", None)
        for share in _SHARES:
            self.attention.addItem(f"{100 * share:.0f} % of the cells", share)
        self.attention.setToolTip(
            "Plants errors under new drafts, to learn what share of them is found: false cells "
            "put in, cells hidden. None gets into a file; what was missed is shown and put right "
            "before a picture is done."
        )
        keep_canvas_keys(self.drafting, self.all_drafts, self.stop)
        self._lay_out()
        self.drafting.clicked.connect(self.drafting_set)
        self.all_drafts.clicked.connect(self.draft_all)
        self.stop.clicked.connect(self.cancelled)
        self.attention.activated.connect(
            lambda _index: self.attention_set.emit(self.attention.currentData())
        )

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

    def _lay_out(self) -> None:
        drafts = QHBoxLayout()
        drafts.addWidget(self.drafting)
        drafts.addWidget(self.busy, 1)
        drafts.addWidget(self.all_drafts, 1)
        drafts.addWidget(self.stop)
        check = QHBoxLayout()
        check.addWidget(QLabel("Attention check", toolTip=self.attention.toolTip()))
        check.addWidget(self.attention, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addLayout(drafts)
        layout.addLayout(check)
