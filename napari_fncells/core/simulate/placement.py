"""Where the cells lie: gathered in a region, in clumps that touch, or alone."""

from __future__ import annotations

import numpy as np

from napari_fncells.core.simulate.fields import Plane, Points
from napari_fncells.core.simulate.soma import Soma

_TRIES = 40


class Region:
    """The part of the picture where the marked cells gather: an elongated Gaussian cloud."""

    def __init__(self, rng: np.random.Generator, shape: tuple[int, int], share: float) -> None:
        self._rng = rng
        self._shape = shape
        self._share = share
        self._centre = np.array(shape) * rng.uniform(0.25, 0.75, 2)
        self._angle = rng.uniform(0.0, np.pi)
        self._spread = np.sqrt(shape[0] * shape[1]) * rng.uniform((0.13, 0.09), (0.26, 0.17))

    def draw(self) -> Points:
        """Return a random place (y, x) in the picture."""
        rng, shape = self._rng, self._shape
        if rng.uniform() < self._share:
            for _ in range(_TRIES):
                along, across = rng.normal(0.0, 1.0, 2) * self._spread
                sine, cosine = np.sin(self._angle), np.cos(self._angle)
                turned = np.array([along * sine + across * cosine, along * cosine - across * sine])
                place = self._centre + turned
                if (place >= 0).all() and (place < shape).all():
                    return np.asarray(place, dtype=np.float64)
        return rng.uniform(0.0, 1.0, 2) * shape


def place_somata(
    rng: np.random.Generator, somata: list[Soma], region: Region, tissue: Plane, clump_share: float
) -> list[tuple[Soma, float, float]]:
    """Give each body a place where there is tissue and where no other body hides it.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of randomness.
    somata : list of Soma
        Bodies to place.
    region : Region
        Source of places.
    tissue : (Y, X) float32
        1 where tissue is, 0 in holes, outside the section and on the stripe.
    clump_share : float
        Share of bodies that are put against an earlier one.

    Returns
    -------
    list of (Soma, y, x)
        Bodies with places; one that finds none is left out.
    """
    placed: list[tuple[Soma, float, float]] = []
    for soma in somata:
        for _ in range(_TRIES):
            partner = None
            if placed and rng.uniform() < clump_share:
                partner = placed[int(rng.integers(len(placed)))]
            place = region.draw() if partner is None else _beside(rng, soma, partner)
            if _is_free(soma, place, placed, partner, tissue):
                placed.append((soma, float(place[0]), float(place[1])))
                break
    return placed


def _beside(rng: np.random.Generator, soma: Soma, partner: tuple[Soma, float, float]) -> Points:
    """Return a place where `soma` touches its partner."""
    other, y, x = partner
    direction = rng.uniform(0.0, 2.0 * np.pi)
    gap = other.extent(direction) + soma.extent(direction + np.pi)
    gap *= rng.uniform(0.8, 1.02)
    return np.array([y + gap * np.sin(direction), x + gap * np.cos(direction)])


def _is_free(
    soma: Soma,
    place: Points,
    placed: list[tuple[Soma, float, float]],
    partner: tuple[Soma, float, float] | None,
    tissue: Plane,
) -> bool:
    """Return whether a body may lie at `place` (y, x)."""
    height, width = tissue.shape
    if not (0 <= place[0] < height and 0 <= place[1] < width):
        return False
    reach = soma.radius_px
    offsets = np.array([[0, 0], [-reach, 0], [reach, 0], [0, -reach], [0, reach]])
    probes = np.clip(np.rint(place + offsets), 0, (height - 1, width - 1)).astype(int)
    if tissue[probes[:, 0], probes[:, 1]].min() < 0.85:
        return False
    for other in placed:
        if other is partner:
            continue
        distance = float(np.hypot(place[0] - other[1], place[1] - other[2]))
        if distance < 1.1 * (soma.radius_px + other[0].radius_px) + 2.0:
            return False
    return True
