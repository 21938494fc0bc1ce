"""Repairs in pictures that nobody looks at."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from napari_fncells.core.changes import replace_labels
from napari_fncells.core.document import Document
from napari_fncells.core.edits import Change
from napari_fncells.core.params.quality import QualityParams
from napari_fncells.core.quality import Kind, Repair
from napari_fncells.core.steps import finish
from napari_fncells.io.images import read_image
from napari_fncells.session.keeping import Keeper
from napari_fncells.session.mending import Mended, mend_steps
from napari_fncells.session.turns import Turns
from tests.session.gate.sets import blobs, checked, given, picture, ring, told, worked_on

PARAMS = QualityParams()


def mended(folder: Path, kind: Kind, how: Repair, **options) -> Mended:
    wanted: dict[Path, list] = {}
    for item in checked(folder).open:
        if item.finding.kind is kind:
            wanted.setdefault(folder / item.picture, []).append(item.finding)
    return finish(mend_steps(wanted, how, PARAMS, "", Mended(), **options))


def test_a_set_is_mended_picture_by_picture_and_undone_in_each(tmp_path: Path) -> None:
    for name in ("a.png", "b.png"):
        worked_on(picture(tmp_path, name), ring())
    worked_on(picture(tmp_path, "c.png"), blobs((10, 10, 30, 30)))
    result = mended(tmp_path, Kind.HOLES, Repair.FILL)
    assert str(result) == ("Mended 2 cells in 2 other pictures; Ctrl+Z takes it back in each.")
    # Done it was, and done it stays
    assert told(tmp_path) == []
    assert [len(check.findings) for check in result.checks.values()] == [0, 0]
    keeper = Keeper.open(read_image(tmp_path / "a.png"))
    assert keeper.document.done
    assert keeper.document.objects[2].area == 600
    keeper.document.undo()
    assert (keeper.document.labels == ring()).all()
    assert keeper.document.done
    keeper.close()
    assert told(tmp_path) == [("a.png", "holes")]


def test_a_mask_that_was_there_before_is_begun_from(tmp_path: Path) -> None:
    path = picture(tmp_path, "a.png")
    given(tmp_path, "a.png", ring())
    file = tmp_path / "masks" / "a.png"
    before = file.read_bytes()
    mended(tmp_path, Kind.HOLES, Repair.FILL, given={path: file})
    report = checked(tmp_path)
    assert [item.finding.sentence for item in report.open] == [
        "Not done: nobody looked at 1 of 2 cells."
    ]
    assert file.read_bytes() == before


def test_a_shifted_mask_is_put_back(tmp_path: Path) -> None:
    path = picture(tmp_path, "a.png")
    labels = blobs((10, 10, 30, 30), (50, 50, 70, 80))
    worked_on(path, labels, lambda d: d.commit(_shifting(d)))
    keeper = Keeper.open(read_image(path))
    assert not (keeper.document.labels == labels).all()
    keeper.close()
    given(tmp_path, "a.png", labels)
    assert told(tmp_path) == [("a.png", "shifted mask")]
    mended(tmp_path, Kind.SHIFTED, Repair.SHIFT)
    assert told(tmp_path) == []


def _shifting(document: Document) -> Change:
    return replace_labels(document, np.roll(document.labels, 1, 0))


def test_a_picture_in_other_hands_is_passed_over(tmp_path: Path) -> None:
    for name in ("a.png", "b.png"):
        worked_on(picture(tmp_path, name), ring())
    turns = Turns()
    turns.take(tmp_path / "a.png")
    result = mended(tmp_path, Kind.HOLES, Repair.FILL, turns=turns)
    assert result.passed_over == ["a.png"]
    assert told(tmp_path) == [("a.png", "holes")]


def test_what_is_open_in_another_window_is_told_of(tmp_path: Path) -> None:
    path = picture(tmp_path, "a.png")
    worked_on(path, ring())
    keeper = Keeper.open(read_image(path))
    result = mended(tmp_path, Kind.HOLES, Repair.FILL)
    keeper.close()
    assert list(result.problems) == ["a.png"]
    assert "1 could not be mended (a.png" in str(result)


def test_what_was_mended_meanwhile_is_left_alone(tmp_path: Path) -> None:
    worked_on(picture(tmp_path, "a.png"), ring())
    findings = [item.finding for item in checked(tmp_path).open]
    mended(tmp_path, Kind.HOLES, Repair.FILL)
    wanted = {tmp_path / "a.png": findings}
    result = finish(mend_steps(wanted, Repair.FILL, PARAMS, "", Mended()))
    assert result.passed_over == ["a.png"]
    keeper = Keeper.open(read_image(tmp_path / "a.png"))
    assert keeper.document.edit_count == 4
    keeper.close()
