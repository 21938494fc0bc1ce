"""The layer of ignored regions: every stroke is an edit of the same history as the mask's."""

from __future__ import annotations

import numpy as np
import pytest
from napari.components import ViewerModel

from napari_fncells.core import changes
from napari_fncells.core.document import Document
from napari_fncells.core.edits import EditKind
from napari_fncells.core.errors import UserError
from napari_fncells.core.geometry import Box
from napari_fncells.core.grow import Region
from napari_fncells.core.state_codes import HATCH, IGNORED, OUTLINE, RIM, VEIL
from napari_fncells.viewer.document_layer import DocumentLayer
from napari_fncells.viewer.ignore_layer import IgnoreLayer
from napari_fncells.viewer.layer import MaskLayer
from napari_fncells.viewer.workspace import Workspace, workspace_of
from tests.pictures import CELLS, cell_picture
from tests.wholeness import assert_shown

SHAPE = (80, 100)


@pytest.fixture
def document() -> Document:
    document = Document(SHAPE)
    mask = np.ones((20, 20), dtype=bool)
    document.commit(changes.add_cell(document, Region(Box(10, 10, 30, 30), mask, 0.0)))
    return document


@pytest.fixture
def layers(document: Document) -> tuple[MaskLayer, IgnoreLayer]:
    viewer = ViewerModel()
    return viewer.add_layer(MaskLayer(document)), viewer.add_layer(IgnoreLayer(document))


def assert_whole(*layers: DocumentLayer) -> None:
    document = layers[0].document
    again = Document.replay(document.shape, document.history)
    np.testing.assert_array_equal(again.labels, document.labels)
    np.testing.assert_array_equal(again.ignored, document.ignored)
    assert set(np.unique(document.ignored)) <= {0, 1}
    for layer, plane in zip(layers, (document.labels, document.ignored), strict=False):
        assert layer.data is plane


def test_strokes_of_both_layers_share_one_undo(
    layers: tuple[MaskLayer, IgnoreLayer], document: Document
) -> None:
    mask, ignore = layers
    ignore.brush_size = 10
    ignore.paint((50, 50), 7)
    mask.paint((70, 20), 5)
    ignore.paint((20, 20), 1)
    ignore.paint((50, 50), 0)
    kinds = [edit.change.kind for edit in document.history[1:]]
    assert kinds == [EditKind.IGNORE, EditKind.STROKE, EditKind.IGNORE, EditKind.IGNORE]
    assert_whole(mask, ignore)
    for _ in range(2):
        mask.undo()
    assert document.ignored[50, 50] == 1
    assert document.ignored[20, 20] == 0
    ignore.undo()
    assert document.labels[70, 20] == 0
    mask.undo()
    assert document.ignored_area == 0
    ignore.redo()
    assert document.ignored_area > 0
    assert_whole(mask, ignore)


@pytest.mark.parametrize(
    "draw",
    [
        lambda layer: layer.fill((60, 60), 9),
        lambda layer: layer.paint_polygon([[40, 40], [40, 60], [60, 60], [60, 40]], 3),
        lambda layer: layer.data_setitem((np.array([1, 2]), np.array([3, 4])), 200),
        lambda layer: layer.data_setitem((np.array([1, 2]), np.array([3, 4])), np.array([0, 9])),
    ],
)
def test_every_tool_of_napari(layers: tuple[MaskLayer, IgnoreLayer], draw) -> None:
    mask, ignore = layers
    before = mask.document.edit_count
    draw(ignore)
    assert mask.document.edit_count == before + 1
    assert mask.document.ignored_area > 0
    assert_whole(mask, ignore)


def test_setting_data(layers: tuple[MaskLayer, IgnoreLayer], document: Document) -> None:
    wanted = np.zeros(SHAPE, bool)
    wanted[5:40, 7:40] = True
    layers[1].data = wanted
    assert document.undo_summary == "ignore a region"
    assert document.ignored_cells == {1}
    np.testing.assert_array_equal(document.ignored > 0, wanted)
    with pytest.raises(ValueError, match="shape"):
        layers[1].data = wanted[1:]
    assert_whole(*layers)


def test_a_document_to_be_read(layers: tuple[MaskLayer, IgnoreLayer], document: Document) -> None:
    document.read_only = "Only to be looked at."
    told: list[str] = []
    layers[1].refused.connect(told.append)
    layers[1].paint((5, 5), 1)
    assert document.ignored_area == 0
    assert told == ["Only to be looked at."]


def test_napari_takes_it_for_a_labels_layer(layers: tuple[MaskLayer, IgnoreLayer]) -> None:
    assert layers[1].as_layer_data_tuple()[2] == "labels"


def test_a_work_area(document: Document) -> None:
    layer = IgnoreLayer(document, Box(40, 50, 80, 100))
    layer.brush_size = 1
    layer.paint((0, 0), 1)
    assert document.ignored[40, 50] == 1
    layer.move_area(Box(0, 0, 40, 50))
    layer.paint((3, 4), 1)
    assert (document.ignored_area, document.ignored[3, 4]) == (2, 1)


# -- the tool in a viewer ----------------------------------------------------------------------


@pytest.fixture
def viewer() -> ViewerModel:
    return ViewerModel()


@pytest.fixture
def workspace(viewer: ViewerModel) -> Workspace:
    workspace = workspace_of(viewer)
    viewer.add_image(cell_picture(), rgb=True, name="mine")
    session = workspace.require_session()
    session.fix_at(*CELLS[0][:2])
    return workspace


def test_the_tool_is_taken_and_put_away(workspace: Workspace) -> None:
    viewer, ignoring = workspace.viewer, workspace.ignoring
    assert ignoring.layer is None
    said = ignoring.toggle()
    assert isinstance(said, str)
    layer = ignoring.layer
    assert layer is not None
    assert viewer.layers.selection.active is layer
    assert (layer.mode, ignoring.active) == ("paint", True)
    assert viewer.layers.index(layer) == viewer.layers.index(workspace.mask_layer) - 1
    ignoring.toggle()
    assert viewer.layers.selection.active is workspace.mask_layer
    assert (layer.mode, workspace.mask_layer.mode) == ("pan_zoom", "pan_zoom")
    ignoring.toggle()
    workspace.neutral()
    assert viewer.layers.selection.active is workspace.mask_layer
    assert ignoring.layer is layer


def test_regions_and_their_cells_are_shown(workspace: Workspace) -> None:
    workspace.ignoring.toggle()
    layer, document = workspace.ignoring.layer, workspace.session.document
    row, column = CELLS[0][:2]
    layer.brush_size = 90
    layer.paint((row, column), 1)
    assert len(document.ignored_cells) == 1
    codes = workspace.overlay.layer.data
    assert {IGNORED + OUTLINE, VEIL, HATCH, RIM} <= set(np.unique(codes))
    assert IGNORED not in codes  # hatched inside, too
    assert_shown(workspace)
    with layer.block_history():
        layer.paint((10, 200), 1)
        assert codes[10, 200] in (VEIL, HATCH)  # under way
    workspace.undo()
    workspace.undo()
    assert not np.isin(codes, (IGNORED, IGNORED + OUTLINE, VEIL, HATCH, RIM)).any()
    assert_shown(workspace)


def test_paint_under_way_is_taken_in_before_anything_else(workspace: Workspace) -> None:
    workspace.ignoring.toggle()
    layer, document = workspace.ignoring.layer, workspace.session.document
    with layer.block_history():
        layer.paint((60, 60), 1)
        assert layer.stroke_open
        workspace.settle()
        assert document.undo_summary == "ignore a region"
        workspace.session.remove(1)
        layer.paint((60, 120), 1)
    kinds = [edit.change.kind for edit in document.history]
    assert kinds[-3:] == [EditKind.IGNORE, EditKind.REMOVE, EditKind.IGNORE]


def test_a_layer_that_was_taken_out_comes_back(workspace: Workspace) -> None:
    workspace.ignoring.toggle()
    first = workspace.ignoring.layer
    first.paint((60, 60), 1)
    workspace.viewer.layers.remove(first)
    assert workspace.ignoring.layer is None
    assert workspace.session.document.ignored_area
    workspace.ignoring.toggle()
    assert workspace.ignoring.layer is not first
    assert workspace.ignoring.layer.data is workspace.session.document.ignored


def test_no_picture(workspace: Workspace) -> None:
    other = ViewerModel()
    empty = workspace_of(other)
    with pytest.raises(UserError):
        empty.ignoring.toggle()
    workspace.session.document.read_only = "Only to be looked at."
    with pytest.raises(UserError, match="looked at"):
        workspace.ignoring.toggle()


def test_the_status_bar_tells_the_note(workspace: Workspace) -> None:
    row, column = CELLS[0][:2]
    mask = workspace.mask_layer
    cell = workspace.session.document.cell_at(row, column)
    assert cell is not None
    workspace.write_note("a doublet?", cell.id)
    at = mask.get_status(mask.world_position(row, column), world=True)
    assert "“a doublet?”" in at["coordinates"]
    off = mask.get_status(mask.world_position(0, 0), world=True)
    assert "doublet" not in off["coordinates"]
    assert "“a doublet?”" in workspace.session.describe(cell.id)
