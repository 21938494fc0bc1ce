"""The review by real keys: through the doubts, the decisions, the candidates, and back."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from napari.components import ViewerModel
from qtpy.QtCore import Qt
from qtpy.QtTest import QTest

from napari_fncells.core.changes import add_cell
from napari_fncells.core.edits import EditKind
from napari_fncells.core.geometry import Box
from napari_fncells.core.grow import Growth, Region
from napari_fncells.core.objects import ObjectState
from napari_fncells.core.state_codes import CANDIDATE, PROPOSED
from napari_fncells.session.outlines import Outlines
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
    ahead = len(drafted.workspace.session.doubting.likely().chances)
    assert (
        f"All {count} looked at. N goes over the 1 left open. "
        f"G leads to {ahead} likely missed cell"
    ) in drafted.widget.correct.message.text()
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


def at_candidate(desk: Desk) -> np.ndarray:
    """Be at the first candidate; (Y, X) the outline that is shown there."""
    press(desk, Key.Key_G)
    desk.pilot.wait_until(lambda: desk.workspace.review.at_candidate, "a candidate")
    outline = desk.workspace.review.missed.outline
    shown = np.zeros(desk.document.shape, bool)
    shown[outline.box.slices] = outline.mask
    drawn = desk.workspace.overlay.layer.data == PROPOSED
    assert drawn.any()
    assert not (drawn & ~shown).any()
    return shown


def test_what_a_adopts_is_what_g_shows(drafted: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    grown: list[tuple[int, int]] = []
    real = Outlines.growth_at

    def counted(outlines: Outlines, row: int, column: int) -> Growth:
        grown.append((row, column))
        return real(outlines, row, column)

    monkeypatch.setattr(Outlines, "growth_at", counted)
    shown = at_candidate(drafted)
    current = drafted.workspace.review.missed.current
    assert not np.array_equal(shown[current.box.slices], current.mask), "grown, not as found"
    fresh = drafted.document.next_id
    press(drafted, Key.Key_A)
    np.testing.assert_array_equal(drafted.document.labels == fresh, shown)
    assert grown.count(grown[0]) == 1, "and it is found once"


def test_the_outline_is_found_once_the_camera_is_there(
    drafted: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    press(drafted, Key.Key_C)
    drafted.pilot.wait_until(
        lambda: drafted.workspace.session.doubting.candidates is not None, "the candidates"
    )
    found: list[bool] = []
    real = Outlines.growth_at

    def watched(outlines: Outlines, row: int, column: int) -> Growth:
        found.append(drafted.workspace.glide.going)
        return real(outlines, row, column)

    monkeypatch.setattr(Outlines, "growth_at", watched)
    drafted.viewer.scene.camera.center = (10, 10)
    QTest.keyClick(drafted.pilot.canvas, Key.Key_G)
    assert not found, "the key is answered at once"
    current = drafted.workspace.review.missed.current
    drawn = drafted.workspace.overlay.layer.data == PROPOSED
    assert drawn[current.box.slices][current.mask].any(), "by the candidate as it was found"
    drafted.pilot.wait_until(lambda: bool(found), "the outline")
    assert found == [False]
    assert drafted.workspace.review.missed.outline is not current


def test_an_edit_renews_the_outline_that_is_shown(drafted: Desk) -> None:
    shown = at_candidate(drafted)
    current = drafted.workspace.review.missed.current
    # A cell on a part of the outline, beside the candidate itself
    free = shown.copy()
    free[current.box.slices] &= ~current.mask
    if not free.any():
        pytest.skip("the outline found lies inside the candidate")
    row, column = (int(v) for v in np.argwhere(free)[0])
    session = drafted.workspace.session
    taken = Region(Box(row, column, row + 1, column + 1), np.ones((1, 1), bool), 0.0)
    session.document.commit(add_cell(session.document, taken))
    known(drafted)
    assert not drafted.workspace.review.missed.outline.mask[
        row - drafted.workspace.review.missed.outline.box.top,
        column - drafted.workspace.review.missed.outline.box.left,
    ]
    fresh = drafted.document.next_id
    outline = drafted.workspace.review.missed.outline
    press(drafted, Key.Key_A)
    mine = drafted.document.labels == fresh
    np.testing.assert_array_equal(mine[outline.box.slices], outline.mask)
    assert mine.sum() == outline.mask.sum()


def test_a_never_removes_what_came_to_be_at_the_candidate(drafted: Desk) -> None:
    at_candidate(drafted)
    fresh = drafted.document.next_id
    press(drafted, Key.Key_A)
    press(drafted, Key.Key_Z, CTRL)
    assert drafted.workspace.review.at_candidate
    press(drafted, Key.Key_Z, CTRL | SHIFT)
    assert drafted.workspace.review.missed.current is None, "it is a cell by now"
    press(drafted, Key.Key_A)
    assert drafted.document.is_alive(fresh)


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


def elsewhere(desk: Desk) -> tuple[int, int]:
    """A pixel of the ground that is in sight, far from where the pointer is."""
    document, view = desk.document, desk.workspace.glide
    desk.pilot.wait_until(lambda: not view.going, "the end of the glide")
    row, column = (round(v) for v in desk.viewer.scene.camera.center[-2:])
    around = [(row + r, column + c) for r in range(-40, 41, 8) for c in range(-40, 41, 8)]
    return next(
        place
        for place in around
        if document.cell_at(*place) is None and max(abs(place[0] - row), 1) > 15
    )


def another(desk: Desk) -> int:
    """The cell nearest to the one walked to, brought into sight with it."""
    here = selected(desk)
    i = next(cell.id for cell in desk.document.cells if cell.id != here)
    boxes = [desk.document.objects[k].box for k in (here, i)]
    desk.pilot.look_at(*np.mean([box.centre for box in boxes], axis=0), 2)
    return i


def test_a_tremble_of_the_hand_and_a_zoom_do_not_change_what_is_meant(drafted: Desk) -> None:
    drafted.pilot.hover(*drafted.viewer.scene.camera.center[-2:])
    press(drafted, Key.Key_N)
    first = selected(drafted)
    other = next(cell for cell in drafted.document.cells if cell.id != first)
    drafted.pilot.wait_until(lambda: not drafted.workspace.glide.going, "the end of the glide")
    # Another cell comes to lie under the pointer, and nobody pointed to it
    row, column = other.box.centre
    drafted.pilot.look_at(row, column, 2)
    drafted.pilot.hover(row, column + 1)
    drafted.pilot.wheel(row, column + 1, 120)
    assert (
        drafted.document.cell_at(*map(round, drafted.viewer.cursor.position[-2:])).id == other.id
    )
    assert drafted.workspace.review.target == first
    press(drafted, Key.Key_A)
    assert drafted.document.objects[first].state is ObjectState.ACCEPTED
    assert drafted.document.objects[other.id].state is ObjectState.DRAFT


def test_the_hand_on_the_ground_leaves_the_walk_as_it_is(drafted: Desk) -> None:
    press(drafted, Key.Key_N)
    first = selected(drafted)
    drafted.pilot.hover(*elsewhere(drafted))
    drafted.pilot.hover(*drafted.document.objects[first].box.centre)
    drafted.pilot.hover(*elsewhere(drafted))
    press(drafted, Key.Key_A)
    assert drafted.document.objects[first].state is ObjectState.ACCEPTED
    assert selected(drafted) != first, "it goes on"


def test_the_cell_that_the_hand_went_to_is_meant_and_the_walk_stays(drafted: Desk) -> None:
    press(drafted, Key.Key_N)
    first, other = selected(drafted), another(drafted)
    drafted.pilot.hover(*drafted.document.objects[first].box.centre)
    drafted.pilot.hover(*drafted.document.objects[other].box.centre)
    press(drafted, Key.Key_A)
    assert drafted.document.objects[other].state is ObjectState.ACCEPTED
    assert selected(drafted) == first


def test_after_the_first_candidate_no_cell_is_meant(drafted: Desk) -> None:
    press(drafted, Key.Key_N)
    first = selected(drafted)
    press(drafted, Key.Key_G)
    drafted.pilot.wait_until(
        lambda: drafted.workspace.review.missed.current is not None, "the first candidate"
    )
    drafted.pilot.settle()
    assert selected(drafted) is None
    drafted.pilot.hover(*elsewhere(drafted))
    drafted.pilot.hover(*drafted.workspace.review.missed.current.box.centre)
    press(drafted, Key.Key_A)
    assert drafted.document.objects[first].state is ObjectState.DRAFT
    assert drafted.document.counts.added == 1
