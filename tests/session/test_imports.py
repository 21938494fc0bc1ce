"""Another program's draft under the expert's corrections."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from napari_fncells.core.errors import UserError
from napari_fncells.core.objects import ObjectState
from napari_fncells.core.params import CleanUpParams
from napari_fncells.io.images import read_image
from napari_fncells.io.importers import Meaning
from napari_fncells.io.record import Record
from napari_fncells.session.export import export_mask
from napari_fncells.session.image import ImageSession
from napari_fncells.session.imports import (
    IMPORTED_PROBABILITY,
    PROBABILITY_PARAMS,
    prepare_steps,
    take_draft,
)
from tests.pictures import CELLS, SHAPE, cell_picture, save_picture


@pytest.fixture
def session(tmp_path: Path) -> ImageSession:
    return ImageSession(read_image(save_picture(tmp_path)))


def labels() -> np.ndarray[Any, Any]:
    rows, columns = np.mgrid[: SHAPE[0], : SHAPE[1]]
    made = np.zeros(SHAPE, np.uint16)
    for number, (row, column, radius, _) in enumerate(CELLS, 1):
        made[np.hypot(rows - row, columns - column) <= radius] = number * 10
    return made


def probability() -> np.ndarray[Any, Any]:
    rows, columns = np.mgrid[: SHAPE[0], : SHAPE[1]]
    near = [radius - np.hypot(rows - row, columns - column) for row, column, radius, _ in CELLS]
    return (1 / (1 + np.exp(-np.max(near, axis=0)))).astype(np.float32)


def test_labels_become_the_draft(session: ImageSession, tmp_path: Path) -> None:
    path = tmp_path / "cells_mask.png"
    Image.fromarray(labels()).save(path)
    take_draft(session, path)
    assert session.document.counts.untouched == 4
    np.testing.assert_array_equal(session.document.labels > 0, labels() > 0)
    record = record_of(session, tmp_path)
    assert record.draft is not None
    source = record.draft.params["source"]
    assert source["file"] == "cells_mask.png"
    assert source["sha256"] == read_image(path).sha256
    assert source["program"] == "Label image, mask or probability map"
    assert source["meaning"] == "labels"


def test_probabilities_are_cut_and_cleaned(session: ImageSession, tmp_path: Path) -> None:
    values = probability()
    values[3, 3] = 0.9
    path = tmp_path / "cells_prob.npy"
    np.save(path, values)
    prepared, edit = take_draft(session, path)
    np.testing.assert_array_equal(session.document.labels > 0, probability() > 0.5)
    assert session.document.counts.untouched == 4
    assert edit.change.details["method"] == IMPORTED_PROBABILITY
    assert edit.change.details["cutoff"] == 0.5
    record = record_of(session, tmp_path)
    assert record.draft is not None
    assert record.draft.params["clean_up"]["min_area"] == 30
    assert record.draft.params["source"]["sha256"] == prepared.imported.sha256
    stricter = PROBABILITY_PARAMS.with_settings({"amount": 0.9, "min_area": 0})
    take_draft(session, path, params=stricter)
    np.testing.assert_array_equal(session.document.labels > 0, (probability() > 0.9))


def test_sizes_in_micrometres_follow_the_picture(tmp_path: Path) -> None:
    import dataclasses

    image = dataclasses.replace(read_image(save_picture(tmp_path)), pixel_size=0.5)
    session = ImageSession(image)
    path = tmp_path / "x.npy"
    np.save(path, probability())
    smallest = min(radius for *_, radius, _ in CELLS)
    params = PROBABILITY_PARAMS.with_settings(
        {"unit": "um", "min_area": int(np.pi * (smallest + 0.5) ** 2 * 0.25)}
    )
    take_draft(session, path, params=params)
    assert session.document.counts.untouched == 3


def record_of(session: ImageSession, folder: Path) -> Record:
    out = folder / "out"
    out.mkdir()
    report = export_mask(session.image, session.document, out)
    return Record.from_bytes(report.record.read_bytes())


def test_touched_cells_stay_and_it_is_one_step(session: ImageSession, tmp_path: Path) -> None:
    row, column, *_ = CELLS[0]
    session.fix_at(row, column)
    [added] = [cell for cell in session.document.objects.values() if cell.alive]
    before = session.document.labels.copy()
    path = tmp_path / "x.png"
    Image.fromarray(labels()).save(path)
    take_draft(session, path)
    kept = session.document.objects[added.id]
    assert (kept.state, kept.area) == (ObjectState.ADDED, added.area)
    assert session.document.counts.untouched == 3
    session.document.undo()
    np.testing.assert_array_equal(session.document.labels, before)


def test_in_a_folder_it_is_found_by_name(session: ImageSession, tmp_path: Path) -> None:
    folder = tmp_path / "drafts"
    folder.mkdir()
    with pytest.raises(UserError, match=r"cells\.png: there is no draft"):
        take_draft(session, folder)
    Image.fromarray(labels()).save(folder / "cells_mask.png")
    prepared, _ = take_draft(session, folder)
    assert prepared.imported.path.name == "cells_mask.png"


def test_what_does_not_belong_is_refused(session: ImageSession, tmp_path: Path) -> None:
    np.save(tmp_path / "small.npy", labels()[:-1])
    with pytest.raises(UserError, match="199 x 240 pixels, the picture 200 x 240"):
        take_draft(session, tmp_path / "small.npy")
    assert session.document.edit_count == 0


def test_the_picture_itself_is_refused(tmp_path: Path) -> None:
    """Its copy beside the masks has the same name, and grey values could be probabilities."""
    plane = cell_picture()[..., 0]
    path = tmp_path / "cells.png"
    Image.fromarray(plane).save(path)
    grey = ImageSession(read_image(path))
    with pytest.raises(UserError, match=r"is the picture cells\.png itself"):
        take_draft(grey, path, Meaning.PROBABILITY)
    np.save(tmp_path / "copy.npy", plane / np.float32(255))
    colour = ImageSession(read_image(save_picture(tmp_path, "colour.png")))
    with pytest.raises(UserError, match="itself"):
        take_draft(colour, tmp_path / "copy.npy")


def test_a_draft_is_prepared_in_steps_that_say_what_comes(
    session: ImageSession, tmp_path: Path
) -> None:
    folder = tmp_path / "drafts"
    folder.mkdir()
    np.save(folder / "cells_prob.npy", probability())
    said = list(prepare_steps(session.image, folder))
    assert said == [
        "Looking for the draft of cells.png",
        "Reading cells_prob.npy",
        "Cutting and cleaning up",
    ]
    assert session.document.edit_count == 0


def test_the_light_clean_up_splits_and_moves_nothing() -> None:
    plain = CleanUpParams()
    light = PROBABILITY_PARAMS.clean_up
    assert (light.split, light.outline_offset, light.opening) == ("none", 0, plain.opening)


@pytest.mark.parametrize("content", ["array", "cellpose"])
def test_arrays_that_may_not_be_written_are_taken_over(
    session: ImageSession, tmp_path: Path, content: str
) -> None:
    found = labels() if content == "array" else {"masks": labels()}
    np.save(tmp_path / "x_seg.npy", found, allow_pickle=True)
    take_draft(session, tmp_path / "x_seg.npy")
    assert session.document.counts.untouched == 4
    row, column, *_ = CELLS[0]
    assert session.fix_at(row, column).edit is not None
