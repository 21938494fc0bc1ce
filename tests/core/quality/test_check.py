"""What is found in masks with known faults, and nothing in those without."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage as ndi

from napari_fncells.core.changes import ignore_region, remove_cell
from napari_fncells.core.document import Document
from napari_fncells.core.geometry import Box
from napari_fncells.core.judge import judge
from napari_fncells.core.objects import ObjectState
from napari_fncells.core.params.quality import QualityParams
from napari_fncells.core.quality import Finding, Kind, QualityWatch, SizeLimits, check_shift
from napari_fncells.core.quality.pieces import holes_of, is_simple, pieces_by_size, threads_of
from tests.core.random_shapes import added, drafted, random_draft

PARAMS = QualityParams(min_area=0)


def disk(row: float, column: float, radius: float, shape=(80, 90)) -> np.ndarray:
    rows, columns = np.mgrid[: shape[0], : shape[1]]
    return np.hypot(rows - row, columns - column) <= radius


def kinds(mask: np.ndarray, params: QualityParams = PARAMS) -> list[Kind]:
    return [finding.kind for finding in found(mask, params)]


def found(mask: np.ndarray, params: QualityParams = PARAMS) -> list[Finding]:
    return QualityWatch(drafted(mask.astype(np.int32)), params).findings()


@pytest.mark.parametrize("radius", [3, 5, 8.5, 12, 20])
@pytest.mark.parametrize("row", [0, 5, 12.5, 13, 14, 20, 21, 22, 40])
def test_round_cells_are_right_wherever_they_lie(row: float, radius: float) -> None:
    assert kinds(disk(row, 40, radius)) == []


def test_pieces_are_fragments_or_crumbs_by_their_size() -> None:
    mask = disk(40, 30, 10) | disk(40, 60, 6)
    mask[2:4, 2:4] = mask[70, 80] = True
    first, second = found(mask)
    assert (first.kind, second.kind) == (Kind.FRAGMENTS, Kind.CRUMBS)
    assert "2 pieces" in first.sentence
    assert "2 crumbs of 5 px²" in second.sentence
    assert second.box == Box(2, 2, 71, 81)


def test_a_piece_joined_by_a_corner_is_no_piece() -> None:
    mask = np.zeros((20, 20), bool)
    mask[4:10, 4:10] = mask[10:16, 10:16] = True
    assert kinds(mask) == []


def test_holes_are_found_but_not_those_that_hold_another_cell() -> None:
    ring = disk(40, 40, 20).astype(np.int32)
    ring[36:44, 36:44] = 0
    assert kinds(ring) == [Kind.HOLES]
    ring[38:40, 38:40] = 2
    assert kinds(ring) == []
    assert kinds(disk(40, 40, 20) & ~disk(40, 40, 2), QualityParams(hole_area=14)) == []
    assert kinds(disk(40, 40, 20) & ~disk(40, 40, 2), QualityParams(hole_area=13)) == [Kind.HOLES]


@pytest.mark.parametrize("turns", range(4))
@pytest.mark.parametrize("strip", [1, 2])
def test_cells_cut_before_the_border_are_found_on_every_side(turns: int, strip: int) -> None:
    mask = disk(2, 40, 12)
    mask[:strip] = False
    mask = np.rot90(mask, turns)
    assert kinds(mask) == [Kind.STRIP]
    assert kinds(mask, QualityParams(strip=strip - 1)) == []


def test_a_strip_that_other_cells_hold_is_theirs() -> None:
    labels = disk(2, 40, 12).astype(np.int32)
    labels[:1] = 2
    assert Kind.STRIP not in kinds(labels)


def test_threads_are_spurs_or_bridges() -> None:
    spur = disk(40, 40, 10)
    spur[40, 50:62] = True
    assert [f.sentence for f in found(spur)] == ["Cell 1 has a spur one pixel wide, 12 px long."]
    bridge = disk(40, 25, 8) | disk(40, 60, 8)
    bridge[40, 25:60] = True
    assert "bridge" in found(bridge)[0].sentence
    assert kinds(spur, QualityParams(thread=13)) == []


def test_sizes_are_judged_by_the_set() -> None:
    rng = np.random.default_rng(3)
    areas = np.exp(rng.normal(7, 0.5, 400))
    limits = SizeLimits.of(areas, QualityParams())
    assert limits.median == pytest.approx(np.exp(7), rel=0.1)
    assert ((areas >= limits.low) & (areas <= limits.high)).all()
    # Two of a hundred gone wrong move nothing
    odd = SizeLimits.of([*areas, *[1e7] * 8], QualityParams())
    assert odd.high == pytest.approx(limits.high, rel=0.1)
    few = SizeLimits.of(areas[:19], QualityParams(max_area=500))
    assert (few.low, few.high, few.median) == (8, 500, None)


def test_sizes_of_single_cells_are_told_with_what_is_usual() -> None:
    labels = np.zeros((200, 200), np.int32)
    for i in range(24):
        row, column = divmod(i, 6)
        labels[row * 30 : row * 30 + 10, column * 30 : column * 30 + 10] = i + 1
    labels[180, 180:183] = 30
    finding = found(labels)[0]
    assert finding.kind is Kind.SMALL
    assert finding.sentence == "Cell 25 has 3 px²; half of the cells have more than 100."


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_pieces_and_holes_are_what_plain_arithmetic_finds(seed: int) -> None:
    rng = np.random.default_rng(seed)
    labels = random_draft(rng, (24, 30))
    for i in np.unique(labels[labels > 0]):
        rows, columns = np.nonzero(labels == i)
        window = labels[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]
        mask = window == i
        numbers, count = ndi.label(mask, np.ones((3, 3)))
        sizes = sorted(np.bincount(numbers.ravel())[1:], reverse=True)
        mine, areas = pieces_by_size(mask)
        assert areas.tolist() == sizes
        assert np.bincount(mine.ravel())[1:].tolist() == sizes
        regions, number = ndi.label(~np.pad(mask, 1))
        inside = np.pad(window, 1)
        holes = np.zeros_like(inside, bool)
        enclosed = 0
        for region in range(1, number + 1):
            if region == regions[0, 0]:
                continue
            enclosed += 1
            if (inside[regions == region] == 0).all():
                holes |= regions == region
        assert (holes_of(window, int(i)) == holes[1:-1, 1:-1]).all()
        assert is_simple(mask) == (count == 1 and enclosed == 0)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 6))
def test_threads_are_what_no_square_of_the_cell_covers(seed: int, shortest: int) -> None:
    rng = np.random.default_rng(seed)
    mask = rng.random((12, 14)) < 0.75
    thin = mask & ~ndi.binary_opening(mask, np.ones((2, 2)))
    numbers, _ = ndi.label(thin, np.ones((3, 3)))
    long = np.bincount(numbers.ravel()) >= shortest
    long[0] = False
    assert (threads_of(mask, shortest) == long[numbers]).all()


@pytest.mark.parametrize("move", [(1, 0), (0, -1), (-1, 1), (2, 0)])
def test_a_shifted_mask_is_told_from_one_that_was_worked_on(move: tuple[int, int]) -> None:
    labels = (disk(30, 30, 10) | disk(60, 70, 12)).astype(np.uint16)
    shifted = np.roll(labels, move, (0, 1))
    finding = check_shift(shifted, labels, "its draft")
    assert finding is not None
    assert finding.move == (-move[0], -move[1])
    assert check_shift(labels, labels, "its draft") is None
    worked = labels.copy()
    worked[disk(60, 70, 13)] = 2
    worked[disk(30, 30, 10)] = 0
    assert check_shift(worked, labels, "its draft") is None


def test_the_watch_follows_edits_undo_and_neighbours() -> None:
    ring = (disk(40, 40, 20) & ~disk(40, 40, 6)).astype(np.int32)
    document = drafted(ring)
    watch = QualityWatch(document, PARAMS)
    assert [f.kind for f in watch.findings()] == [Kind.HOLES]
    # Another cell in the hole: none any more
    i = added(document, Box(38, 38, 42, 42))
    assert watch.findings() == []
    document.commit(judge(document, [document.objects[i]], ObjectState.UNSURE))
    assert [f.kind for f in watch.findings()] == [Kind.UNSURE]
    document.undo()
    document.undo()
    assert [f.kind for f in watch.findings()] == [Kind.HOLES]
    document.commit(remove_cell(document, document.objects[1]))
    assert watch.findings() == []


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_the_watch_says_what_a_fresh_look_does(seed: int) -> None:
    rng = np.random.default_rng(seed)
    document = drafted(random_draft(rng, (30, 30)))
    watch = QualityWatch(document, PARAMS)
    for _ in range(6):
        cells = sorted(document.cells, key=lambda cell: cell.id)
        if rng.random() < 0.3 and cells:
            document.commit(remove_cell(document, cells[int(rng.integers(len(cells)))]))
        elif rng.random() < 0.4:
            document.undo()
        else:
            top, left = (int(v) for v in rng.integers(0, 24, 2))
            mask = rng.random((6, 6)) < 0.7
            if (mask & (document.labels[top : top + 6, left : left + 6] == 0)).any():
                added(document, Box(top, left, top + 6, left + 6), mask)
    assert set(watch.findings()) == set(QualityWatch(document, PARAMS).findings())


def test_prints_stay_as_long_as_the_cell_does() -> None:
    ring = disk(40, 40, 20) & ~disk(40, 40, 6)
    assert found(ring)[0].key == found(ring)[0].key
    other = ring.copy()
    other[40, 61] = True
    assert found(ring)[0].key != found(other)[0].key


def test_an_empty_mask_has_nothing_wrong() -> None:
    document = Document((20, 20))
    assert QualityWatch(document, QualityParams()).findings() == []


def test_ignored_cells_are_passed_over_and_come_back() -> None:
    document = drafted((disk(40, 40, 20) & ~disk(40, 40, 3)).astype(np.int32))
    watch = QualityWatch(document, PARAMS)
    assert [finding.kind for finding in watch.findings()] == [Kind.HOLES]
    whole = Box(0, 0, *document.shape)
    document.commit(ignore_region(document, whole, np.ones(document.shape, bool)))
    assert watch.findings() == QualityWatch(document, PARAMS).findings() == []
    document.undo()
    assert [finding.kind for finding in watch.findings()] == [Kind.HOLES]
