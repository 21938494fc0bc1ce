"""A second opinion: the draft of the other kind tells of cells that the one in force has not."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import numpy as np
import pytest

from napari_fncells.core.doubt.sight import ScoreKind
from napari_fncells.core.errors import UserError
from napari_fncells.core.params import AUTO, MEAN_SD, CutoffParams, DraftParams, preset
from napari_fncells.core.score import PROBABILITY, ScoreMap
from napari_fncells.core.segment import draft
from napari_fncells.core.steps import finish
from napari_fncells.io.images import Image
from napari_fncells.model.library import DEFAULT_MODEL
from napari_fncells.session import opinions
from napari_fncells.session.image import ImageSession
from napari_fncells.session.opinions import looks_steps
from tests.pictures import CELLS, cell_picture

MODEL = DraftParams(model="own", cutoff=CutoffParams(method="value", amount=0.5))
DIM = CELLS[3][:2]


class Scores:
    """Gives every pixel one probability, or the dim cell another; counts who asked."""

    def __init__(self, there: float = 0.0) -> None:
        self.there = there
        self.asked: list[str] = []

    def __call__(self, image: np.ndarray, params: DraftParams) -> Generator[str, None, ScoreMap]:
        self.asked.append(params.model)
        yield "Asking"
        rows, columns = np.mgrid[: image.shape[0], : image.shape[1]]
        near = np.hypot(rows - DIM[0], columns - DIM[1]) < CELLS[3][2]
        values = np.where(near, self.there, 0.0).astype(np.float32)
        return ScoreMap(values, PROBABILITY, source={"model": params.model})


class Broken:
    """A model that nobody can run."""

    def __call__(self, image: Any, params: DraftParams) -> Generator[str, None, ScoreMap]:
        yield "Asking"
        raise UserError("OpenVINO is not there.")


def test_where_a_model_finds_nothing_candidates_come_from_the_automatic_draft() -> None:
    session = ImageSession(Image(cell_picture()))
    scorer = Scores()
    session.apply(draft(session.image.pixels, MODEL, scorer=scorer))
    assert not session.document.counts.final
    doubting = session.doubting
    doubting.put(finish(doubting.steps(scorer, missed=True)))
    chances = doubting.likely().chances
    found = {doubting.candidates.regions[n].box for n in chances}
    for row, column, *_ in CELLS[:3]:
        assert any(b.top <= row < b.bottom and b.left <= column < b.right for b in found)


def test_an_automatic_draft_is_set_beside_the_model_of_the_package() -> None:
    scorer = Scores(0.7)
    image = Image(cell_picture())
    params = preset(AUTO).with_settings({"cutoff.amount": 0.98})
    look = finish(looks_steps(image, params, scorer))
    assert scorer.asked == [DEFAULT_MODEL]
    assert look.scores.kind is ScoreKind.LIKENESS
    assert look.second is not None
    assert look.second.kind is ScoreKind.PROBABILITY
    assert max(look.same) == len(look.regions) - 1


def test_the_model_that_the_picture_was_drafted_with_is_asked_first() -> None:
    session = ImageSession(Image(cell_picture()))
    scorer = Scores(0.7)
    session.apply(draft(session.image.pixels, MODEL, scorer=scorer))
    session.apply(draft(session.image.pixels, AUTO))
    made, scores = session.other_draft
    assert made == MODEL
    assert scores.kind is ScoreKind.PROBABILITY
    session.doubting.put(finish(session.doubting.steps(scorer)))
    assert scorer.asked == ["own", "own"]


@pytest.mark.parametrize(("method", "second"), [(MEAN_SD, ScoreKind.LIKENESS), (AUTO, None)])
def test_where_no_model_can_be_run(method: str, second: ScoreKind | None) -> None:
    for scorer in (None, Broken()):
        look = finish(looks_steps(Image(cell_picture()), preset(method), scorer))
        assert (look.second.kind if look.second is not None else None) is second
        assert look.regions


def test_a_large_picture_is_shown_to_no_model_unasked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opinions, "MOST_UNASKED", 1000)
    scorer = Scores()
    finish(looks_steps(Image(cell_picture()), preset(AUTO), scorer))
    assert not scorer.asked
    finish(looks_steps(Image(cell_picture()), preset(AUTO), scorer, MODEL))
    assert scorer.asked == ["own"]


def test_the_model_in_force_must_run() -> None:
    with pytest.raises(UserError, match="OpenVINO"):
        finish(looks_steps(Image(cell_picture()), MODEL, Broken()))


def test_edits_meanwhile_are_known() -> None:
    session = ImageSession(Image(cell_picture()))
    session.apply(draft(session.image.pixels, MEAN_SD))
    again = ImageSession(session.image)
    again.apply(draft(session.image.pixels, MEAN_SD))
    found = finish(session.doubting.steps(missed=True))
    for one in (session, again):
        one.remove(1)
        one.fix_at(100, 30)
    session.doubting.put(found)
    again.doubting.put(finish(again.doubting.steps(missed=True)))
    np.testing.assert_array_equal(
        session.doubting.ranking().values, again.doubting.ranking().values
    )
    assert session.doubting.likely().chances == again.doubting.likely().chances


def test_a_second_look_does_not_lose_the_way() -> None:
    session = ImageSession(Image(cell_picture()))
    session.apply(draft(session.image.pixels, MEAN_SD))
    doubting = session.doubting
    first, second = finish(doubting.steps()), finish(doubting.steps(missed=True))
    doubting.put(first)
    walk, candidates = doubting.candidate_walk, doubting.candidates
    doubting.put(second)
    assert doubting.candidates is candidates
    assert doubting.candidate_walk is walk
