from __future__ import annotations

import numpy as np

from napari_fncells.core.document import Document
from napari_fncells.core.evidence import Evidence, Role, evidence_of
from napari_fncells.io.images import Image
from napari_fncells.session.image import ImageSession
from tests.core.naive import disk
from tests.pictures import SHAPE, cell_picture

CENTRES = ((60, 30), (60, 80), (60, 110), (150, 40))


def session() -> ImageSession:
    labels = np.zeros(SHAPE, np.uint16)
    for i, (row, column) in enumerate(CENTRES, 1):
        labels[disk(SHAPE, row, column, 15) & (labels == 0)] = i
    made = ImageSession(Image(cell_picture()), "Ada")
    made.adopt(labels, "test")
    return made


def role_at(evidence: Evidence, row: int, column: int) -> Role:
    return Role(int(evidence.roles[evidence.places[row, column]]))


def test_roles_of_a_picture_that_is_worked_on() -> None:
    made = session()
    made.accept(1)
    made.remove(2)
    made.unsure(3)
    evidence = evidence_of(made.document)
    roles = [role_at(evidence, *centre) for centre in CENTRES]
    assert roles == [Role.CELL, Role.REJECTED, Role.OPEN, Role.OPEN]
    assert role_at(evidence, 199, 239) is Role.GROUND
    assert (evidence.cells, evidence.rejected, evidence.decisions) == (1, 1, 2)
    assert not evidence.complete
    assert np.array_equal(evidence.truth > 0, made.document.labels == 1)


def test_a_finished_picture() -> None:
    made = session()
    made.remove(2)
    made.finish()
    evidence = evidence_of(made.document)
    assert evidence.complete
    assert (evidence.cells, evidence.rejected) == (3, 1)


def test_undone_decisions_are_none() -> None:
    made = session()
    made.remove(2)
    made.document.undo()
    assert evidence_of(made.document).decisions == 0


def test_the_cell_that_a_join_swallows_is_no_tombstone() -> None:
    made = session()
    made.cut_or_join([(60, 80), (60, 110)])
    evidence = evidence_of(made.document)
    assert (evidence.cells, evidence.rejected) == (1, 0)


def test_a_removed_cell_that_was_drawn_anew() -> None:
    made = session()
    made.remove(4)
    made.trace([(130, 20), (130, 60), (170, 60), (170, 20), (130, 20)])
    evidence = evidence_of(made.document)
    assert (evidence.cells, evidence.rejected) == (1, 0)
    assert role_at(evidence, *CENTRES[3]) is Role.CELL


def test_an_empty_document() -> None:
    evidence = evidence_of(Document(SHAPE))
    assert evidence.decisions == 0
    assert not evidence.places.any()


def test_a_finished_mask() -> None:
    labels = np.zeros((9, 9), np.uint16)
    labels[1:4, 1:4], labels[6:8, 6:8] = 7, 900
    evidence = Evidence.finished(labels)
    assert evidence.complete
    assert evidence.cells == 2
    assert np.array_equal(evidence.truth > 0, labels > 0)
