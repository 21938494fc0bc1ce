"""Panel of the review: how far one is, why the cell one is at is doubtful, and two settings."""

from __future__ import annotations

from qtpy.QtCore import QTimer, Signal
from qtpy.QtWidgets import QCheckBox, QLabel, QProgressBar, QVBoxLayout, QWidget

from napari_fncells.viewer.workspace import Workspace
from napari_fncells.widgets.controls import keep_canvas_keys

_HEIGHT = 6  # px, of the bar
_SOON_MS = 30
"""After the frame that shows where one is: words that wrap lay out the whole dock anew."""


class ReviewPanel(QWidget):
    """Progress in words and as a bar, whether decisions go on, whether candidates are shown.

    Attributes
    ----------
    goes_on_changed
        Signal(bool): whether a decision goes on to the next cell.
    candidates_asked
        Signal(): outlines of likely missed cells are to be shown or hidden.
    """

    goes_on_changed = Signal(bool)
    candidates_asked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setFixedHeight(_HEIGHT)
        self.words = QLabel()
        self.words.setWordWrap(True)
        self.goes_on = QCheckBox("A, D, U go on to the next")
        self.goes_on.setToolTip(
            "After a decision on the cell that N or G led to, go on to the next one. Decisions on "
            "the cell under the pointer never do."
        )
        self.candidates = QCheckBox("Likely missed cells (C)")
        self.candidates.setToolTip(
            "Show what may be missed in dashes. G goes through them, A adopts, D dismisses. "
            "Never exported."
        )
        keep_canvas_keys(self.goes_on, self.candidates)
        # Not emitted when a program sets what is shown
        self.goes_on.clicked.connect(self.goes_on_changed)
        self.candidates.clicked.connect(self.candidates_asked)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        for part in (self.bar, self.words, self.goes_on, self.candidates):
            layout.addWidget(part)

    def show_progress(self, seen: int, total: int, words: str) -> None:
        """Show how far the review is; nothing where there is nothing to review."""
        for part in (self.bar, self.words):
            part.setVisible(total > 0)
        self.bar.setRange(0, max(total, 1))
        self.bar.setValue(seen)
        self.words.setText(words or f"{seen:,} of {total:,} looked at. N: most doubtful first")

    def show_settings(self, *, goes_on: bool, candidates: bool) -> None:
        """Show the two settings."""
        self.goes_on.setChecked(goes_on)
        self.candidates.setChecked(candidates)


def connect_review(panel: ReviewPanel, workspace: Workspace) -> None:
    """Join the panel with the review of a workspace."""
    review = workspace.review

    def show() -> None:
        session = workspace.session
        seen, total = session.doubting.progress if session is not None else (0, 0)
        panel.show_progress(seen, total, review.told)
        panel.show_settings(goes_on=review.goes_on, candidates=review.missed.shown)

    def set_goes_on(goes_on: bool) -> None:
        review.goes_on = goes_on

    panel.goes_on_changed.connect(set_goes_on)
    panel.candidates_asked.connect(review.toggle_candidates)
    soon = QTimer(panel, singleShot=True, interval=_SOON_MS)
    soon.timeout.connect(show)

    def show_soon() -> None:
        soon.start()

    # What is connected to the workspace must not outlive the panel
    for signal in (review.moved, workspace.changed):
        signal.connect(show_soon)
        panel.destroyed.connect(lambda *_, s=signal: s.disconnect(show_soon, missing_ok=True))
    show()
