"""Outlines moved along their ladder, and what confirmed cells teach the next click."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from napari_fncells.core import changes
from napari_fncells.core.document import Document
from napari_fncells.core.edits import EditKind
from napari_fncells.core.geometry import Box
from napari_fncells.core.grow import Region
from napari_fncells.core.objects import ObjectState
from napari_fncells.io.images import Image
from napari_fncells.session import outlines
from napari_fncells.session.image import ImageSession
from tests.core.naive import disk, pieces
from tests.core.random_shapes import added
from tests.pictures import cell_picture

PLACES = [(60 + 80 * row, 50 + 80 * column) for row in range(3) for column in range(4)]
RADIUS = 15


@pytest.fixture
def session() -> ImageSession:
    """Twelve soft cells of one size, none of them marked."""
    rng = np.random.default_rng(1)
    rows, columns = np.mgrid[:300, :360]
    light = rng.normal(10, 1.5, (300, 360))
    for row, column in PLACES:
        light += 120 / (1 + np.exp((np.hypot(rows - row, columns - column) - RADIUS) / 2.5))
    return ImageSession(Image(np.clip(light, 0, 255).astype(np.uint8)))


def mask(session: ImageSession, i: int) -> np.ndarray:
    return session.document.labels == i


def radius(session: ImageSession, i: int) -> float:
    return float(np.sqrt(session.document.objects[i].area / np.pi))


def candidate_at(row: int, column: int, radius: int) -> Region:
    box = Box(row - radius, column - radius, row + radius + 1, column + radius + 1)
    inside = disk((2 * radius + 1, 2 * radius + 1), radius, radius, radius)
    return Region(box, inside, 0.0)


def test_a_candidate_is_adopted_with_the_outline_that_is_told(session: ImageSession) -> None:
    candidate = candidate_at(*PLACES[0], 5)
    outline = session.outline_of(candidate)
    assert outline.mask.sum() > 2 * candidate.mask.sum(), "that found in the picture"
    assert session.outline_of(candidate) is outline, "found once"
    outcome = session.adopt_candidate(candidate)
    assert outcome.message == f"Added cell 1, {outline.mask.sum()} px²."
    np.testing.assert_array_equal(mask(session, 1)[outline.box.slices], outline.mask)
    assert session.resize(1, 1).edit is not None, "along the ladder it was found with"
    assert session.clock.visit.gestures["adopt"] == 1


def test_an_edit_makes_the_outline_of_a_candidate_stale(session: ImageSession) -> None:
    candidate = candidate_at(*PLACES[0], 5)
    before = session.outline_of(candidate)
    row, column = PLACES[0]
    added(session.document, Box(row - 20, column + 9, row + 20, column + 20))
    after = session.outline_of(candidate)
    assert after.mask.sum() < before.mask.sum()
    session.adopt_candidate(candidate)
    np.testing.assert_array_equal(mask(session, 2)[after.box.slices], after.mask)


def test_where_nothing_can_be_grown_the_candidate_is_taken_as_it_is() -> None:
    flat = ImageSession(Image(np.full((100, 100), 10, np.uint8)))
    candidate = candidate_at(50, 50, 8)
    assert flat.outline_of(candidate) is candidate
    flat.adopt_candidate(candidate)
    assert mask(flat, 1).sum() == candidate.mask.sum()
    again = flat.adopt_candidate(candidate)
    assert again.message == "The ground there belongs to other cells. Nothing changed."
    flat.document.read_only = "Only to be read."
    assert flat.adopt_candidate(candidate_at(20, 20, 8)).edit is None


def test_a_cell_just_added_is_resized_along_its_ladder(session: ImageSession) -> None:
    session.fix_at(*PLACES[0])
    first = mask(session, 1)
    outcome = session.resize(1, 1)
    larger = mask(session, 1)
    assert outcome.message == f"Cell 1: {larger.sum():,} px²."
    assert outcome.edit.change.kind is EditKind.RESIZE
    assert (larger & first).sum() == first.sum() < larger.sum()
    assert 1 < np.sqrt(larger.sum() / np.pi) - np.sqrt(first.sum() / np.pi) < 3
    session.resize(1, -2, continues=True)
    assert mask(session, 1).sum() < first.sum()
    session.resize(1, 1, continues=True)
    np.testing.assert_array_equal(mask(session, 1), first)
    assert session.document.objects[1].state is ObjectState.ADDED


def test_a_burst_is_one_step_of_undo(session: ImageSession) -> None:
    session.fix_at(*PLACES[0])
    first = mask(session, 1)
    for turn in range(3):
        session.resize(1, 1, continues=turn > 0)
    session.document.undo()
    np.testing.assert_array_equal(mask(session, 1), first)
    session.document.redo()
    session.resize(1, -3)
    np.testing.assert_array_equal(mask(session, 1), first)


def test_a_turn_that_has_nothing_to_carry_on_is_a_step_of_its_own(session: ImageSession) -> None:
    session.fix_at(*PLACES[0])
    session.fix_at(*PLACES[1])
    assert not session.resize(1, 1, continues=True).edit.change.continues
    assert not session.resize(2, 1, continues=True).edit.change.continues
    assert session.resize(2, 1, continues=True).edit.change.continues
    session.accept(2)
    assert not session.resize(1, 1, continues=True).edit.change.continues


@pytest.mark.parametrize(("notches", "way"), [(1, "grow"), (-1, "shrink")])
def test_the_ends_are_told(session: ImageSession, notches: int, way: str) -> None:
    session.fix_at(*PLACES[0])
    messages = [session.resize(1, notches).message for _ in range(20)]
    end = f"It cannot {way} any further."
    assert messages[0].endswith("px².")
    last = next(k for k, words in enumerate(messages) if words.endswith(end))
    assert last >= 2
    refused = f"Cell 1 cannot {way} any further. Nothing changed."
    assert set(messages[last + 1 :]) == {refused}
    assert session.document.objects[1].alive
    assert pieces(mask(session, 1)) == 1


def test_many_notches_at_once_stop_at_the_end(session: ImageSession) -> None:
    session.fix_at(*PLACES[0])
    assert session.resize(1, 500).message.endswith("It cannot grow any further.")
    assert session.resize(1, -500).message.endswith("It cannot shrink any further.")
    assert session.document.objects[1].alive


def test_a_cell_that_was_never_grown_moves_by_about_two_pixels(session: ImageSession) -> None:
    labels = np.zeros((300, 360), np.uint16)
    labels[disk((300, 360), *PLACES[5], 12)] = 1
    labels[disk((300, 360), 140, 215, 12) & (labels == 0)] = 2
    session.adopt(labels, "test")
    session.resize(1, 1)
    assert 13 < radius(session, 1) < 15
    assert session.document.objects[1].state is ObjectState.EDITED
    session.resize(1, -1, continues=True)
    np.testing.assert_array_equal(mask(session, 1), labels == 1)


def test_other_cells_keep_their_ground(session: ImageSession) -> None:
    row, column = PLACES[5]
    i = added(session.document, Box(row - 40, column + 14, row + 40, column + 20))
    wall = mask(session, i)
    session.fix_at(row, column)
    for _ in range(6):
        session.resize(i + 1, 1)
    np.testing.assert_array_equal(mask(session, i), wall)
    assert pieces(mask(session, i + 1)) == 1


def test_paint_on_a_cell_is_not_lost_when_it_is_resized(session: ImageSession) -> None:
    """The ladder it was grown with no longer fits: another is made around it."""
    session.fix_at(*PLACES[0])
    row, column = PLACES[0]
    box = Box(row - 5, column, row + 5, column + 30)
    before = session.document.labels[box.slices].copy()
    session.document.labels[box.slices] = 1
    session.document.record(changes.stroke(session.document, box, before, "paint"))
    painted = mask(session, 1)
    session.resize(1, 1)
    assert mask(session, 1)[painted].all()
    session.resize(1, -1)
    np.testing.assert_array_equal(mask(session, 1), painted)


def test_a_hole_erased_in_a_cell_stays_when_it_is_resized(session: ImageSession) -> None:
    """The cell fills the same box as before, but is no step of the ladder any more."""
    session.fix_at(*PLACES[0])
    row, column = PLACES[0]
    box = Box(row - 2, column - 2, row + 2, column + 2)
    before = session.document.labels[box.slices].copy()
    session.document.labels[box.slices] = 0
    session.document.record(changes.stroke(session.document, box, before, "erase"))
    holed = mask(session, 1)
    session.resize(1, 2)
    session.resize(1, -2)
    np.testing.assert_array_equal(mask(session, 1), holed)


def test_tiny_cells_and_cells_at_the_border_can_be_resized() -> None:
    made = ImageSession(Image(cell_picture()))
    for i, box in enumerate((Box(0, 0, 1, 1), Box(190, 230, 200, 240), Box(100, 0, 130, 20)), 1):
        added(made.document, box)
        assert made.resize(i, 1).edit is not None
        made.resize(i, -30)
        assert made.document.objects[i].alive


def disks(count: int, radius: float) -> np.ndarray:
    labels = np.zeros((300, 360), np.uint16)
    for i, place in enumerate(PLACES[:count], 1):
        labels[disk((300, 360), *place, radius)] = i
    return labels


def test_the_offset_is_learned_from_confirmed_cells(session: ImageSession) -> None:
    assert session.outline_offset is None
    session.adopt(disks(4, RADIUS), "test")
    assert session.outline_offset is None  # a draft is no word of the expert
    for i in (1, 2, 3):
        session.unsure(i)
    assert session.outline_offset is None
    for i in (1, 2, 3):
        session.accept(i)
    assert session.outline_offset is not None
    for _ in range(3):
        session.document.undo()
    assert session.outline_offset is None


def test_the_offset_follows_the_hand(session: ImageSession) -> None:
    offsets = []
    for wide in (-4, 0, 4):
        made = ImageSession(session.image)
        made.adopt(disks(3, RADIUS + wide), "test")
        made.finish()
        offsets.append(made.outline_offset)
    assert offsets[0] + 1 < offsets[1] < offsets[2] - 1


def test_the_next_click_is_outlined_as_the_expert_draws(session: ImageSession) -> None:
    found = []
    for wide in (-4, 5):
        made = ImageSession(session.image)
        made.adopt(disks(6, RADIUS + wide), "test")
        made.finish()
        assert made.outline_offset is not None
        made.fix_at(*PLACES[8])
        found.append(radius(made, 7))
    assert found[1] > found[0] + 1


def test_a_session_that_goes_on_knows_what_was_confirmed(session: ImageSession) -> None:
    session.adopt(disks(1, RADIUS + 3), "test")
    session.finish()
    again = Document.replay(session.document.shape, session.document.history)
    assert ImageSession(session.image, document=again).outline_offset == session.outline_offset


def test_cells_are_measured_once_and_a_few_at_a_time(
    session: ImageSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    measured: list[Any] = []
    original = outlines.outline_sample

    def count(score: Any, region: Any) -> Any:
        measured.append(region.box)
        return original(score, region)

    monkeypatch.setattr(outlines, "outline_sample", count)
    session.adopt(disks(12, RADIUS), "test")
    session.finish()
    assert measured == []
    at_once = []
    for _ in range(8):
        before = len(measured)
        assert session.outline_offset is not None
        at_once.append(len(measured) - before)
    assert at_once == [3, 3, 3, 3, 0, 0, 0, 0]
    session.resize(5, 1)
    session.remove(6)
    before = len(measured)
    assert session.outline_offset is not None
    assert len(measured) == before + 1


def test_only_the_cells_confirmed_last_are_looked_at(
    session: ImageSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outlines, "_SAMPLES", 2)
    for i, place in enumerate(PLACES[:3], 1):
        added(session.document, Box(place[0] - 14, place[1] - 14, place[0] + 14, place[1] + 14))
        session.unsure(i)
    session.accept(3)
    wide = session.outline_offset
    for i in (1, 2):
        session.accept(i)
    before = session.outline_offset
    session.unsure(3)
    assert session.outline_offset == before
    assert wide is not None


def test_the_ladders_of_few_cells_are_kept(session: ImageSession) -> None:
    for place in PLACES:
        session.fix_at(*place)
    assert len(session._outlines._ladders) == outlines._LADDERS
    assert session.resize(1, 1).edit is not None


def test_pictures_of_any_size_can_be_clicked() -> None:
    for shape in ((1, 1), (3, 40), (30, 30)):
        made = ImageSession(Image(np.full(shape, 9, np.uint8)))
        assert made.fix_at(0, 0).edit is None
        added(made.document, Box(0, 0, 1, 1))
        assert made.resize(1, 1).message
        made.accept(1)
        assert made.fix_at(shape[0] - 1, shape[1] - 1).message
