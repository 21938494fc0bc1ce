"""A process that opens, edits and closes pictures as it is told, line by line."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np

from napari_fncells.core import changes
from napari_fncells.core.geometry import Box
from napari_fncells.core.grow import Region
from napari_fncells.io.images import read_image
from napari_fncells.session.keeping import Keeper

SIDE = 4  # px of a cell


def act(keepers: dict[str, Keeper], root: Path, order: dict[str, Any]) -> Any:
    path = order["path"]
    if order["do"] == "open":
        keeper = keepers[path] = Keeper.open(
            read_image(path), order["author"], root, take_over=order["over"]
        )
        return {"read_only": keeper.state.read_only}
    keeper = keepers[path]
    if order["do"] == "add":
        # Each cell has a place of its own, by which it is known again
        top, left = divmod(order["slot"], 40)
        box = Box(top * SIDE, left * SIDE, (top + 1) * SIDE, (left + 1) * SIDE)
        document = keeper.document
        if document.labels[box.slices].any():
            return {"saved": False}
        change = changes.add_cell(document, Region(box, np.ones((SIDE, SIDE), bool), 1.0))
        assert change is not None
        document.commit(change)
        return {"saved": keeper.flush()}
    if order["do"] == "save":
        keeper.save_files()
        return {}
    saved = keeper.close()
    del keepers[path]
    return {"closed": saved, "notes": list(keeper.notes)}


def main() -> None:
    root, keepers = Path(sys.argv[1]), {}
    for line in sys.stdin:
        print(json.dumps(act(keepers, root, json.loads(line))), flush=True)


if __name__ == "__main__":
    main()
