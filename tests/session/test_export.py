from __future__ import annotations

import hashlib
import itertools
import json
import os
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image as PilImage

from napari_fncells.core.changes import ignore_region
from napari_fncells.core.document import Document
from napari_fncells.core.effort import Effort
from napari_fncells.core.errors import UserError
from napari_fncells.core.steps import finish
from napari_fncells.io.images import Image, read_image
from napari_fncells.io.proof import VerificationError
from napari_fncells.io.record import Record
from napari_fncells.io.save_error import SaveCode, SaveError
from napari_fncells.session import export
from napari_fncells.session.export import (
    export_mask,
    export_steps,
    may_replace,
    output_name,
    prepare_folder,
    suggest_folder,
)
from napari_fncells.session.image import ImageSession
from napari_fncells.session.save_as import save_mask
from napari_fncells.session.snapshot import Snapshot
from tests.pictures import SHAPE, save_picture

LABELS = np.zeros(SHAPE, np.uint16)
LABELS[10:30, 10:30], LABELS[10:30, 30:45], LABELS[90:120, 60:90] = 1, 2, 3


def adopted(path: Path, labels: np.ndarray = LABELS) -> ImageSession:
    made = ImageSession(read_image(path), "Ada")
    made.adopt(labels, "test")
    return made


@pytest.fixture
def session(tmp_path: Path) -> ImageSession:
    (tmp_path / "in").mkdir()
    return adopted(save_picture(tmp_path / "in", "cells.png"))


@pytest.fixture
def out(tmp_path: Path) -> Path:
    folder = tmp_path / "out"
    folder.mkdir()
    return folder


def run(session: ImageSession, folder: Path, **options: Any) -> export.ExportReport:
    return export_mask(session.image, session.document, folder, **options)


def contents(folder: Path) -> dict[str, bytes]:
    return {p.name: p.read_bytes() for p in folder.iterdir() if p.is_file()}


@pytest.mark.parametrize("gap", [False, True])
def test_the_file_and_its_record(session: ImageSession, out: Path, gap: bool) -> None:
    session.fix_at(100, 75)
    report = run(session, out, gap=gap)
    assert set(contents(out)) == {"cells.png", "cells.json"}
    with PilImage.open(report.mask) as image:
        assert (image.mode, image.format) == ("L", "PNG")
        pixels = np.asarray(image)
    expected = (session.document.labels > 0) * 255
    if gap:  # cell 2 is the smaller: cell 1 gives way
        expected[10:30, 29] = 0
    np.testing.assert_array_equal(pixels, expected)

    record = Record.from_bytes(report.record.read_bytes())
    source = session.image.path
    assert record.annotator == "Ada"
    assert record.image.name == "cells.png"
    assert record.image.sha256 == hashlib.sha256(source.read_bytes()).hexdigest()
    assert (record.image.height, record.image.width, record.image.channels) == (*SHAPE, 3)
    assert record.image.dtype == "uint8"
    assert record.draft.method == "test"
    assert record.cells.drafted == 3
    assert record.cells.removed == 1
    assert record.cells.final == 2
    assert record.edits == 2
    assert record.mask.name == "cells.png"
    assert record.mask.sha256 == hashlib.sha256(report.mask.read_bytes()).hexdigest()
    assert record.mask.gap is gap
    assert record.mask.components == (2 if gap else 1)
    assert record.mask.touching_pairs == 1
    assert (report.cells, report.components, report.touching) == (2, 2 if gap else 1, 1)


def test_ignored_cells_are_left_out(session: ImageSession, out: Path) -> None:
    document = session.document
    cell = document.objects[1]
    mask = np.ones((cell.box.height, cell.box.width), bool)
    document.commit(ignore_region(document, cell.box, mask))
    session.note("out of focus")
    before = document.labels.copy()
    report = run(session, out)
    np.testing.assert_array_equal(document.labels, before)
    pixels = np.asarray(PilImage.open(report.mask))
    np.testing.assert_array_equal(pixels > 0, (before > 0) & (before != 1))
    record = Record.from_bytes(report.record.read_bytes())
    assert (record.cells.final, record.cells.ignored, record.note) == (2, 1, "out of focus")
    assert record.mask.touching_pairs == 0
    assert report.sentence.endswith("1 cell in ignored regions is left out.")
    assert (report.cells, report.components) == (2, 2)


def test_the_record_tells_the_effort(session: ImageSession, out: Path) -> None:
    session.fix_at(100, 75)
    session.accept(1)
    session.document.undo()
    run(session, out)
    effort = Record.from_bytes((out / "cells.json").read_bytes()).effort
    assert effort == Effort(removed=1, undos=1)
    # With the time kept by the session
    mask = Snapshot.of(session.document, session.effort)
    finish(export_steps(session.image, mask, out, replace=True))
    effort = Record.from_bytes((out / "cells.json").read_bytes()).effort
    assert effort == session.effort
    assert effort.gestures == {"accept": 1, "fix": 1}
    assert effort.visits == 1


def test_an_empty_mask_without_a_draft(session: ImageSession, out: Path) -> None:
    document = Document(SHAPE)
    report = export_mask(session.image, document, out)
    assert not np.asarray(PilImage.open(report.mask)).any()
    record = Record.from_bytes(report.record.read_bytes())
    assert record.draft is None
    assert (record.edits, record.cells.final, record.mask.components) == (0, 0, 0)
    assert report.sentence == "Saved cells.png (0 cells), read back and found equal."


@pytest.mark.parametrize(
    ("cells", "components", "gap", "says"),
    [
        (1, 1, False, "1 cell)"),
        (2, 2, True, "2 cells), read back and found equal."),
        (3, 2, False, "touching cells run together"),
        (3, 4, False, "in pieces"),
        (3, 4, True, "in pieces"),
        (3, 2, True, "the gap took thin cells"),
    ],
)
def test_sentence(cells: int, components: int, gap: bool, says: str) -> None:
    report = export.ExportReport(Path("m.png"), Path("m.json"), cells, components, 0, gap)
    assert says in report.sentence
    assert ("separate pieces" in report.sentence) == (cells != components)


def test_an_earlier_export_is_replaced_only_on_the_users_word(
    session: ImageSession, out: Path
) -> None:
    run(session, out)
    before = contents(out)
    session.fix_at(100, 75)
    with pytest.raises(SaveError) as caught:
        run(session, out)
    assert caught.value.code is SaveCode.EXISTS
    assert contents(out) == before
    assert may_replace(caught.value.path, session.image)
    run(session, out, replace=True)
    after = contents(out)
    assert after.keys() == before.keys()
    assert all(after[name] != before[name] for name in after)


@pytest.mark.parametrize("left", ["cells.png", "cells.json"])
def test_half_an_earlier_export_is_in_the_way_too(
    session: ImageSession, out: Path, left: str
) -> None:
    run(session, out)
    for path in out.iterdir():
        if path.name != left:
            path.unlink()
    before = contents(out)
    with pytest.raises(SaveError) as caught:
        run(session, out)
    assert caught.value.path.name == left
    assert contents(out) == before
    assert may_replace(caught.value.path, session.image)
    run(session, out, replace=True)


@pytest.mark.parametrize("link", [None, os.symlink, os.link])
def test_the_picture_is_never_written_to(session: ImageSession, out: Path, link: Any) -> None:
    source = session.image.path
    before = source.read_bytes()
    folder = source.parent
    if link is not None:
        folder = out
        link(source, out / "cells.png")
    with pytest.raises(SaveError, match="the picture itself"):
        run(session, folder, replace=True)
    assert source.read_bytes() == before
    assert not (folder / "cells.json").exists()
    assert not may_replace(folder / "cells.png", session.image)


GREY = np.random.default_rng(0).integers(0, 200, SHAPE, dtype=np.uint8)


@pytest.mark.parametrize(
    ("pixels", "says"),
    [
        (np.dstack([GREY] * 3), "colour picture"),
        (np.dstack([LABELS > 0] * 3).astype(np.uint8) * 255, "colour picture"),
        (GREY, "grey picture"),
        (GREY.astype(np.uint16) * 200, "grey picture"),
        (LABELS, "label image"),
    ],
    ids=["colour", "colour mask", "grey", "grey 16 bit", "labels"],
)
def test_what_no_export_has_written_is_not_replaced(
    session: ImageSession, out: Path, pixels: np.ndarray, says: str
) -> None:
    PilImage.fromarray(pixels).save(out / "cells.png")
    before = contents(out)
    for replace in (False, True):
        with pytest.raises(SaveError, match=says):
            run(session, out, replace=replace)
    assert contents(out) == before
    assert not may_replace(out / "cells.png", session.image)


@pytest.mark.parametrize("values", [(0, 255), (0, 1), (0, 65_535), (0,), (255,)])
def test_masks_of_any_kind_may_be_replaced(
    session: ImageSession, out: Path, values: tuple[int, ...]
) -> None:
    pixels = np.full(SHAPE, values[0], np.uint16 if max(values) > 255 else np.uint8)
    pixels[:20, :20] = values[-1]
    PilImage.fromarray(pixels).save(out / "cells.png")
    assert may_replace(out / "cells.png", session.image)
    run(session, out, replace=True)


def test_annotations_of_another_program_are_not_replaced(session: ImageSession, out: Path) -> None:
    theirs = {"version": "5.2.1", "shapes": [{"label": "cell"}], "imagePath": "cells.png"}
    (out / "cells.json").write_text(json.dumps(theirs))
    before = contents(out)
    with pytest.raises(SaveError, match="no record of an export") as caught:
        run(session, out, replace=True)
    assert contents(out) == before
    assert not may_replace(caught.value.path, session.image)


def test_missing_folder(session: ImageSession, tmp_path: Path) -> None:
    with pytest.raises(SaveError) as caught:
        run(session, tmp_path / "not there")
    assert caught.value.code is SaveCode.MISSING_FOLDER
    assert not (tmp_path / "not there").exists()


@pytest.mark.parametrize("name", ["cells.png", "cells.json"])
def test_a_folder_of_that_name(session: ImageSession, out: Path, name: str) -> None:
    (out / name).mkdir()
    for replace in (False, True):
        with pytest.raises(SaveError):
            run(session, out, replace=replace)
    assert [p.name for p in out.iterdir()] == [name]


def failing_record(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    real = export.write_atomic
    calls = itertools.count()

    def write(path: Path, *args: Any, **options: Any) -> None:
        if path.suffix == ".json" and next(calls) == 0:
            raise error
        real(path, *args, **options)

    monkeypatch.setattr(export, "write_atomic", write)


@pytest.mark.parametrize("earlier", [False, True])
@pytest.mark.parametrize(
    "error", [SaveError(SaveCode.DISK_FULL, Path("m.json"), "full"), KeyboardInterrupt()]
)
def test_a_record_that_fails_takes_the_mask_back(
    session: ImageSession,
    out: Path,
    monkeypatch: pytest.MonkeyPatch,
    error: BaseException,
    earlier: bool,
) -> None:
    if earlier:
        run(session, out)
    before = contents(out)
    session.fix_at(100, 75)
    failing_record(monkeypatch, error)
    with pytest.raises(type(error)):
        run(session, out, replace=earlier)
    assert contents(out) == before


@pytest.mark.parametrize("earlier", [False, True])
def test_a_file_that_rots_after_it_was_named_is_not_kept(
    session: ImageSession, out: Path, monkeypatch: pytest.MonkeyPatch, earlier: bool
) -> None:
    """The disk gives back something else at the last look; both files are as before."""
    if earlier:
        run(session, out)
    before = contents(out)
    session.fix_at(100, 75)
    real = export.write_atomic

    def write(path: Path, data: bytes, **options: Any) -> None:
        real(path, data, **options)
        if path.suffix == ".json" and (out / "cells.png").exists():
            (out / "cells.png").write_bytes(b"\x89PNG rotten")

    with monkeypatch.context() as patched:
        patched.setattr(export, "write_atomic", write)
        real_put_back = export._put_back

        def put_back(path: Path, content: bytes | None) -> None:
            patched.setattr(export, "write_atomic", real)
            real_put_back(path, content)

        patched.setattr(export, "_put_back", put_back)
        with pytest.raises(VerificationError, match=r"cells\.png"):
            run(session, out, replace=earlier)
    assert contents(out) == before


def test_a_mask_that_does_not_read_back_is_refused(
    session: ImageSession, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(session, out)
    before = contents(out)
    wrong = export.encode_binary(np.roll(LABELS, 1, axis=0))
    monkeypatch.setattr(export, "encode_binary", lambda *_, **__: wrong)
    with pytest.raises(SaveError, match="does not read back") as caught:
        run(session, out, replace=True)
    assert caught.value.code is SaveCode.VERIFY_FAILED
    assert contents(out) == before


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no such names")
def test_a_name_that_is_no_text(tmp_path: Path, out: Path) -> None:
    path = tmp_path / os.fsdecode(b"zelle\xff.png")
    save_picture(tmp_path).rename(path)
    report = run(adopted(path), out)
    assert report.mask.name == path.name
    assert Record.from_bytes(report.record.read_bytes()).image.name == r"zelle\udcff.png"


@pytest.mark.parametrize(
    ("name", "siblings", "expected"),
    [
        ("cell.png", [], "cell.png"),
        ("cell.png", ["cell.png", "other.tif"], "cell.png"),
        ("cell.png", ["cell.png", "cell.tif"], "cell.png.png"),
        ("cell.tif", ["cell.png", "cell.tif"], "cell.tif.png"),
        ("cell.PNG", ["CELL.tif"], "cell.PNG.png"),
        ("cell.png.tif", ["cell.png", "cell.tif"], "cell.png.tif.png"),
        ("a.b.ome.tif", [], "a.b.ome.png"),
        ("section 1.5", [], "section 1.5.png"),
        ("1.5", [], "1.5.png"),
    ],
)
def test_output_name(name: str, siblings: list[str], expected: str) -> None:
    assert output_name(Image(LABELS, Path("/x") / name, name), ".png", siblings) == expected


def test_output_names_never_collide() -> None:
    suffixes = ["", ".png", ".tif", ".TIF", ".png.tif", ".tif.png", ".5.png", ".5.tif"]
    names = [stem + suffix for stem in ("a", "b.png", "c") for suffix in suffixes]
    for chosen in itertools.combinations(names, 3):
        found = [output_name(Image(LABELS, Path(n), n), ".png", chosen) for n in chosen]
        if len({n.casefold() for n in chosen}) == 3:
            assert len({f.casefold() for f in found}) == 3, chosen


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("", "picture.png"),
        ("..", "picture.png"),
        ("a/b", "a_b.png"),
        ("red: 5 µm?", "red_ 5 µm_.png"),
        ("x\\y\n", "x_y_.png"),
        ("cells.png", "cells.png"),
        (" . ", "picture.png"),
    ],
)
def test_names_of_layers_become_names_of_files(name: str, expected: str) -> None:
    assert output_name(Image(LABELS, None, name), ".png") == expected


def test_pictures_beside_the_picture_are_siblings_by_themselves(tmp_path: Path, out: Path) -> None:
    first = save_picture(tmp_path, "cell.png")
    second = save_picture(tmp_path, "cell.tif")
    names = {run(adopted(path), out).mask.name for path in (first, second)}
    assert names == {"cell.png.png", "cell.tif.png"}
    assert len(contents(out)) == 4


def test_folders(tmp_path: Path, session: ImageSession) -> None:
    assert suggest_folder(session.image) == session.image.path.parent / "masks"
    assert suggest_folder(Image(LABELS)) == Path.home() / "fncells-masks"
    assert prepare_folder(tmp_path / "a" / "b").is_dir()
    (tmp_path / "file").touch()
    for bad in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(SaveError):
            prepare_folder(bad)


def test_save_mask_keeps_the_earlier_one(tmp_path: Path) -> None:
    target = tmp_path / "m.png"
    assert save_mask(target, LABELS, None) is None
    first = target.read_bytes()
    moved = np.roll(LABELS, 5, axis=0)
    kept = [save_mask(target, moved, None), save_mask(target, moved, None)]
    assert kept[0].read_bytes() == first
    assert len({target, *kept}) == 3
    np.testing.assert_array_equal(np.asarray(PilImage.open(target)) > 0, moved > 0)


def test_save_mask_refuses(tmp_path: Path) -> None:
    source = save_picture(tmp_path)
    before = source.read_bytes()
    with pytest.raises(SaveError, match="picture itself"):
        save_mask(source, LABELS, source)
    with pytest.raises(SaveError, match="colour picture"):
        save_mask(source, LABELS, None)
    assert source.read_bytes() == before
    with pytest.raises(UserError, match=r"\(2, 200, 240\)"):
        save_mask(tmp_path / "m.png", np.stack([LABELS] * 2), None)
    (tmp_path / "folder.png").mkdir()
    with pytest.raises(SaveError):
        save_mask(tmp_path / "folder.png", LABELS, None)
    with pytest.raises(SaveError):
        save_mask(tmp_path / "none" / "m.png", LABELS, None)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["cells.png", "folder.png"]
