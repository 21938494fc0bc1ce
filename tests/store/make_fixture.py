"""Makes the journal that later versions must go on opening: run once for each format.

`python -m tests.store.make_fixture`
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np

from napari_fncells.core.document import Document
from napari_fncells.io.images import Image
from napari_fncells.session.keeping import Keeper
from napari_fncells.store import tiles
from napari_fncells.store.schema import FORMAT
from tests.store.scribble import scribble

FOLDER = Path(__file__).parent / "formats"
SHAPE = (40, 48)
SHA256 = "f" * 64


def fixture_image() -> Image:
    """The picture that the journal belongs to; it has no file."""
    return Image(np.zeros(SHAPE, np.uint8), name="kept.png", sha256=SHA256)


def facts(document: Document) -> dict[str, object]:
    """What a reader must find."""
    return {
        "edits": document.edit_count,
        "cells": len(list(document.cells)),
        "objects": len(document.objects),
        "covered": int(np.count_nonzero(document.labels)),
        "sum": int(document.labels.sum(dtype=np.int64)),
        "next_id": document.next_id,
        "undo": document.undo_summary,
        "redo": document.redo_summary,
        "ignored": document.ignored_area,
        "note": document.note,
        "noted": document.noted,
        "kinds": sorted({edit.change.kind.value for edit in document.history}),
    }


def make() -> None:
    """Write the journal and what it holds."""
    import json

    FOLDER.mkdir(exist_ok=True)
    tiles._MOST_EDITS = 20
    with tempfile.TemporaryDirectory() as folder:
        keeper = Keeper.open(fixture_image(), "Ada", Path(folder))
        scribble(keeper.document, np.random.default_rng(118), 60)
        keeper.document.undo()
        keeper.note_effort({"active_seconds": 12.5, "gestures": {"click": 3}})
        keeper.flush()
        keeper.close()
        journal = FOLDER / f"journal-{FORMAT}.sqlite"
        journal.write_bytes(keeper.state.place.read_bytes())
        text = json.dumps(facts(keeper.document), indent=1, ensure_ascii=False)
        journal.with_suffix(".json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    make()
