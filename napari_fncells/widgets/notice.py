"""A sentence that stands out in a dock."""

from __future__ import annotations

from qtpy.QtWidgets import QLabel


class Notice(QLabel):
    """Something that has to be known; takes no room while there is nothing."""

    def __init__(self) -> None:
        super().__init__(wordWrap=True, visible=False)
        self.setObjectName("fncellsNotice")
        self.setStyleSheet(
            "#fncellsNotice { background: #f0b429; color: #1b1400; padding: 6px;"
            " border-radius: 4px; }"
        )

    def tell(self, sentence: str) -> None:
        """Show a sentence; nothing for an empty one."""
        self.setText(sentence)
        self.setVisible(bool(sentence))
