"""Repairs: what was found is gone, other cells keep every pixel, undo restores exactly."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from napari_fncells.core.document import Document
from napari_fncells.core.edits import EditKind
from napari_fncells.core.judge import judge
from napari_fncells.core.objects import ObjectState, Origin
from napari_fncells.core.params.quality import QualityParams
from napari_fncells.core.quality import (
    REPAIRS,
    Finding,
    Kind,
    QualityWatch,
    Repair,
    check_shift,
)
from napari_fncells.core.repair import repair
from tests.core.random_shapes import drafted, random_draft

PARAMS = QualityParams(min_area=12, crumb_area=4, thread=4, spread=0)
WAYS = [(kind, how) for kind, ways in REPAIRS.items() for how in ways if kind != Kind.SHIFTED]


def found(document: Document, kind: Kind) -> list[Finding]:
    return [f for f in QualityWatch(document, PARAMS).findings() if f.kind is kind]


@pytest.mark.parametrize(("kind", "how"), WAYS)
@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_repairs_mend_and_touch_no_other_cell(kind: Kind, how: Repair, seed: int) -> None:
    rng = np.random.default_rng(seed)
    document = drafted(random_draft(rng, (30, 34)))
    findings = found(document, kind)
    change = repair(document, findings, how, PARAMS)
    if not findings:
        assert change is None
        return
    assert change is not None
    before, objects = document.labels.copy(), dict(document.objects)
    own = {i for finding in findings for i in finding.cells}
    document.commit(change)
    others = ~np.isin(before, [0, *own])
    assert (document.labels[others] == before[others]).all()
    taken = (before == 0) & (document.labels != 0)
    assert set(np.unique(document.labels[taken])) <= own
    assert not {f.key for f in findings} & {f.key for f in found(document, kind)}
    if (kind, how) != (Kind.FRAGMENTS, Repair.SEPARATE):
        left = {i for f in found(document, kind) for i in f.cells}
        assert not left & own
    for cell in document.cells:
        rows, columns = np.nonzero(document.labels == cell.id)
        assert cell.area == rows.size
        assert cell.box == (rows.min(), columns.min(), rows.max() + 1, columns.max() + 1)
        assert cell.origin is Origin.DRAFT
    document.undo()
    assert (document.labels == before).all()
    assert dict(document.objects) == objects


def test_separated_pieces_are_cells_and_the_largest_keeps_its_id() -> None:
    labels = np.zeros((40, 40), np.int32)
    labels[2:12, 2:12] = labels[2:10, 20:28] = labels[20:27, 20:27] = labels[30, 30] = 1
    document = drafted(labels)
    findings = found(document, Kind.FRAGMENTS)
    edit = document.commit(repair(document, findings, Repair.SEPARATE, PARAMS))
    assert edit.change.kind is EditKind.REPAIR
    assert edit.change.summary == "separate the pieces of cell 1"
    assert {c.id: c.area for c in document.cells} == {1: 101, 2: 64, 3: 49}
    assert all(c.state is ObjectState.EDITED for c in document.cells)
    assert found(document, Kind.FRAGMENTS) == []
    # The crumb stays with its cell until it is dropped
    document.commit(repair(document, found(document, Kind.CRUMBS), Repair.DROP, PARAMS))
    assert document.labels[30, 30] == 0


def test_dropping_crumbs_leaves_larger_pieces() -> None:
    labels = np.zeros((40, 40), np.int32)
    labels[2:12, 2:12] = labels[20:28, 20:28] = labels[30, 30] = 1
    document = drafted(labels)
    document.commit(repair(document, found(document, Kind.CRUMBS), Repair.DROP, PARAMS))
    assert document.objects[1].area == 164
    document.commit(repair(document, found(document, Kind.FRAGMENTS), Repair.DROP, PARAMS))
    assert document.objects[1].area == 100


def test_a_cell_is_extended_into_the_corner_where_there_is_room() -> None:
    labels = np.zeros((30, 30), np.int32)
    labels[1:12, 1:12] = 1
    labels[0, 8:20] = 2
    document = drafted(labels)
    document.commit(repair(document, found(document, Kind.STRIP), Repair.EXTEND, PARAMS))
    assert (document.labels[:12, :8] == 1).all()
    assert (document.labels[0, 8:20] == 2).all()
    assert document.objects[1].box == (0, 0, 12, 12)


def test_a_bridge_is_cut_and_both_parts_stay() -> None:
    labels = np.zeros((40, 60), np.int32)
    labels[10:22, 5:17] = labels[10:20, 30:40] = labels[15, 17:30] = 1
    document = drafted(labels)
    document.commit(repair(document, found(document, Kind.THREADS), Repair.TRIM, PARAMS))
    assert {c.id: c.area for c in document.cells} == {1: 144, 2: 100}
    assert not document.labels[15, 17:30].any()


def test_a_shifted_mask_goes_back() -> None:
    labels = np.zeros((40, 60), np.uint16)
    labels[10:22, 5:17] = 1
    labels[10:20, 50:60] = 2
    document = drafted(np.roll(labels, 1, 0))
    finding = check_shift(document.labels, labels, "its draft")
    assert finding is not None
    document.commit(repair(document, [finding], Repair.SHIFT))
    assert (document.labels == labels).all()
    document.undo()
    assert (document.labels == np.roll(labels, 1, 0)).all()


def test_findings_of_cells_that_are_gone_are_left_out() -> None:
    labels = np.zeros((20, 20), np.int32)
    labels[2:4, 2:4] = 1
    document = drafted(labels)
    findings = found(document, Kind.SMALL)
    document.commit(repair(document, findings, Repair.REMOVE, PARAMS))
    assert repair(document, findings, Repair.REMOVE, PARAMS) is None


def test_unsure_cells_are_accepted() -> None:
    document = drafted(np.ones((10, 10), np.int32))
    document.commit(judge(document, document.cells, ObjectState.UNSURE))
    document.commit(repair(document, found(document, Kind.UNSURE), Repair.ACCEPT))
    assert document.objects[1].state is ObjectState.ACCEPTED
