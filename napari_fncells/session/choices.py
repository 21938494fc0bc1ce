"""What one chose for the review, kept for this user from one start to the next."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from napari_fncells.io.user_data import data_folder, keep_file


class ReviewChoices(BaseModel):
    """How one goes through cells and candidates.

    Attributes
    ----------
    goes_on
        Whether a decision on what was walked to goes on to the next.
    candidates
        Whether the outlines of likely missed cells are shown.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    goes_on: bool = True
    candidates: bool = False

    def at(self, **changes: Any) -> ReviewChoices:
        """The same with something else."""
        return self.model_copy(update=changes)


def known_choices(root: Path | None = None) -> ReviewChoices:
    """What was chosen the last time; as at first where that is not known."""
    try:
        return ReviewChoices.model_validate_json(_file(root).read_bytes())
    except (OSError, ValidationError):
        return ReviewChoices()


def keep_choices(choices: ReviewChoices, root: Path | None = None) -> None:
    """Keep what was chosen.

    Raises
    ------
    SaveError, OSError
        Where it cannot be written.
    """
    keep_file(_file(root), choices.model_dump_json(indent=1).encode())


def _file(root: Path | None) -> Path:
    return data_folder(root) / "review.json"
