"""The review by real keys: through the doubts, the decisions, the candidates, and back."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from napari.components import ViewerModel
from qtpy.QtCore import Qt
from qtpy.QtTest import QTest

from napari_fncells.core.appearance import CANDIDATE, PROPOSED
from napari_fncells.core.edits import EditKind
from napari_fncells.core.objects import ObjectState
from napari_fncells.viewer.workspace import workspace_of
from tests.pictures import CELLS
from tests.wholeness import assert_shown
from tests.widgets.conftest import Desk

Key = Qt.Key
CTRL = Qt.KeyboardModifier.ControlModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier
FIRST, DIM = CELLS[0][:2], CELLS[3][:2]


@pytest.fixture
def drafted(desk: Desk, picture: Path) -> Desk:
    """The window with a picture of four cells, of which the draft leaves out the dim one."""
    desk.open(picture)
    desk.draft()
    return desk


def known(desk: Desk) -> None:
    """Wait until what goes on beside the work is done."""
    desk.pilot.wait_until(lambda: not desk.widget.looker.busy, "the look at what is doubtful")
    desk.pilot.settle()


def press(
    desk: Desk, key: Key, modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier
) -> None:
    desk.pilot.key(key, modifiers)
    known(desk)


def selected(desk: Desk) -> int | None:
    return desk.workspace.review.selected


def words(desk: Desk) -> str:
    return desk.widget.review.words.text()


def states(desk: Desk) -> list[ObjectState]:
    return [cell.state for cell in desk.document.objects.values()]


def test_decisions_go_on_until_all_were_looked_at(drafted: Desk) -> None:
    count = drafted.document.counts.final
    press(drafted, Key.Key_N)
    order = drafted.workspace.session.doubting.ranking().by_doubt
    assert selected(drafted) == order[0]
    assert f"1 of {count} looked at" in words(drafted)
    press(drafted, Key.Key_A)
    assert drafted.document.objects[order[0]].state is ObjectState.ACCEPTED
    second = selected(drafted)
    assert second != order[0]
    press(drafted, Key.Key_D)
    assert not drafted.document.is_alive(second)
    third = selected(drafted)
    press(drafted, Key.Key_U)
    assert drafted.document.objects[third].state is ObjectState.UNSURE
    assert f"All {count} looked at. N goes over the 1 left open." in (
        drafted.widget.correct.message.text()
    )
    press(drafted, Key.Key_N)
    assert selected(drafted) == third


def test_undo_goes_back_to_the_cell(drafted: Desk) -> None:
    press(drafted, Key.Key_N)
    first = selected(drafted)
    press(drafted, Key.Key_D)
    assert selected(drafted) not in (None, first)
    press(drafted, Key.Key_Z, CTRL)
    assert selected(drafted) == first
    assert "Undone" in drafted.viewer.status
    # The key means this cell again
    press(drafted, Key.Key_A)
    assert drafted.document.objects[first].state is ObjectState.ACCEPTED


def test_shift_n_goes_back_and_n_the_same_way_again(drafted: Desk) -> None:
    met = []
    for _ in range(3):
        press(drafted, Key.Key_N)
        met.append(selected(drafted))
    assert len(set(met)) == 3
    press(drafted, Key.Key_N, SHIFT)
    press(drafted, Key.Key_N, SHIFT)
    assert selected(drafted) == met[0]
    press(drafted, Key.Key_N, SHIFT)
    assert "first cell" in drafted.widget.correct.message.text()
    press(drafted, Key.Key_N)
    assert selected(drafted) == met[1]


def test_a_cell_under_the_pointer_is_decided_on_without_going_on(drafted: Desk) -> None:
    press(drafted, Key.Key_N)
    place = next(
        cell[:2]
        for cell in CELLS[:3]
        if drafted.document.cell_at(*cell[:2]).id != selected(drafted)
    )
    drafted.pilot.click(*place)
    i = drafted.document.cell_at(*place).id
    press(drafted, Key.Key_A)
    assert drafted.document.objects[i].state is ObjectState.ACCEPTED
    assert selected(drafted) == i


def test_going_on_can_be_switched_off(drafted: Desk) -> None:
    drafted.pilot.press(drafted.widget.review.goes_on)
    press(drafted, Key.Key_N)
    first = selected(drafted)
    press(drafted, Key.Key_A)
    assert selected(drafted) == first
    assert states(drafted).count(ObjectState.ACCEPTED) == 1


def test_what_was_chosen_is_so_at_the_next_start(drafted: Desk) -> None:
    panel = drafted.widget.review
    drafted.pilot.press(panel.goes_on)
    drafted.pilot.press(panel.candidates)
    known(drafted)
    # Both are written beside the work
    drafted.workspace.saving.close()
    following = workspace_of(ViewerModel()).review
    assert not following.goes_on
    assert following.missed.shown


def test_decisions_taken_back_come_again_one_after_the_other(drafted: Desk) -> None:
    press(drafted, Key.Key_N)
    met = []
    for _ in range(2):
        met.append(selected(drafted))
        press(drafted, Key.Key_D)
    for _ in range(2):
        press(drafted, Key.Key_Z, CTRL)
    assert selected(drafted) == met[0]
    press(drafted, Key.Key_A)
    assert selected(drafted) == met[1]


def test_the_camera_glides_and_another_key_finds_it_there(drafted: Desk) -> None:
    glide, camera = drafted.workspace.glide, drafted.viewer.scene.camera
    camera.center = (10, 10)
    before = tuple(camera.center)
    QTest.keyClick(drafted.pilot.canvas, Key.Key_N)
    assert glide.going
    assert tuple(camera.center) != before
    QTest.keyClick(drafted.pilot.canvas, Key.Key_A)
    second = selected(drafted)
    assert states(drafted).count(ObjectState.ACCEPTED) == 1
    drafted.pilot.wait_until(lambda: not glide.going, "the end of the glide")
    box = drafted.document.objects[second].box
    middle = drafted.workspace.mask_layer.world_position(*box.centre)
    np.testing.assert_allclose(camera.center[-2:], middle[-2:])


def test_whoever_moves_the_camera_ends_the_glide(drafted: Desk) -> None:
    glide, camera = drafted.workspace.glide, drafted.viewer.scene.camera
    QTest.keyClick(drafted.pilot.canvas, Key.Key_N)
    camera.center = (5, 5)
    drafted.pilot.wait_until(lambda: not glide.going, "the end of the glide")
    np.testing.assert_allclose(camera.center[-2:], (5, 5))


def test_candidates_are_shown_adopted_dismissed_and_brought_back(drafted: Desk) -> None:
    assert drafted.document.cell_at(*DIM) is None
    press(drafted, Key.Key_C)
    drafted.pilot.wait_until(
        lambda: drafted.workspace.session.doubting.candidates is not None, "the candidates"
    )
    drafted.pilot.settle()
    codes = drafted.workspace.overlay.layer.data
    shown = len(drafted.workspace.session.doubting.likely().chances)
    assert shown >= 1
    assert (codes == CANDIDATE).any()
    assert drafted.widget.review.candidates.isChecked()
    press(drafted, Key.Key_G)
    assert (codes == PROPOSED).any()
    assert "A missed cell? 1 of" in words(drafted)
    before = drafted.document.edit_count
    press(drafted, Key.Key_D)
    assert drafted.document.edits_since(before)[0].change.kind is EditKind.JUDGE
    assert len(drafted.workspace.session.doubting.likely().chances) == shown - 1
    assert_shown(drafted.workspace)
    press(drafted, Key.Key_Z, CTRL)
    assert len(drafted.workspace.session.doubting.likely().chances) == shown
    # At the candidate again
    press(drafted, Key.Key_A)
    assert drafted.document.counts.added == 1
    assert_shown(drafted.workspace)
    press(drafted, Key.Key_C)
    assert not np.isin(drafted.workspace.overlay.layer.data, (CANDIDATE,)).any()
    assert_shown(drafted.workspace)


def test_at_the_first_candidate_keys_mean_no_cell_any_more(drafted: Desk) -> None:
    press(drafted, Key.Key_N)
    cell = selected(drafted)
    note = drafted.widget.correct.note
    assert f"Cell {cell}" in note.about.text()
    # It takes a look at the picture to find it
    press(drafted, Key.Key_G)
    assert drafted.workspace.review.at_candidate
    assert selected(drafted) is None
    assert "A missed cell? 1 of" in words(drafted)
    assert note.about.text() == "Picture"
    press(drafted, Key.Key_U)
    assert drafted.document.objects[cell].state is ObjectState.DRAFT


def test_candidates_are_never_in_the_mask(drafted: Desk) -> None:
    labels = drafted.document.labels.copy()
    press(drafted, Key.Key_C)
    press(drafted, Key.Key_G)
    np.testing.assert_array_equal(drafted.document.labels, labels)
    assert drafted.document.counts.final == len(np.unique(labels)) - 1
