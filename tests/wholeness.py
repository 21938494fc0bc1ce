"""What must hold of every picture in a window at any time, and of what was kept of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.testing import assert_array_equal

from napari_fncells.core.appearance import StateImage
from napari_fncells.core.binary import touching_pairs
from napari_fncells.core.document import Document
from napari_fncells.core.edits import Action, EditKind
from napari_fncells.core.objects import CellCounts
from napari_fncells.io.images import read_image
from napari_fncells.session.keeping import Keeper


def assert_whole(widget: Any) -> None:
    """Every mask is what its history says, and what is shown is that mask."""
    workspace = widget.workspace
    workspace.ignoring.flush()
    for picture in workspace.pictures:
        if picture.session is None:
            continue
        document, layer = picture.session.document, picture.mask_layer
        if layer is not None:
            layer.flush_stroke()
            assert layer.data is document.labels
            assert layer.document is document
            assert_array_equal(layer._slice.image.raw, document.labels)
            ignore = workspace.ignoring.layer
            if ignore is not None and picture is workspace.current:
                assert ignore.data is document.ignored
        assert_is_its_history(document)
    assert_shown(workspace)
    if widget._touching is not None:
        document, adjacency = widget._touching
        assert adjacency.pairs == tuple(touching_pairs(document.labels))


def assert_is_its_history(document: Document) -> None:
    """Pixels, objects and counts follow from the edits; no id was ever given twice."""
    again = Document.replay(document.shape, document.history)
    assert_array_equal(again.labels, document.labels)
    assert dict(again.objects) == dict(document.objects)
    assert_array_equal(again.ignored, document.ignored)
    assert again.ignored_cells == document.ignored_cells
    assert (again.note, again.noted) == (document.note, document.noted)
    assert {cell.id for cell in document.cells} == set(np.unique(document.labels)) - {0}
    ignored = len(document.ignored_cells)
    assert document.counts == CellCounts.of(document.objects.values(), ignored)
    ever: set[int] = set()
    for edit in document.history:
        if edit.action is Action.DO and edit.change.kind is not EditKind.REVERT:
            fresh = {item.id for item in edit.change.objects if item.before is None}
            assert not fresh & ever
        ever |= {item.id for item in edit.change.objects}
    assert document.next_id > max(ever, default=0)


def assert_shown(workspace: Any) -> None:
    """The states on the screen are those of the mask on the screen."""
    overlay, mask = workspace.overlay, workspace.mask_layer
    if mask is None or overlay._image is None:
        return
    image = overlay._image
    assert image._document is mask.document
    again = StateImage(mask.document, mask.area)
    again.select(image.selected)
    again.propose(image._proposed)
    again.show_candidates(image._candidates)
    assert_array_equal(image.codes, again.codes)
    if overlay.layer in workspace.viewer.layers and not overlay.comparing:
        assert overlay.layer.data is image.codes
        assert_array_equal(overlay.layer._slice.image.raw, image.codes)


def assert_kept(folder: Path, documents: dict[str, Document]) -> None:
    """The journals hold what the documents of these pictures were when they were closed."""
    for name, document in documents.items():
        keeper = Keeper.open(read_image(folder / name))
        try:
            assert not keeper.state.read_only
            assert_array_equal(keeper.document.labels, document.labels)
            assert_array_equal(keeper.document.ignored, document.ignored)
            assert keeper.document.note == document.note
            assert dict(keeper.document.objects) == dict(document.objects)
            assert keeper.document.history == document.history
        finally:
            keeper.close()
