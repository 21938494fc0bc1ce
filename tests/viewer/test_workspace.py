"""The workspace: pictures, sessions and layers of one viewer, without a window."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from napari.components import ViewerModel
from PIL import Image

from napari_fncells.core.document import Document
from napari_fncells.core.errors import UserError
from napari_fncells.io.images import read_image
from napari_fncells.viewer.layer import MaskLayer
from napari_fncells.viewer.pictures import KEY, image_layer_data
from napari_fncells.viewer.workspace import Workspace, workspace_of
from tests.pictures import CELLS, cell_picture, save_picture


@pytest.fixture
def viewer() -> ViewerModel:
    return ViewerModel()


@pytest.fixture
def workspace(viewer: ViewerModel) -> Workspace:
    return workspace_of(viewer)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("a.png", "b.png", "c.png"):
        save_picture(tmp_path, name)
    return tmp_path


def test_one_workspace_a_viewer(viewer: ViewerModel, workspace: Workspace) -> None:
    assert workspace_of(viewer) is workspace
    assert workspace_of(ViewerModel()) is not workspace


def test_a_viewer_is_not_kept_alive() -> None:
    import gc
    import weakref

    viewer = ViewerModel()
    workspace_of(viewer)
    gone = weakref.ref(viewer)
    del viewer
    gc.collect()
    assert gone() is None


def test_an_image_layer_becomes_the_current_picture(workspace: Workspace) -> None:
    workspace.viewer.add_image(cell_picture(), rgb=True, name="mine")
    assert workspace.current is not None
    assert workspace.current.name == "mine"
    assert workspace.session is None


def test_layers_that_were_there_before_are_found(viewer: ViewerModel) -> None:
    viewer.add_image(cell_picture()[..., 0], name="early")
    workspace = workspace_of(viewer)
    assert [picture.name for picture in workspace.pictures] == ["early"]


def test_draft_finds_the_cells_and_takes_the_original(
    workspace: Workspace, tmp_path: Path
) -> None:
    path = save_picture(tmp_path)
    workspace.open_files([path])
    workspace.drafting.draft()
    session = workspace.session
    assert session is not None
    np.testing.assert_array_equal(session.image.pixels, cell_picture())
    # What is shown is brightened; nothing else is made from it
    assert workspace.viewer.layers[0].data.max() > cell_picture().max()
    found = {session.document.labels[row, column] for row, column, *_ in CELLS[:3]}
    assert len(found - {0}) == 3
    layer = workspace.mask_layer
    assert isinstance(layer, MaskLayer)
    assert layer.data is session.document.labels
    assert workspace.viewer.layers.selection.active is layer


def test_fix_removes_adds_and_restores(workspace: Workspace, tmp_path: Path) -> None:
    workspace.open_files([save_picture(tmp_path)])
    row, column, radius, _ = CELLS[1]
    added = workspace.correction.fix_at(row, column)
    session = workspace.session
    assert session is not None
    assert added.edit is not None
    cell = session.document.cell_at(row, column)
    assert cell is not None
    assert 0.5 < cell.area / (np.pi * radius**2) < 1.8
    removed = workspace.correction.fix_at(row, column)
    assert "Removed" in removed.message
    assert session.document.labels.max() == 0
    restored = workspace.correction.fix_at(row, column)
    assert "Restored" in restored.message
    assert session.document.cell_at(row, column) == cell


def test_fix_over_nothing_says_so_and_changes_nothing(
    workspace: Workspace, tmp_path: Path
) -> None:
    workspace.open_files([save_picture(tmp_path)])
    outcome = workspace.correction.fix_at(5, 120)
    assert outcome.edit is None
    assert "Nothing changed" in outcome.message
    outside = workspace.correction.fix_at(-3, 5)
    assert outside.edit is None


def test_undo_redo_say_what(workspace: Workspace, tmp_path: Path) -> None:
    said: list[str] = []
    workspace.said.connect(said.append)
    workspace.open_files([save_picture(tmp_path)])
    workspace.correction.fix_at(*CELLS[0][:2])
    workspace.undo()
    workspace.undo()
    workspace.redo()
    assert said == [
        "Add cell 1.",
        "Undone: add cell 1.",
        "Nothing more in the history.",
        "Redone: add cell 1.",
    ]


def test_going_away_and_back_keeps_everything(workspace: Workspace, folder: Path) -> None:
    workspace.open_folder(folder)
    assert [picture.name for picture in workspace.pictures] == ["a.png", "b.png", "c.png"]
    workspace.drafting.draft()
    workspace.correction.fix_at(*CELLS[0][:2])
    first = workspace.session
    assert first is not None
    labels = first.document.labels.copy()
    workspace.queueing.drafts.set_on(False)
    workspace.navigation.step(1)
    assert workspace.current is workspace.pictures[1]
    assert workspace.session is None
    # Only the picture on screen has layers
    assert len(workspace.viewer.layers) == 1
    workspace.navigation.step(-1)
    again = workspace.session
    assert again is not None
    assert again is not first, "it was read from the disk"
    assert again.document.history == first.document.history
    np.testing.assert_array_equal(again.document.labels, labels)
    assert workspace.mask_layer is not None
    assert workspace.mask_layer.data is again.document.labels
    assert workspace.viewer.layers.selection.active is workspace.mask_layer
    workspace.undo()
    assert again.document.undo_summary == "draft (auto)"


def test_stepping_beyond_the_ends_stays(workspace: Workspace, folder: Path) -> None:
    workspace.open_folder(folder)
    workspace.navigation.step(-1)
    assert workspace.current is workspace.pictures[0]
    for _ in range(5):
        workspace.navigation.step(1)
    assert workspace.current is workspace.pictures[-1]


def test_opening_a_folder_twice_lists_it_once(workspace: Workspace, folder: Path) -> None:
    workspace.open_folder(folder)
    workspace.open_folder(folder)
    assert len(workspace.pictures) == 3


def test_a_folder_opened_by_napari_is_listed_whole(workspace: Workspace, folder: Path) -> None:
    data, meta, _ = image_layer_data(read_image(folder / "a.png"), folder=str(folder))
    workspace.viewer.add_image(data, **meta)
    assert [picture.name for picture in workspace.pictures] == ["a.png", "b.png", "c.png"]


def test_removing_the_mask_layer_loses_nothing(workspace: Workspace, tmp_path: Path) -> None:
    workspace.open_files([save_picture(tmp_path)])
    workspace.drafting.draft()
    session = workspace.session
    assert session is not None
    cells = session.document.counts.final
    workspace.viewer.layers.remove(workspace.mask_layer)
    assert workspace.session is session
    workspace.require_session()
    assert workspace.mask_layer in workspace.viewer.layers
    assert session.document.counts.final == cells > 0


def test_a_picture_of_a_folder_whose_layer_was_removed_can_be_chosen_again(
    workspace: Workspace, folder: Path
) -> None:
    workspace.open_folder(folder)
    workspace.viewer.layers.clear()
    with pytest.raises(UserError, match=r"layer of a\.png was removed"):
        workspace.drafting.draft()
    workspace.navigation.go_to(workspace.pictures[0])
    workspace.drafting.draft()
    assert workspace.mask_layer in workspace.viewer.layers


def test_removing_the_picture_layer_keeps_the_work(workspace: Workspace, tmp_path: Path) -> None:
    workspace.open_files([save_picture(tmp_path)])
    workspace.drafting.draft()
    picture = workspace.current
    assert picture is not None
    workspace.viewer.layers.clear()
    assert picture in workspace.pictures
    workspace.viewer.add_image(cell_picture()[..., 0], name="other")
    workspace.navigation.go_to(picture)
    assert picture.image_layer in workspace.viewer.layers
    assert picture.mask_layer in workspace.viewer.layers


def test_a_draft_layer_is_taken_over(workspace: Workspace) -> None:
    workspace.viewer.add_image(cell_picture()[..., 0], name="grey")
    labels = np.zeros((200, 240), dtype=np.int32)
    labels[10:20, 10:20] = 4
    asked: list[bool] = []
    workspace.adoptable.connect(lambda: asked.append(True))
    workspace.viewer.add_labels(labels, metadata={KEY: {"role": "draft"}})
    assert asked == [True]
    workspace.drafting.adopt_pending()
    session = workspace.session
    assert session is not None
    assert np.count_nonzero(session.document.labels) == 100
    assert [type(layer).__name__ for layer in workspace.viewer.layers] == [
        "Image",
        "MaskLayer",
        "StateLayer",
    ]


def test_a_mask_of_another_shape_is_refused(workspace: Workspace) -> None:
    workspace.viewer.add_image(cell_picture()[..., 0], name="grey")
    layer = workspace.viewer.add_labels(np.zeros((20, 30), dtype=np.uint8), name="small")
    with pytest.raises(UserError, match="small is 20 x 30 pixels, the picture 200 x 240"):
        workspace.drafting.adopt(layer)
    assert layer in workspace.viewer.layers


def test_several_files_are_all_opened_and_a_bad_one_is_told_of(
    workspace: Workspace, folder: Path, capture_notifications: list[str]
) -> None:
    bad = folder / "bad.png"
    bad.write_text("no picture")
    workspace.open_files([folder / "a.png", bad, folder / "b.png"])
    assert [picture.name for picture in workspace.pictures] == ["a.png", "b.png"]
    assert workspace.current is workspace.pictures[1]
    assert not workspace.pictures[0].image_layer.visible
    assert len(capture_notifications) == 1
    assert "bad.png" in capture_notifications[0]


def test_a_picture_of_a_folder_that_went_missing_is_told_of(
    workspace: Workspace, folder: Path, capture_notifications: list[str]
) -> None:
    workspace.open_folder(folder)
    (folder / "b.png").unlink()
    workspace.navigation.step(1)
    assert workspace.current is workspace.pictures[2], "it is passed over"
    assert "b.png" in capture_notifications[0]


def test_without_a_picture_there_is_one_clear_sentence(workspace: Workspace) -> None:
    with pytest.raises(UserError, match="There is no picture to work on"):
        workspace.drafting.draft()


def test_a_stack_is_refused(workspace: Workspace) -> None:
    workspace.viewer.add_image(np.zeros((4, 30, 30)), name="stack")
    with pytest.raises(UserError, match="stack has more dimensions than a flat picture"):
        workspace.drafting.draft()


def test_a_draft_that_arrives_within_a_stroke(workspace: Workspace, tmp_path: Path) -> None:
    """What was painted so far goes into the history first; the rest follows the draft."""
    workspace.open_files([save_picture(tmp_path)])
    session = workspace.require_session()
    layer = workspace.mask_layer
    assert layer is not None
    with layer.block_history():
        layer.paint((180, 30), 1)
        workspace.drafting.draft()
        workspace.undo()
        layer.paint((180, 50), 1)
    document = session.document
    kinds = [(edit.action.value, edit.change.kind.value) for edit in document.history]
    draft = [("do", "stroke"), ("do", "draft"), ("undo", "draft")]
    assert kinds == [*draft, ("do", "stroke")]
    again = Document.replay(document.shape, document.history)
    np.testing.assert_array_equal(again.labels, document.labels)
    assert document.labels[180, 30] == document.labels[180, 50] == 1
    for _ in range(2):
        workspace.undo()
    assert not document.labels.any()


@pytest.mark.parametrize("leave", ["next", "remove"])
def test_leaving_within_a_stroke_loses_no_paint(
    workspace: Workspace, folder: Path, leave: str
) -> None:
    workspace.open_folder(folder)
    document = workspace.require_session().document
    layer = workspace.mask_layer
    assert layer is not None
    layer._begin_stroke()
    layer.paint((50, 60), 1)
    if leave == "next":
        workspace.navigation.step(1)
    else:
        workspace.viewer.layers.remove(layer)
    assert document.undo_summary == "paint cell 1"
    assert document.counts.final == 1


def test_a_gesture_within_a_stroke(workspace: Workspace, tmp_path: Path) -> None:
    """napari's 'encircle and fill' stays open between clicks; Shift+click comes between."""
    workspace.open_files([save_picture(tmp_path)])
    document = workspace.require_session().document
    layer = workspace.mask_layer
    assert layer is not None
    layer._begin_stroke()
    layer.paint((50, 60), 1)
    workspace.correction.fix_at(50, 60)
    layer.paint((180, 50), 2)
    assert workspace.snapshot().counts == document.counts
    layer._commit_stroke()
    kinds = [edit.change.kind.value for edit in document.history]
    assert kinds == ["stroke", "remove", "stroke"]
    again = Document.replay(document.shape, document.history)
    np.testing.assert_array_equal(again.labels, document.labels)
    assert {cell.id for cell in document.cells} == {2}


def test_a_redraft_leaves_what_was_touched(workspace: Workspace, tmp_path: Path) -> None:
    workspace.open_files([save_picture(tmp_path)])
    workspace.drafting.draft()
    session = workspace.session
    assert session is not None
    workspace.correction.fix_at(*CELLS[0][:2])
    layer = workspace.mask_layer
    assert layer is not None
    row, column = CELLS[1][:2]
    layer.paint((row + 14, column + 14), int(layer.data[row, column]))
    edited = layer.data == layer.data[row, column]
    workspace.drafting.draft("fnc-v1-draft")
    assert session.document.labels[CELLS[0][0], CELLS[0][1]] == 0
    np.testing.assert_array_equal(layer.data == layer.data[row, column], edited)


def test_a_picture_of_another_size_is_seen_whole(viewer: ViewerModel, tmp_path: Path) -> None:
    sizes = {"a.png": (300, 400), "b.png": (90, 100), "c.png": (500, 120)}
    for name, size in sizes.items():
        Image.fromarray(np.zeros(size, np.uint8)).save(tmp_path / name)
    workspace = workspace_of(viewer)
    workspace.open_folder(tmp_path)
    for by in (1, 1, -1):
        workspace.require_session()
        workspace.navigation.step(by)
        workspace.require_session()
        rows, columns = sizes[workspace.current.name]
        centre = tuple(viewer.scene.camera.center)[-2:]
        assert centre == pytest.approx(((rows - 1) / 2, (columns - 1) / 2)), workspace.current.name


def test_what_was_said_of_a_picture_goes_with_it(viewer: ViewerModel, tmp_path: Path) -> None:
    for name in ("a.png", "b.png"):
        save_picture(tmp_path, name)
    workspace = workspace_of(viewer)
    workspace.open_folder(tmp_path)
    workspace.correction.fix_at(*CELLS[0][:2])
    workspace.report("Added a cell.")
    workspace.navigation.step(1)
    assert workspace.current.name == "b.png"
    assert "Added" not in viewer.status
