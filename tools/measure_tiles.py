"""Seconds and memory of a draft of a large picture, tile by tile, its arrays on disk.

Usage: python tools/measure_tiles.py [side] [--tile 2048] [--preset NAME] [--set FIELD=VALUE ...]

The picture, its scores and its labels are memory maps in a temporary folder. What is printed as
'private' is the highest memory of the child's own (not of the mapped files) above what it had
with all modules loaded.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import threading
import time
from collections import defaultdict
from pathlib import Path

import numpy as np

from napari_fncells.core.steps import finish


def make_picture(path: Path, side: int) -> None:
    """Write a picture of blurred disks on noise, row of tiles by row of tiles."""
    import cv2

    rng = np.random.default_rng(0)
    picture = np.lib.format.open_memmap(path, mode="w+", dtype=np.uint8, shape=(side, side))
    tile = 2000
    for top in range(0, side, tile):
        for left in range(0, side, tile):
            height, width = min(tile, side - top), min(tile, side - left)
            part = np.zeros((height, width), np.float32)
            for row, column in rng.uniform(0, tile, (200, 2)):
                cell = int(column), int(row)
                axes = int(rng.uniform(12, 30)), int(rng.uniform(10, 22))
                grey = rng.uniform(40, 160)
                cv2.ellipse(part, cell, axes, rng.uniform(0, 180), 0, 360, grey, -1)
            part = cv2.GaussianBlur(part, (0, 0), 3) + 12
            part += rng.standard_normal((height, width), np.float32) * 4
            picture[top : top + height, left : left + width] = part.clip(0, 255)
    picture.flush()


def private_bytes() -> int:
    """Memory of this process that is no file's."""
    fields = dict(
        line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines()
    )
    return int(fields["RssAnon"].split()[0]) * 1024


def measure(folder: Path, tile: int, preset: str, settings: list[str]) -> None:
    """Draft the picture of a folder and print what it took."""
    from napari_fncells.core.params import PRESETS
    from napari_fncells.core.tiling.draft import draft_tiles

    picture = np.load(folder / "picture.npy", mmap_mode="r")
    shape = picture.shape
    params = PRESETS[preset].with_settings(dict(text.split("=", 1) for text in settings))
    scores = np.lib.format.open_memmap(folder / "scores.npy", "w+", np.float32, shape)
    labels = np.lib.format.open_memmap(folder / "labels.npy", "w+", np.uint32, shape)
    before, peak, done = private_bytes(), [0], threading.Event()

    def watch() -> None:
        while not done.wait(0.01):
            peak[0] = max(peak[0], private_bytes())

    watcher = threading.Thread(target=watch)
    watcher.start()
    stages: dict[str, float] = defaultdict(float)
    last = start = time.perf_counter()
    steps = draft_tiles(picture, params, score_out=scores, labels_out=labels, tile=tile)

    def note(words: str) -> None:
        nonlocal last
        now = time.perf_counter()
        stages[words.split(",")[0]] += now - last
        last = now

    found = finish(steps, note)
    seconds = time.perf_counter() - start
    done.set()
    watcher.join()
    named = " ".join([preset, *settings])
    print(f"{shape[0]} x {shape[1]} px, tiles of {tile}, {named}: {found.count} cells")
    print(f"{seconds:.1f} s, {seconds / picture.size * 1e9:.0f} ns a pixel")
    print(f"private memory: {(peak[0] - before) / 2**20:.0f} MiB above {before / 2**20:.0f} MiB")
    for words, spent in stages.items():
        print(f"  {spent:6.1f} s  {words}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("side", type=int, nargs="?", default=20_000)
    parser.add_argument("--tile", type=int, default=2048)
    parser.add_argument("--preset", default="mean-sd")
    parser.add_argument("--set", nargs="*", default=[], dest="settings")
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.folder:
        measure(given.folder, given.tile, given.preset, given.settings)
        return
    with tempfile.TemporaryDirectory() as folder:
        make_picture(Path(folder) / "picture.npy", given.side)
        subprocess.run([sys.executable, *sys.argv, "--folder", folder], check=True)


if __name__ == "__main__":
    main()
