"""A process that works through a folder until it is killed, telling what is on the disk."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from napari.components import ViewerModel

from napari_fncells.viewer.workspace import workspace_of


def main() -> None:
    folder, seed = Path(sys.argv[1]), int(sys.argv[2])
    rng = np.random.default_rng(seed)
    viewer = ViewerModel()
    workspace = workspace_of(viewer)
    workspace.open_folder(folder)
    print("opened", workspace.queueing.current, flush=True)
    while True:
        for _ in range(int(rng.integers(1, 4))):
            row, column = rng.integers(0, workspace.require_session().document.shape)
            workspace.correction.fix_at(int(row), int(column))
            document = workspace.session.document
            if document.edit_count and workspace.current.keeper.flush():
                print("saved", workspace.queueing.current, document.edit_count, flush=True)
            workspace.watch()
        name, by = workspace.queueing.current, int(rng.choice([1, 1, -1]))
        if by > 0 and rng.random() < 0.5:
            workspace.navigation.finish()
        else:
            workspace.navigation.step(by)
        workspace.watch()
        # Written in the background: what was asked for before is on the disk after a turn
        workspace.saving._pool.submit(lambda: None).result()
        print("left", name, "for", workspace.queueing.current, flush=True)


if __name__ == "__main__":
    main()
