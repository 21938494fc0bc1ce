"""The cell under a click: its outline, and smaller and larger ones around it.

What lies around the click is seen at half scale (`outline.view`); outlines are proposed by
level sets, basins and polar paths (`outline.candidates`), weighed by their figures and by what
the cells confirmed so far have taught (`outline.merit`, `outline.prior`), and vote pixel by
pixel. docs/growing.md tells how well that works.
"""

from __future__ import annotations

from typing import Annotated

import cv2
import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from napari_fncells.core.clean import fill_holes
from napari_fncells.core.errors import UserError
from napari_fncells.core.geometry import Box
from napari_fncells.core.labels import label
from napari_fncells.core.outline.candidates import candidate_outlines
from napari_fncells.core.outline.merit import shared_inside
from napari_fncells.core.outline.prior import OutlinePrior, OutlineSample, sample_of
from napari_fncells.core.outline.region import NOTCH, NOTCHES, Growth, Region, ladder
from napari_fncells.core.outline.view import SCALE, View, view_around
from napari_fncells.core.params import Params
from napari_fncells.core.score import ROUNDING, ScoreMap

__all__ = [
    "GrowParams",
    "Growth",
    "NothingToGrowError",
    "OutlinePrior",
    "OutlineSample",
    "Region",
    "grow",
    "grow_steps",
    "outline_sample",
    "steps_around",
]

# Shares of the vote at which the outline is drawn; lower ones where the click lies outside it
_MAJORITIES = (0.5, 0.35, 0.2)


# Every so many pixels are enough for two percentiles
_EVERY = 5


class GrowParams(Params):
    """Limits of a grown cell."""

    reach: Annotated[
        int,
        Field(
            ge=8,
            le=1000,
            description="A cell reaches no farther than this from the click.",
            json_schema_extra={"unit": "px"},
        ),
    ] = 110
    snap: Annotated[
        int,
        Field(
            ge=0,
            le=50,
            description="A click this near to a cell hits it.",
            json_schema_extra={"unit": "px"},
        ),
    ] = 6
    min_area: Annotated[
        int,
        Field(
            ge=1,
            description="A smaller region is no cell.",
            json_schema_extra={"unit": "px²"},
        ),
    ] = 40
    opening: Annotated[
        int,
        Field(
            ge=0,
            le=20,
            description="Radius of the disk that cuts off thin processes.",
            json_schema_extra={"unit": "px"},
        ),
    ] = 4
    contrast: Annotated[
        float,
        Field(
            ge=0,
            description="A cell stands this many standard deviations above the dark ground.",
            json_schema_extra={"unit": "SD"},
        ),
    ] = 2.0


class NothingToGrowError(UserError):
    """There is no cell to be seen at the place clicked."""


def grow(
    score: ScoreMap,
    labels: NDArray[np.integer],
    point: tuple[int, int],
    params: GrowParams | None = None,
    prior: OutlinePrior | None = None,
) -> Region:
    """Find the outline of the cell at a point: the one that `grow_steps` proposes."""
    return grow_steps(score, labels, point, params, prior).region


def grow_steps(
    score: ScoreMap,
    labels: NDArray[np.integer],
    point: tuple[int, int],
    params: GrowParams | None = None,
    prior: OutlinePrior | None = None,
) -> Growth:
    """Find the outline of the cell at a point, with smaller and larger ones.

    Only the square within `params.reach` of the point is looked at, so a window of a picture
    gives what the picture gives, and the cost does not grow with the picture. Ground that other
    cells hold is never taken.

    Parameters
    ----------
    score
        Scores of the picture (or of a window of it), smoothed by about 2 px.
    labels
        (Y, X) instance labels of the same shape; other cells, 0 = free.
    point
        (row, column) of the click, in px.
    params
        Limits; the defaults of `GrowParams` where omitted.
    prior
        How the cells confirmed so far in this picture are outlined, if any are.

    Raises
    ------
    NothingToGrowError
        Where nothing stands out from the ground at the point, a cell is there already, or the
        point lies outside the picture.
    """
    params = params or GrowParams()
    row, column = point
    if not (0 <= row < labels.shape[0] and 0 <= column < labels.shape[1]):
        raise NothingToGrowError("The point lies outside the picture.")
    if labels[row, column]:
        raise NothingToGrowError("There is a cell here already.")
    window = Box.square(row, column, params.reach).clip(labels.shape)
    values, free = score.values[window.slices], labels[window.slices] == 0
    at = row - window.top, column - window.left
    _refuse_flat(values, free, at, score.step, params)
    # Mirrored at the window's sides only where those are the picture's
    view = view_around(score.values, labels, point, params.reach)
    mask = _mask(view, prior, window, free, at, params)
    if mask is None:
        raise NothingToGrowError(
            "No outline can be found here.", "Paint the cell with the brush instead."
        )
    return _growth(mask, free, values, window, params.min_area)


def steps_around(
    score: ScoreMap,
    labels: NDArray[np.integer],
    region: Region,
    params: GrowParams | None = None,
) -> Growth:
    """Smaller and larger outlines of a cell that is there already.

    Parameters
    ----------
    score
        Scores of the picture (or of a window of it).
    labels
        (Y, X) instance labels of the other cells, 0 = free; their ground is never taken.
    region
        The cell's pixels. It is one of the steps, just as it is.
    params
        Limits; the defaults of `GrowParams` where omitted.
    """
    params = params or GrowParams()
    margin = int(NOTCH * NOTCHES) + 2
    box = region.box
    window = Box(
        box.top - margin, box.left - margin, box.bottom + margin, box.right + margin
    ).clip(labels.shape)
    mask = np.zeros((window.height, window.width), np.bool_)
    mask[box.within(window)] = region.mask
    free = labels[window.slices] == 0
    growth = _growth(mask, free, score.values[window.slices], window, params.min_area)
    steps = list(growth.steps)
    steps[growth.chosen] = region
    return Growth(tuple(steps), growth.chosen)


def outline_sample(score: ScoreMap, region: Region) -> OutlineSample | None:
    """Measure what a confirmed cell teaches about outlines of its picture.

    Parameters
    ----------
    score
        Scores of the picture, or of a window that reaches 24 px beyond the cell.
    region
        The cell's pixels, in the same frame.

    Returns
    -------
    OutlineSample or None
        None where nothing can be learned: the cell is a few pixels or very large, or there is
        no light.
    """
    return sample_of(score.values, region)


def _refuse_flat(
    values: NDArray[np.float32],
    free: NDArray[np.bool_],
    at: tuple[int, int],
    step: float,
    params: GrowParams,
) -> None:
    """Raise where the brightest free pixel near the click is no brighter than the ground."""
    near = Box.square(*at, params.snap).clip(values.shape)
    peak = float(values[near.slices][free[near.slices]].max())
    ground, deviation = _dark_ground(values[free])
    # Digitised pictures can be flat: half a grey level counts as noise
    noise = params.contrast * max(deviation, step / 2)
    if peak - ground <= max(noise, ROUNDING * max(abs(peak), abs(ground))):
        raise NothingToGrowError(
            "Nothing stands out from the ground here.", "Paint the cell with the brush instead."
        )


def _dark_ground(values: NDArray[np.float32]) -> tuple[float, float]:
    """Mean and standard deviation of the dark ground, from its darker side.

    In a crowded picture most of what lies around a cell is other cells; the two lowest
    percentiles that a normal distribution has at 2 and 1 standard deviations tell of the ground
    alone.
    """
    lowest, low = np.percentile(values[::_EVERY], [2.3, 15.9])
    deviation = float(low - lowest)
    return float(low) + deviation, deviation


def _mask(
    view: View,
    prior: OutlinePrior | None,
    window: Box,
    free: NDArray[np.bool_],
    at: tuple[int, int],
    params: GrowParams,
) -> NDArray[np.bool_] | None:
    """The outline that the candidates agree on, as a mask of the window."""
    outlines = candidate_outlines(view)
    if not len(outlines):
        return None
    side = view.size * SCALE
    share = cv2.resize(
        shared_inside(view, outlines, prior), (side, side), interpolation=cv2.INTER_LINEAR
    )[window.within(view.box)]
    for majority in _MAJORITIES:
        part = _part((share >= majority) & free, free, at, params)
        if part is not None and np.count_nonzero(part) >= params.min_area:
            return part
    return None


def _part(
    mask: NDArray[np.bool_], free: NDArray[np.bool_], at: tuple[int, int], params: GrowParams
) -> NDArray[np.bool_] | None:
    """The piece near the click, holes filled, thin processes cut off."""
    depth = cv2.distanceTransform(np.pad(mask.astype(np.uint8), 1), cv2.DIST_L2, 3)[1:-1, 1:-1]
    near = Box.square(*at, params.snap).clip(mask.shape)
    row, column = np.unravel_index(int(depth[near.slices].argmax()), (near.height, near.width))
    seed = near.top + int(row), near.left + int(column)
    if not mask[seed]:
        return None
    regions = label(mask)
    # A hole may hold another cell, whose ground stays its own
    part: NDArray[np.bool_] = fill_holes(regions == regions[seed], mask.size) & free
    for radius in range(params.opening, 0, -1):
        disk = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1))
        opened = cv2.morphologyEx(part.astype(np.uint8), cv2.MORPH_OPEN, disk)
        if opened[seed]:
            pieces = label(opened > 0)
            kept: NDArray[np.bool_] = pieces == pieces[seed]
            return kept
    return part


def _growth(
    mask: NDArray[np.bool_],
    free: NDArray[np.bool_],
    values: NDArray[np.float32],
    window: Box,
    min_area: int,
) -> Growth:
    """The ladder of a mask of a window."""
    steps, chosen = ladder(mask, free, min_area)
    return Growth(tuple(Region.of(step, values, window) for step in steps), chosen)
