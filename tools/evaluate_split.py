"""How well clumps are split by their shape, on clumps of simulated pictures.

A clump is a piece of the true mask in which two or more true cells touch, taken as one cell.
It counts as split right if as many parts come out as there are cells, each with IoU >= 0.7 to
one of them. A piece that is one true cell counts as split wrongly if parts come out at all.
The seeds are others than those on which the parameters were chosen (100 to 117).
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from time import perf_counter

import numpy as np
from numpy.typing import NDArray

from napari_fncells.core.clump import parts_by_shape
from napari_fncells.core.labels import boxes, label, present
from napari_fncells.core.simulate import simulate_image

KINDS = ("crowded", "red", "green", "sparse")
IOU = 0.7


def pieces_of(kind: str, seeds: range) -> Iterator[NDArray[np.uint16]]:
    """True cells of every 8-connected piece of the masks."""
    for seed in seeds:
        truth = simulate_image(kind, seed)[1]
        regions = label(truth > 0)
        for region, box in boxes(regions).items():
            yield np.where(regions[box] == region, truth[box], 0).astype(np.uint16)


def split_right(truth: NDArray[np.uint16], parts: NDArray[np.int32]) -> bool:
    """Whether the parts are the true cells, one to one."""
    cells, found = present(truth), present(parts)
    if cells.size != found.size:
        return False
    ious = [
        max(
            np.count_nonzero((truth == cell) & (parts == part))
            / np.count_nonzero((truth == cell) | (parts == part))
            for part in found
        )
        for cell in cells
    ]
    # More than half of both: no part can serve for two cells
    return min(ious) >= IOU


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pictures", type=int, default=20, help="pictures of each kind")
    count = parser.parse_args().pictures
    print("| pictures | clumps | split right | single cells | split wrongly | ms each |")
    print("|---|---|---|---|---|---|")
    total = np.zeros(5)
    for kind in KINDS:
        figures = np.zeros(5)
        for truth in pieces_of(kind, range(count)):
            start = perf_counter()
            parts = parts_by_shape(truth > 0)
            seconds = perf_counter() - start
            if present(truth).size > 1:
                figures += (1, split_right(truth, parts), 0, 0, seconds)
            else:
                figures += (0, 0, 1, parts.max() > 1, seconds)
        print(row(kind, figures))
        total += figures
    print(row("all", total))


def row(name: str, figures: NDArray[np.float64]) -> str:
    """One line of the table."""
    clumps, right, singles, wrong, seconds = figures
    return (
        f"| {name} | {clumps:.0f} | {right / max(clumps, 1):.1%} | {singles:.0f} "
        f"| {wrong / max(singles, 1):.1%} | {1e3 * seconds / max(clumps + singles, 1):.1f} |"
    )


if __name__ == "__main__":
    main()
