"""Three hundred pictures in one sitting: nothing piles up."""

from __future__ import annotations

import gc
import os
import threading
from pathlib import Path

import numpy as np
import psutil
import pytest
from PIL import Image
from qtpy.QtCore import Qt, QTimer

from napari_fncells.core.simulate import simulate_image
from napari_fncells.session.entry import EntryState
from tests.widgets.conftest import Desk, desk  # noqa: F401

PICTURES = int(os.environ.get("FNCELLS_SOAK_PICTURES", "300"))
EDITS = 20
SLOPE_MB = 0.2  # of memory, a picture, once all is warm
KINDS = ("crowded", "sparse", "artefacts", "dim")


def many_pictures(folder: Path) -> None:
    """So many files of a few contents: links, as they are only read."""
    folder.mkdir()
    for number in range(PICTURES):
        path = folder / f"picture_{number:04}.png"
        if number < len(KINDS):
            Image.fromarray(simulate_image(KINDS[number], number)[0]).save(path)
        else:
            os.link(folder / f"picture_{number % len(KINDS):04}.png", path)


def footprint(at: Desk) -> tuple[float, int, int, int]:
    """Memory in MB, open files, threads, timers, whether they run or not."""
    gc.collect()
    process = psutil.Process()
    timers = len(at.pilot.window.findChildren(QTimer))
    memory = process.memory_info().rss / 2**20
    return memory, process.num_fds(), threading.active_count(), timers


@pytest.mark.soak
@pytest.mark.timeout(7200)
@pytest.mark.skipif(os.name == "nt", reason="counts file descriptors")
def test_three_hundred_pictures_leave_memory_flat(desk: Desk, tmp_path: Path) -> None:  # noqa: F811
    folder = tmp_path / "pictures"
    many_pictures(folder)
    desk.open_folder(folder)
    workspace = desk.workspace
    desk.draft()
    rng = np.random.default_rng(0)
    seen = []
    for number in range(PICTURES):
        name = f"picture_{number:04}.png"
        desk.pilot.wait_until(lambda n=name: workspace.queueing.current == n, name)
        desk.idle()
        rows, columns = desk.document.shape
        for row, column in rng.integers(0, (rows, columns), (EDITS, 2)):
            workspace.correction.fix_at(int(row), int(column))
        desk.pilot.settle()
        if number % 10 == 9:
            seen.append((number, *footprint(desk)))
            print(*(f"{value:.0f}" for value in seen[-1]), flush=True)
        desk.pilot.key(Qt.Key.Key_Return, Qt.KeyboardModifier.ShiftModifier)
    queue = workspace.queueing.queue
    desk.pilot.wait_until(lambda: queue.counts[EntryState.DONE] == PICTURES, "all done", 120)
    table = np.array(seen)[len(seen) // 3 :]
    slope = np.polyfit(table[:, 0], table[:, 1], 1)[0]
    print(f"{slope:+.3f} MB a picture")
    assert slope <= SLOPE_MB, table
    for column, what in ((2, "files"), (3, "threads"), (4, "timers")):
        values = table[:, column]
        assert values[-5:].max() <= values[:5].max(), (what, values)
