"""Speed of the main steps: compare the ratios within one run."""

from __future__ import annotations

import numpy as np
import pytest
from skimage.color import rgb2gray
from skimage.filters import gaussian
from skimage.measure import label

from napari_fncells.core.binary import touching_pairs
from napari_fncells.core.changes import remove_cell
from napari_fncells.core.segment import draft
from napari_fncells.io.binary_png import encode_binary
from napari_fncells.io.images import Image
from napari_fncells.session.image import ImageSession


@pytest.mark.benchmark(group="draft")
@pytest.mark.parametrize("method", ["auto", "fnc-v1-draft"])
def test_draft(benchmark, crowded: np.ndarray, method: str) -> None:
    benchmark(draft, crowded, method)


@pytest.mark.benchmark(group="draft")
def test_draft_written_plainly(benchmark, crowded: np.ndarray) -> None:
    """The authors' recipe as one writes it down with scikit-image."""

    def recipe() -> np.ndarray:
        smooth = gaussian(rgb2gray(crowded), sigma=7)
        return label(smooth > np.percentile(smooth, 97), connectivity=2)

    benchmark(recipe)


@pytest.mark.benchmark(group="remove and undo")
def test_remove_and_undo(benchmark, session: ImageSession) -> None:
    cell = next(session.document.cells)
    row, column = np.argwhere(session.document.labels[cell.box.slices] == cell.id)[0]
    place = int(row) + cell.box.top, int(column) + cell.box.left

    def remove_and_undo() -> None:
        assert session.fix_at(*place).edit is not None
        session.document.undo()

    benchmark(remove_and_undo)


@pytest.mark.benchmark(group="grow")
def test_grow(benchmark, session: ImageSession) -> None:
    """What Shift+click on the ground costs before the edit."""
    cell = max(session.document.cells, key=lambda known: known.area)
    place = round(cell.box.centre[0]), round(cell.box.centre[1])
    session.document.commit(remove_cell(session.document, cell))
    benchmark(session.region_at, *place)
    session.document.undo()


@pytest.mark.benchmark(group="redraft")
def test_redraft(benchmark, crowded: np.ndarray) -> None:
    result = draft(crowded)
    session = ImageSession(Image(crowded, name="crowded.png"))
    benchmark(session.apply, result)


@pytest.mark.benchmark(group="export")
def test_encode_binary_png(benchmark, session: ImageSession) -> None:
    benchmark(encode_binary, session.document.labels)


@pytest.mark.benchmark(group="export")
def test_touching_pairs(benchmark, session: ImageSession) -> None:
    benchmark(touching_pairs, session.document.labels)
