"""Two processes on one folder: whatever the order of what they do, no update is lost."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from PIL import Image

from tests.session.actor import SIDE

INTERLEAVINGS = 100  # for two windows, and as many for two computers
STEPS = 14
NAMES = ("a.png", "b.png")


class Actor:
    """One of the two processes, and what the test knows of it."""

    def __init__(self, root: Path, stack: ExitStack) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.session.actor", str(root)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=Path(__file__).parents[2],
        )
        stack.callback(self.end)
        self.open: dict[Path, bool] = {}  # whether it may be edited
        self.saved: dict[Path, set[int]] = {}  # places of the cells that count as saved

    def tell(self, **order: Any) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(order) + "\n")
        self.process.stdin.flush()

    def answer(self) -> Any:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, "the process ended"
        return json.loads(line)

    def end(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait(20)


@contextmanager
def actors(first: Path, second: Path) -> Iterator[list[Actor]]:
    with ExitStack() as stack:
        yield [Actor(first, stack), Actor(second, stack)]


def cells_in(labels: np.ndarray) -> set[int]:
    """Places of the cells in a mask."""
    top, left = np.nonzero(labels[::SIDE, ::SIDE])
    return {int(y) * 40 + int(x) for y, x in zip(top, left, strict=True)}


def order_for(rng: random.Random, actor: Actor, folder: Path, slots: Iterator[int]) -> dict:
    """Something that this process can do now."""
    path = folder / rng.choice(NAMES)
    if path not in actor.open:
        return {"do": "open", "path": str(path), "author": "", "over": rng.random() < 0.4}
    kinds = ["add", "add", "add", "save", "close"] if actor.open[path] else ["close"]
    order = {"do": rng.choice(kinds), "path": str(path)}
    return order | ({"slot": next(slots)} if order["do"] == "add" else {})


def take_note(actor: Actor, order: dict, answer: dict) -> None:
    path = Path(order["path"])
    if order["do"] == "open":
        actor.open[path] = not answer["read_only"]
    elif order["do"] == "add" and answer["saved"]:
        actor.saved.setdefault(path, set()).add(order["slot"])
    elif order["do"] == "close":
        assert answer["closed"]
        del actor.open[path]


def interleave(rng: random.Random, both: list[Actor], folder: Path) -> None:
    slots = iter(range(1600))
    for _ in range(STEPS):
        # Now one alone, now both at once
        acting = both if rng.random() < 0.4 else [rng.choice(both)]
        orders = [(actor, order_for(rng, actor, folder, slots)) for actor in acting]
        for actor, order in orders:
            actor.tell(**order)
        for actor, order in orders:
            take_note(actor, order, actor.answer())
    for actor in rng.sample(both, 2):
        for path in list(actor.open):
            order = {"do": "close", "path": str(path)}
            actor.tell(**order)
            take_note(actor, order, actor.answer())


def check(both: list[Actor], folder: Path) -> int:
    """Every cell that counted as saved is in a file of the folder; returns how many there were."""
    files = folder / "fncells"
    total = 0
    for name in NAMES:
        kept = [cells_in(tifffile.imread(file)) for file in files.glob(f"{name}*.labels.tif")]
        for actor in both:
            saved = actor.saved.get(folder / name, set())
            missing = saved - set().union(*kept)
            assert not missing, (name, missing, sorted(p.name for p in files.iterdir()))
            total += len(saved)
    assert not list(files.glob("*.lock"))
    assert not list(files.glob(".*"))
    return total


@pytest.mark.timeout(600)
@pytest.mark.parametrize("computers", [1, 2])
def test_no_update_is_lost(tmp_path: Path, computers: int) -> None:
    first, second = tmp_path / "data 1", tmp_path / f"data {computers}"
    total = 0
    with actors(first, second) as both:
        for seed in range(INTERLEAVINGS):
            folder = tmp_path / f"pictures {seed}"
            folder.mkdir()
            for name in NAMES:
                Image.fromarray(np.full((160, 160), seed, np.uint8)).save(folder / name)
            interleave(random.Random(seed), both, folder)
            total += check(both, folder)
    assert total > 3 * INTERLEAVINGS
