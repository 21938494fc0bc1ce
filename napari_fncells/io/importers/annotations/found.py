"""What was found in a file for one picture, on its way to labels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from napari_fncells.core.polygons import Points
from napari_fncells.io.importers.annotations.base import Read, Shape, refused
from napari_fncells.io.importers.annotations.figures import (
    Figure,
    composed,
    of_neighbours,
)
from napari_fncells.io.read_error import ReadCode


@dataclass
class Found:
    """Objects of one picture, in the order of the file.

    Attributes
    ----------
    outlines
        Cells.
    ignored
        Regions that were left undecided.
    boxes
        Ellipses in the boxes of objects of which no outline is told.
    points
        Number of objects of which only a place is told.
    notes
        What was assumed or left out.
    """

    outlines: list[Figure] = field(default_factory=list)
    ignored: list[Figure] = field(default_factory=list)
    boxes: list[Figure] = field(default_factory=list)
    points: int = 0
    notes: list[str] = field(default_factory=list)

    def on_pixels(self, rings: Sequence[Points]) -> bool:
        """Whether the points of a picture's outlines lie on pixels: see `of_neighbours`.

        Else they lie between pixels. The former is told.
        """
        found = bool(rings) and all(of_neighbours(ring) for ring in rings)
        if found:
            self.notes.append("Points of outlines were taken for the centres of pixels.")
        return found

    def read(self, path: Path, shape: Shape, *, boxes: bool = False) -> Read:
        """Draw it all; `boxes` as in `Annotations.labels_of`.

        Raises
        ------
        ImageReadError
            There are boxes or points alone, or drawing would take too long.
        """
        notes = list(self.notes)
        bare = len(self.boxes) if not boxes else 0
        if (bare or self.points) and not self.outlines and not (boxes and self.boxes):
            raise self._without_outlines(path)
        if self.boxes:
            notes.append(
                f"{len(self.boxes)} boxes without outlines were "
                f"{'drawn as ellipses' if boxes else 'left out'}."
            )
        if self.points:
            notes.append(f"{self.points} points were left out: they are no outlines.")
        cells = [*self.outlines, *(self.boxes if boxes else ())]
        labels, drawn = composed(path, cells, shape)
        ignored = None
        if self.ignored:
            ignored = (composed(path, self.ignored, shape)[0] > 0) & (labels == 0)
            notes.append(f"{len(self.ignored)} regions are marked as to be ignored.")
        return Read(labels, ignored, (*notes, *drawn))

    def _without_outlines(self, path: Path) -> Exception:
        if self.boxes:
            return refused(
                path,
                f"holds {len(self.boxes)} boxes of this picture and no outline",
                "Say 'boxes' for what it holds (--as boxes): cells are then ellipses in them.",
                ReadCode.AMBIGUOUS,
            )
        return refused(
            path,
            f"holds {self.points} points of this picture and no outline",
            "Points are no masks: add the cells by Shift+click.",
        )


def check_size(path: Path, told: Shape, shape: Shape) -> None:
    """Refuse a file that speaks of a picture of another size; (Y, X) each.

    Raises
    ------
    ImageReadError
        The sizes differ.
    """
    if told != shape:
        raise refused(
            path,
            f"speaks of a picture of {told[0]} x {told[1]} pixels; this one has "
            f"{shape[0]} x {shape[1]}",
            "Choose the file that belongs to the picture.",
        )
