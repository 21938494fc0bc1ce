"""Settings that a fit turns one after the other, and the values it tries for each."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_fncells.core.cutoff import amount_for, cutoff_of
from napari_fncells.core.params import CutoffParams, DraftParams

STEP = 0.65
"""From one cutoff to the next higher so many times fewer pixels are above it, whatever the
method."""
_STEPS = 16
_MOST = 0.6
"""Share of a picture above the lowest cutoff tried."""
METHODS = ("mean_sd", "background_sd", "percentile", "local_gaussian")
"""Ways to find the cutoff that are tried: they carry over to other pictures differently."""

Samples = Sequence[NDArray[np.float32]]
Settings = dict[str, Any]
SampleOf = Callable[[DraftParams], Samples]


@dataclass(frozen=True)
class Facts:
    """What the pictures tell about sensible values.

    Attributes
    ----------
    samples
        Gives for some parameters every picture's scores, thinned out.
    smallest
        Area below which only a twentieth of the confirmed cells lie, in px².
    offset
        By how many px confirmed outlines lie outside the draft's.
    scale
        Length of a pixel in the unit of the parameters.
    """

    samples: SampleOf
    smallest: float
    offset: float
    scale: float


Dial = Callable[[DraftParams, Facts], Iterator[Settings]]


def higher_cutoffs(params: DraftParams, facts: Facts) -> Iterator[Settings]:
    """Cutoffs above the present one, until next to nothing is left."""
    return _cutoffs(params, facts, 1)


def lower_cutoffs(params: DraftParams, facts: Facts) -> Iterator[Settings]:
    """Cutoffs below the present one, until half of the picture is above."""
    return _cutoffs(params, facts, -1)


def finer_cutoffs(params: DraftParams, facts: Facts) -> Iterator[Settings]:
    """Cutoffs a half and a quarter of a step to both sides."""
    for steps in (0.5, -0.5, 0.25, -0.25):
        yield from _cutoff(params, facts, steps)


def finest_cutoffs(params: DraftParams, facts: Facts) -> Iterator[Settings]:
    """Cutoffs an eighth of a step to both sides."""
    for steps in (0.125, -0.125):
        yield from _cutoff(params, facts, steps)


def _cutoffs(params: DraftParams, facts: Facts, way: int) -> Iterator[Settings]:
    for step in range(1, _STEPS + 1):
        yield from _cutoff(params, facts, way * step)


def _cutoff(params: DraftParams, facts: Facts, steps: float) -> Iterator[Settings]:
    """The cutoff so many steps higher; a rule by the histogram gives way to ground + SD."""
    samples = facts.samples(params)
    shares = [share * STEP**steps for share in shares_above(params.cutoff, samples)]
    if min(shares) > 0 and max(shares) <= _MOST:
        yield _amount_for(params.cutoff, samples, shares)


def offsets(params: DraftParams, facts: Facts) -> Iterator[Settings]:
    """Outlines moved by what the confirmed ones ask for, by half of it, and back to none."""
    now = params.clean_up.outline_offset
    step = 0.5 * facts.scale
    wanted = facts.offset * facts.scale
    for by in (wanted, wanted / 2):
        yield {"clean_up.outline_offset": step * round((now + by) / step)}
    yield {"clean_up.outline_offset": 0.0}


def smallest_areas(params: DraftParams, facts: Facts) -> Iterator[Settings]:
    """Smallest area as shares of the area of small confirmed cells, and none."""
    limit = params.clean_up.max_area or np.inf
    for share in (0.0, 0.2, 0.4, 0.6, 0.8, 1.0):
        area = round(float(f"{share * facts.smallest * facts.scale**2:.2g}"))
        if area <= limit:
            yield {"clean_up.min_area": area}


def ladder(power: int, *choices: Settings) -> Dial:
    """A dial with the same choices for every picture.

    Parameters
    ----------
    power
        Of the length of a pixel, that numbers other than shares are multiplied by.
    choices
        Settings in pixels.
    """

    def turned(_: DraftParams, facts: Facts) -> Iterator[Settings]:
        for choice in choices:
            yield {
                name: _scaled(name, value, facts.scale**power) for name, value in choice.items()
            }

    return turned


def smoothings(params: DraftParams, facts: Facts) -> Iterator[Settings]:
    """How much the picture is smoothed, with as many pixels above the cutoff."""
    for sigma in (1.0, 2.0, 3.0, 4.5, 7.0):
        yield _with_same_share(params, {"score.smoothing": sigma * facts.scale}, facts)


def grounds(params: DraftParams, facts: Facts) -> Iterator[Settings]:
    """Whether a slowly varying ground is taken away, with as many pixels above the cutoff."""
    for sigma in (0.0, 30.0, 80.0):
        yield _with_same_share(params, {"score.background": sigma * facts.scale}, facts)


def methods(params: DraftParams, facts: Facts) -> Iterator[Settings]:
    """Other ways to find the cutoff, with as many pixels above it."""
    for method in METHODS:
        if method != params.cutoff.method:
            # An amount that every method takes; the right one follows
            other = params.with_settings({"cutoff.method": method, "cutoff.amount": 0.0})
            yield _same_share(params, other, facts)


OPENINGS = ladder(1, *({"clean_up.opening": radius} for radius in (0, 3, 5, 7, 10)))
"""How much of thin processes is cut off."""
HOLES = ladder(2, *({"clean_up.hole_area": area} for area in (0, 600, 2500)))
"""Which holes are filled."""
HALF_MAXIMA = ladder(0, *({"cutoff.half_maximum": share} for share in (0.0, 0.25, 0.4, 0.5)))
"""How far pieces are drawn in to their own peak."""
SPLITS = ladder(
    1,
    {"clean_up.split": "none"},
    *(
        {"clean_up.split": "distance", "clean_up.split_depth": depth}
        for depth in (1.5, 2.5, 4.0, 6.0)
    ),
    *(
        {"clean_up.split": "intensity", "clean_up.split_contrast": share}
        for share in (0.1, 0.2, 0.35)
    ),
)
"""Whether and how readily clumps are cut."""
COARSE: tuple[Dial, ...] = (
    finer_cutoffs,
    offsets,
    smallest_areas,
    OPENINGS,
    SPLITS,
    smoothings,
    HALF_MAXIMA,
    grounds,
    HOLES,
    finer_cutoffs,
    offsets,
)
"""Dials of the first round, those that matter most first; the cutoff is swept before."""
FINE: tuple[Dial, ...] = (smallest_areas, OPENINGS, SPLITS, finer_cutoffs, finest_cutoffs, offsets)
"""Dials of later rounds."""
LAST: tuple[Dial, ...] = (finer_cutoffs, smallest_areas, offsets, finest_cutoffs)
"""Dials that are turned once more on pictures at full size."""


def shares_above(cutoff: CutoffParams, samples: Samples) -> list[float]:
    """Share of each picture's pixels above its global cutoff."""
    return [float(np.mean(values > cutoff_of(values, cutoff))) for values in samples]


def _with_same_share(params: DraftParams, settings: Settings, facts: Facts) -> Settings:
    """Another score map with the cutoff where as many pixels as before are above it."""
    return settings | _same_share(params, params.with_settings(settings), facts)


def _same_share(params: DraftParams, other: DraftParams, facts: Facts) -> Settings:
    shares = shares_above(params.cutoff, facts.samples(params))
    return _amount_for(other.cutoff, facts.samples(other), shares)


def _amount_for(cutoff: CutoffParams, samples: Samples, shares: Sequence[float]) -> Settings:
    """The amount that leaves these shares of the pictures above the cutoff, on the average."""
    found = [
        amount_for(float(np.quantile(values, 1 - share)), values, cutoff)
        for values, share in zip(samples, shares, strict=True)
    ]
    amount = float(np.mean([params.amount for params in found]))
    method = found[0].method
    return {
        "cutoff.method": method,
        "cutoff.amount": round(amount, 2) if method == "percentile" else _round(amount),
    }


def _scaled(name: str, value: Any, factor: float) -> Any:
    """A number in another unit; whole where the setting is."""
    if isinstance(value, str) or name == "clean_up.split_contrast":
        return value
    return round(value * factor) if isinstance(value, int) else value * factor


def _round(value: float) -> float:
    """Round to three figures, as people set dials."""
    return float(f"{value:.3g}")
