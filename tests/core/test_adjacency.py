from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from napari_fncells.core import changes
from napari_fncells.core.adjacency import Adjacency
from napari_fncells.core.binary import touching_pairs
from napari_fncells.core.document import Document
from napari_fncells.core.geometry import Box
from napari_fncells.core.redraft import apply_draft
from tests.core.random_shapes import added, drafted, random_box, random_draft


def blocks() -> Document:
    labels = np.zeros((20, 30), np.uint16)
    labels[0:10, 0:10], labels[0:10, 10:20], labels[10:20, 20:30] = 1, 2, 3
    return drafted(labels)


def test_pairs_and_neighbours() -> None:
    adjacency = Adjacency(blocks())
    assert adjacency.pairs == ((1, 2), (2, 3))
    assert adjacency.count == 2
    assert adjacency.neighbours(2) == (1, 3)
    assert adjacency.neighbours(3) == (2,)
    assert adjacency.neighbours(9) == ()


def test_edits_undo_and_redo_are_followed_until_closed() -> None:
    document = blocks()
    adjacency = Adjacency(document)
    document.commit(changes.remove_cell(document, document.objects[2]))
    assert adjacency.pairs == ()
    document.undo()
    assert adjacency.pairs == ((1, 2), (2, 3))
    added(document, Box(10, 0, 20, 20))
    assert adjacency.pairs == ((1, 2), (1, 4), (2, 3), (2, 4), (3, 4))
    document.undo()
    adjacency.close()
    document.redo()
    assert adjacency.count == 2


def test_contacts_across_tiles_and_at_the_border() -> None:
    document = Document((1100, 1100))
    adjacency = Adjacency(document)
    labels = np.zeros((1100, 1100), np.int64)
    labels[500:512, 500:520], labels[512:530, 500:520] = 1, 70_000
    labels[0, 1099], labels[1, 1098], labels[1099, :2] = 5, 6, (7, 8)
    document.commit(changes.replace_labels(document, labels))
    assert len(document.history[-1].change.patches) > 1
    assert adjacency.pairs == ((1, 70_000), (5, 6), (7, 8))
    document.undo()
    assert adjacency.pairs == ()
    document.redo()
    assert adjacency.pairs == touching_pairs(document.labels)


@settings(max_examples=100, deadline=None, derandomize=True, database=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_always_equal_to_a_look_at_the_whole_picture(seed: int) -> None:
    rng = np.random.default_rng(seed)
    document = Document((40, 50))
    adjacency = Adjacency(document)
    for _ in range(12):
        kind = rng.choice(["draft", "remove", "paint", "undo", "redo"])
        if kind == "draft":
            document.commit(apply_draft(document, random_draft(rng, document.shape), {}))
        elif kind == "remove":
            change = changes.remove_cells(
                document, [cell for cell in document.cells if rng.random() < 0.5]
            )
            if change is not None:
                document.commit(change)
        elif kind == "paint":
            box = random_box(rng, document.shape)
            before = document.labels[box.slices].copy()
            document.labels[box.slices] = rng.integers(0, 6)
            change = changes.stroke(document, box, before, "paint")
            if change is not None:
                document.record(change)
        else:
            getattr(document, kind)()
        assert adjacency.pairs == touching_pairs(document.labels)
