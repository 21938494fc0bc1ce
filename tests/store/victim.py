"""A process that works on a picture until it is killed, and says what it was shown.

Lines on the standard output, with the time of the monotonic clock that all processes share:
`open <edits>`, `issued <number> <time> <hash of the state>`, `saved <number> <time>`.
"""

from __future__ import annotations

import os
import sys
import threading
import time
import zlib
from pathlib import Path

import numpy as np

from napari_fncells.core.document import Document
from napari_fncells.io.images import read_image
from napari_fncells.session.keeping import Keeper
from napari_fncells.store import tiles
from tests.store.scribble import scribble

TOLD_EVERY_SECONDS = 0.005
FILES_EVERY_EDITS = 40


def say(*words: object) -> None:
    # One write a line, straight to the system: a kill takes nothing that was said
    os.write(1, (" ".join(map(str, words)) + "\n").encode())


def state_hash(document: Document) -> int:
    """Of the pixels of both planes, and of every note."""
    notes = [document.note, *(f"{i} {cell.note}" for i, cell in document.objects.items())]
    planes = document.labels.astype(np.uint32).tobytes() + document.ignored.tobytes()
    return zlib.crc32(planes + "\n".join(sorted(notes)).encode())


def tell_saved(keeper: Keeper) -> None:
    told = -1
    while True:
        saved = keeper.state.saved
        if saved != told:
            say("saved", saved, time.monotonic())
            told = saved
        time.sleep(TOLD_EVERY_SECONDS)


def work(path: Path, root: Path, seed: int) -> None:
    rng = np.random.default_rng(seed)
    tiles._MOST_EDITS = 30  # a snapshot is under way much of the time
    image = read_image(path)
    say("ready")
    sys.stdin.readline()
    keeper = Keeper.open(image, "Ada", root)
    say("open", keeper.document.edit_count, *keeper.notes, keeper.state.read_only)
    threading.Thread(target=tell_saved, args=(keeper,), daemon=True).start()
    document = keeper.document
    files = threading.Thread()
    while True:
        before = document.edit_count
        scribble(document, rng, 1)
        now, shown = time.monotonic(), state_hash(document)
        for number in range(before + 1, document.edit_count + 1):
            say("issued", number, now, shown if number == document.edit_count else "-")
        if document.edit_count % FILES_EVERY_EDITS == 0 and not files.is_alive():
            files = threading.Thread(target=keeper.files_job(), daemon=True)
            files.start()
        time.sleep(float(rng.choice([0.0, 0.001, 0.01, 0.08], p=[0.5, 0.3, 0.19, 0.01])))


if __name__ == "__main__":
    work(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]))
