"""Measures of cells by scikit-image, to compare a table with that was computed from pixels."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from scipy.ndimage import distance_transform_edt
from skimage.measure import regionprops

from napari_fncells.core.geometry import Box
from napari_fncells.core.labels import dense
from napari_fncells.core.measures import RING_PX, CellMeasures, ChannelMeasures, Planes
from napari_fncells.io.exporters.base import GroundTruth


def measured_anew(truth: GroundTruth, planes: Planes) -> Iterator[CellMeasures]:
    """Measure each cell of a picture, by rising id."""
    _, numbers = dense(truth.labels)
    free = numbers == 0 if truth.ignored is None else (numbers == 0) & ~truth.ignored
    for region in regionprops(numbers):
        y, x = region.centroid
        box = Box(*(int(side) for side in region.bbox))
        wide = box.padded(RING_PX).clip(truth.shape)
        mine = np.zeros((wide.height, wide.width), bool)
        mine[box.within(wide)] = region.image
        ring = (distance_transform_edt(~mine) <= RING_PX) & free[wide.slices]
        yield CellMeasures(
            area=int(region.area),
            x=float(x),
            y=float(y),
            box=box,
            diameter=float(region.equivalent_diameter_area),
            eccentricity=float(region.eccentricity),
            solidity=float(region.solidity),
            channels=tuple(
                ChannelMeasures.of(plane[box.slices][region.image], plane[wide.slices][ring])
                for plane in planes
            ),
        )
