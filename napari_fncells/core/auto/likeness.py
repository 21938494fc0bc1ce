"""How much pieces are like cells: logistic models of a few weights."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from napari_fncells.core.auto.features import Features
from napari_fncells.core.auto.sheet import Column

PRODUCT = " x "
"""Stands between two features whose product is a term."""
CONSTANT = "1"
_FARTHEST = 5.5
"""A feature beyond this says no more."""

OF_PIECES: tuple[str, ...] = (
    *("area", "elongation", "fill", "roundness", "thickness", "core", "border", "cut"),
    *("peak", "brightness", "contrast", "level", "mean", "spread", "ring", "crowd", "detail"),
    *("grain", "step", "steepest", "unevenness"),
    *("area x area", "elongation x elongation", "fill x fill", "roundness x roundness"),
    *("level x level", "peak x peak", "brightness x brightness", "step x step"),
    *("contrast x contrast", "thickness x thickness", "crowd x crowd", "core x core"),
    *("ring x ring", "detail x detail"),
    *("area x roundness", "area x level", "peak x brightness", "level x step"),
    *("contrast x step", "area x peak", "brightness x ring"),
)
"""Terms of the first model, which looks at pieces one by one."""

AMONG_PIECES: tuple[str, ...] = (
    *("logit", "dimness", "top", "clear", "number", "faintness", "crowd"),
    *("detail", "grain", "step", "dimness x top", "dimness x crowd"),
)
"""Terms of the second model, which looks at the pieces of a picture together."""

_USUAL_BRIGHTNESS = 0.75
_FAINT = 2.0
_CLEAR = 3.0
"""Logarithms of contrasts, in noises: from here on no spot is faint, and a picture clear."""
_UNLIKE = 0.2
"""Likeness that counts for nothing in what is usual."""


def terms(table: Features, names: tuple[str, ...]) -> NDArray[np.float64]:
    """(n, len(names)) values of the terms of a model.

    Parameters
    ----------
    table
        (n,) columns by name.
    names
        Each the name of a column, or of two with ' x ' between them.
    """
    bounded = {name: np.clip(column, -_FARTHEST, _FARTHEST) for name, column in table.items()}
    parts = [np.prod([bounded[part] for part in name.split(PRODUCT)], axis=0) for name in names]
    return np.stack(parts, axis=1)


def likeness(table: Features, weights: Mapping[str, float]) -> Column:
    """(n,) how much pieces are like a cell, 0..1.

    Parameters
    ----------
    table
        What was measured of them.
    weights
        Of the terms by name; that of '1' is added.
    """
    names = tuple(name for name in weights if name != CONSTANT)
    total = weights[CONSTANT] + terms(table, names) @ np.array([weights[name] for name in names])
    return np.asarray(1 / (1 + np.exp(-total)), dtype=np.float64)


def among(table: Features, first: Column) -> Features:
    """What pieces that don't overlap are beside the others of their picture.

    Experts take the dim spots of a picture that has bright cells for what lies out of focus;
    where nothing is much brighter than the noise they take dim cells, too.

    Parameters
    ----------
    table
        What was measured of them, one at least.
    first
        (n,) their likeness by the first model.

    Returns
    -------
    dict
        'logit': of the likeness. 'top': contrast of the brighter ones (the third quartile,
        weighted by likeness²); 'clear': the same, where it is low. 'dimness': contrast less
        'top'. 'number': logarithm of how many there are, weighted so. 'faintness': contrast,
        where it is low. The others are as they were measured.
    """
    weight = np.clip(first - _UNLIKE, 0.01, 1) ** 2
    contrast = table["contrast"]
    order = np.argsort(contrast, kind="stable")
    share = np.cumsum(weight[order])
    top = contrast[order][np.searchsorted(share, _USUAL_BRIGHTNESS * share[-1])]
    return {
        "logit": np.log((first + 1e-6) / (1 - first + 1e-6)),
        "top": np.full(first.size, top),
        "clear": np.full(first.size, min(top, _CLEAR)),
        "dimness": contrast - top,
        "number": np.full(first.size, np.log1p(weight.sum())),
        "faintness": np.minimum(contrast, _FAINT),
        **{name: table[name] for name in ("crowd", "detail", "grain", "step")},
    }
