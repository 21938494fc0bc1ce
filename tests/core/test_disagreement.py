from __future__ import annotations

import numpy as np

from napari_fncells.core.disagreement import disagreement
from napari_fncells.core.document import Document
from napari_fncells.core.redraft import apply_draft


def test_what_the_other_draft_leaves_out_of_each_cell() -> None:
    labels = np.zeros((40, 60), np.uint16)
    labels[5:15, 5:15] = 1
    labels[5:15, 25:35] = 2
    labels[25:35, 5:15] = 3
    document = Document(labels.shape)
    document.commit(apply_draft(document, labels, {}))
    above = np.zeros(labels.shape, bool)
    above[3:20, 3:20] = True
    above[5:15, 25:28] = True
    found = disagreement(document.labels, document.cells, above)
    assert [found[cell.id] for cell in document.cells] == [0.0, 0.7, 1.0]


def test_neighbours_in_the_same_box_do_not_count() -> None:
    labels = np.zeros((20, 20), np.uint16)
    labels[5:15, 5:15] = 1
    labels[5:7, 5:15] = 2
    document = Document(labels.shape)
    document.commit(apply_draft(document, labels, {}))
    below = document.cell_at(10, 10)
    assert below is not None
    found = disagreement(document.labels, [below], document.labels != below.id)
    assert found == {below.id: 1.0}
