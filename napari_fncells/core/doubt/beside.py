"""What cells are beside the others of their picture, ready to be weighed."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from napari_fncells.core.doubt.features import NAMES, Column, Features
from napari_fncells.core.doubt.sight import Kinds, ScoreKind

_FEW = 4.0
"""Cells that do not count for what is usual, so that few say little."""
_LEAST_SPREAD = 0.3
_MOST_APART = 4.0


def beside(
    table: NDArray[np.float64],
    kinds: Kinds,
    usual: NDArray[np.bool_],
) -> Features:
    """What shapes are beside the cells of their picture, ready to be weighed.

    Parameters
    ----------
    table
        What `measure` found.
    kinds
        Of the scores.
    usual
        (n,) which of them say what is usual.

    Returns
    -------
    dict
        The columns by name, and 'large', 'small', 'dim', 'bright': how far a cell is that, beside
        the others, in robust spreads; 'usual contrast', 'usual haze': the medians; 'number':
        logarithm of how many there are; each of the kinds, 1 or 0, as of the first or the second
        scores, and what is known of these by kind. A level is what a margin is, counted from a
        score of 0.5 in place of the cutoff.
    """
    found: Features = {name: table[:, k] for k, name in enumerate(NAMES)}
    size = _apart(found["area"], usual)
    light = _apart(found["contrast"], usual)
    found |= {"large": np.maximum(size, 0), "small": np.maximum(-size, 0)}
    found |= {"bright": np.maximum(light, 0), "dim": np.maximum(-light, 0)}
    for name in ("contrast", "haze"):
        middle = float(np.median(found[name][usual])) if usual.any() else 0.0
        found[f"usual {name}"] = np.full(len(table), middle)
    found["number"] = np.full(len(table), np.log1p(np.count_nonzero(usual)))
    for known in ScoreKind:
        is_it, is_second = float(kinds.first is known), float(kinds.second is known)
        found[known.value] = np.full(len(table), is_it)
        found[f"{known.value} margin"] = found["margin"] * is_it
        found[f"{known.value} level"] = (found["margin"] + kinds.level) * is_it
        found[f"second {known.value}"] = np.full(len(table), is_second)
        found[f"second {known.value} level"] = (found["second"] + kinds.second_level) * is_second
    return found


def _apart(values: Column, usual: NDArray[np.bool_]) -> Column:
    """How far values lie from the median of the usual ones, in robust spreads."""
    some = values[usual]
    if some.size == 0:
        return np.zeros(values.size)
    median = float(np.median(some))
    spread = 1.4826 * float(np.median(np.abs(some - median)))
    share = some.size / (some.size + _FEW)
    apart = share * (values - median) / max(spread, _LEAST_SPREAD)
    return np.clip(apart, -_MOST_APART, _MOST_APART)
