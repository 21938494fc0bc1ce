"""The ground truth of a data set as a layer."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from napari.components import ViewerModel
from PIL import Image

from napari_fncells.viewer.commands import command
from napari_fncells.viewer.truth import NAME
from napari_fncells.viewer.workspace import Workspace, workspace_of
from tests.io.datasets.archives import V1_NAMES, mask, png, v1_files, v2_files, write_folder


@pytest.fixture
def viewer() -> ViewerModel:
    return ViewerModel()


def opened(viewer: ViewerModel, folder: Path) -> Workspace:
    workspace = workspace_of(viewer)
    workspace.open_folder(folder, given=False)
    return workspace


def shown(workspace: Workspace) -> bool:
    layer = workspace.truth.layer
    return layer is not None and layer in workspace.viewer.layers and layer.visible


def test_it_follows_the_pictures_in_one_layer(viewer: ViewerModel, tmp_path: Path) -> None:
    write_folder(tmp_path, v1_files())
    workspace = opened(viewer, tmp_path / "all_images" / "images")
    layer = workspace.truth.layer
    said: list[str] = []
    workspace.said.connect(said.append)
    for name in V1_NAMES[1:]:
        workspace.navigation.step(1)
        assert workspace.truth.layer is layer
        assert workspace.truth.truth is not None
        assert workspace.truth.truth.path.name == name
        assert layer.data.any() == (name != V1_NAMES[3])
        assert [each.name for each in viewer.layers].count(NAME) == 1
        assert viewer.layers.selection.active is not layer
        assert list(viewer.layers) == [workspace.current.image_layer, layer]
    assert "20 pixels have grey values" in said[0]
    assert "2 cells (part of test, drawn by hand)" in said[0]
    assert said[2] == "The ground truth of this picture has no cell (part of test)."
    assert said[3] == "The ground truth of this picture has 2 cells (part of trainval)."


def test_what_was_left_out_of_the_picture_before_is_told_with_it(
    viewer: ViewerModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_folder(tmp_path, v1_files())
    workspace = opened(viewer, tmp_path / "all_images" / "images")
    monkeypatch.setattr(workspace.sweep, "warning", lambda: " 40% of it was not looked at.")
    workspace.navigation.finish()
    told = f"{V1_NAMES[0]}: 40% of it was not looked at. The ground truth of this picture has"
    assert viewer.status.startswith(told)
    # Once
    workspace.navigation.step(1)
    assert viewer.status.startswith("The ground truth")


def test_pictures_without(viewer: ViewerModel, tmp_path: Path) -> None:
    write_folder(tmp_path, v2_files("green"))
    workspace = workspace_of(viewer)
    workspace.open_folder(tmp_path / "green/test/images", tmp_path / "green/unlabelled/images")
    assert shown(workspace)
    workspace.navigation.step(1)
    assert not shown(workspace)
    assert workspace.truth.layer is not None
    assert not workspace.truth.layer.data.any()
    assert command("truth").run(workspace) == "There is no ground truth for this picture."
    # The eye in the list brings up nothing of another picture
    workspace.truth.layer.visible = True
    assert not workspace.truth.layer.data.any()
    workspace.navigation.step(-1)
    assert shown(workspace)
    assert workspace.truth.layer.data.any()


def test_any_other_picture_has_none(viewer: ViewerModel, tmp_path: Path) -> None:
    write_folder(tmp_path, {"a.png": v1_files()["all_images/images/37_y.png"]})
    workspace = opened(viewer, tmp_path)
    assert [layer.name for layer in viewer.layers] == ["a (brightened)"]
    assert "no ground truth" in command("truth").run(workspace)
    viewer.add_image(np.zeros((5, 5)))
    assert "no ground truth" in command("truth").run(workspace)


def test_hiding_counts_for_the_next_and_removing_does_too(
    viewer: ViewerModel, tmp_path: Path
) -> None:
    write_folder(tmp_path, v1_files())
    workspace = opened(viewer, tmp_path / "all_images" / "images")
    workspace.truth.layer.visible = False
    workspace.navigation.step(1)
    assert not shown(workspace)
    workspace.truth.layer.visible = True
    assert workspace.truth.truth.path.name == V1_NAMES[1]
    assert workspace.truth.layer.data.any()
    workspace.navigation.step(1)
    assert shown(workspace)
    viewer.layers.remove(workspace.truth.layer)
    workspace.navigation.step(1)
    assert not shown(workspace)
    assert command("truth").run(workspace) == "The ground truth is shown."
    assert shown(workspace)
    assert command("truth").run(workspace) == "The ground truth is hidden."
    assert not shown(workspace)


def test_pictures_of_different_sizes(viewer: ViewerModel, tmp_path: Path) -> None:
    files = v2_files("red")
    folder = "red/trainval"
    pixels = np.zeros((300, 100, 3), np.uint8)
    files[f"{folder}/images/10.png"] = png(pixels)
    files[f"{folder}/ground_truths/masks/10.png"] = png(np.full((300, 100), 255, np.uint8))
    write_folder(tmp_path, files)
    workspace = opened(viewer, tmp_path / folder / "images")
    workspace.navigation.step(1)
    assert workspace.truth.layer.data.shape == (300, 100)
    # Seen whole, not with room for the picture before it
    assert tuple(viewer.scene.camera.center)[-2:] == pytest.approx((149.5, 49.5))


def test_a_mask_that_cannot_be_read_is_told(viewer: ViewerModel, tmp_path: Path) -> None:
    write_folder(tmp_path, v1_files())
    bad = tmp_path / "all_masks" / "masks" / V1_NAMES[0]
    bad.write_bytes(b"nothing")
    workspace = workspace_of(viewer)
    said: list[str] = []
    workspace.said.connect(said.append)
    workspace.open_folder(tmp_path / "all_images" / "images")
    assert V1_NAMES[0] in said[-1]
    assert not shown(workspace)
    Image.new("L", (7, 9)).save(tmp_path / "all_masks" / "masks" / V1_NAMES[1])
    workspace.navigation.step(1)
    assert "9 x 7 px" in said[-1]
    assert not shown(workspace)
    bad.write_bytes(mask())
    workspace.navigation.step(-1)
    assert shown(workspace)


def test_masks_are_never_written(viewer: ViewerModel, tmp_path: Path) -> None:
    write_folder(tmp_path, v1_files())
    masks = tmp_path / "all_masks"
    before = {p.name: p.read_bytes() for p in masks.rglob("*.png")}
    workspace = opened(viewer, tmp_path / "all_images" / "images")
    layer = workspace.truth.layer
    layer.editable = True
    layer.paint((3, 3), 1)
    layer.fill((3, 3), 1)
    workspace.correction.fix_at(50, 60)
    for _ in V1_NAMES:
        workspace.navigation.finish()
    workspace.saving.flush()
    assert {p.name: p.read_bytes() for p in masks.rglob("*.png")} == before


def test_beneath_the_mask_that_is_resumed(viewer: ViewerModel, tmp_path: Path) -> None:
    write_folder(tmp_path, v1_files())
    workspace = opened(viewer, tmp_path / "all_images" / "images")
    workspace.correction.fix_at(50, 60)
    for by in (1, -1):
        workspace.navigation.step(by)
    names = [layer.name for layer in viewer.layers]
    assert names == ["37_y (brightened)", NAME, "37_y mask", "cell states"]
    assert viewer.layers.selection.active is workspace.mask_layer
