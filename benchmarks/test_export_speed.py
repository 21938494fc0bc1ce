"""How long a whole set takes, against writing bare masks; what it needs of cores and memory."""

from __future__ import annotations

import os
import time
from pathlib import Path

import numpy as np
import psutil
import pytest
from PIL import Image

from napari_fncells.core.simulate import simulate_image
from napari_fncells.io.exporters import EXPORTERS
from napari_fncells.io.images import read_image
from napari_fncells.session.curated import Curated, select
from napari_fncells.session.image import ImageSession
from napari_fncells.session.keeping import Keeper
from napari_fncells.session.release import chosen_formats, release_steps
from napari_fncells.session.verify import verify

PICTURES = int(os.environ.get("FNCELLS_BENCH_PICTURES", "283"))
CELLS = 8
KINDS = 4


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Pictures of 1200 x 1600 with eight cells each, reviewed, in journals and mask files."""
    place = tmp_path_factory.mktemp("pictures")
    scenes = []
    for seed in range(KINDS):
        pixels, labels = simulate_image("crowded", seed=seed)
        Image.fromarray(pixels).save(place / f"{seed}.png")
        scenes.append(np.where(labels <= CELLS, labels, 0).astype(np.uint16))
    for number in range(KINDS, PICTURES):
        os.link(place / f"{number % KINDS}.png", place / f"{number}.png")
    for number in range(PICTURES):
        image = read_image(place / f"{number}.png")
        keeper = Keeper.open(image)
        session = ImageSession(image, "", keeper.document)
        session.adopt(scenes[number % KINDS], "bench")
        session.finish()
        keeper.close()
    return place


def plain(folder: Path, out: Path) -> tuple[float, float]:
    """Seconds of writing the masks alone, by Pillow, with nothing read back; and of a core."""
    masks = [
        (each.truth.labels > 0).astype(np.uint8) * 255
        for each in list(select(folder))[:KINDS]
        if isinstance(each, Curated)
    ]
    out.mkdir()
    began, used = time.perf_counter(), time.process_time()
    for number in range(PICTURES):
        Image.fromarray(masks[number % KINDS]).save(out / f"{number}.png")
    return time.perf_counter() - began, time.process_time() - used


@pytest.mark.parametrize("formats", ["binary-png", "all"])
def test_a_whole_set(benchmark, folder: Path, tmp_path: Path, formats: str) -> None:
    bare, bare_used = plain(folder, tmp_path / "plain")
    process = psutil.Process()
    memory: list[int] = []
    used: list[float] = []

    def export() -> None:
        began = time.process_time()
        forms = chosen_formats(formats)
        steps = release_steps(select(folder), tmp_path / "set", forms, replace=True)
        memory.extend(
            process.memory_info().rss
            for step in steps
            if step.startswith(("Writing", "Reading back"))
        )
        used.append(time.process_time() - began)

    benchmark.pedantic(export, rounds=1)
    assert verify(tmp_path / "set")
    seconds = benchmark.stats.stats.total
    # Both passes, each without its first third, in which libraries are loaded and pools grow
    parts = np.array_split(np.array(memory), 6)
    grown = max(int(parts[2].mean() - parts[1].mean()), int(parts[5].mean() - parts[4].mean()))
    benchmark.extra_info |= {
        "pictures": PICTURES,
        "formats": len(EXPORTERS) if formats == "all" else 1,
        "pictures/s": round(PICTURES / seconds, 1),
        "times plain Pillow": round(seconds / bare, 1),
        "times plain Pillow, of a core": round(sum(used) / bare_used, 1),
        "core seconds a picture": round(sum(used) / PICTURES, 3),
        "cores": round(sum(used) / seconds, 2),
        "memory grown MB": round(grown / 1e6, 1),
    }
