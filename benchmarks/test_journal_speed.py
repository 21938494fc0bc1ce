"""Speed of keeping the work: what the expert could notice of it."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pytest

from napari_fncells.core.changes import add_cell, remove_cell
from napari_fncells.core.document import Document
from napari_fncells.core.geometry import Box
from napari_fncells.core.grow import Region
from napari_fncells.io.images import Image
from napari_fncells.session.keeping import Keeper

SHAPE = (1200, 1600)
DISK = np.hypot(*np.mgrid[-20:20, -20:20]) < 18


def image(folder: Path, shape: tuple[int, int] = SHAPE) -> Image:
    folder.mkdir(parents=True, exist_ok=True)
    return Image(np.zeros(shape, np.uint8), folder / "a.png", "a.png", "0" * 64)


def work(document: Document, edits: int, rng: np.random.Generator) -> None:
    """Add and remove round cells; where many edits are asked for, most undo and redo."""
    rows, columns = document.shape
    while document.edit_count < min(edits, 3000):
        top, left = int(rng.integers(0, rows - 40)), int(rng.integers(0, columns - 40))
        change = add_cell(document, Region(Box(top, left, top + 40, left + 40), DISK, 1.0))
        cell = document.cell_at(top + 20, left + 20)
        if change is None or rng.random() < 0.3:
            change = cell and remove_cell(document, cell)
        if change is not None:
            document.commit(change)
    while document.edit_count < edits:
        for _ in range(3):
            document.undo()
        for _ in range(3):
            document.redo()


@pytest.fixture(scope="module", params=[2_000, 20_000, 100_000])
def kept(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with a journal of so many edits, closed."""
    folder = tmp_path_factory.mktemp("kept")
    keeper = Keeper.open(image(folder), "Ada", folder / "data")
    work(keeper.document, request.param, np.random.default_rng(1))
    assert keeper.close(120)
    return folder


@pytest.mark.benchmark(group="open")
def test_open(benchmark, kept: Path) -> None:
    def close(keeper: Keeper) -> None:
        keeper.close(files=False)

    def fresh() -> tuple[tuple[Image, str, Path], dict[str, object]]:
        return (image(kept), "Ada", kept / "data"), {}

    opened: list[Keeper] = []

    def open_once(*args: object) -> None:
        while opened:
            close(opened.pop())
        began = time.perf_counter()
        opened.append(Keeper.open(*args))  # type: ignore[arg-type]
        benchmark.extra_info["seconds"] = time.perf_counter() - began

    benchmark.pedantic(open_once, setup=fresh, rounds=5)
    close(opened.pop())


@pytest.mark.benchmark(group="edit with and without a journal")
@pytest.mark.parametrize("shape", [SHAPE, (20_000, 20_000)], ids=["2 MP", "400 MP"])
@pytest.mark.parametrize("journal", [False, True], ids=["memory", "journal"])
def test_edit(benchmark, tmp_path: Path, shape: tuple[int, int], journal: bool) -> None:
    """What the thread of the window spends on an edit: adding a cell and taking it back."""
    picture = Image(np.broadcast_to(np.uint8(0), shape), tmp_path / "a.png", "a.png", "0" * 64)
    keeper = Keeper.open(picture, "Ada", tmp_path / "data") if journal else None
    document = keeper.document if keeper else Document(shape)
    box = Box(100, 100, 140, 140)

    def edit_and_undo() -> None:
        change = add_cell(document, Region(box, DISK, 1.0))
        assert change is not None
        document.commit(change)
        document.undo()

    benchmark(edit_and_undo)
    if keeper:
        assert keeper.flush(60)
        keeper.close(60, files=False)


@pytest.mark.benchmark(group="from edit to disk")
def test_acknowledged(benchmark, tmp_path: Path) -> None:
    keeper = Keeper.open(image(tmp_path), "Ada", tmp_path / "data")
    box = Box(100, 100, 140, 140)

    def edit_and_flush() -> None:
        change = add_cell(keeper.document, Region(box, DISK, 1.0))
        assert change is not None
        keeper.document.commit(change)
        keeper.document.undo()
        assert keeper.flush(20)

    benchmark(edit_and_flush)
    keeper.close(files=False)


@pytest.mark.benchmark(group="mask files")
def test_mask_files(benchmark, tmp_path: Path) -> None:
    keeper = Keeper.open(image(tmp_path), "Ada", tmp_path / "data")
    work(keeper.document, 1000, np.random.default_rng(1))

    def another() -> None:
        keeper.document.undo()
        keeper.save_files()

    benchmark.pedantic(another, rounds=10)
    keeper.close(files=False)


@pytest.mark.benchmark(group="poll")
def test_state(benchmark, tmp_path: Path) -> None:
    keeper = Keeper.open(image(tmp_path), "Ada", tmp_path / "data")
    benchmark(lambda: keeper.state.settled)
    keeper.close(files=False)
