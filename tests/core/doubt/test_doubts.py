from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from napari_fncells.core import changes
from napari_fncells.core.candidates import Look
from napari_fncells.core.document import Document
from napari_fncells.core.doubt.doubts import Doubts
from napari_fncells.core.doubt.missing import Candidates
from napari_fncells.core.doubt.sight import ScoreKind, Scores, Sight
from napari_fncells.core.grow import Region
from napari_fncells.core.judge import judge
from napari_fncells.core.objects import ObjectState
from napari_fncells.core.score import ScoreMap
from napari_fncells.core.steps import finish
from tests.core.doubt.scenes import SHAPE, disk, lit
from tests.core.random_shapes import drafted, random_cell
from tests.core.test_appearance import SHAPE as SMALL
from tests.core.test_appearance import random_edit


def row_of_cells(count: int = 6) -> Document:
    labels = np.zeros(SHAPE, np.uint16)
    for i in range(count):
        disk(labels, i + 1, 25 + 60 * (i % 2), 15 + 24 * i, (9 + i, 7))
    return drafted(labels)


def followed(document: Document) -> tuple[Doubts, Sight]:
    sight = Sight.of(lit(document.labels))
    doubts = Doubts(document, sight)
    document.committed.connect(doubts.take_in)
    return doubts, sight


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_following_the_edits_is_working_it_out_anew(seed: int) -> None:
    rng = np.random.default_rng(seed)
    document = Document(SMALL)
    sight = Sight.of(rng.integers(0, 255, SMALL).astype(np.uint8))
    doubts = Doubts(document, sight)
    places = [random_cell(rng, SMALL) for _ in range(5)]
    regions = [Region(box, mask, 0.0) for box, mask in places if mask.any()]
    look = looked(regions)
    candidates = Candidates(document, sight, look, doubts)
    document.committed.connect(doubts.take_in)
    document.committed.connect(candidates.take_in)
    for _ in range(8):
        random_edit(document, rng)
        if rng.random() < 0.3:
            ignore_somewhere(document, rng)
        if rng.random() < 0.5:
            continue
        fresh = Doubts(document, sight)
        found, again = doubts.ranking(), fresh.ranking()
        np.testing.assert_array_equal(found.ids, again.ids)
        np.testing.assert_array_equal(found.values, again.values)
        assert ((found.values >= 0) & (found.values <= 1)).all()
        assert sorted(found.by_doubt) == sorted(cell.id for cell in document.cells)
        anew = Candidates(document, sight, look, fresh)
        assert candidates.open == anew.open
        found, again = candidates.likely().chances, anew.likely().chances
        assert list(found.items()) == list(again.items())


def looked(regions: list[Region]) -> Look:
    scores = Scores.of(ScoreMap(np.zeros(SMALL, np.float32), ""), 0.5, ScoreKind.LIKENESS)
    return Look(scores, tuple(regions))


def ignore_somewhere(document: Document, rng: np.random.Generator) -> None:
    box, mask = random_cell(rng, SMALL)
    change = changes.ignore_region(document, box, mask, ignored=bool(rng.random() < 0.7))
    if change is not None:
        document.commit(change)


def test_the_most_doubtful_comes_first_and_says_why() -> None:
    labels = row_of_cells().labels.copy()
    disk(labels, 7, 60, 60, (1, 5))
    document = drafted(labels)
    ranking = followed(document)[0].ranking()
    smallest = min(document.cells, key=lambda cell: cell.area)
    assert ranking.by_doubt[0] == smallest.id
    doubt = ranking.doubt_of(smallest.id)
    assert doubt is not None
    assert "unusually small" in str(doubt)
    assert ranking.doubt_of(99) is None


def test_only_what_an_edit_reaches_is_measured_again() -> None:
    document = row_of_cells()
    doubts, _ = followed(document)
    assert doubts.stale == 6
    doubts.update()
    document.commit(judge(document, [document.objects[2]], ObjectState.ACCEPTED))
    assert doubts.stale == 0
    document.commit(changes.remove_cell(document, document.objects[1]))
    assert 1 <= doubts.stale <= 2
    document.undo()
    assert doubts.ranking().ids.tolist() == [1, 2, 3, 4, 5, 6]


def test_what_was_measured_elsewhere_counts_unless_an_edit_came_in_between() -> None:
    document = row_of_cells()
    doubts, sight = followed(document)
    found = finish(doubts.measure_steps())
    document.commit(changes.remove_cell(document, document.objects[3]))
    doubts.put(found)
    assert 1 <= doubts.stale < 6
    ranking, again = doubts.ranking(), Doubts(document, sight).ranking()
    np.testing.assert_array_equal(ranking.values, again.values)


def test_verdicts_move_like_cells_and_undone_ones_do_not() -> None:
    labels = np.zeros(SHAPE, np.uint16)
    for i in range(6):
        disk(labels, i + 1, 20, 14 + 25 * i, (9, 9))
        disk(labels, i + 7, 70, 14 + 25 * i, (3, 9))
    document = drafted(labels)
    doubts, _ = followed(document)
    before = doubts.ranking().values.copy()
    ids = doubts.ranking().ids.tolist()
    thin = [i for i in ids if document.objects[i].box.width < 10]
    for i in thin[:4]:
        document.commit(changes.remove_cell(document, document.objects[i]))
    round_ones = [i for i in ids if i not in thin]
    document.commit(judge(document, [document.objects[i] for i in round_ones[:3]],
                          ObjectState.ACCEPTED))  # fmt: skip
    after = doubts.ranking()
    now = dict(zip(after.ids.tolist(), (after.values - after.before).tolist(), strict=True))
    assert min(now[i] for i in thin[4:]) > max(now[i] for i in round_ones[3:])
    assert doubts.ranking(adapted=False).values.tolist() == after.before.tolist()
    for _ in range(5):
        document.undo()
    np.testing.assert_array_equal(doubts.ranking().values, before)
