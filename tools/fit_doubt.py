"""Fit the weights of the doubt queue and of missed-cell candidates.

    python -m tools.fit_doubt LEFT_OUT

Writes napari_fncells/core/doubt/weights.py. LEFT_OUT is the folder that
`python -m tools.doubt_pictures` has filled. A cell of a draft is wrong where it matches no true
cell by IoU > 0.5, a candidate is right where it shows a true cell that no drafted one matches.
The same pictures give the same weights: nothing is drawn by chance.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable
from itertools import chain
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from napari_fncells.core.auto.likeness import terms
from napari_fncells.core.doubt import weights
from napari_fncells.core.doubt.features import Features
from napari_fncells.core.params import AUTO
from tools.doubt_pictures import (
    SIMULATED,
    Drafter,
    Material,
    real_pictures,
    simulated,
)
from tools.fit_auto import Sample, Weights, fitted, write

_SECOND = tuple(
    f"second {name}" for name in ("likeness", "probability", "likeness level", "probability level")
)
_KINDS = ("likeness", "probability")
OF_CELLS: tuple[str, ...] = (
    *(*_KINDS, "likeness margin", "probability margin", "height margin", *_SECOND),
    *("contrast", "dim", "bright", "small", "large", "solidity", "haze", "unevenness"),
    *("sharpness", "contact", "border", "elongation", "number"),
    *("usual contrast", "usual haze"),
)
OF_CANDIDATES: tuple[str, ...] = (
    *(*_KINDS, "likeness level", "probability level", "height margin", *_SECOND, "stray"),
    *("contrast", "dim", "bright", "small", "large", "solidity", "haze", "unevenness"),
    *("sharpness", "contact", "border", "elongation", "number"),
    *("usual contrast", "usual haze"),
)
SHARES = {"yellow": 1.5, "red": 1.5, "green": 0.3, "DeepFLaSH": 0.1, SIMULATED: 0.3}
"""How much a picture counts. Simulated ones know no outlines in doubt, and count little."""
USUAL = 20
"""Rows beyond which a picture counts by the root of their number."""
RIDGE = 20.0
WEIGHTS_FILE = Path(weights.__file__)
ABOUT = """Weights by which cells are doubted, and missed ones are likely.

Fitted to real and simulated pictures by `tools/fit_doubt.py`, which writes the numbers.
"""

Column = NDArray[np.float64]


def cell_weights(train: Iterable[Material]) -> Weights:
    usual = (one for one in train if _counts(one) and not one.strict)
    samples = [_sample(one, one.cells, one.wrong, OF_CELLS) for one in usual]
    return fitted(samples, OF_CELLS, RIDGE)


def candidate_weights(train: Iterable[Material]) -> Weights:
    samples = [
        _sample(
            one,
            one.candidates,
            np.array([bool(seen) for seen in one.seen_at_candidates], dtype=bool),
            OF_CANDIDATES,
        )
        for one in train
        if _counts(one)
    ]
    return fitted(samples, OF_CANDIDATES, RIDGE)


def _counts(one: Material) -> bool:
    """Whether is learned from it: of automatic drafts, those that never saw their picture."""
    return one.method != AUTO or one.group == SIMULATED


def _sample(
    one: Material, table: Features, target: NDArray[np.bool_], names: tuple[str, ...]
) -> Sample:
    weight = SHARES[one.group] / np.sqrt(target.size / USUAL + 1)
    rows = terms(table, names)
    return Sample(rows, target.astype(np.float64), np.full(target.size, weight))


def training(left_out: Path) -> list[Material]:
    """Every picture of the fit, by every method."""
    drafter = Drafter(left_out)
    found = []
    for picture in chain(real_pictures(), simulated()):
        print(picture.name, file=sys.stderr, flush=True)
        found += list(drafter.drafts(picture, strict=True))
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("left_out", type=Path)
    every = training(parser.parse_args().left_out)
    write(
        WEIGHTS_FILE,
        ABOUT,
        {
            "CELL_WEIGHTS": (cell_weights(every), "Of what makes a drafted cell wrong."),
            "CANDIDATE_WEIGHTS": (candidate_weights(every), "Of what makes a candidate a cell."),
        },
    )


if __name__ == "__main__":
    main()
