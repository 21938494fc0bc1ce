from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from napari_fncells.core import changes
from napari_fncells.core.candidates import dismiss
from napari_fncells.core.edits import EditKind
from napari_fncells.core.geometry import Box
from napari_fncells.core.grow import NothingToGrowError, Region, grow
from napari_fncells.core.objects import ObjectState, Origin
from napari_fncells.core.params import MEAN_SD, DraftParams, ScoreParams, preset
from napari_fncells.core.score import score_map
from napari_fncells.core.segment import draft
from napari_fncells.io.images import Image
from napari_fncells.session.image import ImageSession
from tests.core.naive import disk
from tests.pictures import CELLS, SHAPE, cell_picture

BRIGHT = CELLS[1][:2]
DIM = CELLS[3][:2]
GROUND = (10, 230)


def session(pixels: Any = None, author: str = "Ada") -> ImageSession:
    return ImageSession(Image(cell_picture() if pixels is None else pixels), author)


def drafted() -> ImageSession:
    made = session()
    # Leaves the dim cell out, for the tests to add
    made.apply(draft(made.image.pixels, MEAN_SD))
    return made


def add(made: ImageSession, box: Box) -> int:
    mask = np.ones((box.height, box.width), bool)
    made.document.commit(changes.add_cell(made.document, Region(box, mask, 0.0)))
    return made.document.next_id - 1


def test_apply_notes_the_method() -> None:
    made = drafted()
    edit = made.draft_in_force
    details = edit.change.details
    assert edit.author == "Ada"
    assert edit.change.summary == "draft (mean-sd)"
    assert details["method"] == MEAN_SD
    assert DraftParams.model_validate(details["params"]) == preset(MEAN_SD)
    assert details["cutoff"] == draft(made.image.pixels, MEAN_SD).cutoff
    made.document.undo()
    assert made.draft_in_force is None


def test_fix_removes_restores_and_adds() -> None:
    made = drafted()
    document = made.document
    before = document.labels.copy()
    i = document.cell_at(*BRIGHT).id
    removed = made.fix_at(*BRIGHT)
    assert removed.edit.change.kind is EditKind.REMOVE
    assert f"Removed cell {i}" in removed.message
    assert document.cell_at(*BRIGHT) is None
    restored = made.fix_at(*BRIGHT)
    assert restored.edit.change.kind is EditKind.RESTORE
    assert restored.message == f"Restored cell {i}."
    np.testing.assert_array_equal(document.labels, before)
    assert document.objects[i].state is ObjectState.ACCEPTED

    assert document.cell_at(*DIM) is None
    new = document.next_id
    added = made.fix_at(*DIM)
    assert added.edit.change.kind is EditKind.ADD
    cell = document.objects[new]
    assert added.message == f"Added cell {new}, {cell.area} px²."
    assert (cell.state, cell.origin) == (ObjectState.ADDED, Origin.HAND)
    true = disk(SHAPE, *DIM, CELLS[3][2])
    found = document.labels == new
    assert (found & true).sum() / (found | true).sum() > 0.6
    np.testing.assert_array_equal(document.labels[~found], before[~found])
    for _ in range(3):
        document.undo()
    np.testing.assert_array_equal(document.labels, before)


def test_a_click_on_a_dismissed_candidate_adds_the_cell_that_is_seen_there() -> None:
    made = drafted()
    row, column = DIM
    speck = Box(row - 1, column - 1, row + 2, column + 2)
    made.document.commit(dismiss(made.document, Region(speck, np.ones((3, 3), bool), 0.0)))
    added = made.fix_at(*DIM)
    assert added.edit.change.kind is EditKind.ADD
    assert made.document.cell_at(*DIM).area > 10 * 9
    assert made.document.cell_at(*DIM).origin is Origin.HAND


@pytest.mark.parametrize("at", [(-1, 5), (5, -1), (SHAPE[0], 5), (5, SHAPE[1]), (-150, -90)])
def test_fix_outside_the_picture(at: tuple[int, int]) -> None:
    made = drafted()
    outcome = made.fix_at(*at)
    assert outcome.edit is None
    assert "Outside" in outcome.message
    assert len(made.document.history) == 1


def test_fix_where_nothing_is_to_be_seen() -> None:
    made = session(np.full((60, 60), 12, np.uint8))
    outcome = made.fix_at(30, 30)
    assert outcome.edit is None
    assert outcome.message.endswith("Nothing changed.")
    assert made.document.history == ()


def test_the_tombstone_removed_last_comes_back() -> None:
    made = session()
    ids = [add(made, Box(20, 20, 40, 40))]
    made.fix_at(30, 30)
    ids.append(add(made, Box(25, 25, 45, 45)))
    made.fix_at(30, 30)
    assert made.tombstone_at(30, 30).id == ids[1]
    assert made.tombstone_at(21, 21).id == ids[0]
    assert made.tombstone_at(44, 44).id == ids[1]
    assert made.tombstone_at(60, 60) is None
    assert made.fix_at(30, 30).message == f"Restored cell {ids[1]}."
    assert made.tombstone_at(30, 30).id == ids[0]
    made.document.undo()
    assert made.tombstone_at(30, 30).id == ids[1]
    # Removed again, the first one is the last
    made.document.undo()
    made.document.undo()
    assert made.tombstone_at(30, 30).id == ids[0]


def test_the_order_of_removals_decides_not_the_ids() -> None:
    made = session()
    first, second = add(made, Box(20, 20, 30, 40)), add(made, Box(30, 20, 40, 40))
    document = made.document
    document.commit(changes.remove_cell(document, document.objects[second]))
    labels = document.labels.copy()
    labels[30:40, 20:40] = first
    document.commit(changes.replace_labels(document, labels))
    document.commit(changes.remove_cell(document, document.objects[first]))
    assert made.tombstone_at(35, 30).id == first


def test_tombstones_have_the_shape_of_the_cell_not_of_its_box() -> None:
    made = session()
    mask = disk((21, 21), 10, 10, 10)
    region = Region(Box(50, 100, 71, 121), mask, 0.0)
    made.document.commit(changes.add_cell(made.document, region))
    made.fix_at(60, 110)
    assert made.tombstone_at(50, 100) is None
    assert made.tombstone_at(60, 110).id == 1


@pytest.mark.parametrize("at", [cell[:2] for cell in CELLS])
def test_a_window_grows_what_the_whole_picture_would(at: tuple[int, int]) -> None:
    pixels = np.pad(cell_picture(), ((150, 150), (150, 150), (0, 0)), mode="reflect")
    point = at[0] + 150, at[1] + 150
    # Bright just outside of the reach: its blur comes in
    pixels[:, point[1] + 113 : point[1] + 117] = 255
    made = session(pixels)
    whole = score_map(pixels[..., 0], ScoreParams(smoothing=2))
    expected = grow(whole, made.document.labels, point)
    found = made.region_at(*point)
    assert found.box == expected.box
    np.testing.assert_array_equal(found.mask, expected.mask)
    assert found.level == pytest.approx(expected.level, rel=1e-6)


@pytest.mark.parametrize("channel", [0, 1, 2])
def test_the_stained_channel_is_looked_at(channel: int) -> None:
    pixels = np.zeros_like(cell_picture())
    pixels[..., channel] = cell_picture()[..., 0]
    made = session(pixels)
    assert made.fix_at(*BRIGHT).edit is not None


@pytest.mark.parametrize(
    "convert",
    [
        lambda p: p[..., 0],
        lambda p: p[..., :1],
        lambda p: p.astype(np.uint16) * 200,
        lambda p: p / 255,
        lambda p: np.where(np.arange(p.size).reshape(p.shape) % 97, p / 1.0, np.nan),
    ],
    ids=["grey", "one channel", "16 bit", "0 to 1", "some nan"],
)
def test_any_kind_of_picture_can_be_corrected(convert: Any) -> None:
    made = session(convert(cell_picture()))
    before = made.image.pixels.copy()
    assert made.fix_at(*BRIGHT).edit is not None
    np.testing.assert_array_equal(made.image.pixels, before)


def test_region_on_a_cell_is_refused() -> None:
    made = drafted()
    with pytest.raises(NothingToGrowError, match="already"):
        made.region_at(*BRIGHT)


def test_adopt() -> None:
    made = session()
    labels = np.zeros(SHAPE, np.uint8)
    labels[:10, :10], labels[20:30, 20:30] = 3, 200
    edit = made.adopt(labels, "cellpose", model="cyto3", diameter=17.5)
    assert edit.change.details == {
        "method": "cellpose",
        "params": {"model": "cyto3", "diameter": 17.5},
        "cutoff": None,
    }
    assert made.document.counts.untouched == 2
    np.testing.assert_array_equal(made.document.labels > 0, labels > 0)
    with pytest.raises(ValueError, match="shape"):
        made.adopt(labels[:-1], "cellpose")


def test_a_second_draft_leaves_corrections() -> None:
    made = drafted()
    made.fix_at(*BRIGHT)
    made.fix_at(*DIM)
    dim = made.document.labels == made.document.cell_at(*DIM).id
    made.apply(
        draft(made.image.pixels, DraftParams().with_settings({"amount": 2, "min_area": 99}))
    )
    assert made.document.cell_at(*BRIGHT) is None
    np.testing.assert_array_equal(made.document.labels == made.document.cell_at(*DIM).id, dim)


def test_regions_of_an_imported_mask_come_with_it_in_one_step() -> None:
    session = ImageSession(Image(np.zeros((20, 30), np.uint8), name="a.png"))
    labels = np.zeros((20, 30), np.uint16)
    labels[2:6, 2:6] = 1
    ignored = np.zeros((20, 30), bool)
    ignored[10:, 10:] = True
    session.adopt(labels, "coco", ignored, file="a.json")
    document = session.document
    assert document.ignored_area == 200
    assert document.drafted_only
    document.undo()
    assert (document.ignored_area, document.counts.final) == (0, 0)
