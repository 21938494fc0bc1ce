"""A question before something that cannot be taken back with a single key."""

from __future__ import annotations

from qtpy.QtWidgets import QMessageBox, QWidget


def is_agreed(parent: QWidget, title: str, words: str) -> bool:
    """Ask with 'no' as the usual answer; whether the answer is 'yes'."""
    answer = QMessageBox.question(
        parent,
        title,
        words,
        QMessageBox.StandardButton.Yes | QMessageBox.StandardButton.No,
        QMessageBox.StandardButton.No,
    )
    return bool(answer == QMessageBox.StandardButton.Yes)
