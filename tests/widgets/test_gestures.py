"""Every gesture and key of the interaction map, in a real window by mouse and key events."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from qtpy.QtCore import QPoint, Qt
from qtpy.QtTest import QTest

from napari_fncells.core.document import Document
from napari_fncells.core.objects import ObjectState
from napari_fncells.viewer.commands import COMMANDS
from napari_fncells.viewer.state_layer import NAME
from tests.pictures import CELLS, SHAPE
from tests.widgets.conftest import Desk

CTRL = Qt.KeyboardModifier.ControlModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier
PLAIN = Qt.KeyboardModifier.NoModifier
FIRST, SECOND = CELLS[0][:2], CELLS[1][:2]


@pytest.fixture
def drafted(desk: Desk, picture: Path) -> Desk:
    """The window with a drafted picture."""
    desk.open(picture)
    desk.draft()
    return desk


def id_at(desk: Desk, place: tuple[int, int]) -> int:
    return int(desk.document.labels[place])


def said(desk: Desk) -> str:
    return desk.widget.correct.message.text()


def around(desk: Desk, *ids: int, margin: int = 6) -> list[tuple[float, float]]:
    """A closed path around cells."""
    boxes = [desk.document.objects[i].box for i in ids]
    top = min(box.top for box in boxes) - margin
    bottom = max(box.bottom for box in boxes) + margin
    left = min(box.left for box in boxes) - margin
    right = max(box.right for box in boxes) + margin
    return [(top, left), (top, right), (bottom, right), (bottom, left), (top, left)]


# -- mouse ---------------------------------------------------------------------------------


def test_a_lasso_removes_all_cells_inside_in_one_step(drafted: Desk) -> None:
    before = drafted.document.labels.copy()
    cells = [cell.id for cell in drafted.document.cells]
    drafted.viewer.reset_view()
    drafted.pilot.settle()
    drafted.pilot.drag([(2, 2), (2, 237), (197, 237), (197, 2), (2, 2)], SHIFT)
    assert not list(drafted.document.cells)
    assert f"Removed {len(cells)} cells" in said(drafted)
    drafted.pilot.key(Qt.Key.Key_Z, CTRL)
    np.testing.assert_array_equal(drafted.document.labels, before)


def test_a_ctrl_drag_across_a_cell_cuts_it(drafted: Desk) -> None:
    i = id_at(drafted, FIRST)
    box = drafted.document.objects[i].box
    row, left, right = FIRST[0], box.left - 6, box.right + 6
    drafted.pilot.drag([(row, left), (row, FIRST[1]), (row, right)], CTRL)
    assert drafted.document.undo_summary is not None
    assert id_at(drafted, (row - 4, FIRST[1])) != id_at(drafted, (row + 4, FIRST[1]))
    assert i in (id_at(drafted, (row - 4, FIRST[1])), id_at(drafted, (row + 4, FIRST[1])))
    drafted.pilot.key(Qt.Key.Key_Z, CTRL)
    assert id_at(drafted, (row - 4, FIRST[1])) == id_at(drafted, (row + 4, FIRST[1])) == i


def test_a_ctrl_drag_from_cell_to_cell_joins_them(drafted: Desk) -> None:
    first, second = id_at(drafted, FIRST), id_at(drafted, SECOND)
    assert first != second
    middle = ((FIRST[0] + SECOND[0]) / 2, (FIRST[1] + SECOND[1]) / 2)
    history = len(drafted.document.history)
    drafted.pilot.drag([FIRST, middle, SECOND], CTRL)
    if drafted.document.edit_count > history:
        assert id_at(drafted, SECOND) == first
        assert second not in [cell.id for cell in drafted.document.cells]
    else:
        assert "Nothing changed" in said(drafted), "cells too far apart are refused in a word"


def test_a_ctrl_drag_over_nothing_is_refused_in_a_word(drafted: Desk) -> None:
    history = len(drafted.document.history)
    drafted.pilot.drag([(3, 120), (3, 150), (3, 180)], CTRL)
    assert len(drafted.document.history) == history
    assert "Nothing changed" in said(drafted)
    drafted.pilot.click(3, 120, CTRL)
    assert len(drafted.document.history) == history
    assert "Drag across a cell" in said(drafted)


def test_a_ctrl_shift_drag_traces_a_new_cell(drafted: Desk) -> None:
    path = [(172, 100), (172, 130), (192, 130), (192, 100), (173, 99)]
    assert not drafted.document.labels[170:195, 97:133].any()
    drafted.pilot.drag(path, CTRL | SHIFT)
    assert not drafted.trail.isVisible(), "the path is drawn only while it is dragged"
    i = id_at(drafted, (182, 115))
    cell = drafted.document.objects[i]
    assert cell.state is ObjectState.ADDED
    assert 0.8 * 20 * 30 < cell.area < 1.2 * 20 * 30
    assert drafted.workspace.review.selected == i
    drafted.pilot.key(Qt.Key.Key_Z, CTRL)
    assert not drafted.document.labels[182, 115]


def test_a_ctrl_shift_drag_over_a_cell_redraws_it(drafted: Desk) -> None:
    i, before = id_at(drafted, FIRST), drafted.document.labels.copy()
    count = len(list(drafted.document.cells))
    path = around(drafted, i, margin=3)
    drafted.pilot.drag(path, CTRL | SHIFT)
    (top, left), (bottom, right) = path[0], path[2]
    area = (bottom - top) * (right - left)
    cell = drafted.document.objects[i]
    assert cell.state is ObjectState.EDITED
    assert 0.85 * area < cell.area < 1.15 * area
    assert len(list(drafted.document.cells)) == count
    assert said(drafted) == f"Cell {i} has the new outline."
    assert drafted.workspace.review.selected == i
    drafted.pilot.key(Qt.Key.Key_Z, CTRL)
    np.testing.assert_array_equal(drafted.document.labels, before)


def test_a_click_selects_and_says_what_is_known(drafted: Desk) -> None:
    i = id_at(drafted, FIRST)
    drafted.pilot.click(*FIRST)
    assert drafted.workspace.review.selected == i
    assert f"Cell {i}" in said(drafted)
    assert "mean intensity" in said(drafted)
    drafted.pilot.click(3, 120)
    assert drafted.workspace.review.selected is None


@pytest.mark.parametrize("angle", [120, 40])
def test_shift_wheel_resizes_the_cell_just_added(drafted: Desk, angle: int) -> None:
    drafted.pilot.shift_click(*FIRST)
    drafted.pilot.key(Qt.Key.Key_Z, CTRL)
    i = id_at(drafted, FIRST)
    drafted.pilot.click(*FIRST)
    before, area = drafted.document.labels.copy(), drafted.document.objects[i].area
    history = drafted.document.edit_count
    for _ in range(3 * 120 // angle):
        drafted.pilot.wheel(*FIRST, -angle, SHIFT)
    assert drafted.document.objects[i].area < area
    assert 2 <= drafted.document.edit_count - history <= 3
    drafted.pilot.key(Qt.Key.Key_Z, CTRL)
    np.testing.assert_array_equal(drafted.document.labels, before)


def test_shift_wheel_needs_no_click(drafted: Desk) -> None:
    i, other = id_at(drafted, FIRST), id_at(drafted, SECOND)
    area, rest = drafted.document.objects[i].area, drafted.document.objects[other].area
    drafted.pilot.click(*SECOND)
    drafted.pilot.hover(*FIRST)
    drafted.pilot.wheel(*FIRST, -120, SHIFT)
    assert drafted.document.objects[i].area < area
    assert drafted.document.objects[other].area == rest
    assert drafted.workspace.review.selected == i, "it is seen which one it was"


def test_a_burst_keeps_its_cell_though_the_pointer_is_outside_of_it(drafted: Desk) -> None:
    i, before = id_at(drafted, FIRST), drafted.document.labels.copy()
    rim = (FIRST[0], drafted.document.objects[i].box.right - 2)
    assert id_at(drafted, rim) == i
    drafted.pilot.hover(*rim)
    areas = []
    for _ in range(3):
        drafted.pilot.wheel(*rim, -120, SHIFT)
        areas.append(drafted.document.objects[i].area)
    assert id_at(drafted, rim) == 0
    assert areas == sorted(set(areas), reverse=True)
    drafted.pilot.key(Qt.Key.Key_Comma)
    assert drafted.document.objects[i].area < areas[-1], "and so do the keys"
    drafted.pilot.key(Qt.Key.Key_Z, CTRL)
    np.testing.assert_array_equal(drafted.document.labels, before)
    drafted.pilot.wheel(*rim, -120, SHIFT)
    other = id_at(drafted, SECOND)
    area, mine = (drafted.document.objects[k].area for k in (other, i))
    drafted.pilot.hover(*SECOND)
    drafted.pilot.wheel(*SECOND, -120, SHIFT)
    assert drafted.document.objects[other].area < area, "the pointer has moved"
    assert drafted.document.objects[i].area == mine


def test_the_wheel_means_the_cell_walked_to_until_the_pointer_moves(drafted: Desk) -> None:
    camera = drafted.viewer.scene.camera
    drafted.pilot.hover(*FIRST)
    place = drafted.pilot.place(*FIRST)
    drafted.pilot.key(Qt.Key.Key_N)
    drafted.pilot.wait_until(lambda: not drafted.workspace.glide.going, "the glide's end")
    walked = drafted.workspace.review.selected
    size = drafted.pilot.canvas.size()
    # Where the picture is under the hand now, which has not moved
    under = (
        camera.center[-2] + (place.y() - size.height() / 2) / camera.zoom,
        camera.center[-1] + (place.x() - size.width() / 2) / camera.zoom,
    )
    areas = {cell.id: cell.area for cell in drafted.document.cells}
    drafted.pilot.wheel(*under, -120, SHIFT)
    now = {cell.id: cell.area for cell in drafted.document.cells}
    assert [i for i in areas if now[i] != areas[i]] == [walked]


def test_shift_wheel_counts_sideways_too_and_zooms_nothing(drafted: Desk) -> None:
    i = id_at(drafted, FIRST)
    drafted.pilot.click(*FIRST)
    area, zoom = drafted.document.objects[i].area, drafted.viewer.scene.camera.zoom
    drafted.pilot.wheel(*FIRST, 0, SHIFT, across=-120)
    assert drafted.document.objects[i].area < area
    assert drafted.viewer.scene.camera.zoom == zoom


def test_the_wheel_alone_zooms(drafted: Desk) -> None:
    zoom, history = drafted.viewer.scene.camera.zoom, drafted.document.edit_count
    drafted.pilot.wheel(*FIRST, 120)
    assert drafted.viewer.scene.camera.zoom != zoom
    assert drafted.document.edit_count == history


def test_two_bursts_of_the_wheel_are_two_steps(
    drafted: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    i = id_at(drafted, FIRST)
    drafted.pilot.click(*FIRST)
    drafted.pilot.wheel(*FIRST, -120, SHIFT)
    between = drafted.document.objects[i].area
    monkeypatch.setattr("napari_fncells.viewer.review.BURST_S", 0.0)
    drafted.pilot.wheel(*FIRST, -120, SHIFT)
    assert drafted.document.objects[i].area < between
    drafted.pilot.key(Qt.Key.Key_Z, CTRL)
    assert drafted.document.objects[i].area == between


# -- keys ----------------------------------------------------------------------------------


def test_n_walks_through_the_cells_and_the_camera_follows(drafted: Desk) -> None:
    seen = []
    for _ in range(3):
        drafted.pilot.key(Qt.Key.Key_N)
        i = drafted.workspace.review.selected
        assert i is not None
        centre = drafted.document.objects[i].box.centre
        drafted.pilot.wait_until(lambda: not drafted.workspace.glide.going, "the glide's end")
        np.testing.assert_allclose(drafted.viewer.scene.camera.center[-2:], centre, atol=1)
        seen.append(i)
    assert len(set(seen)) == 3
    drafted.pilot.key(Qt.Key.Key_N, SHIFT)
    assert drafted.workspace.review.selected == seen[1]


def test_a_d_and_u_decide_on_the_cell_walked_to(drafted: Desk) -> None:
    states = []
    for key in (Qt.Key.Key_A, Qt.Key.Key_U, Qt.Key.Key_D):
        drafted.pilot.key(Qt.Key.Key_N)
        i = drafted.workspace.review.selected
        drafted.pilot.key(key)
        states.append(drafted.document.objects[i].state)
    assert states == [ObjectState.ACCEPTED, ObjectState.UNSURE, ObjectState.REMOVED]
    for _ in range(3):
        drafted.pilot.key(Qt.Key.Key_Z, CTRL)
    assert {cell.state for cell in drafted.document.objects.values()} == {ObjectState.DRAFT}


def test_a_key_means_the_hovered_cell_once_the_pointer_moves(drafted: Desk) -> None:
    drafted.pilot.click(*SECOND)
    drafted.pilot.hover(*FIRST)
    drafted.pilot.key(Qt.Key.Key_A)
    assert drafted.document.cell_at(*FIRST).state is ObjectState.ACCEPTED
    assert drafted.document.cell_at(*SECOND).state is ObjectState.DRAFT
    drafted.pilot.hover(3, 120)
    drafted.pilot.key(Qt.Key.Key_U)
    assert drafted.document.cell_at(*SECOND).state is ObjectState.UNSURE, "else the selected one"


def test_a_key_means_what_is_under_the_pointer_also_where_the_camera_moved(
    drafted: Desk,
) -> None:
    drafted.pilot.hover(3, 120)
    drafted.pilot.hover(*FIRST)
    camera = drafted.viewer.scene.camera
    y, x = camera.center[-2:]
    camera.center = (y + SECOND[0] - FIRST[0], x + SECOND[1] - FIRST[1])
    drafted.pilot.key(Qt.Key.Key_A)
    assert drafted.document.cell_at(*FIRST).state is ObjectState.DRAFT
    assert drafted.document.cell_at(*SECOND).state is ObjectState.ACCEPTED


def test_a_hand_that_trembles_is_still(drafted: Desk) -> None:
    place = drafted.pilot.place(*FIRST)
    drafted.pilot.hover(*FIRST)
    drafted.pilot.key(Qt.Key.Key_N)
    drafted.pilot.wait_until(lambda: not drafted.workspace.glide.going, "the glide's end")
    walked = drafted.workspace.review.selected
    drafted.pilot._move(place + QPoint(1, 1), PLAIN, Qt.MouseButton.NoButton)
    drafted.pilot.settle()
    assert not drafted.workspace.review.hover.moved
    assert drafted.workspace.review.target == walked
    aside = drafted.pilot.place(3, 120)
    drafted.pilot._move(aside, PLAIN, Qt.MouseButton.NoButton)
    drafted.pilot.settle()
    assert drafted.workspace.review.hover.moved


def test_delete_removes_the_selected_cell(drafted: Desk) -> None:
    drafted.pilot.click(*FIRST)
    drafted.pilot.key(Qt.Key.Key_Delete)
    assert drafted.document.cell_at(*FIRST) is None


@pytest.mark.parametrize("name", ["A", "D", "U", "R", "W", "S", "Comma", "Period"])
def test_a_key_over_nothing_says_so_and_changes_nothing(drafted: Desk, name: str) -> None:
    drafted.pilot.click(3, 120)
    history = drafted.document.edit_count
    drafted.pilot.key(getattr(Qt.Key, f"Key_{name}"))
    assert drafted.document.edit_count == history
    assert said(drafted).startswith("No cell")


def test_keys_work_with_the_picture_active(drafted: Desk) -> None:
    """Also those that napari has bound for all pictures."""
    drafted.viewer.layers.selection.active = drafted.viewer.layers[0]
    drafted.pilot.click(*FIRST)
    drafted.pilot.key(Qt.Key.Key_A)
    assert drafted.document.cell_at(*FIRST).state is ObjectState.ACCEPTED
    filled = drafted.workspace.overlay.filled
    drafted.pilot.key(Qt.Key.Key_O)
    assert drafted.workspace.overlay.filled is not filled
    drafted.pilot.key(Qt.Key.Key_Z, CTRL)
    drafted.pilot.key(Qt.Key.Key_Y, CTRL)
    assert drafted.viewer.dims.ndisplay == 2
    assert drafted.document.cell_at(*FIRST).state is ObjectState.ACCEPTED


def test_comma_and_period_resize_in_one_burst(drafted: Desk) -> None:
    drafted.pilot.click(*FIRST)
    i, before = id_at(drafted, FIRST), drafted.document.labels.copy()
    area = drafted.document.objects[i].area
    drafted.pilot.key(Qt.Key.Key_Comma)
    drafted.pilot.key(Qt.Key.Key_Comma)
    assert drafted.document.objects[i].area < area
    drafted.pilot.key(Qt.Key.Key_Z, CTRL)
    np.testing.assert_array_equal(drafted.document.labels, before)


def test_s_w_and_r(drafted: Desk) -> None:
    drafted.pilot.click(*FIRST)
    i = id_at(drafted, FIRST)
    drafted.pilot.key(Qt.Key.Key_S)
    assert "looks like one cell" in said(drafted)
    before = drafted.document.labels == i
    drafted.pilot.key(Qt.Key.Key_Comma)
    assert drafted.document.objects[i].state is ObjectState.EDITED
    drafted.pilot.key(Qt.Key.Key_R)
    np.testing.assert_array_equal(drafted.document.labels == i, before)
    assert drafted.document.objects[i].state is ObjectState.DRAFT
    drafted.pilot.key(Qt.Key.Key_W)
    assert "mooth" in said(drafted)


def test_h_hides_while_it_is_held_and_keeps_the_mode(drafted: Desk) -> None:
    overlay, mask = drafted.workspace.overlay, drafted.workspace.mask_layer
    mask.mode = "paint"
    QTest.keyPress(drafted.pilot.canvas, Qt.Key.Key_H)
    drafted.pilot.settle()
    assert not overlay.layer.visible
    QTest.keyRelease(drafted.pilot.canvas, Qt.Key.Key_H)
    drafted.pilot.settle()
    assert overlay.layer.visible
    assert mask.visible
    assert mask.mode == "paint"


def test_t_shows_the_draft_and_the_mask_again(drafted: Desk) -> None:
    codes = drafted.workspace.overlay.layer.data.copy()
    drafted.pilot.shift_click(*FIRST)
    assert not drafted.workspace.overlay.layer.data[FIRST]
    drafted.pilot.key(Qt.Key.Key_T)
    np.testing.assert_array_equal(drafted.workspace.overlay.layer.data, codes)
    drafted.pilot.key(Qt.Key.Key_T)
    assert not drafted.workspace.overlay.layer.data[FIRST]


def test_an_edit_ends_the_look_at_the_draft(drafted: Desk) -> None:
    drafted.pilot.key(Qt.Key.Key_T)
    assert drafted.workspace.overlay.comparing
    drafted.pilot.shift_click(*FIRST)
    assert not drafted.workspace.overlay.comparing
    assert not drafted.workspace.overlay.layer.data[FIRST]


def test_napari_tools_write_nothing_into_the_states(drafted: Desk) -> None:
    states = drafted.workspace.overlay.layer
    drafted.viewer.layers.selection.active = states
    drafted.pilot.key(Qt.Key.Key_T)
    drafted.pilot.key(Qt.Key.Key_T)
    before = states.data.copy()
    for tool in ("paint", "erase", "fill"):
        states.mode = tool
        drafted.pilot.drag([(180, 60 + 8 * n) for n in range(4)])
        states.fill((180, 60), 3)
    np.testing.assert_array_equal(states.data, before)
    assert not states.editable


def test_a_stroke_given_up_leaves_the_states_as_they_were(drafted: Desk) -> None:
    mask, states = drafted.workspace.mask_layer, drafted.workspace.overlay.layer
    before, history = states.data.copy(), drafted.document.edit_count
    mask.mode = "paint"
    mask._begin_stroke()
    mask.paint((180, 60), 7)
    assert not np.array_equal(states.data, before), "it is shown while it is drawn"
    mask._abort_stroke()
    np.testing.assert_array_equal(states.data, before)
    assert drafted.document.edit_count == history


def test_escape_leads_back_to_moving_the_picture(drafted: Desk) -> None:
    mask = drafted.workspace.mask_layer
    drafted.pilot.click(*FIRST)
    mask.mode = "polygon"
    drafted.pilot.click(20, 20)
    drafted.pilot.click(20, 60)
    history = drafted.document.edit_count
    drafted.pilot.key(Qt.Key.Key_Escape)
    assert mask.mode == "polygon", "the unfinished polygon is dropped first"
    drafted.pilot.key(Qt.Key.Key_Escape)
    assert mask.mode == "pan_zoom"
    assert drafted.workspace.review.selected is None
    assert drafted.document.edit_count == history


@pytest.mark.parametrize("text", ["?", "/"])
def test_the_cheat_sheet(drafted: Desk, text: str) -> None:
    sheet = drafted.sheet
    assert not sheet.isVisible()
    QTest.keyClicks(drafted.pilot.canvas, text)
    drafted.pilot.settle()
    assert sheet.isVisible()
    drafted.pilot.key(Qt.Key.Key_Escape)
    assert not sheet.isVisible()


def test_shift_return_accepts_the_rest_and_goes_on(desk: Desk, tmp_path: Path) -> None:
    desk.open_folder(tmp_path, "a.png", "b.png")
    desk.draft()
    document = desk.document
    desk.pilot.click(*FIRST)
    desk.pilot.key(Qt.Key.Key_U)
    desk.pilot.key(Qt.Key.Key_Return, SHIFT)
    desk.idle()
    assert document.done
    states = {cell.state for cell in document.cells}
    assert states == {ObjectState.ACCEPTED, ObjectState.UNSURE}
    assert desk.workspace.current.name == "b.png"
    desk.pilot.key(Qt.Key.Key_Left, CTRL)
    desk.pilot.wait_until(lambda: desk.workspace.current.name == "a.png", "going back")
    desk.idle()
    assert desk.document.history == document.history
    assert desk.document.done
    desk.pilot.key(Qt.Key.Key_Z, CTRL)
    assert not desk.document.done


def test_g_walks_the_candidates_a_adopts_d_dismisses(drafted: Desk) -> None:
    drafted.pilot.shift_click(*FIRST)
    drafted.pilot.key(Qt.Key.Key_G)
    drafted.idle()
    drafted.pilot.wait_until(lambda: not drafted.widget.looker.busy, "the look for missed cells")
    assert "issed cell" in drafted.viewer.status
    count = drafted.document.counts.final
    if drafted.workspace.review.at_candidate:
        drafted.pilot.key(Qt.Key.Key_A)
        assert drafted.document.counts.final == count + 1


# -- how it looks, and the rest of napari ----------------------------------------------------


def test_the_colours_of_states_are_those_of_the_document(drafted: Desk) -> None:
    layer = drafted.viewer.layers[NAME]
    assert drafted.viewer.layers.selection.active is drafted.workspace.mask_layer
    before = layer.data[FIRST]
    drafted.pilot.click(*FIRST)
    drafted.pilot.key(Qt.Key.Key_A)
    assert layer.data[FIRST] != before
    drafted.pilot.key(Qt.Key.Key_Z, CTRL)
    assert layer.data[FIRST] == before


def test_the_states_layer_can_be_removed(drafted: Desk) -> None:
    del drafted.viewer.layers[NAME]
    drafted.pilot.shift_click(*FIRST)
    assert drafted.document.cell_at(*FIRST) is None


def test_reordering_hiding_and_another_layer_keep_the_history(drafted: Desk) -> None:
    drafted.pilot.shift_click(*FIRST)
    summary = drafted.document.undo_summary
    mask = drafted.workspace.mask_layer
    mask.visible = False
    mask.visible = True
    drafted.viewer.layers.move(0, 2)
    points = drafted.viewer.add_points(np.zeros((1, 2)))
    assert drafted.document.undo_summary == summary
    drafted.viewer.layers.remove(points)
    drafted.pilot.key(Qt.Key.Key_Z, CTRL)
    assert drafted.document.cell_at(*FIRST) is not None


@pytest.mark.parametrize("shown", [True, False])
def test_contours_chosen_while_the_mask_is_hidden_eat_no_pixels(
    drafted: Desk, shown: bool
) -> None:
    mask, document = drafted.workspace.mask_layer, drafted.document
    drafted.pilot.shift_click(*FIRST)
    without = document.labels.copy()
    mask.visible = shown
    mask.contour = 2
    drafted.workspace.undo()
    whole = Document.replay(document.shape, document.history).labels
    np.testing.assert_array_equal(document.labels, whole)
    assert not np.array_equal(whole, without)
    mask.visible = True
    drafted.pilot.settle()
    drafted.workspace.redo()
    np.testing.assert_array_equal(document.labels, without)
    mask.contour = 0
    drafted.workspace.undo()
    np.testing.assert_array_equal(document.labels, whole)
    np.testing.assert_array_equal(mask._slice.image.view, whole)


def test_a_long_stroke_is_saved_in_parts_and_undone_in_one(
    drafted: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("napari_fncells.viewer.document_layer.CHECKPOINT_S", -1.0)
    before = drafted.document.labels.copy()
    mask = drafted.workspace.mask_layer
    mask.mode = "paint"
    mask.brush_size = 6
    history = drafted.document.edit_count
    drafted.pilot.drag([(180, 60 + 8 * n) for n in range(8)])
    assert drafted.document.edit_count - history > 3, "a crash costs a moment of it"
    assert len(set(np.unique(drafted.document.labels)) - set(np.unique(before))) == 1
    drafted.pilot.key(Qt.Key.Key_Z, CTRL)
    np.testing.assert_array_equal(drafted.document.labels, before)
    drafted.pilot.key(Qt.Key.Key_Z, CTRL | SHIFT)
    assert not np.array_equal(drafted.document.labels, before)


def test_every_command_stands_in_the_menu_with_its_key(drafted: Desk) -> None:
    menu = drafted.menu
    menu.refresh()
    texts = [action.text().replace("&", "") for action in menu.actions() if action.text()]
    for known in COMMANDS:
        title = known.title.removesuffix(" while held")
        assert any(text.startswith(title) and "\t" in text for text in texts), known.title
    assert any(text.startswith("Undo draft (mean-sd)") for text in texts)


def test_another_key_can_be_chosen_and_is_remembered(drafted: Desk) -> None:
    from napari.settings import get_settings
    from napari.utils.action_manager import action_manager

    shortcuts = get_settings().shortcuts.shortcuts
    drafted.pilot.click(*FIRST)
    # What napari's preferences do
    action_manager.unbind_shortcut("napari_fncells:accept")
    action_manager.bind_shortcut("napari_fncells:accept", "K")
    get_settings().shortcuts.shortcuts = {**shortcuts, "napari_fncells:accept": ["K"]}
    try:
        drafted.pilot.key(Qt.Key.Key_A)
        assert drafted.document.cell_at(*FIRST).state is ObjectState.DRAFT
        drafted.pilot.key(Qt.Key.Key_K)
        assert drafted.document.cell_at(*FIRST).state is ObjectState.ACCEPTED
        drafted.menu.refresh()
        assert any(action.text().endswith("\tK") for action in drafted.menu.actions())
    finally:
        action_manager.unbind_shortcut("napari_fncells:accept")
        action_manager.bind_shortcut("napari_fncells:accept", "A")
        get_settings().shortcuts.shortcuts = shortcuts


def test_gestures_leave_a_viewer_without_pictures_alone(desk: Desk) -> None:
    for key in (Qt.Key.Key_N, Qt.Key.Key_A, Qt.Key.Key_Z):
        desk.pilot.key(key)
    desk.pilot.key(Qt.Key.Key_Z, CTRL)
    assert desk.workspace.session is None
    assert SHAPE == (200, 240)


def test_drafts_can_be_made_to_match_the_outlines_corrected(drafted: Desk) -> None:
    drafted.widget.draft.settings.expand(animate=False)
    drafted.pilot.settle()
    drafted.pilot.press(drafted.widget.draft.match)
    assert "three cells first" in said(drafted)
    # The expert draws wider than the draft, in three of the four cells
    if drafted.document.cell_at(*CELLS[3][:2]) is None:
        drafted.pilot.shift_click(*CELLS[3][:2])
    for place in (FIRST, SECOND, CELLS[3][:2]):
        drafted.pilot.click(*place)
        for _ in range(2):
            drafted.pilot.key(Qt.Key.Key_Period)
    drafted.pilot.press(drafted.widget.draft.match)
    offset = drafted.widget.draft.params.clean_up.outline_offset
    assert 1 < offset < 8, said(drafted)
    assert f"{offset:+.1f} px" in said(drafted)


@pytest.mark.parametrize("modifiers", [CTRL, CTRL | SHIFT])
def test_undo_does_not_bring_back_the_tool_that_z_put_away(
    drafted: Desk, monkeypatch: pytest.MonkeyPatch, modifiers: object
) -> None:
    from napari.settings import get_settings

    mask = drafted.workspace.mask_layer
    drafted.pilot.key(Qt.Key.Key_P)
    assert mask.mode == "paint"
    drafted.pilot.key(Qt.Key.Key_Z)
    assert mask.mode == "pan_zoom"
    # As if half a second had passed since
    monkeypatch.setattr(get_settings().application, "hold_button_delay", 0.0)
    drafted.pilot.key(Qt.Key.Key_Z, modifiers)
    assert mask.mode == "pan_zoom"
