"""What a gesture costs without the frame: document, overlay, layer and journal, no window.

The groups compare pictures of five sizes: no cost may grow with the picture, the number of its
cells or the length of its history. The largest is edited through its work area.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from napari.components import ViewerModel
from napari.layers import Image as ImageLayer

from benchmarks import scenes
from napari_fncells.io.images import Image
from napari_fncells.viewer.pictures import image_layer_data
from napari_fncells.viewer.workspace import Workspace, workspace_of

LONG = 10_000
"""Edits of a long history."""
_ROUNDS = 40


class Bench:
    """A workspace with a drafted picture; gestures go to a tile in its middle."""

    def __init__(self, shape: tuple[int, int]) -> None:
        pixels, labels = scenes.tiled(shape)
        self.viewer = ViewerModel()
        self.workspace: Workspace = workspace_of(self.viewer)
        data, meta, _ = image_layer_data(Image(pixels, name="scene.png"))
        self.viewer.add_layer(ImageLayer(data, **meta))
        self.session = self.workspace.require_session()
        self.session.adopt(labels, "scene")
        self.corner = scenes.middle_corner(shape)
        # The draft of a large picture takes the journal's thread seconds: not what is measured
        assert any(self.workspace.saving.flush() for _ in range(60))

    def at(self, point: scenes.Point) -> tuple[int, int]:
        row, column = scenes.moved([point], self.corner)[0]
        return round(row), round(column)

    def path(self, path: scenes.Path) -> np.ndarray:
        return np.array(scenes.moved(path, self.corner))

    def select(self, point: scenes.Point) -> None:
        self.workspace.review.select_at(*self.at(point))

    def stroke(self, point: scenes.Point) -> None:
        row, column = self.at(point)
        mask: Any = self.workspace.mask_layer
        label = int(mask.document.labels[row, column])
        with mask.block_history():
            for step in range(0, 40, 5):
                place = (row - mask.area.top, column + step - mask.area.left)
                mask.paint(place, label)

    def close(self) -> None:
        self.workspace.saving.close()


def lengthen(bench: Bench, edits: int) -> None:
    """Make a history that long, with half of the cells of all tiles but ours removed."""
    document, session = bench.session.document, bench.session
    mine = {int(i) for i in np.unique(document.labels[_tile_slices(bench)])}
    others = [cell.id for cell in document.cells if cell.id not in mine]
    for i in others[::2]:
        session.remove(i)
    cell = min(mine - {0})
    while document.edit_count < edits:
        session.unsure(cell)
        session.accept(cell)


def _tile_slices(bench: Bench) -> tuple[slice, slice]:
    (top, left), (rows, columns) = bench.corner, scenes.BASE
    return slice(top, top + rows), slice(left, left + columns)


@pytest.fixture(scope="module", params=scenes.SHAPES, ids=lambda s: "x".join(map(str, s)))
def bench(request: pytest.FixtureRequest) -> Iterator[Bench]:
    found = Bench(request.param)
    yield found
    found.close()


@pytest.fixture(scope="module", params=["short", "1200x1600", "16000x16000"])
def long_bench(request: pytest.FixtureRequest) -> Iterator[Bench]:
    """Short: nothing but the draft; else 10,000 edits, and 5,000 cells in the larger picture."""
    found = Bench((16_000, 16_000) if request.param == "16000x16000" else scenes.BASE)
    if request.param != "short":
        lengthen(found, LONG)
    yield found
    found.close()


T = scenes.tile
GESTURES: dict[str, Callable[[Bench], object]] = {
    "remove": lambda b: b.workspace.correction.fix_at(*b.at(T().cells[3])),
    "add": lambda b: b.workspace.correction.fix_at(*b.at(T().grounds[0])),
    "cut": lambda b: b.workspace.correction.cut_or_join(b.path(T().cuts[3])),
    "join": lambda b: b.workspace.correction.cut_or_join(b.path(T().joins[3])),
    "lasso": lambda b: b.workspace.correction.remove_inside(b.path(T().lassos[0])),
    "trace": lambda b: b.workspace.correction.trace(b.path(T().traces[0])),
    "split": lambda b: b.workspace.review.split(),
    "smooth": lambda b: b.workspace.review.smooth(),
    "accept": lambda b: b.workspace.review.accept(),
    "wheel": lambda b: b.workspace.review.resize(1),
    "stroke": lambda b: b.stroke(T().cells[3]),
}


def measure(benchmark: Any, bench: Bench, name: str, *, undo: bool) -> None:
    """Time a gesture, undone before every round, or its undo, done before every round."""
    document = bench.session.document
    start = document.edit_count

    def done() -> None:
        before = document.edit_count
        GESTURES[name](bench)
        assert document.edit_count > before, bench.viewer.status

    def prepare() -> None:
        if not undo and document.edit_count > start:
            bench.workspace.undo()
        bench.select(T().clumps[0])
        if undo:
            done()

    benchmark.pedantic(
        bench.workspace.undo if undo else done, setup=prepare, rounds=_ROUNDS, warmup_rounds=3
    )
    assert document.edit_count >= start + _ROUNDS
    if not undo:
        bench.workspace.undo()


@pytest.mark.parametrize("name", GESTURES)
def test_gesture(benchmark: Any, bench: Bench, name: str) -> None:
    benchmark.group = f"{name}, by size of the picture"
    measure(benchmark, bench, name, undo=False)


@pytest.mark.parametrize("name", GESTURES)
def test_undo(benchmark: Any, bench: Bench, name: str) -> None:
    benchmark.group = f"undo of {name}, by size of the picture"
    measure(benchmark, bench, name, undo=True)


@pytest.mark.parametrize("name", ["remove", "add", "cut", "stroke"])
def test_gesture_after_many(benchmark: Any, long_bench: Bench, name: str) -> None:
    benchmark.group = f"{name}, by length of the history"
    measure(benchmark, long_bench, name, undo=False)


@pytest.mark.parametrize("name", ["remove"])
def test_undo_after_many(benchmark: Any, long_bench: Bench, name: str) -> None:
    benchmark.group = f"undo of {name}, by length of the history"
    measure(benchmark, long_bench, name, undo=True)
