"""Which sizes of cells are usual: from the cells themselves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import ArrayLike

from napari_fncells.core.params.quality import QualityParams

ENOUGH = 20
"""So many cells tell what is usual; of fewer, only the absolute limits count."""

_LEAST_SD = 0.4
"""Of the logarithm of the area: cells drawn as alike as coins differ by less than experts do."""

_PER_MAD = 1.4826  # standard deviations of a normal distribution


@dataclass(frozen=True)
class SizeLimits:
    """Areas between which a cell is like the others.

    Attributes
    ----------
    low, high
        px²; infinite where there is no limit.
    median
        Of the areas looked at, in px²; None where they were too few.
    """

    low: float
    high: float
    median: float | None = None

    @classmethod
    def of(cls, areas: ArrayLike, params: QualityParams) -> Self:
        """Limits by the areas of many cells, and by the absolute ones.

        Median and median absolute deviation of the logarithm of the area: a few odd cells among
        many do not move them.

        Parameters
        ----------
        areas
            (N,) areas of the cells of a set, or of one picture, in px².
        params
            The limits asked for.
        """
        low = float(params.min_area)
        high = float(params.max_area) or np.inf
        sizes = np.asarray(areas, dtype=np.float64)
        sizes = sizes[sizes > 0]
        if not params.spread or sizes.size < ENOUGH:
            return cls(low, high)
        logs = np.log(sizes)
        middle = float(np.median(logs))
        deviation = _PER_MAD * float(np.median(np.abs(logs - middle)))
        reach = params.spread * max(deviation, _LEAST_SD)
        return cls(
            max(low, float(np.exp(middle - reach))),
            min(high, float(np.exp(middle + reach))),
            float(np.exp(middle)),
        )
