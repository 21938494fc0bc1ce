"""Every gesture of the session: what it does, what it says, and that nothing raises."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from napari_fncells.core.document import Document
from napari_fncells.core.edits import EditKind
from napari_fncells.core.effort import Effort
from napari_fncells.core.objects import ObjectState
from napari_fncells.core.segment import draft
from napari_fncells.io.images import Image
from napari_fncells.session.image import ImageSession, Outcome
from tests.core.naive import disk
from tests.pictures import SHAPE, cell_picture

SQUARE = [(9.5, 9.5), (9.5, 29.5), (29.5, 29.5), (29.5, 9.5)]


@pytest.fixture
def session() -> ImageSession:
    """Cells 1, 2 and 3 in a row, the last two touching; 4 a clump; nothing else."""
    labels = np.zeros(SHAPE, np.uint16)
    for i, column in enumerate((30, 80, 110), 1):
        labels[disk(SHAPE, 60, column, 15) & (labels == 0)] = i
    labels[disk(SHAPE, 150, 40, 14) | disk(SHAPE, 150, 62, 14)] = 4
    made = ImageSession(Image(cell_picture(), pixel_size=0.5), "Ada")
    made.adopt(labels, "test")
    return made


def test_cut(session: ImageSession) -> None:
    outcome = session.cut_or_join([(40, 30), (80, 30)])
    assert outcome.message == "Cut cell 1 in two: 1 and 5."
    assert outcome.edit.change.kind is EditKind.SPLIT


def test_cut_in_more_than_two(session: ImageSession) -> None:
    outcome = session.cut_or_join([(40, 24), (80, 24), (80, 36), (40, 36)])
    assert outcome.message == "Cut cell 1 into 3: 1, 5 and 6."


def test_join(session: ImageSession) -> None:
    outcome = session.cut_or_join([(60, 110), (60, 80)])
    assert outcome.message == "Joined cells 3 and 2: both are cell 3."
    assert outcome.edit.change.kind is EditKind.JOIN
    outcome = session.cut_or_join([(60, 30), (60, 80)])
    assert outcome.message == "Joined cells 1 and 3: both are cell 1."


def test_split(session: ImageSession) -> None:
    outcome = session.split(4)
    assert outcome.message == "Split cell 4 in two: 4 and 5."
    assert session.split(1) == Outcome(
        "Cell 1 looks like one cell. Ctrl+drag across it to cut it. Nothing changed."
    )


def test_lasso(session: ImageSession) -> None:
    outcome = session.remove_inside([(40, 10), (40, 128), (80, 128), (80, 10)])
    assert outcome.message == "Removed 3 cells. Ctrl+Z brings them back."
    assert len(outcome.edit.change.objects) == 3
    assert session.remove_inside([(120, 20), (120, 80), (180, 80), (180, 20)]).message == (
        "Removed cell 4. Ctrl+Z brings it back."
    )
    session.document.undo()
    session.document.undo()
    assert session.document.counts.untouched == 4


def test_trace(session: ImageSession) -> None:
    outcome = session.trace(SQUARE)
    assert outcome.message == "Added cell 5, 400 px²."
    assert session.document.objects[5].state is ObjectState.ADDED


def test_trace_over_cells(session: ImageSession) -> None:
    around = [(40, 10), (40, 50), (80, 50), (80, 10)]
    outcome = session.trace(around)
    assert outcome.message == "Cell 1 has the new outline."
    assert session.document.objects[1].state is ObjectState.EDITED
    assert session.trace(around).message == "The cell has that outline already. Nothing changed."
    outcome = session.trace([(42, 62), (42, 128), (78, 128), (78, 62)])
    assert outcome.message == "Cell 2 has the new outline; cell 3 is part of it."
    session.document.undo()
    outcome = session.trace([(30, 5), (30, 140), (90, 140), (90, 5)])
    assert outcome.message == "Cell 1 has the new outline; cells 2 and 3 are part of it."
    assert session.revert(1).message == "Cell 1 is as its draft had it; cells 2 and 3 are back."


def test_remove_accept_unsure(session: ImageSession) -> None:
    assert session.accept(1).message == "Accepted cell 1."
    assert session.accept(1).message == "Cell 1 is accepted already. Nothing changed."
    assert session.unsure(1).message == "Marked cell 1 as unsure."
    assert session.unsure(1).message == "Cell 1 is unsure already. Nothing changed."
    session.trace(SQUARE)
    assert session.accept(5).message == (
        "Cell 5 was added by hand, which accepts it. Nothing changed."
    )
    assert session.remove(1).message == "Removed cell 1. Ctrl+Z brings it back."
    assert session.remove(1).message == (
        "Cell 1 is removed. Shift+click on its place restores it. Nothing changed."
    )


def test_smooth_and_revert(session: ImageSession) -> None:
    session.cut_or_join([(60, 110), (60, 80)])
    assert session.smooth(3).message == "Smoothed cell 3."
    assert session.revert(3).message == "Cell 3 is as its draft had it; cell 2 is back."
    assert session.revert(3).message == "Cell 3 is as its draft had it already. Nothing changed."
    session.remove(3)
    assert session.revert(3).message == "Cell 3 is as its draft had it."
    session.trace(SQUARE)
    assert session.smooth(5).message == "Cell 5 is smooth. Nothing changed."
    assert session.revert(5).message == (
        "Cell 5 was added by hand: it has no draft. Nothing changed."
    )


def test_a_revert_that_is_clipped_says_so(session: ImageSession) -> None:
    session.remove(1)
    session.trace([(59.5, 10), (59.5, 50), (90, 50), (90, 10)])
    assert session.revert(1).message == (
        "Cell 1 is as its draft had it, but for the ground of other cells."
    )


def test_finish(session: ImageSession) -> None:
    session.unsure(1)
    outcome = session.finish()
    assert outcome.message == "Done: accepted 3 cells. 1 cell is still unsure."
    assert outcome.edit.change.kind is EditKind.DONE
    assert session.finish().message == "The picture is done already. Nothing changed."
    session.document.undo()
    session.unsure(2)
    assert session.finish().message == "Done: accepted 2 cells. 2 cells are still unsure."
    empty = ImageSession(Image(cell_picture()))
    assert empty.finish().message == "Done: accepted no cell."
    assert empty.document.done


def test_describe(session: ImageSession) -> None:
    words = session.describe(1)
    assert words.startswith("Cell 1: draft, 709 px² (177 µm²), mean intensity ")
    assert words.endswith(" SD")
    session.unsure(1)
    assert "unsure" in session.describe(1)
    session.remove(1)
    assert session.describe(1) == "Cell 1: removed"
    assert session.describe(77) == "There is no cell 77."
    assert session.describe(None) == "There is no cell here."


def test_the_score_tells_a_cell_from_the_ground() -> None:
    made = ImageSession(Image(cell_picture()))
    made.fix_at(60, 150)
    made.trace([(row + 80, column + 190) for row, column in SQUARE])
    real, ground = (float(made.describe(i).split()[-2]) for i in (1, 2))
    assert real > 10
    assert abs(ground) < 2
    mean = float(made.describe(1).split("mean intensity ")[1].split(",")[0])
    pixels = made.image.pixels[..., 0][made.document.labels == 1]
    assert mean == pytest.approx(pixels.mean(), rel=1e-3)


@pytest.mark.parametrize("level", [0, 255])
def test_flat_pictures_can_be_described(level: int) -> None:
    made = ImageSession(Image(np.full((40, 40), level, np.uint8)))
    made.trace(SQUARE)
    assert "score 0.0 SD" in made.describe(1)
    made.trace([(-5, 29.5), (-5, 50), (50, 50), (50, 29.5)])
    assert "score" in made.describe(2)


NOTHING: list[Callable[[ImageSession], Outcome]] = [
    lambda s: s.fix_at(-1, 5),
    lambda s: s.fix_at(195, 230),
    lambda s: s.remove_inside([]),
    lambda s: s.remove_inside([(0, 0), (0, 9), (9, 9)]),
    lambda s: s.cut_or_join([]),
    lambda s: s.cut_or_join([(5, 5), (5, 50)]),
    lambda s: s.cut_or_join([(60, 30), (90, 30)]),
    lambda s: s.trace([]),
    lambda s: s.trace([(0, 0), (0, 2), (2, 2)]),
    lambda s: s.trace([(-20, -20), (-20, -2), (-2, -2)]),
    *(
        lambda s, i=i, name=name: getattr(s, name)(i, *([1] if name == "resize" else []))
        for i in (None, 0, 99, -3)
        for name in ("resize", "split", "remove", "accept", "unsure", "smooth", "revert")
    ),
]


@pytest.mark.parametrize("gesture", NOTHING)
def test_a_gesture_over_nothing_says_so(
    session: ImageSession, gesture: Callable[[ImageSession], Outcome]
) -> None:
    before = session.document.labels.copy()
    outcome = gesture(session)
    assert outcome.edit is None
    assert outcome.message.endswith(". Nothing changed.")
    assert session.document.edit_count == 1
    np.testing.assert_array_equal(session.document.labels, before)


SOMETHING: list[Callable[[ImageSession], Outcome]] = [
    lambda s: s.fix_at(60, 30),
    lambda s: s.remove_inside([(40, 10), (40, 128), (80, 128), (80, 10)]),
    lambda s: s.cut_or_join([(40, 30), (80, 30)]),
    lambda s: s.cut_or_join([(60, 30), (60, 80)]),
    lambda s: s.trace(SQUARE),
    lambda s: s.resize(1, 1),
    lambda s: s.split(4),
    lambda s: s.remove(1),
    lambda s: s.accept(1),
    lambda s: s.unsure(1),
    lambda s: s.smooth(4),
    lambda s: s.finish(),
]


@pytest.mark.parametrize("gesture", SOMETHING)
def test_a_mask_that_may_only_be_read_stays(
    session: ImageSession, gesture: Callable[[ImageSession], Outcome]
) -> None:
    session.document.read_only = "The mask is open in another window."
    assert gesture(session) == Outcome("The mask is open in another window. Nothing changed.")
    assert session.document.edit_count == 1
    session.document.read_only = ""
    assert gesture(session).edit is not None
    session.document.undo()
    assert session.document.counts.untouched == 4


def test_a_session_goes_on_with_a_document() -> None:
    document = Document(SHAPE, "Ada")
    made = ImageSession(Image(cell_picture()), document=document)
    assert made.document is document
    made.apply(draft(made.image.pixels))
    assert document.counts.untouched > 0
    with pytest.raises(ValueError, match="shape"):
        ImageSession(Image(cell_picture()), document=Document((5, 5)))


def test_effort_of_the_session() -> None:
    earlier = Effort(active_seconds=60, visits=2, gestures={"fix": 1})
    made = ImageSession(Image(cell_picture()), earlier=earlier)
    made.apply(draft(made.image.pixels))
    made.fix_at(60, 150)
    made.trace(SQUARE)
    made.trace([])
    effort = made.effort
    assert (effort.removed, effort.added, effort.visits) == (1, 1, 3)
    assert effort.gestures == {"fix": 2, "trace": 2}
    assert effort.active_seconds >= 60
    assert made.clock.visit.gestures == {"fix": 1, "trace": 2}


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32, np.float64])
def test_gestures_on_any_kind_of_picture(dtype: Any) -> None:
    pixels = cell_picture()[..., 0].astype(dtype)
    if np.issubdtype(dtype, np.floating):
        pixels[58:62, 148:152] = np.nan
    made = ImageSession(Image(pixels))
    assert made.trace([(45, 135), (45, 165), (75, 165), (75, 135)]).edit is not None
    for gesture in (made.smooth, made.split, made.accept, made.unsure):
        assert gesture(1).message
    assert made.resize(1, 1).edit is not None
    assert "nan" not in made.describe(1)


def test_several_at_once_are_one_step(session: ImageSession) -> None:
    assert session.accept_cells([1, 2]).message == "Accepted 2 cells."
    assert session.accept_cells([2, 1]).message == "They are so already. Nothing changed."
    assert session.unsure_cells([1, 3]).message == "Marked 2 cells as unsure."
    removed = session.remove_cells([1, 3, 4])
    assert removed.message == "Removed 3 cells. Ctrl+Z brings them back."
    assert [cell.id for cell in session.document.cells] == [2]
    assert session.remove_cells([1, 3]).message == "No cell is selected. Nothing changed."
    assert session.accept_cells([]).edit is None
    assert session.document.undo() is not None
    assert len(list(session.document.cells)) == 4
