from __future__ import annotations

import json
import os
from collections.abc import Generator
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image as PilImage

import napari_fncells as fn
from napari_fncells.core.errors import ParameterError, UserError
from napari_fncells.core.params.export import ExportParams
from napari_fncells.io.exporters import EXPORTERS
from napari_fncells.io.exporters.base import Comparison, GroundTruth
from napari_fncells.io.report import LeftOut, ReleaseReport
from napari_fncells.io.save_error import SaveCode, SaveError
from napari_fncells.session import release_job
from napari_fncells.session.release import ProofError, chosen_formats, release_steps
from napari_fncells.session.verify import verify
from tests.session.sets import (
    any_labels,
    curated,
    labels_of,
    saved_picture,
    small_set,
    tree,
    worked_on,
)

BINARY = EXPORTERS["binary-png"], EXPORTERS["binary-png-gap"]


def finished(steps: Generator[str, None, ReleaseReport]) -> ReleaseReport:
    while True:
        try:
            next(steps)
        except StopIteration as done:
            return done.value


@dataclass
class Stub:
    """A format that writes what it is told, and believes its reader."""

    name: str = "stub"
    title: str = "Stub"
    about: str = "For tests."
    write: Any = None
    compare_: Any = None
    closing: Any = None

    def writer(self, folder: Path, params: ExportParams) -> Stub:
        return replace(self, about=str(folder))

    reader = writer

    def add(self, truth: GroundTruth) -> None:
        if self.write is not None:
            self.write(Path(self.about), truth)

    def close(self) -> None:
        if self.closing is not None:
            self.closing()

    def compare(self, truth: GroundTruth) -> Comparison:
        if self.compare_ is not None:
            return self.compare_(Path(self.about), truth)
        return Comparison(len(truth.cells), len(truth.cells), exact=True)


def touch(folder: Path, truth: GroundTruth) -> None:
    (folder / f"{truth.stem}.txt").write_text("x")


@settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(masks=st.lists(any_labels(), min_size=1, max_size=3))
def test_any_set_is_proved_and_verified(
    tmp_path_factory: pytest.TempPathFactory, masks: list[np.ndarray]
) -> None:
    target = tmp_path_factory.mktemp("sets") / "set"
    pictures = [curated(labels, f"{n}.png") for n, labels in enumerate(masks)]
    report = finished(release_steps(pictures, target, BINARY))
    assert verify(target)
    assert ReleaseReport.from_bytes((target / "export-report.json").read_bytes()) == report
    assert report.totals.cells == sum(len(np.unique(m[m > 0])) for m in masks)
    assert {file.name for file in report.files} == set(tree(target)) - {
        "export-report.json",
        "export-report.json.sha256",
    }
    for picture, labels in zip(report.pictures, masks, strict=True):
        mask = np.asarray(PilImage.open(target / "masks" / f"{picture.stem}.png"))
        np.testing.assert_array_equal(mask, (labels > 0) * 255)
        assert picture.formats["binary-png"].exact
        assert picture.formats["binary-png"].found == picture.components


def test_empty_pictures_are_negatives(tmp_path: Path) -> None:
    nothing = np.zeros((9, 8), np.uint16)
    report = finished(release_steps([curated(nothing)], tmp_path / "set", BINARY))
    assert (report.totals.pictures, report.totals.empty) == (1, 1)
    assert not np.asarray(PilImage.open(tmp_path / "set" / "masks" / "a.png")).any()


def test_ignored_regions_reach_formats_and_report(tmp_path: Path) -> None:
    each = curated(labels_of(0))
    ignored = np.zeros(each.truth.shape, bool)
    ignored[20:23] = True
    each = replace(each, truth=replace(each.truth, ignored=ignored))
    params = ExportParams(ignore_value=128)
    report = finished(release_steps([each], tmp_path / "set", BINARY, params))
    assert report.totals.ignored == ignored.sum()
    mask = np.asarray(PilImage.open(tmp_path / "set" / "masks" / "a.png"))
    assert (mask[20:23] == 128).all()


def lies(folder: Path, truth: GroundTruth) -> None:
    """Leaves the last cell out."""
    kept = np.where(truth.labels == truth.labels.max(), 0, truth.labels)
    BINARY[0].writer(folder, ExportParams()).add(replace(truth, labels=kept))


def honest(folder: Path, truth: GroundTruth) -> Comparison:
    return BINARY[0].reader(folder, ExportParams()).compare(truth)


def raises(*_: object) -> Any:
    raise IndexError("surprise")


@pytest.mark.parametrize(
    ("stub", "said"),
    [
        (Stub(write=lies, compare_=honest), "does not read back"),
        (Stub(), "no file was written"),
        (Stub(write=touch, compare_=raises), "surprise"),
        (Stub(write=touch, compare_=lambda *_: Comparison(1, 1, exact=True)), "1 cells were"),
    ],
    ids=["leaves a cell out", "writes nothing", "cannot read", "looks at another"],
)
def test_a_format_that_lies_is_caught(tmp_path: Path, stub: Stub, said: str) -> None:
    target = tmp_path / "set"
    finished(release_steps(small_set(), target, BINARY))
    before = tree(target)
    with pytest.raises(ProofError, match=said) as caught:
        finished(release_steps(small_set(), target, [*BINARY, stub], replace=True))
    assert len(caught.value.problems) == 2
    assert "0.png, stub: " in caught.value.problems[0]
    assert tree(target) == before
    assert [path.name for path in tmp_path.iterdir()] == ["set"]


def full(*_: object) -> Any:
    raise OSError(28, "No space left on device")


@pytest.mark.parametrize(
    ("stub", "code"),
    [
        (Stub(write=raises), SaveCode.IO),
        (Stub(write=full), SaveCode.DISK_FULL),
        (Stub(write=touch, closing=full), SaveCode.DISK_FULL),
        (Stub(write=touch, closing=raises), SaveCode.IO),
    ],
)
def test_what_libraries_raise_is_a_sentence(tmp_path: Path, stub: Stub, code: SaveCode) -> None:
    with pytest.raises(SaveError) as caught:
        finished(release_steps(small_set(), tmp_path / "set", [*BINARY, stub]))
    assert caught.value.code is code
    assert list(tmp_path.iterdir()) == []


def test_stopped_at_any_step_the_former_set_stays(tmp_path: Path) -> None:
    target = tmp_path / "set"
    finished(release_steps(small_set(), target, BINARY))
    before = tree(target)
    for taken in range(100):
        steps = release_steps(small_set(2, 1), target, BINARY, replace=True)
        said = []
        with suppress(StopIteration):
            said = [next(steps) for _ in range(taken)]
        if len(said) < taken:
            break
        steps.close()
        assert tree(target) == before
        assert [path.name for path in tmp_path.iterdir()] == ["set"]
    assert taken > 8
    assert tree(target) != before


def test_progress_goes_up_to_the_whole(tmp_path: Path) -> None:
    shares = [
        step.share for step in release_steps(small_set(5), tmp_path / "set", BINARY)
    ]  # fmt: skip
    assert shares == sorted(shares)
    assert (shares[0], shares[-1]) == (0.0, 1.0)


def test_every_call_to_the_disk_may_fail(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "set"
    finished(release_steps(small_set(), target, BINARY))
    before = tree(target)
    failures = 0
    for at in range(1, 400):
        count = 0

        def counted(real: Any, at: int = at) -> Any:
            def call(*args: Any, **kwargs: Any) -> Any:
                nonlocal count
                count += 1
                if count == at:
                    raise OSError(28, os.strerror(28))
                return real(*args, **kwargs)

            return call

        with monkeypatch.context() as patch:
            for name in ("open", "fsync", "link", "mkdir", "rename", "replace"):
                patch.setattr(os, name, counted(getattr(os, name)))
            patch.setattr(Path, "write_bytes", counted(Path.write_bytes))
            try:
                finished(release_steps(small_set(2, 1), target, BINARY[:1], replace=True))
                done = True
            except SaveError:
                done, failures = False, failures + 1
        assert verify(target), verify(target).differences
        if done and count < at:
            break
        if done:
            # What failed was of no account: put the former set back for the next
            finished(release_steps(small_set(), target, BINARY, replace=True))
        else:
            assert {k: v for k, v in tree(target).items() if "masks" in k} == {
                k: v for k, v in before.items() if "masks" in k
            }
    assert failures > 20
    assert at < 399


def test_pictures_are_copied_byte_for_byte(tmp_path: Path) -> None:
    image = saved_picture(tmp_path / "pictures", "a b.png")
    each = curated(labels_of(0), "a b.png", path=image.path, sha256=image.sha256, size=7)
    report = finished(release_steps([each], tmp_path / "set", BINARY, images=True))
    copy = tmp_path / "set" / "images" / "a b.png"
    assert copy.read_bytes() == image.path.read_bytes()
    assert not copy.is_symlink()
    assert copy.stat().st_ino != image.path.stat().st_ino
    assert report.images
    assert "images/a b.png" in {file.name for file in report.files}
    saved_picture(tmp_path / "pictures", "a b.png", seed=9)
    with pytest.raises(UserError, match="not equal to the picture"):
        finished(release_steps([each], tmp_path / "two", BINARY, images=True))
    assert not (tmp_path / "two").exists()


HOSTILE = (
    "<script>alert(1)<!--.png",
    "new\nline \u202e\"quotes'.png",
    "-rf.png",
    "a.png",
    "a.tif",
    "\udcff\udcfe.png",
    "%2e%2e%2f..%2fetc.png",
    "export-report.json.png",
    "x" * 240 + ".png",
)


@pytest.mark.skipif(os.name == "nt", reason="such names cannot be there")
def test_hostile_names_from_the_folder_to_the_set(tmp_path: Path) -> None:
    folder, target = tmp_path / "p", tmp_path / "set"
    for number, name in enumerate(HOSTILE):
        worked_on(folder, name, number)
    report = fn.export(folder, target, images=True, formats="binary-png,binary-png-gap")
    assert verify(target)
    assert report.left_out == ()
    assert len(report.pictures) == len(HOSTILE)
    assert len({each.stem for each in report.pictures}) == len(HOSTILE)
    for name in HOSTILE:
        assert (target / "images" / name).read_bytes() == (folder / name).read_bytes()
    for each in report.pictures:
        assert (target / "masks" / f"{each.stem}.png").is_file()
    page = (target / "export-report.html").read_text()
    assert "<script" not in page
    assert "\u202e" not in page
    assert {path.name for path in tmp_path.iterdir()} == {"p", "set"}


def test_a_picture_changed_between_writing_and_proof_is_told(tmp_path: Path) -> None:
    image = saved_picture(tmp_path / "pictures")
    each = curated(labels_of(0), path=image.path, sha256=image.sha256)

    def reads(folder: Path, truth: GroundTruth) -> Comparison:
        truth.read_pixels()
        return Comparison(len(truth.cells), 3, exact=True)

    steps = release_steps([each], tmp_path / "set", [Stub(write=touch, compare_=reads)])
    while "Reading back" not in next(steps):
        pass
    saved_picture(tmp_path / "pictures", seed=9)
    with pytest.raises(ProofError, match="was changed while"):
        finished(steps)


def test_pictures_left_out_are_told(tmp_path: Path) -> None:
    bad = LeftOut(name="b.png", reason="b.png is damaged.", failed=True)
    report = finished(release_steps([bad, *small_set(1)], tmp_path / "set", BINARY))
    assert report.failed == (bad,)
    assert "1 picture could not be read" in report.notes[0]
    assert "b.png is damaged." in (tmp_path / "set" / "export-report.html").read_text()


def test_nothing_to_export(tmp_path: Path) -> None:
    bad = LeftOut(name="b.png", reason="b.png is damaged.")
    with pytest.raises(UserError, match="nothing to export"):
        finished(release_steps([bad], tmp_path / "set", BINARY))
    assert list(tmp_path.iterdir()) == []


def test_formats_by_name() -> None:
    assert chosen_formats("all") == list(EXPORTERS.values())
    assert [f.name for f in chosen_formats(" binary-png-gap, binary-png,binary-png")] == [
        "binary-png-gap",
        "binary-png",
    ]
    for words in ("", "binary-png,jpeg", ","):
        with pytest.raises(ParameterError, match="format"):
            chosen_formats(words)


def test_one_picture_at_a_time_is_held(tmp_path: Path) -> None:
    """Truths are not kept: the third is asked for when the first is gone."""
    import gc
    import weakref

    alive: list[Any] = []

    def each() -> Generator[Any, None, None]:
        for number in range(6):
            made = curated(labels_of(number), f"{number}.png")
            alive.append(weakref.ref(made.truth))
            yield made
            del made
            gc.collect()
            assert sum(ref() is not None for ref in alive) <= 2

    finished(release_steps(each(), tmp_path / "set", BINARY))


def test_the_report_has_the_ids_that_changed(tmp_path: Path) -> None:
    renumbered = {7: 2}

    def found(folder: Path, truth: GroundTruth) -> Comparison:
        return Comparison(
            3, 2, exact=False, iou=0.9, lost=(3,), changed=(7,), renumbered=renumbered,
            notes=("\udcff is no text",),
        )  # fmt: skip

    stub = Stub(write=touch, compare_=found)
    report = finished(release_steps(small_set(1), tmp_path / "set", [stub]))
    facts = json.loads((tmp_path / "set" / "export-report.json").read_text())
    [told] = facts["pictures"]
    assert told["formats"]["stub"]["renumbered"] == {"7": 2}
    assert told["formats"]["stub"]["notes"] == ["\\udcff is no text"]
    assert report.pictures[0].formats["stub"].renumbered == renumbered
    assert "stub: lost 3" in (tmp_path / "set" / "export-report.html").read_text()


def test_public_names() -> None:
    assert fn.export.__module__ == "napari_fncells.session.release"
    assert fn.verify is verify
    assert fn.ReleaseReport is ReleaseReport
    assert release_job.IMAGES == "images"
