"""Drafted pieces and true cells that belong together, and what mends each such group."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from napari_fncells.core.gestures import Gestures
from napari_fncells.core.matching import IOU_THRESHOLD, Overlaps


def linked_pairs(found: Overlaps) -> NDArray[np.bool_]:
    """Which pairs share more than half of the smaller one; (K,) bool."""
    smaller = np.minimum(found.pred_areas[found.rows], found.true_areas[found.columns])
    linked: NDArray[np.bool_] = 2 * found.pixels > smaller
    return linked


@dataclass(frozen=True, eq=False)
class Groups:
    """Pieces and cells in groups that belong together, directly or through others.

    Attributes
    ----------
    pieces, cells
        (P,), (T,) number of the group of each.
    counted
        (T,) bool, which of the true places are cells.
    found
        Their overlaps.
    links
        (K,) bool, which pairs belong together.
    iou
        (K,) of each pair, without what is not to count.
    fits
        (G,) bool, where the pieces of a group cover its cells well.
    """

    pieces: NDArray[np.intp]
    cells: NDArray[np.intp]
    counted: NDArray[np.bool_]
    found: Overlaps
    links: NDArray[np.bool_]
    iou: NDArray[np.float64]
    fits: NDArray[np.bool_]

    @classmethod
    def of(
        cls,
        found: Overlaps,
        counted: NDArray[np.bool_],
        ignored: NDArray[np.bool_] | None = None,
    ) -> Self:
        """Group pieces with those true places that are cells; pixels on others are ignored.

        Parameters
        ----------
        found
            Of pieces and places.
        counted
            (T,) bool, which places are cells.
        ignored
            (T,) bool, on which places a piece's pixels do not count for its outline.
        """
        pieces, places = found.pred_ids.size, counted.size
        links = linked_pairs(found) & counted[found.columns]
        graph = coo_array(
            (np.ones(links.sum()), (found.rows[links], pieces + found.columns[links])),
            shape=(pieces + places, pieces + places),
        )
        count, group = connected_components(graph, directed=False)
        areas = found.pred_areas.astype(np.float64)
        if ignored is not None:
            unseen = found.pixels * ignored[found.columns]
            areas = areas - np.bincount(found.rows, weights=unseen, minlength=pieces)
        # A piece inside an open place may have no pixel left
        areas = np.maximum(areas, 1)
        own, true = np.split(group.astype(np.intp), [pieces])
        inside = (own[found.rows] == true[found.columns]) & counted[found.columns]
        common = np.bincount(
            own[found.rows[inside]], weights=found.pixels[inside], minlength=count
        )
        union = np.bincount(own, weights=areas, minlength=count) - common
        union = union + np.bincount(true, weights=found.true_areas, minlength=count)
        both = areas[found.rows] + found.true_areas[found.columns] - found.pixels
        return cls(
            own,
            true,
            counted,
            found,
            links,
            found.pixels / both,
            common > IOU_THRESHOLD * union,
        )

    def gestures(self, judged: NDArray[np.bool_]) -> Gestures:
        """Gestures of all groups; of pieces without a cell only those that are `judged`."""
        count = self.fits.size
        rows, columns = self.found.rows[self.links], self.found.columns[self.links]
        merges = self._surplus(rows, self.pieces)
        splits = self._surplus(columns, self.cells)
        matched = self.links & (self.iou > IOU_THRESHOLD)
        pairs = np.bincount(self.pieces[self.found.rows[matched]], minlength=count)
        alone = np.bincount(rows, minlength=self.pieces.size) == 0
        removed = np.bincount(self.pieces[judged | ~alone], minlength=count) - pairs
        added = np.bincount(self.cells[self.counted], minlength=count) - pairs
        redrawn = np.where(self.fits, 0, added)
        linked = np.bincount(self.pieces[~alone], minlength=count) > 0
        mended = linked & (merges + splits + redrawn <= removed + added)
        return Gestures(
            false_positives=int(removed[~mended].sum()),
            false_negatives=int(np.where(mended, redrawn, added).sum()),
            merges=int(merges[mended].sum()),
            splits=int(splits[mended].sum()),
        )

    def outlines(self) -> tuple[float, float]:
        """Misfit of the pairs that fit, offset of all that are one to one; see `Measure`."""
        matched = self.links & (self.iou > IOU_THRESHOLD)
        misfit = float((1 - self.iou[matched]).sum())
        rows, columns = self.found.rows, self.found.columns
        alone = np.bincount(rows[self.links], minlength=self.pieces.size) == 1
        single = np.bincount(columns[self.links], minlength=self.cells.size) == 1
        pairs = self.links & alone[rows] & single[columns]
        if not pairs.any():
            return misfit, 0.0
        drawn = np.sqrt(self.found.true_areas[columns[pairs]] / np.pi)
        drafted = np.sqrt(self.found.pred_areas[rows[pairs]] / np.pi)
        return misfit, float(np.median(drawn - drafted))

    def _surplus(self, ends: NDArray[np.intp], groups: NDArray[np.intp]) -> NDArray[np.int64]:
        """Links beyond the first of each piece or cell, summed by group."""
        beyond = np.maximum(np.bincount(ends, minlength=groups.size) - 1, 0)
        return np.bincount(groups, weights=beyond, minlength=self.fits.size).astype(np.int64)
