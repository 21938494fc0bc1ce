"""Speed of every correction on pictures of three sizes: the cost must not grow with them.

Each is measured with the undo that follows, so that every round meets the same mask.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import pytest

from napari_fncells.core.adjacency import Adjacency
from napari_fncells.core.document import Document
from napari_fncells.core.doubt.doubts import Doubts
from napari_fncells.core.doubt.sight import Sight
from napari_fncells.io.images import Image
from napari_fncells.session.image import ImageSession, Outcome

SHAPES = ((1200, 1600), (4096, 4096), (10_000, 10_000))
TILE = 200


class Bench(NamedTuple):
    session: ImageSession
    clump: int
    first: int
    second: int
    origin: tuple[int, int]


def tile() -> tuple[np.ndarray, np.ndarray]:
    """Intensity and cells of one tile: a clump, two cells side by side, one not yet marked."""
    rows, columns = np.mgrid[:TILE, :TILE]

    def disk(row: float, column: float, radius: float) -> np.ndarray:
        return np.hypot(rows - row, columns - column) < radius

    labels = np.zeros((TILE, TILE), np.uint16)
    labels[disk(50, 40, 18) | disk(50, 66, 16)] = 1
    labels[disk(50, 130, 15)] = 2
    labels[disk(50, 166, 15)] = 3
    light = np.random.default_rng(0).normal(20, 2, (TILE, TILE))
    light[(labels > 0) | disk(140, 100, 16)] += 100
    return light.astype(np.uint8), labels


@pytest.fixture(scope="module", params=SHAPES, ids=lambda shape: "x".join(map(str, shape)))
def bench(request: pytest.FixtureRequest) -> Bench:
    """A picture with as many tiles along its diagonal as it holds; gestures go to the middle."""
    rows, columns = request.param
    light, cells = tile()
    pixels = np.tile(light, (-(-rows // TILE), -(-columns // TILE)))[:rows, :columns].copy()
    labels = np.zeros((rows, columns), np.uint16)
    count = min(rows, columns) // TILE
    for k in range(count):
        at = slice(k * TILE, (k + 1) * TILE)
        labels[at, at] = np.where(cells, cells + 3 * k, 0)
    session = ImageSession(Image(pixels))
    session.adopt(labels, "bench")
    middle = count // 2
    ids = (3 * middle + i for i in (1, 2, 3))
    return Bench(session, *ids, (middle * TILE, middle * TILE))


def place(bench: Bench, *points: tuple[float, float]) -> list[tuple[float, float]]:
    return [(row + bench.origin[0], column + bench.origin[1]) for row, column in points]


GESTURES: dict[str, Callable[[Bench], Outcome]] = {
    "remove": lambda b: b.session.remove(b.first),
    "add": lambda b: b.session.fix_at(*(int(v) for v in place(b, (140, 100))[0])),
    "lasso": lambda b: b.session.remove_inside(place(b, (20, 10), (20, 195), (80, 195), (80, 10))),
    "cut": lambda b: b.session.cut_or_join(place(b, (30, 130), (70, 130))),
    "join": lambda b: b.session.cut_or_join(place(b, (50, 130), (50, 166))),
    "split": lambda b: b.session.split(b.clump),
    "trace": lambda b: b.session.trace(place(b, (120, 80), (120, 120), (160, 120), (160, 80))),
    "resize": lambda b: b.session.resize(b.first, 1),
    "smooth": lambda b: b.session.smooth(b.clump),
    "accept": lambda b: b.session.accept(b.first),
}


@pytest.mark.parametrize("name", GESTURES)
def test_gesture(benchmark, bench: Bench, name: str) -> None:
    benchmark.group = name

    def gesture_and_undo() -> None:
        assert GESTURES[name](bench).edit is not None
        bench.session.document.undo()

    benchmark(gesture_and_undo)


@pytest.mark.benchmark(group="revert")
def test_revert(benchmark, bench: Bench) -> None:
    document = bench.session.document
    assert bench.session.remove(bench.first).edit is not None

    def revert_and_undo() -> None:
        assert bench.session.revert(bench.first).edit is not None
        document.undo()

    benchmark(revert_and_undo)
    document.undo()


@pytest.mark.benchmark(group="describe")
def test_describe(benchmark, bench: Bench) -> None:
    benchmark(bench.session.describe, bench.first)


@pytest.mark.benchmark(group="touching pairs after an edit")
def test_adjacency(benchmark, bench: Bench) -> None:
    document: Document = bench.session.document
    adjacency = Adjacency(document)

    def edit_and_undo() -> None:
        bench.session.remove(bench.first)
        document.undo()

    benchmark(edit_and_undo)
    adjacency.close()


@pytest.mark.benchmark(group="next to review")
def test_walk(benchmark, bench: Bench) -> None:
    """A cell decided on and the next one found: grows with the cells, not with the pixels."""
    session, doubting = bench.session, bench.session.doubting
    doubting.ranking()

    def decide_and_go_on() -> None:
        session.accept(bench.first)
        doubting.walk.forward(doubting.ranking().by_doubt, doubting.wanted)
        session.document.undo()

    benchmark(decide_and_go_on)


@pytest.mark.benchmark(group="doubts of all cells")
def test_doubts(benchmark, bench: Bench) -> None:
    document = bench.session.document
    sight = Sight.of(bench.session.plane)
    benchmark(lambda: Doubts(document, sight).ranking())
