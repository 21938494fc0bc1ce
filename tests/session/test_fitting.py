from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from napari_fncells.core.errors import ParameterError, UserError
from napari_fncells.core.evidence import Case, Evidence
from napari_fncells.core.fit import fit_steps
from napari_fncells.core.gestures import Gestures
from napari_fncells.core.meter import predicted_gestures
from napari_fncells.core.params import FNC_V1_DRAFT
from napari_fncells.core.segment import draft
from napari_fncells.core.steps import finish
from napari_fncells.io.images import Image, read_image
from napari_fncells.session import fitting
from napari_fncells.session.fitting import (
    finished_pictures,
    folder_cases_steps,
    meter_steps,
    picture_case,
    truth_case,
)
from napari_fncells.session.image import ImageSession
from napari_fncells.session.keeping import Keeper
from tests.pictures import CELLS, SETTINGS, SHAPE, cell_picture, save_picture

AUTHOR = "Ada"


def work_on(path: Path, *, done: bool, author: str = AUTHOR) -> None:
    """Draft a picture, remove its last cell, and leave it with its working files."""
    image = read_image(path)
    keeper = Keeper.open(image, author)
    session = ImageSession(image, author, keeper.document)
    session.apply(draft(image.pixels, SETTINGS))
    session.fix_at(*CELLS[-1][:2])
    if done:
        session.finish()
    assert keeper.close()


def cases_of(folder: Path, current: ImageSession | None = None) -> list[Case]:
    return finish(folder_cases_steps(folder, AUTHOR, current))


def test_the_picture_on_screen() -> None:
    session = ImageSession(Image(cell_picture(), name="a.png", pixel_size=0.5), AUTHOR)
    session.apply(draft(session.image.pixels, SETTINGS))
    session.accept(1)
    session.fix_at(*CELLS[-1][:2])
    case = picture_case(session)
    assert (case.evidence.cells, case.evidence.rejected) == (1, 1)
    assert (case.name, case.pixel_size) == ("a.png", 0.5)
    assert case.image is session.image.pixels


def test_a_true_mask() -> None:
    image = Image(cell_picture())
    assert truth_case(image, np.ones(SHAPE, np.uint8)).evidence.complete
    with pytest.raises(UserError, match="the picture 200 x 240"):
        truth_case(image, np.ones((3, 4), np.uint8))


def test_finished_pictures_of_a_folder(tmp_path: Path) -> None:
    for name in ("a.png", "b.png", "c.png", "d.png"):
        save_picture(tmp_path, name)
    work_on(tmp_path / "a.png", done=True)
    work_on(tmp_path / "b.png", done=False)
    work_on(tmp_path / "c.png", done=True, author="Bob")
    assert [path.name for path in finished_pictures(tmp_path, AUTHOR)] == ["a.png"]
    (case,) = cases_of(tmp_path)
    assert case.name == "a.png"
    assert case.evidence.complete
    assert (case.evidence.cells, case.evidence.rejected) == (3, 1)


def test_the_open_picture_counts_as_it_is_now(tmp_path: Path) -> None:
    path = save_picture(tmp_path, "a.png")
    work_on(path, done=True)
    image = read_image(path)
    session = ImageSession(image, AUTHOR)
    session.apply(draft(image.pixels, SETTINGS))
    assert cases_of(tmp_path, session) == []
    session.finish()
    steps = folder_cases_steps(tmp_path, AUTHOR, session)
    session.remove(1)
    (case,) = finish(steps)
    assert (case.evidence.cells, case.evidence.complete) == (4, True)


def test_damaged_files_are_left_out(tmp_path: Path) -> None:
    for name in ("a.png", "b.png"):
        work_on(save_picture(tmp_path, name), done=True)
    next((tmp_path / "fncells").glob("a.png*.labels.tif")).write_bytes(b"no mask")
    assert [case.name for case in cases_of(tmp_path)] == ["b.png"]


def test_a_picture_replaced_since_is_left_out(tmp_path: Path) -> None:
    path = save_picture(tmp_path, "a.png")
    work_on(path, done=True)
    path.write_bytes(path.read_bytes() + b"more")
    assert cases_of(tmp_path) == []


def test_of_many_pictures_some_are_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fitting, "MOST_PICTURES", 2)
    for name in ("a.png", "b.png", "c.png"):
        work_on(save_picture(tmp_path, name), done=True)
    assert [case.name for case in cases_of(tmp_path)] == ["a.png", "c.png"]


def test_a_fit_to_the_finished_pictures(tmp_path: Path) -> None:
    for name in ("a.png", "b.png"):
        work_on(save_picture(tmp_path, name), done=True)
    result = finish(fit_steps(cases_of(tmp_path), SETTINGS))
    assert result.before.gestures == Gestures(false_positives=2)
    assert result.after.gestures == Gestures()
    assert result.words.startswith(
        "With these settings 0 corrections would have been needed in place of 2 (2 pictures)."
    )


def test_the_meter_of_presets() -> None:
    image = Image(cell_picture(), pixel_size=0.5)
    truth = draft(image.pixels, SETTINGS).labels
    case = truth_case(image, truth)
    named = {FNC_V1_DRAFT: FNC_V1_DRAFT, "mine": SETTINGS.in_unit("um", 0.5)}
    found = finish(meter_steps([case, case], named))
    authors = predicted_gestures(draft(image.pixels, FNC_V1_DRAFT).labels, truth)
    assert authors.total > 0
    assert found == {FNC_V1_DRAFT: authors + authors, "mine": Gestures()}
    assert finish(meter_steps([], named)) == dict.fromkeys(named, Gestures())


def test_the_meter_needs_the_size_of_a_pixel_for_micrometres() -> None:
    case = Case(cell_picture(), Evidence.finished(np.zeros(SHAPE, np.uint8)))
    with pytest.raises(ParameterError, match="size of a pixel"):
        finish(meter_steps([case], {"mine": SETTINGS.in_unit("um", 0.5)}))
