"""Reading back what was written."""

from __future__ import annotations

from napari_fncells.core.errors import UserError


class VerificationError(UserError):
    """A file just written does not hold what it should."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence, "It was not kept. Check the disk, or export to another folder.")
