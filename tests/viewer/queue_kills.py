"""Kills a process that works through a folder, and looks what is found again."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from pathlib import Path

from napari.components import ViewerModel

from napari_fncells.io.images import read_image
from napari_fncells.io.working import WorkingFiles, glance
from napari_fncells.session.keeping import Keeper
from napari_fncells.viewer.workspace import workspace_of


def kill_again_and_again(folder: Path, kills: int, seed: int) -> int:
    """Kill so often; returns how many edits counted as saved."""
    rng, saved = random.Random(seed), dict[str, int]()
    for number in range(kills):
        lines = _work_until_killed(folder, seed + number, rng.uniform(0.1, 2.5))
        at = [words[-1] for words in lines if words[0] in ("opened", "left")]
        for words in lines:
            if words[0] == "saved":
                saved[words[1]] = int(words[2])
        _check_place(folder, at)
    _check_edits(folder, saved)
    return sum(saved.values())


def _work_until_killed(folder: Path, seed: int, seconds: float) -> list[list[str]]:
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.viewer.queue_victim", str(folder), str(seed)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )
    assert process.stdout is not None
    lines = [process.stdout.readline()]
    time.sleep(seconds)
    process.kill()
    rest, _ = process.communicate()
    lines += rest.splitlines()
    # The last line may be cut short
    whole = [line.split() for line in lines]
    return [words for words in whole if len(words) in (2, 3, 4)]


def _check_place(folder: Path, at: list[str]) -> None:
    """The next start is at the picture that was reached, or the one before it."""
    viewer = ViewerModel()
    workspace = workspace_of(viewer)
    workspace.open_folder(folder)
    queue = workspace.queueing.queue
    near = {queue.neighbour(at[-1], by) for by in (1, -1)}
    assert workspace.queueing.current in {at[-1], *near}, at
    limit = time.monotonic() + 30
    while any(entry.waiting for entry in queue.entries.values()):
        assert time.monotonic() < limit, "mask files stay behind"
        workspace.watch()
        time.sleep(0.01)
    workspace.saving.flush()
    workspace.queueing.close()
    workspace.saving.close()


def _check_edits(folder: Path, saved: dict[str, int]) -> None:
    for name, count in saved.items():
        keeper = Keeper.open(read_image(folder / name))
        assert keeper.document.edit_count >= count, name
        seen = glance(WorkingFiles.of(folder / "fncells", name))
        assert seen is not None, name
        assert seen.edits >= count, f"the mask files of {name} are behind"
        keeper.close()
