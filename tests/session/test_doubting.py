from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from napari_fncells.core import changes
from napari_fncells.core.document import Document
from napari_fncells.core.doubt import doubts
from napari_fncells.core.objects import ObjectState
from napari_fncells.core.params import MEAN_SD
from napari_fncells.core.segment import draft
from napari_fncells.core.steps import finish
from napari_fncells.io.images import Image
from napari_fncells.session.image import ImageSession
from tests.pictures import CELLS, SETTINGS, cell_picture

DIM = CELLS[3][:2]


def drafted(pixels: np.ndarray | None = None) -> ImageSession:
    session = ImageSession(Image(cell_picture() if pixels is None else pixels))
    session.apply(draft(session.image.pixels, SETTINGS))
    return session


def reopened(session: ImageSession) -> ImageSession:
    """The same picture in another sitting."""
    document = Document.replay(session.document.shape, session.document.history)
    return ImageSession(session.image, document=document)


def test_the_scores_of_a_draft_are_at_hand() -> None:
    doubting = drafted().doubting
    assert doubting.measured
    assert sorted(doubting.ranking().by_doubt) == [1, 2, 3, 4]
    assert not doubting.complete
    # What is left to do is a second opinion, and to get ready to learn
    before = doubting.ranking().values.copy()
    doubting.put(finish(doubting.steps()))
    assert doubting.complete
    assert doubting.candidates is not None
    assert (doubting.ranking().values != before).any()


def test_in_another_sitting_they_are_made_again() -> None:
    session = drafted()
    again = reopened(session)
    without = again.doubting.ranking()
    assert not again.doubting.complete
    again.doubting.put(finish(again.doubting.steps()))
    assert again.doubting.complete
    found = again.doubting.ranking()
    session.doubting.put(finish(session.doubting.steps()))
    np.testing.assert_allclose(found.values, session.doubting.ranking().values, atol=1e-12)
    assert found.values.tolist() != without.values.tolist()
    # Missed cells were looked for in the same go
    assert again.doubting.candidates is not None


def test_a_mask_of_another_program_has_no_scores() -> None:
    session = ImageSession(Image(cell_picture()))
    session.adopt(draft(session.image.pixels, SETTINGS).labels, "theirs")
    session.doubting.put(finish(session.doubting.steps()))
    assert session.doubting.complete
    assert session.doubting.ranking().ids.size == 4
    assert session.doubting.candidates is None


def test_another_draft_is_another_matter() -> None:
    session = drafted()
    session.doubting.put(finish(session.doubting.steps(missed=True)))
    assert session.doubting.candidates is not None
    old = session.doubting.steps()
    session.apply(draft(session.image.pixels, MEAN_SD))
    assert session.doubting.candidates is None
    # What was begun for the former draft counts no more
    session.doubting.put(finish(old))
    ids = sorted(cell.id for cell in session.document.cells)
    assert session.doubting.ranking().ids.tolist() == ids
    session.document.undo()
    assert session.doubting.ranking().ids.tolist() == [1, 2, 3, 4]


def test_progress_counts_decisions_and_looks() -> None:
    session = drafted()
    doubting = session.doubting
    assert doubting.progress == (0, 4)
    session.accept(1)
    assert doubting.progress == (1, 4)
    doubting.walk.forward(doubting.ranking().by_doubt, doubting.wanted)
    assert doubting.progress == (2, 4)
    session.remove(doubting.walk.current)
    assert doubting.progress == (2, 4)
    assert doubting.wanted == {1, 2, 3, 4} - {1, doubting.walk.current}
    session.fix_at(*DIM)
    assert session.document.objects[1].state is ObjectState.ACCEPTED


def test_ignored_cells_are_passed_over() -> None:
    session = drafted()
    box = session.document.objects[1].box
    mask = np.ones((box.height, box.width), bool)
    session.document.commit(changes.ignore_region(session.document, box, mask, ignored=True))
    assert session.document.ignored_cells == {1}
    assert session.doubting.wanted == {2, 3, 4}
    assert session.doubting.progress == (0, 3)


def test_what_was_adopted_is_no_candidate_any_more() -> None:
    session = ImageSession(Image(cell_picture()))
    session.apply(draft(session.image.pixels, SETTINGS.with_settings({"amount": 2.5})))
    assert session.document.cell_at(*DIM) is None
    doubting = session.doubting
    assert not doubting.likely().chances
    doubting.put(finish(doubting.steps(missed=True)))
    chances = doubting.likely().chances
    assert list(chances.values()) == sorted(chances.values(), reverse=True)
    [number] = [n for n in chances if doubting.candidates.regions[n].box.top <= DIM[0] <
                doubting.candidates.regions[n].box.bottom]  # fmt: skip
    session.fix_at(*DIM)
    assert session.document.cell_at(*DIM) is not None
    assert number not in doubting.likely().chances
    session.document.undo()
    assert number in doubting.likely().chances


def test_many_cells_are_measured_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    from napari_fncells.session import doubting

    monkeypatch.setattr(doubting, "AT_ONCE", 2)
    monkeypatch.setattr(doubts, "_CHUNK", 2)
    session = drafted()
    assert not session.doubting.measured
    words = list(session.doubting.steps())
    assert len(words) >= 3
    assert not session.doubting.measured
    found = finish(session.doubting.steps())
    # Who waits for them does not wait for a second opinion
    assert found.look is None
    session.doubting.put(found)
    assert session.doubting.measured
    assert not session.doubting.complete
    assert finish(session.doubting.steps()).look is not None


def test_the_first_verdict_imports_nothing() -> None:
    """All that is learned with was imported by the work that goes on beside the window's."""
    code = """
import sys
from napari_fncells.core.steps import finish
from tests.session.test_doubting import drafted
session = drafted()
session.doubting.ranking()
assert "sklearn" not in sys.modules
session.doubting.put(finish(session.doubting.steps()))
assert "sklearn.linear_model" in sys.modules
before, known = session.doubting.ranking().values[1], set(sys.modules)
session.accept(1)
assert session.doubting.ranking().values[1] != before
assert set(sys.modules) == known, set(sys.modules) - known
"""
    subprocess.run([sys.executable, "-c", code], check=True, timeout=120)
