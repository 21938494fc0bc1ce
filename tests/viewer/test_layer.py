"""The mask layer turns every stroke of napari into an edit of its document."""

from __future__ import annotations

import numpy as np
import pytest
from napari.components import ViewerModel

from napari_fncells.core import changes
from napari_fncells.core.document import Document
from napari_fncells.core.edits import EditKind
from napari_fncells.core.geometry import Box
from napari_fncells.core.grow import Region
from napari_fncells.viewer.layer import MaskLayer
from napari_fncells.viewer.redraw import redraw


@pytest.fixture
def document() -> Document:
    document = Document((80, 100))
    for box in (Box(10, 10, 30, 30), Box(40, 50, 60, 80)):
        mask = np.ones((box.height, box.width), dtype=bool)
        change = changes.add_cell(document, Region(box, mask, 0.0))
        assert change is not None
        document.commit(change)
    return document


@pytest.fixture
def layer(document: Document) -> MaskLayer:
    return ViewerModel().add_layer(MaskLayer(document, name="mask"))


def assert_whole(layer: MaskLayer) -> None:
    """The history leads to what is shown, and what is shown is the document's array."""
    document = layer.document
    assert layer.data is document.labels
    again = Document.replay(document.shape, document.history)
    np.testing.assert_array_equal(again.labels, document.labels)
    assert dict(again.objects) == dict(document.objects)


def test_napari_takes_it_for_a_labels_layer(layer: MaskLayer) -> None:
    assert layer._type_string == "labels"
    assert layer.as_layer_data_tuple()[2] == "labels"


def test_a_single_dab_is_one_edit(layer: MaskLayer) -> None:
    before = layer.data.copy()
    layer.paint((70, 20), 5)
    assert len(layer.document.history) == 3
    assert layer.document.undo_summary == "paint cell 5"
    assert layer.document.objects[5].area == np.count_nonzero(layer.data == 5) > 0
    assert_whole(layer)
    layer.undo()
    np.testing.assert_array_equal(layer.data, before)
    assert_whole(layer)


@pytest.mark.parametrize("nested", [False, True])
def test_a_stroke_of_many_dabs_is_one_edit(layer: MaskLayer, nested: bool) -> None:
    before = layer.data.copy()
    with layer.block_history():
        for column in range(10, 60, 4):
            layer.paint((35, column), 3)
            if nested:
                with layer.block_history():
                    layer.paint((33, column), 3)
    assert len(layer.document.history) == 3
    assert_whole(layer)
    layer.undo()
    np.testing.assert_array_equal(layer.data, before)
    layer.redo()
    assert_whole(layer)


def test_a_stroke_over_its_own_paint_is_taken_back_whole(layer: MaskLayer) -> None:
    before = layer.data.copy()
    with layer.block_history():
        layer.paint((45, 60), 9)
        layer.paint((47, 62), 0)
        layer.paint((46, 61), 1)
    assert_whole(layer)
    layer.undo()
    np.testing.assert_array_equal(layer.data, before)


def test_paint_before_an_exception_is_in_the_history(layer: MaskLayer) -> None:
    before = layer.data.copy()

    def fail() -> None:
        with layer.block_history():
            layer.paint((70, 20), 5)
            raise RuntimeError("interrupted")

    with pytest.raises(RuntimeError, match="interrupted"):
        fail()
    assert_whole(layer)
    layer.undo()
    np.testing.assert_array_equal(layer.data, before)


def test_erasing_a_whole_cell_leaves_a_tombstone(layer: MaskLayer) -> None:
    layer.mode = "erase"
    layer.brush_size = 60
    layer.paint((20, 20), 0)
    removed = layer.document.objects[1]
    assert not removed.alive
    assert removed.footprint is not None
    assert removed.footprint.mask.all()
    assert layer.document.undo_summary == "erase"


@pytest.mark.parametrize(
    "draw",
    [
        lambda layer: layer.fill((20, 20), 2),
        lambda layer: layer.paint_polygon([(5, 5), (5, 35), (35, 20)], 7),
        lambda layer: layer.data_setitem((np.array([0, 79]), np.array([0, 99])), 8),
    ],
    ids=["fill", "polygon", "data_setitem"],
)
def test_other_tools_join_the_history(layer: MaskLayer, draw) -> None:
    before = layer.data.copy()
    draw(layer)
    assert not np.array_equal(layer.data, before)
    assert len(layer.document.history) == 3
    assert_whole(layer)
    layer.undo()
    np.testing.assert_array_equal(layer.data, before)


def test_paint_that_changes_nothing_is_no_edit(layer: MaskLayer) -> None:
    layer.paint((20, 20), 1)
    assert len(layer.document.history) == 2


def test_undo_within_a_stroke_takes_back_what_was_painted_so_far(layer: MaskLayer) -> None:
    with layer.block_history():
        layer.paint((70, 20), 5)
        layer.undo()
        assert layer.data[70, 20] == 0
        layer.paint((70, 60), 5)
    # 5 has been a cell's, so what is painted on is another
    assert layer.data[70, 60] == 6
    assert_whole(layer)
    layer.undo()
    assert layer.document.undo_summary == "add cell 2"


@pytest.mark.parametrize("change", ["visible", "editable"])
def test_hiding_or_locking_within_a_stroke_loses_no_paint(layer: MaskLayer, change: str) -> None:
    layer._begin_stroke()
    layer.paint((70, 20), 5)
    setattr(layer, change, False)
    setattr(layer, change, True)
    assert layer.data[70, 20] == 5
    layer.flush_stroke()
    assert layer.document.undo_summary == "paint cell 5"
    assert_whole(layer)
    layer.undo()
    assert layer.data[70, 20] == 0


def test_gesture_and_brush_share_one_history(layer: MaskLayer) -> None:
    document = layer.document
    states = [layer.data.copy()]
    layer.paint((70, 20), 5)
    states.append(layer.data.copy())
    document.commit(changes.remove_cell(document, document.objects[2]))
    states.append(layer.data.copy())
    layer.paint((70, 25), 5)
    for state in reversed(states):
        layer.undo()
        np.testing.assert_array_equal(layer.data, state)
    assert document.undo_summary == "add cell 2"


def test_setting_data_is_one_edit(layer: MaskLayer) -> None:
    before = layer.data.copy()
    new = np.zeros_like(before)
    new[5:9, 5:9] = 40
    layer.data = new
    np.testing.assert_array_equal(layer.data, new)
    assert layer.document.history[-1].change.kind is EditKind.REPLACE
    assert layer.document.next_id == 41
    assert_whole(layer)
    layer.undo()
    np.testing.assert_array_equal(layer.data, before)


@pytest.mark.parametrize(
    "wrong", [np.zeros((3, 3), int), np.zeros((80, 100)), np.full((80, 100), -1)]
)
def test_wrong_data_is_refused_and_changes_nothing(layer: MaskLayer, wrong) -> None:
    before = layer.data.copy()
    with pytest.raises(ValueError, match=r"shape|whole numbers|negative"):
        layer.data = wrong
    np.testing.assert_array_equal(layer.data, before)
    assert len(layer.document.history) == 2


def test_a_new_label_was_never_used(layer: MaskLayer) -> None:
    document = layer.document
    document.commit(changes.remove_cell(document, document.objects[2]))
    layer.select_new_label()
    # napari's own 'new label' would take 2 again: the largest in the array plus one
    assert layer.selected_label == 3


@pytest.mark.parametrize(
    "draw",
    [
        lambda layer: layer.fill((70, 20), 2),
        lambda layer: layer.paint((70, 20), 2),
        lambda layer: layer.paint_polygon([(65, 5), (65, 35), (75, 20)], 2),
    ],
    ids=["fill", "paint", "polygon"],
)
def test_the_id_of_a_removed_cell_is_not_given_again(layer: MaskLayer, draw) -> None:
    document = layer.document
    document.commit(changes.remove_cell(document, document.objects[2]))
    tombstone = document.objects[2]
    draw(layer)
    assert layer.data[70, 20] == 3
    assert document.objects[2] == tombstone


def test_promotion_keeps_array_and_history(layer: MaskLayer) -> None:
    before = layer.data.copy()
    new = before.astype(np.uint32)
    new[0, 0] = 70_000
    layer.data = new
    assert layer.data.dtype == np.uint32
    np.testing.assert_array_equal(layer.data, new)
    assert_whole(layer)
    layer.undo()
    np.testing.assert_array_equal(layer.data, before)


def test_only_the_changed_box_is_redrawn(layer: MaskLayer) -> None:
    drawn: list[tuple[int, ...]] = []
    whole: list[object] = []
    layer.events.labels_update.connect(lambda event: drawn.append(event.data.shape))
    layer.events.set_data.connect(whole.append)
    layer.document.commit(changes.remove_cell(layer.document, layer.document.objects[1]))
    layer.undo()
    assert drawn == [(20, 20), (20, 20)]
    assert not whole


def test_boxes_apart_are_drawn_apart_with_one_thumbnail(
    layer: MaskLayer, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn: list[object] = []
    thumbnails: list[object] = []
    layer.events.labels_update.connect(lambda event: drawn.append(event.data.shape))
    monkeypatch.setattr(layer, "_update_thumbnail", lambda: thumbnails.append(1))
    redraw(layer, [Box(0, 0, 3, 4), Box(5, 5, 5, 9), Box(20, 20, 22, 25)])
    assert drawn == [(3, 4), (2, 5)]
    assert len(thumbnails) == 1


def test_what_is_drawn_is_what_is_there(layer: MaskLayer) -> None:
    layer.document.commit(changes.remove_cell(layer.document, layer.document.objects[1]))
    np.testing.assert_array_equal(layer._slice.image.view, layer.data)
    layer.undo()
    np.testing.assert_array_equal(layer._slice.image.view, layer.data)


def test_a_copy_of_the_layer_is_a_plain_one_in_colours_of_its_own(layer: MaskLayer) -> None:
    from napari.layers import Labels

    data, meta, kind = layer.as_layer_data_tuple()
    assert kind == "labels"
    copy = Labels(data.copy(), **meta)
    assert not np.allclose(copy.get_color(1), copy.get_color(2))
    copy.paint((70, 20), 3)
    assert len(layer.document.history) == 2
