"""The states of cells on the screen, without a window."""

from __future__ import annotations

from pathlib import Path

from napari.components import ViewerModel

from napari_fncells.viewer.state_layer import NAME
from napari_fncells.viewer.workspace import workspace_of
from tests.pictures import CELLS, save_picture


def test_a_mask_that_comes_while_the_states_of_another_go(tmp_path: Path) -> None:
    viewer = ViewerModel()
    workspace = workspace_of(viewer)
    workspace.open_files([save_picture(tmp_path)])
    row, column = CELLS[0][:2]
    workspace.correction.fix_at(row, column)
    mask, overlay = workspace.mask_layer, workspace.overlay

    def show_again(event: object) -> None:
        if event.value.name == NAME:
            viewer.layers.events.removed.disconnect(show_again)
            overlay.follow(mask)

    viewer.layers.events.removed.connect(show_again)
    overlay.follow(None)
    assert overlay.layer in viewer.layers
    workspace.undo()
    assert overlay.layer.data[int(row), int(column)] == 0
    workspace.redo()
    assert overlay.layer.data[int(row), int(column)] > 0
