"""How like a cell a piece is: by itself, and among the cells of its picture."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from napari_fncells.core.auto.features import NAMES

Column = NDArray[np.float64]
Table = NDArray[np.float64]
Chosen = NDArray[np.int64]

_LIMIT = 8.0
"""Features beyond it, in logarithms or shares, say no more."""
_INDEX = {name: number for number, name in enumerate(NAMES)}
_SQUARED = (
    "area",
    "elongation",
    "fill",
    "roundness",
    "rim",
    "peak",
    "brightness",
    "step",
    "contrast",
    "thickness",
    "crowd",
    "core",
    "ring",
    "fine",
    "cut",
    "rim_height",
    "share",
)
_PAIRS = (
    ("area", "roundness"),
    ("area", "rim"),
    ("peak", "brightness"),
    ("rim", "step"),
    ("contrast", "step"),
    ("area", "peak"),
    ("brightness", "ring"),
    ("cut", "roundness"),
    ("cut", "area"),
    ("relief", "area"),
    ("relief", "rim"),
    ("relief", "step"),
)
_COMPARED = (
    "area",
    "contrast",
    "rim_height",
    "peak",
    "step",
    "roundness",
    "evenness",
    "grain",
    "fine",
)
"""Features by which a piece is compared with the cells of its picture."""
_DOUBT = 0.15
"""Likeness up to which a piece says nothing of what the cells of its picture are like."""
_FEW = 0.3
"""Added to the number of cells, so that none has a logarithm."""
_BRIGHT = 0.85
"""Quantile of the contrast of cells that counts as that of the bright ones."""

ALONE = (
    *NAMES,
    *(f"{name}²" for name in _SQUARED),
    *(f"{first} x {second}" for first, second in _PAIRS),
)
"""What the first look at a piece weighs."""
AMONG = (
    *ALONE,
    "first look",
    *(f"{name} to typical" for name in _COMPARED),
    "contrast to bright",
    *(f"({name} to typical)²" for name in _COMPARED),
    "(contrast to bright)²",
    "number",
    "typical contrast",
    "typical area",
    "first look x area to typical",
    "first look x contrast to typical",
    "area to typical x contrast to typical",
    "contrast to typical x number",
    "first look x number",
)
"""What the second look weighs: the piece beside the cells that the first one found."""


@dataclass(frozen=True)
class Judge:
    """A logistic model.

    Attributes
    ----------
    bias
        Log-odds where all figures are 0.
    weights
        Log-odds for each unit of each figure.
    """

    bias: float
    weights: Column

    @classmethod
    def of(cls, bias: float, weights: dict[str, float], names: tuple[str, ...]) -> Judge:
        """Make one of weights by name; a figure without a name weighs nothing."""
        return cls(bias, np.array([weights.get(name, 0.0) for name in names]))

    def likeness(self, figures: Table) -> Column:
        """(n, k) figures to (n,) likenesses in 0..1."""
        # Not a matrix product: its sums differ with the number of rows
        odds = self.bias + np.einsum("nk,k->n", figures, self.weights)
        likeness: Column = 1 / (1 + np.exp(-np.clip(odds, -30, 30)))
        return likeness


def alone(table: Table) -> Table:
    """Figures of the first look: (n, len(NAMES)) to (n, len(ALONE))."""
    table = np.clip(table, -_LIMIT, _LIMIT)
    squares = [table[:, _INDEX[name]] ** 2 for name in _SQUARED]
    products = [table[:, _INDEX[first]] * table[:, _INDEX[second]] for first, second in _PAIRS]
    return np.column_stack([table, *squares, *products])


@dataclass(frozen=True)
class Typical:
    """What the cells of a picture are like.

    Attributes
    ----------
    figures
        Medians of the features in `_COMPARED`.
    contrast
        Of the bright ones.
    number
        Of cells, each counted by how sure it is.
    """

    figures: Column
    contrast: float
    number: float

    @classmethod
    def of(cls, table: Table, likeness: Column, chosen: Chosen) -> Typical:
        """Read it off the pieces chosen at the first look.

        Parameters
        ----------
        table, likeness
            (n, len(NAMES)) and (n,) of all pieces.
        chosen
            Which of them are chosen; where none is likely, the likeliest of all stands in.
        """
        weight = np.maximum(likeness[chosen] - _DOUBT, 0) ** 2
        number = float(weight.sum())
        if number <= 0:
            chosen, weight = np.array([int(likeness.argmax())]), np.ones(1)
        cells = np.clip(table[chosen], -_LIMIT, _LIMIT)
        figures = [_quantile(cells[:, _INDEX[name]], weight, 0.5) for name in _COMPARED]
        bright = _quantile(cells[:, _INDEX["contrast"]], weight, _BRIGHT)
        return cls(np.array(figures), bright, number)

    def feature(self, name: str) -> float:
        """Median of one of the features compared."""
        return float(self.figures[_COMPARED.index(name)])


def among(table: Table, likeness: Column, typical: Typical) -> Table:
    """Figures of the second look: (n, len(NAMES)) to (n, len(AMONG)).

    Parameters
    ----------
    table, likeness
        Features and first likenesses of all pieces.
    typical
        The cells among which they are.
    """
    clipped = np.clip(table, -_LIMIT, _LIMIT)
    first = np.log((likeness + 1e-4) / (1 - likeness + 1e-4))
    compared = clipped[:, [_INDEX[name] for name in _COMPARED]] - typical.figures
    to_bright = clipped[:, [_INDEX["contrast"]]] - typical.contrast
    beside = np.column_stack([compared, to_bright])
    number = np.full(len(table), np.log(typical.number + _FEW))
    area = compared[:, _COMPARED.index("area")]
    contrast = compared[:, _COMPARED.index("contrast")]
    return np.column_stack(
        [
            alone(table),
            first,
            beside,
            beside**2,
            number,
            np.full(len(table), typical.feature("contrast")),
            np.full(len(table), typical.feature("area")),
            first * area,
            first * contrast,
            area * contrast,
            contrast * number,
            first * number,
        ]
    )


def _quantile(values: Column, weight: Column, share: float) -> float:
    """Least value below or at which lies this share of the weight."""
    order = np.argsort(values, kind="stable")
    total = np.cumsum(weight[order])
    at = int(np.searchsorted(total, share * total[-1]))
    return float(values[order][min(at, values.size - 1)])
