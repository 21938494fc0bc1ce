"""How long one waits for the next picture, and for the list of a folder."""

from __future__ import annotations

import os
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from napari_fncells.core.simulate import simulate_image
from napari_fncells.demo.pilot import Pilot
from napari_fncells.io.working import WorkingFiles, WorkingState, encode
from napari_fncells.io.working_record import WorkingImage, WorkingSummary, WorkState
from napari_fncells.session.queue import Queue

NAMES = 10_000
STEPS = 20
PICTURES = 24


def long_record() -> bytes:
    """A record as large as those of pictures with many cells."""
    image = WorkingImage(name="x.png", sha256="0" * 64, height=4, width=4)
    summary = WorkingSummary(state=WorkState.DONE, active_seconds=40, final=12)
    state = WorkingState(np.zeros((4, 4), np.uint16), (), True, 3, "0123", image, summary=summary)
    record = encode(state, WorkingFiles.of(Path(), "x.png")).record
    return record.replace(b'"cells": []', b'"cells": [' + b" " * 20_000 + b"]")


@pytest.mark.parametrize("worked_on", [0, NAMES])
def test_list_ten_thousand_names(benchmark, tmp_path: Path, worked_on: int) -> None:
    (tmp_path / "fncells").mkdir()
    record = long_record()
    for number in range(NAMES):
        (tmp_path / f"picture_{number}.png").touch()
        if number < worked_on:
            (tmp_path / "fncells" / f"picture_{number}.png.json").write_bytes(record)
    queue = benchmark.pedantic(lambda: Queue(tmp_path), rounds=5, warmup_rounds=1)
    assert queue.progress.done == worked_on
    benchmark.extra_info["names"] = NAMES


def test_look_again_at_ten_thousand_names(benchmark, tmp_path: Path) -> None:
    (tmp_path / "fncells").mkdir()
    record = long_record()
    for number in range(NAMES):
        (tmp_path / f"picture_{number}.png").touch()
        (tmp_path / "fncells" / f"picture_{number}.png.json").write_bytes(record)
    queue = Queue(tmp_path)
    benchmark.pedantic(lambda: queue.take(queue.scan()), rounds=5)


@pytest.mark.parametrize("prefetched", [True, False])
def test_next_picture(
    benchmark, make_napari_viewer, tmp_path: Path, monkeypatch, *, prefetched: bool
) -> None:
    """From the key to the frame with picture, draft and states, at 1200x1600."""
    monkeypatch.setenv("FNCELLS_DATA_DIR", str(tmp_path / "data"))
    folder = tmp_path / "pictures"
    folder.mkdir()
    for number in range(4):
        Image.fromarray(simulate_image("crowded", number)[0]).save(folder / f"{number}.png")
    for number in range(4, PICTURES):
        os.link(folder / f"{number % 4}.png", folder / f"{number}.png")
    viewer = make_napari_viewer(show=True)
    _, widget = viewer.window.add_plugin_dock_widget("napari-fncells", "Curate masks")
    workspace, pilot = widget.workspace, Pilot(viewer)
    if not prefetched:
        monkeypatch.setattr(workspace.queueing._prefetch, "want", lambda _wishes: None)
    workspace.open_folder(folder)
    pilot.wait_until(lambda: workspace.current is not None, "opening")
    workspace.drafting.draft()
    pilot.wait_until(lambda: workspace.session.document.edit_count > 0, "the draft")
    canvas = viewer.window._qt_viewer.canvas
    seconds = []

    def ready() -> tuple[tuple[str], dict[str, str]]:
        jobs = workspace.queueing._prefetch._jobs
        pilot.wait_until(lambda: all(job.future.done() for job in jobs.values()), "prefetch", 60)
        pilot.settle()
        following = workspace.queueing.next_after(workspace.current, 1)
        return (following,), {}

    def step(name: str) -> None:
        began = time.perf_counter()
        workspace.navigation.step(1)
        pilot.wait_until(lambda: workspace.queueing.current == name, name)
        canvas.native.repaint()
        seconds.append(time.perf_counter() - began)
        assert workspace.session.document.edit_count == 1

    benchmark.pedantic(step, setup=ready, rounds=STEPS)
    benchmark.extra_info["p95 ms"] = round(1000 * float(np.percentile(seconds, 95)))
    pilot.wait_until(lambda: not widget.runner.busy, "the end")
    vars(pilot).clear()
