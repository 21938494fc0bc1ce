"""What 10,000 edits of a picture cost in memory and on the disk.

Removes, cuts and traces in turn, each undone, on the crowded sample. Prints what docs/speed.md
says.
"""

from __future__ import annotations

import itertools
import tempfile
import tracemalloc
from dataclasses import replace
from pathlib import Path

import numpy as np
import psutil

from napari_fncells.core.segment import draft
from napari_fncells.io.images import read_image
from napari_fncells.io.samples import sample_image_path
from napari_fncells.session.image import ImageSession
from napari_fncells.session.keeping import Keeper

EDITS = 10_000


def main() -> None:
    """Make the edits and print what they take."""
    with tempfile.TemporaryDirectory() as folder:
        image = replace(read_image(sample_image_path("crowded")), path=None)
        keeper = Keeper.open(image, root=Path(folder))
        session = ImageSession(image, document=keeper.document)
        session.apply(draft(image.pixels))
        keeper.flush()
        process = psutil.Process()
        tracemalloc.start()
        before = process.memory_info().rss
        _edit(session)
        keeper.flush()
        traced, _ = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        grown = process.memory_info().rss - before
        keeper.close()
        disk = sum(file.stat().st_size for file in Path(folder).rglob("*") if file.is_file())
    print(f"{EDITS} edits: {traced / 2**20:.1f} MiB by tracemalloc, RSS +{grown / 2**20:.0f} MiB")
    print(f"journal on the disk after closing: {disk / 2**20:.1f} MiB")


def _edit(session: ImageSession) -> None:
    document = session.document
    rng = np.random.default_rng(1)
    for act in itertools.cycle(("remove", "cut", "trace")):
        if document.edit_count >= EDITS:
            return
        cells = list(document.cells)
        cell = cells[int(rng.integers(len(cells)))]
        if act == "remove":
            outcome = session.remove(cell.id)
        elif act == "cut":
            row, box = cell.box.centre[0], cell.box
            outcome = session.cut_or_join(np.array([(row, box.left - 5), (row, box.right + 5)]))
        else:
            top, left = (int(rng.integers(20, side - 60)) for side in document.shape)
            corners = [(0, 0), (0, 30), (25, 30), (25, 0)]
            outcome = session.trace(np.array([(top + y, left + x) for y, x in corners], float))
        # What was refused is not to be undone, else the draft would be
        if outcome.edit is not None:
            document.undo()


if __name__ == "__main__":
    main()
