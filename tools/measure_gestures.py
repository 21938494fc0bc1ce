"""How long gestures take in the real window, from the event to the frame and to the disk.

    tools/with_display.sh .venv/bin/python tools/measure_gestures.py [--json FILE] [SIZE ...]
    tools/with_display.sh .venv/bin/python tools/measure_gestures.py 1200 --only walk candidates

Each size is measured in a process of its own. Every gesture is undone, which is measured, too.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import numpy as np
import psutil
from qtpy.QtCore import Qt

from benchmarks import scenes
from benchmarks.desk import CTRL, SHIFT, Desk, Times
from benchmarks.stock import measure_stock

Key = Qt.Key
GESTURES: dict[str, Callable[[Desk, int], None]] = {}
Places = Sequence[Any]
_RUN = 10
"""So many decisions follow one another: there are some 40 cells."""
_HASTY = 3


def gesture(act: Callable[[Desk, int], None]) -> Callable[[Desk, int], None]:
    """Measure this one, too."""
    GESTURES[act.__name__] = act
    return act


def undo(desk: Desk, *, redo: bool = False) -> None:
    """Take the gesture back; once more where redo is measured."""
    desk.edit("Ctrl+Z", lambda: desk.key(Key.Key_Z, CTRL))
    if redo:
        desk.edit("Ctrl+Shift+Z", lambda: desk.key(Key.Key_Z, CTRL | SHIFT))
        desk.edit("Ctrl+Z", lambda: desk.key(Key.Key_Z, CTRL))


def over(places: Places, repeats: int) -> Places:
    return list(islice(cycle(places), repeats))


@gesture
def remove(desk: Desk, repeats: int) -> None:
    for place in over(scenes.tile().cells, repeats):
        desk.edit("Shift+click removes", lambda p=place: desk.click(p, SHIFT))
        undo(desk, redo=True)


@gesture
def add(desk: Desk, repeats: int) -> None:
    for place in over(scenes.tile().grounds, repeats):
        desk.edit("Shift+click adds", lambda p=place: desk.click(p, SHIFT))
        undo(desk)


@gesture
def resize(desk: Desk, repeats: int) -> None:
    for place in over(scenes.tile().cells, repeats):
        desk.timed("click selects", lambda p=place: desk.click(p))
        desk.edit("Shift+wheel", lambda p=place: desk.wheel(p, SHIFT))
        undo(desk)


@gesture
def drags(desk: Desk, repeats: int) -> None:
    tile = scenes.tile()
    for name, paths, modifiers in (
        ("Ctrl+drag cuts", tile.cuts, CTRL),
        ("Ctrl+drag joins", tile.joins, CTRL),
        ("Shift+drag lassos 5 cells", tile.lassos, SHIFT),
        ("Ctrl+Shift+drag traces", tile.traces, CTRL | SHIFT),
    ):
        for path in over(paths, repeats):
            desk.drag(name, path, modifiers)
            undo(desk)


@gesture
def keys(desk: Desk, repeats: int) -> None:
    tile = scenes.tile()
    for name, key, places in (
        ("S splits", Key.Key_S, tile.clumps),
        ("A accepts", Key.Key_A, tile.cells),
        ("W smooths", Key.Key_W, tile.rough),
    ):
        for place in over(places, repeats):
            desk.click(place)
            desk.edit(name, lambda k=key: desk.key(k))
            if key == Key.Key_W:
                desk.edit("R reverts", lambda: desk.key(Key.Key_R))
                undo(desk)
            undo(desk)


@gesture
def strokes(desk: Desk, repeats: int) -> None:
    for name, key in (("brush", Key.Key_P), ("eraser", Key.Key_E)):
        desk.key(key)
        for row, column in over(scenes.tile().cells, repeats):
            path = [(row, column + step) for step in range(0, 40, 5)]
            desk.drag(name, path)
            undo(desk)
        desk.key(Key.Key_Z)


@gesture
def walk(desk: Desk, repeats: int) -> None:
    desk.timed("N, the first", lambda: desk.key(Key.Key_N))
    # Beside the work cells are measured, and what learns of verdicts is imported
    for _ in range(_HASTY):
        desk.edit("A at once after it, and on", lambda: desk.key(Key.Key_A))
    rest(desk)
    for _ in range(_HASTY):
        desk.edit("Ctrl+Z goes back to the cell", lambda: desk.key(Key.Key_Z, CTRL))
    desk.edit("A, the first that is learned of", lambda: desk.key(Key.Key_A))
    desk.edit("Ctrl+Z goes back to the cell", lambda: desk.key(Key.Key_Z, CTRL))
    for name, key in (
        ("A accepts and goes on", Key.Key_A),
        ("D removes and goes on", Key.Key_D),
        ("U marks as unsure and goes on", Key.Key_U),
    ):
        decide(desk, name, key, "Ctrl+Z goes back to the cell", repeats)
    for _ in range(repeats):
        desk.timed("N steps", lambda: desk.key(Key.Key_N))
    desk.key(Key.Key_Escape)
    desk.look()


@gesture
def candidates(desk: Desk, repeats: int) -> None:
    missed = desk.workspace.review.missed

    def judged() -> None:
        """Let the hand wait for the outline it decides on."""
        desk.pilot.wait_until(lambda: not desk.workspace.glide.going, "the candidate", 10)
        missed.watch()

    desk.timed("G, the first", lambda: desk.key(Key.Key_G))
    rest(desk)
    there = len(desk.workspace.session.doubting.likely().chances)
    back = "Ctrl+Z goes back to the candidate"
    for name, key, before in (
        ("A adopts and goes on", Key.Key_A, judged),
        ("A before the outline was shown", Key.Key_A, None),
        ("D dismisses and goes on", Key.Key_D, None),
    ):
        decide(desk, name, key, back, repeats, length=there - 1, before=before)
    for _ in range(repeats):
        desk.timed("G, with the outline that A adopts", lambda: desk.key(Key.Key_G))
    desk.key(Key.Key_Escape)
    desk.look()


@gesture
def parts(desk: Desk, repeats: int) -> None:
    row, column = (c + s / 2 for c, s in zip(desk.corner, scenes.BASE, strict=True))
    desk.pilot.look_at(row, column, 1.0)
    for _ in range(repeats):
        desk.timed("Q goes to the next part", lambda: desk.key(Key.Key_Q))
    desk.look()


def decide(
    desk: Desk,
    name: str,
    key: Any,
    back: str,
    repeats: int,
    length: int = _RUN,
    before: Callable[[], None] | None = None,
) -> None:
    """Decide on what was walked to, and on what follows; take it all back, and so on."""
    length = min(length, _RUN)
    for begin in range(0, repeats, length):
        run = range(min(length, repeats - begin))
        for _ in run:
            if before is not None:
                before()
            desk.edit(name, lambda: desk.key(key))
        for _ in run:
            desk.edit(back, lambda: desk.key(Key.Key_Z, CTRL))


def rest(desk: Desk) -> None:
    """Let what goes on beside the work come to its end."""
    desk.pilot.wait_until(lambda: not desk.widget.looker.busy, "all doubts", 120)


# -- one size ---------------------------------------------------------------------------------


def measure(
    shape: tuple[int, int], repeats: int, folder: Path, only: Sequence[str] = ()
) -> dict[str, Any]:
    """Everything about one size, or some of the gestures alone."""
    begin = time.perf_counter()
    desk = Desk(shape, folder)
    found: dict[str, Any] = {
        "shape": shape,
        "repeats": repeats,
        "cells": desk.document.counts.final,
    }
    found["opened_s"] = round(time.perf_counter() - begin, 1)
    desk.empty_frames(5)
    found["empty frame"] = percentiles(desk.empty_frames(repeats))
    for name, act in GESTURES.items():
        if not only or name in only:
            act(desk, repeats)
    found["empty frame, afterwards"] = percentiles(desk.empty_frames(repeats))
    found["gestures"] = {name: summary(times) for name, times in desk.times.items()}
    found["edits"] = desk.document.edit_count
    begin = time.perf_counter()
    desk.keeper.files_job()
    found["copy for the mask files, ms"] = 1000 * (time.perf_counter() - begin)
    found["rss_mib"] = psutil.Process().memory_info().rss >> 20
    stock = {} if only else measure_stock(desk, repeats)
    found["stock"] = {n: summary(t) for n, t in stock.items()}
    desk.close()
    return found


def summary(times: Times) -> dict[str, Any]:
    return {
        "n": len(times.handled),
        "handled": percentiles(times.handled),
        "drawn": percentiles(times.drawn),
        "worked": percentiles(times.worked),
        "saved": percentiles(times.saved),
    }


def percentiles(found: Sequence[float]) -> list[float] | None:
    """Median and 95th percentile, in ms."""
    if not found:
        return None
    return [round(float(v), 2) for v in np.nanpercentile(found, [50, 95])]


# -- all sizes --------------------------------------------------------------------------------


def main() -> None:
    """Measure the sizes asked for and print tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sizes", nargs="*", type=int, help="rows; all sizes where omitted")
    parser.add_argument("--repeats", type=int, default=30)
    parser.add_argument("--only", nargs="+", choices=list(GESTURES), default=[])
    parser.add_argument("--json", type=Path, help="file for all figures")
    parser.add_argument("--one", action="store_true", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    shapes = [s for s in scenes.SHAPES if not asked.sizes or s[0] in asked.sizes]
    if asked.one:
        with tempfile.TemporaryDirectory() as folder:
            os.environ["FNCELLS_DATA_DIR"] = str(Path(folder) / "journals")
            print(json.dumps(measure(shapes[0], asked.repeats, Path(folder), asked.only)))
        return
    found = [_in_own_process(shape[0], asked.repeats, asked.only) for shape in shapes]
    if asked.json is not None:
        facts = {"machine": platform.platform(), "cores": os.cpu_count(), "sizes": found}
        asked.json.write_text(json.dumps(facts, indent=1))
    for one in found:
        print(table(one))


def _in_own_process(rows: int, repeats: int, only: Sequence[str]) -> dict[str, Any]:
    command = [sys.executable, __file__, "--one", str(rows), "--repeats", str(repeats)]
    command += ["--only", *only] if only else []
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True)
    return dict(json.loads(done.stdout.splitlines()[-1]))


def table(found: dict[str, Any]) -> str:
    """The figures of one size as Markdown: p50 / p95 in ms."""
    rows, columns = found["shape"]
    frame = found["empty frame"]
    lines = [
        f"### {rows} x {columns}: {found['cells']:,} cells",
        "",
        f"An empty frame: {_cell(frame)} ms. Memory: {found['rss_mib']:,} MiB.",
        "",
        "| | n | handled | drawn | worked | saved |",
        "|---|---|---|---|---|---|",
    ]
    for name, known in {**found["gestures"], **found["stock"]}.items():
        cells = " | ".join(_cell(known[what]) for what in ("handled", "drawn", "worked", "saved"))
        lines.append(f"| {name} | {known['n']} | {cells} |")
    return "\n".join([*lines, ""])


def _cell(pair: list[float] | None) -> str:
    return "" if pair is None else " / ".join(f"{v:.3g}" if v < 100 else f"{v:.0f}" for v in pair)


if __name__ == "__main__":
    main()
