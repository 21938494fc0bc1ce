"""What the gate finds in a folder, and what it lets pass."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from napari_fncells.core.changes import ignore_region, remove_cell
from napari_fncells.core.geometry import Box
from napari_fncells.core.judge import judge, mark_picture
from napari_fncells.core.objects import ObjectState
from napari_fncells.core.quality import Kind, Severity
from napari_fncells.core.steps import finish
from napari_fncells.io.images import ImageReadError
from napari_fncells.io.working import WorkingFiles, keep_conflict
from napari_fncells.session.gate import Accepted, SetCheck, check_folder, check_steps
from napari_fncells.session.gate import run as module
from napari_fncells.session.listing import list_folder
from tests.session.gate.sets import blobs, checked, given, picture, ring, told, worked_on


def test_a_set_that_is_done_and_whole_passes(tmp_path: Path) -> None:
    for name in ("a.png", "b.png"):
        worked_on(picture(tmp_path, name), blobs((10, 10, 30, 30)))
    worked_on(picture(tmp_path, "empty.png"), blobs())
    report = checked(tmp_path)
    assert report.found == ()
    assert not report.blocks
    assert str(report) == "3 pictures with 2 cells checked: nothing to mend."


def test_each_kind_is_told_of_the_worst_first(tmp_path: Path) -> None:
    picture(tmp_path, "bare.png")
    (tmp_path / "broken.png").write_bytes(b"no picture")
    worked_on(picture(tmp_path, "copy1.png", seed=1), blobs())
    worked_on(picture(tmp_path, "copy2.png", seed=1), blobs())
    worked_on(picture(tmp_path, "draft.png"), blobs((1, 1, 20, 20), (40, 40, 60, 60)), done=False)
    worked_on(picture(tmp_path, "hole.png"), ring())
    worked_on(
        picture(tmp_path, "unsure.png"),
        blobs((10, 10, 30, 30)),
        lambda d: d.commit(judge(d, d.cells, ObjectState.UNSURE)),
    )
    assert told(tmp_path) == [
        ("broken.png", "unreadable"),
        ("bare.png", "no mask"),
        ("draft.png", "unreviewed"),
        ("unsure.png", "unsure"),
        ("hole.png", "holes"),
        ("draft.png", "border strip"),
        ("copy2.png", "duplicate"),
    ]
    report = checked(tmp_path)
    assert report.blocks
    assert {item.picture for item in report.blocking} == {"broken.png", "bare.png"}
    assert report.counts[Kind.HOLES] == 1
    assert "2 pictures cannot be exported." in str(report)
    sentences = {item.finding.kind: item.finding.sentence for item in report.found}
    assert sentences[Kind.DUPLICATE] == "Byte for byte the same picture as copy1.png."
    assert sentences[Kind.UNREVIEWED] == ("A draft: nobody looked at 2 of 2 cells.")
    assert [f.finding.severity for f in report.found] == sorted(
        (f.finding.severity for f in report.found), reverse=True
    )
    assert report.found[-1].finding.severity is Severity.WARNING


def test_the_facts_are_json(tmp_path: Path) -> None:
    worked_on(picture(tmp_path, "hole.png"), ring())
    facts = json.loads(json.dumps(checked(tmp_path).facts))
    assert facts["counts"] == {"holes": 1}
    assert facts["blocks"] is False
    assert facts["findings"] == [
        {
            "picture": "hole.png",
            "kind": "holes",
            "severity": "warning",
            "sentence": "Cell 2 has a hole of 4 px².",
            "cells": [2],
            "box": [60, 60, 62, 62],
            "repairs": ["fill"],
            "accepted": False,
        }
    ]


def test_masks_that_were_there_before_are_checked_as_they_would_be_opened(tmp_path: Path) -> None:
    picture(tmp_path, "a.png")
    labels = ring()
    labels[labels == 2] = 700
    given(tmp_path, "a.png", labels)
    report = checked(tmp_path)
    assert [item.finding.sentence for item in report.open] == [
        "As given: nobody looked at 2 of 2 cells.",
        "Cell 2 has a hole of 4 px².",
    ]


def test_masks_of_another_size_block(tmp_path: Path) -> None:
    picture(tmp_path, "a.png")
    given(tmp_path, "a.png", np.ones((20, 30)))
    worked = picture(tmp_path, "b.png")
    worked_on(worked, blobs())
    Image.new("L", (50, 60)).save(worked)
    report = checked(tmp_path)
    assert [f.finding.sentence for f in report.open] == [
        "a.png has 20 x 30 pixels, the picture 120 x 140.",
        "b.png.labels.tif has 120 x 140 pixels, the picture 60 x 50.",
    ]
    assert report.blocks


def test_a_mask_file_that_cannot_be_read_blocks(tmp_path: Path) -> None:
    worked_on(picture(tmp_path, "a.png"), ring())
    (tmp_path / "fncells" / "a.png.labels.tif").write_bytes(b"torn")
    report = checked(tmp_path)
    assert [f.finding.kind for f in report.open] == [Kind.UNREADABLE]
    assert report.blocks


def test_a_picture_that_changed_since_is_told_of(tmp_path: Path) -> None:
    path = picture(tmp_path, "a.png")
    worked_on(path, ring())
    picture(tmp_path, "a.png", seed=99)
    assert told(tmp_path) == [("a.png", "picture changed"), ("a.png", "holes")]


def test_conflict_copies_are_told_of(tmp_path: Path) -> None:
    worked_on(picture(tmp_path, "a.png"), blobs())
    keep_conflict(WorkingFiles.of(tmp_path / "fncells", "a.png"), "far-away")
    assert told(tmp_path) == [("a.png", "conflict copy")]


def test_a_mask_that_was_shifted_on_the_way_is_told_of(tmp_path: Path) -> None:
    path = picture(tmp_path, "a.png")
    labels = blobs((10, 10, 30, 30), (50, 50, 70, 80))
    given(tmp_path, "a.png", labels)
    worked_on(path, np.roll(labels, 1, 0))
    assert told(tmp_path) == [("a.png", "shifted mask")]


def test_sizes_are_judged_by_the_whole_set(tmp_path: Path) -> None:
    row = [(10, 5 + 12 * k, 18, 13 + 12 * k) for k in range(10)]
    for name in ("a.png", "b.png"):
        worked_on(picture(tmp_path, name), blobs(*row))
    assert told(tmp_path) == []
    worked_on(picture(tmp_path, "c.png"), blobs((40, 40, 110, 130), (5, 5, 7, 8)))
    assert told(tmp_path) == [("c.png", "too small"), ("c.png", "too large")]


def test_the_work_of_others_is_not_mine(tmp_path: Path) -> None:
    worked_on(picture(tmp_path, "a.png"), blobs(), annotator="Ada")
    assert told(tmp_path, "Ada") == []
    report = checked(tmp_path, "Eve")
    assert report.open[0].finding.sentence == "There is no mask of yours; Ada worked on it."


def test_what_was_done_without_a_name_counts(tmp_path: Path) -> None:
    worked_on(picture(tmp_path, "a.png"), ring())
    assert told(tmp_path, "Ada") == [("a.png", "holes")]


def test_a_picture_marked_as_unsure_is_not_reviewed(tmp_path: Path) -> None:
    path = picture(tmp_path, "a.png")
    worked_on(
        path,
        blobs((10, 10, 30, 30)),
        lambda d: d.commit(mark_picture(d, "unsure")),
        done=False,
    )
    sentence = checked(tmp_path).open[0].finding.sentence
    assert sentence == "Marked as unsure: nobody looked at its one cell."


def test_what_was_accepted_is_not_told_of_again(tmp_path: Path) -> None:
    path = picture(tmp_path, "a.png")
    worked_on(path, ring())
    item = checked(tmp_path).open[0]
    accepted = Accepted(tmp_path / "fncells", "")
    accepted.accept([item.key])
    assert told(tmp_path) == []
    assert checked(tmp_path).found[0].accepted
    # On another computer, too: it goes where the masks go
    moved = tmp_path / "moved"
    moved.mkdir()
    shutil.copytree(tmp_path / "fncells", moved / "fncells")
    shutil.copy(path, moved)
    assert told(moved) == []
    # Of another annotator nothing was said
    assert not Accepted(tmp_path / "fncells", "Eve").holds(*item.key)
    accepted.withdraw([item.key])
    assert told(tmp_path) == [("a.png", "holes")]


def test_what_two_accept_at_once_is_kept_of_both(tmp_path: Path) -> None:
    one, two = (Accepted(tmp_path / "fncells") for _ in range(2))
    one.accept([("a.png", "holes:1")])
    two.accept([("b.png", "holes:2")])
    again = Accepted(tmp_path / "fncells")
    assert again.holds("a.png", "holes:1")
    assert again.holds("b.png", "holes:2")


def test_a_damaged_file_of_what_was_accepted_is_not_written_over(tmp_path: Path) -> None:
    file = tmp_path / "fncells" / "check.json"
    file.parent.mkdir()
    file.write_text("{")
    accepted = Accepted(file.parent)
    assert "could not be read" in accepted.trouble
    with pytest.raises(Exception, match="not written over"):
        accepted.accept([("a.png", "holes:1")])
    assert file.read_text() == "{"


def test_nothing_is_read_twice_that_did_not_change(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("a.png", "b.png"):
        worked_on(picture(tmp_path, name), ring())
    entries = list_folder(tmp_path).entries
    first = finish(check_steps(entries, tmp_path))
    looked: list[str] = []
    real = module.check_picture
    monkeypatch.setattr(
        module, "check_picture", lambda e, *a: looked.append(e.name) or real(e, *a)
    )
    second = finish(check_steps(entries, tmp_path, before=first))
    assert looked == []
    assert second.report().found == first.report().found
    worked_on(tmp_path / "b.png", blobs(), lambda d: d.commit(remove_cell(d, d.objects[2])))
    third = finish(check_steps(entries, tmp_path, before=second))
    assert looked == ["b.png"]
    assert [item.picture for item in third.report().found] == ["a.png"]


def test_words_say_which_picture_is_next(tmp_path: Path) -> None:
    picture(tmp_path, "a.png")
    steps = check_steps(list_folder(tmp_path).entries, tmp_path)
    assert next(steps) == "Checking 1 of 1: a.png"


def test_a_folder_without_pictures_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ImageReadError, match="no pictures"):
        finish(check_folder(tmp_path))


def test_nothing_checked_has_nothing_to_say() -> None:
    assert SetCheck(Path()).report().found == ()


def test_real_masks_have_few_faults(real_data: Path, tmp_path: Path) -> None:
    """Of masks curated by hand little may be told, lest nobody reads it."""
    (tmp_path / "images").mkdir()
    (tmp_path / "masks").mkdir()
    for image in (real_data / "fnc").glob("*_image.png"):
        name = image.name.replace("_image", "")
        shutil.copy(image, tmp_path / "images" / name)
        shutil.copy(
            image.with_name(image.name.replace("_image", "_mask")), tmp_path / "masks" / name
        )
    report = checked(tmp_path)
    assert report.cells > 250
    rest = [item for item in report.open if item.finding.kind is not Kind.UNREVIEWED]
    assert len(rest) <= report.cells / 50
    assert not report.blocks


def test_ignored_cells_are_not_told_of(tmp_path: Path) -> None:
    """Neither as unreviewed, which 'done' leaves them, nor for what is wrong with them."""
    hole = Box(45, 45, 75, 85)
    mask = np.ones((hole.height, hole.width), bool)
    worked_on(picture(tmp_path, "a.png"), ring(), lambda d: d.commit(ignore_region(d, hole, mask)))
    report = checked(tmp_path)
    assert report.found == ()
    assert str(report) == "1 picture with 1 cell checked: nothing to mend."
