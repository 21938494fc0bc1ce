"""What the verdicts given in a picture so far say of what is left in it."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_fncells.core.doubt.features import Column, Features

OPEN, NO, YES = -1, 0, 1
"""Verdicts: none yet, it is not so, it is so."""

LOOKED_AT: tuple[str, ...] = (
    *("large", "small", "elongation", "solidity", "contrast", "dim", "bright"),
    *("haze", "sharpness", "spread"),
)
"""Features by which like cells are told."""

_BELIEF = 30.0
"""So many verdicts weigh as much as what is believed beforehand."""
_STRENGTH = 1.0
"""Inverse of how far weights are kept small."""
_HALF = 0.5
_LEAST_SPREAD = 0.3
_MOST = 400
"""Cells that stand for what is believed; of more, every so many-th."""


def learned(
    table: Features, belief: NDArray[np.float64], verdicts: NDArray[np.int8]
) -> NDArray[np.float64]:
    """Chances after the verdicts on some of the rows.

    A logistic model of the belief and of what cells look like, fitted to the verdicts and to the
    belief itself, which many verdicts outweigh and few do not.

    Parameters
    ----------
    table
        What was measured, (n,) columns by name.
    belief
        (n,) chances beforehand, in 0..1.
    verdicts
        (n,) see `YES`.

    Returns
    -------
    ndarray
        (n,) float64 in 0..1; the belief itself where there is no verdict.
    """
    known = np.flatnonzero(verdicts != OPEN)
    if known.size == 0 or belief.size == 0:
        return belief
    rows = _rows(table, belief)
    few = np.arange(0, belief.size, -(-belief.size // _MOST))
    share = _BELIEF / few.size
    model = _fitted(
        np.concatenate([rows[known], rows[few], rows[few]]),
        np.concatenate([verdicts[known], np.ones(few.size), np.zeros(few.size)]),
        np.concatenate([np.ones(known.size), share * belief[few], share * (1 - belief[few])]),
    )
    return np.asarray(model.predict_proba(rows)[:, 1], dtype=np.float64)


def get_ready() -> None:
    """Import what `learned` needs, and do once what the first fit alone does."""
    _fitted(np.eye(2), np.array([0.0, 1.0]), np.ones(2)).predict_proba(np.eye(2))


def _fitted(
    rows: NDArray[np.float64], said: NDArray[np.float64], weight: NDArray[np.float64]
) -> Any:
    # Some seconds at its first import: whoever can waits for it elsewhere, see `get_ready`
    from sklearn.linear_model import LogisticRegression

    # Of the solvers the one whose small steps no threads of a BLAS wait for
    model = LogisticRegression(C=_STRENGTH, solver="newton-cholesky")
    return model.fit(rows, said, sample_weight=weight)


def _rows(table: Features, belief: NDArray[np.float64]) -> NDArray[np.float64]:
    """Logit of the belief, and the features brought to a mean of 0 and a like spread."""
    sure = np.clip(belief, 1e-3, 1 - 1e-3)
    columns: list[Column] = [_HALF * np.log(sure / (1 - sure))]
    for name in LOOKED_AT:
        column = table[name]
        columns.append(_HALF * (column - column.mean()) / (column.std() + _LEAST_SPREAD))
    return np.stack(columns, axis=1)
