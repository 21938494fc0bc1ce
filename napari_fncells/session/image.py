"""One picture being worked on: its pixels, its mask and what the expert does to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_fncells.core import changes
from napari_fncells.core.document import Document
from napari_fncells.core.edits import Change, Edit, EditKind
from napari_fncells.core.geometry import Box
from napari_fncells.core.grow import GrowParams, NothingToGrowError, Region, grow
from napari_fncells.core.intensity import brightest_channel
from napari_fncells.core.objects import CellObject
from napari_fncells.core.params import ScoreParams
from napari_fncells.core.redraft import apply_draft
from napari_fncells.core.score import score_map
from napari_fncells.core.segment import Draft
from napari_fncells.io.images import Image

_SMOOTHING = 3.0
_HALO = 16  # more than the reach of the smoothing, so that a window scores like the picture


@dataclass(frozen=True)
class Outcome:
    """What came of a gesture.

    Attributes
    ----------
    message
        For the status bar.
    edit
        The edit made, or None where nothing was changed.
    """

    message: str
    edit: Edit | None = None


class ImageSession:
    """A picture and the document of its mask.

    Parameters
    ----------
    image
        The picture. Its pixels are read, never written.
    author
        The annotator's name.

    Attributes
    ----------
    image, document
        What the session joins.
    """

    def __init__(self, image: Image, author: str = "") -> None:
        rows, columns = image.pixels.shape[:2]
        self.image = image
        self.document = Document((rows, columns), author)
        self._grow_params = GrowParams()
        self._channel: int | None = None

    def apply(self, draft: Draft) -> Edit:
        """Put a draft in place of the untouched cells of the last one."""
        details = {
            "method": draft.method,
            "params": draft.params.model_dump(mode="json"),
            "cutoff": draft.cutoff,
        }
        return self.document.commit(
            apply_draft(self.document, draft.labels, details, summary=f"draft ({draft.method})")
        )

    def adopt(self, labels: NDArray[np.integer], method: str, **details: Any) -> Edit:
        """Take another program's mask as the draft.

        Parameters
        ----------
        labels
            (Y, X) instance labels; they get new ids where cells are there already.
        method
            Where it comes from, for the record.
        details
            Anything else for the record (JSON values).

        Raises
        ------
        ValueError
            For labels of another shape.
        """
        origin = {"method": method, "params": details, "cutoff": None}
        change = apply_draft(self.document, labels, origin, summary=f"adopt {method}")
        return self.document.commit(change)

    def fix_at(self, row: int, column: int) -> Outcome:
        """Mend what is wrong at a pixel, in one gesture.

        A cell is a false positive and is removed; background is a false negative and the cell
        there is added; where a removed cell was, that cell comes back.
        """
        document = self.document
        if not (0 <= row < document.shape[0] and 0 <= column < document.shape[1]):
            return Outcome("Outside the picture: nothing changed.")
        cell = document.cell_at(row, column)
        if cell is not None:
            edit = document.commit(changes.remove_cell(document, cell))
            return Outcome(f"Removed cell {cell.id}. Ctrl+Z brings it back.", edit)
        tombstone = self.tombstone_at(row, column)
        if tombstone is not None:
            return self._commit(
                changes.restore_cell(document, tombstone), f"Restored cell {tombstone.id}."
            )
        try:
            region = self.region_at(row, column)
        except NothingToGrowError as error:
            return Outcome(f"{error} Nothing changed.")
        message = f"Added cell {document.next_id}, {np.count_nonzero(region.mask)} px²."
        return self._commit(changes.add_cell(document, region), message)

    def tombstone_at(self, row: int, column: int) -> CellObject | None:
        """The cell removed last among those that covered a pixel, or None."""
        here = {c.id: c for c in self.document.objects.values() if _covered(c, row, column)}
        if len(here) <= 1:
            return next(iter(here.values()), None)
        edits = self.document.newest_in_force
        newest = (here[item.id] for e in edits for item in e.change.objects if item.id in here)
        return next(newest, None)

    def region_at(self, row: int, column: int) -> Region:
        """Grow the cell at a pixel.

        Only a window of the picture is scored, so the cost does not grow with the picture.

        Raises
        ------
        NothingToGrowError
            Where there is none to be seen.
        """
        window = Box.square(row, column, self._grow_params.reach + _HALO)
        window = window.clip(self.document.shape)
        score = score_map(self._plane[window.slices], ScoreParams(smoothing=_SMOOTHING))
        labels = self.document.labels[window.slices]
        point = row - window.top, column - window.left
        return grow(score, labels, point, self._grow_params).shifted(window.top, window.left)

    @property
    def draft_in_force(self) -> Edit | None:
        """The newest draft that was not undone."""
        return self.document.last_in_force(EditKind.DRAFT)

    @property
    def _plane(self) -> NDArray[np.generic]:
        """The channel that shows the cells, as a view of the picture."""
        pixels = self.image.pixels
        if pixels.ndim == 2:
            return pixels
        if self._channel is None:
            self._channel = brightest_channel(pixels)
        plane: NDArray[np.generic] = pixels[..., self._channel]
        return plane

    def _commit(self, change: Change | None, message: str) -> Outcome:
        if change is None:
            return Outcome("The ground there belongs to other cells: nothing changed.")
        return Outcome(message, self.document.commit(change))


def _covered(cell: CellObject, row: int, column: int) -> bool:
    """Whether a removed cell covered a pixel."""
    box = cell.box
    if cell.footprint is None or not (
        box.top <= row < box.bottom and box.left <= column < box.right
    ):
        return False
    return bool(cell.footprint.mask[row - box.top, column - box.left])
