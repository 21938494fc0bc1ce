from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
import tifffile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from napari_fncells.core import changes
from napari_fncells.core.document import ReadOnlyError
from napari_fncells.core.edits import EditKind
from napari_fncells.core.geometry import Box
from napari_fncells.core.grow import Region
from napari_fncells.io.images import Image
from napari_fncells.io.samples import sample_image_path
from napari_fncells.io.save_error import SaveCode, SaveError
from napari_fncells.session.keeping import Keeper
from tests.store.scribble import SHAPE, picture, same, scribble


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def image(tmp_path: Path) -> Image:
    return picture(tmp_path / "pictures")


def files_under(folder: Path) -> list[str]:
    return sorted(str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file())


def worked_on(image: Image, root: Path, edits: int = 40, seed: int = 1) -> Keeper:
    keeper = Keeper.open(image, "Ada", root)
    scribble(keeper.document, np.random.default_rng(seed), edits)
    return keeper


def test_what_was_closed_is_there_again(image: Image, root: Path) -> None:
    first = worked_on(image, root, 300)
    assert first.close()
    second = Keeper.open(image, "Ada", root)
    assert same(first.document, second.document)
    assert second.notes == ()
    assert second.state.settled
    while second.document.undo():
        pass
    assert not second.document.labels.any()
    assert dict(second.document.objects) == {}
    second.close()


@settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    seed=st.integers(0, 2**32 - 1),
    visits=st.lists(st.integers(0, 60), min_size=2, max_size=5),
)
def test_any_work_survives_any_number_of_visits(
    tmp_path_factory: pytest.TempPathFactory, seed: int, visits: list[int]
) -> None:
    folder = tmp_path_factory.mktemp("visits")
    image = picture(folder / "pictures")
    rng = np.random.default_rng(seed)
    before = None
    for edits in visits:
        keeper = Keeper.open(image, "Ada", folder / "data")
        if before is not None:
            assert same(before, keeper.document)
        scribble(keeper.document, rng, edits)
        keeper.note_effort({"active_seconds": edits, "gestures": {"click": edits}})
        assert keeper.close()
        before = keeper.document
        files = tmp_path_factory.getbasetemp() / folder.name / "pictures" / "fncells"
        if before.edit_count:
            labels = tifffile.imread(files / "cells.png.Ada.labels.tif")
            np.testing.assert_array_equal(labels, before.labels)


def test_looking_writes_nothing(image: Image, root: Path) -> None:
    assert image.path is not None
    for _ in range(2):
        keeper = Keeper.open(image, "Ada", root)
        assert keeper.state.settled
        keeper.note_effort({"active_seconds": 3})
        assert keeper.close()
        assert files_under(root) == []
        assert files_under(image.path.parent) == ["cells.png"]


def test_looking_again_changes_no_file(image: Image, root: Path) -> None:
    assert image.path is not None
    worked_on(image, root).close()
    before = {p: p.read_bytes() for p in root.parent.rglob("*") if p.is_file()}
    keeper = Keeper.open(image, "Ada", root)
    keeper.close()
    assert {p: p.read_bytes() for p in root.parent.rglob("*") if p.is_file()} == before


def test_saved_is_said_only_when_it_is_true(image: Image, root: Path) -> None:
    keeper = Keeper.open(image, "Ada", root)
    keeper.document.commit(add(keeper, Box(1, 1, 9, 9)))
    state = keeper.state
    assert state.issued == 1
    assert not state.settled  # group commit: not within the same breath
    assert keeper.flush()
    assert keeper.state.settled
    assert keeper.state.saved == 1
    keeper.close()


def add(keeper: Keeper, box: Box) -> changes.Change:
    change = changes.add_cell(
        keeper.document, Region(box, np.ones((box.height, box.width), bool), 1.0)
    )
    assert change is not None
    return change


def test_a_second_window_looks_at_the_last_files(image: Image, root: Path) -> None:
    first = worked_on(image, root)
    first.save_files()
    shown = first.document.labels.copy()
    scribble(first.document, np.random.default_rng(5), 5)
    second = Keeper.open(image, "Ada", root)
    assert "another window" in second.state.read_only
    assert second.state.files_time is not None
    assert f"{second.state.files_time.astimezone():%H:%M:%S}" in second.state.read_only
    np.testing.assert_array_equal(second.document.labels, shown)
    with pytest.raises(ReadOnlyError):
        second.document.undo()
    assert second.close()
    assert first.close()
    third = Keeper.open(image, "Ada", root)
    assert not third.state.read_only
    assert same(first.document, third.document)
    third.close()


def test_a_second_window_without_files_says_that_it_is_empty(image: Image, root: Path) -> None:
    first = worked_on(image, root)
    second = Keeper.open(image, "Ada", root)
    assert "empty" in second.state.read_only
    assert second.notes == (second.state.read_only,)
    assert not second.document.labels.any()
    second.close()
    assert first.close()


def test_annotators_do_not_share(image: Image, root: Path) -> None:
    ada = worked_on(image, root)
    bob = Keeper.open(image, "Bob", root)
    assert bob.document.edit_count == 0
    scribble(bob.document, np.random.default_rng(9), 5)
    assert bob.close()
    assert ada.close()
    assert image.path is not None
    names = files_under(image.path.parent / "fncells")
    assert {"cells.png.Ada.json", "cells.png.Bob.labels.tif"} <= set(names)


def test_a_picture_without_a_file(root: Path) -> None:
    pixels = np.random.default_rng(3).integers(0, 255, (60, 70), dtype=np.uint8)
    first = Keeper.open(Image(pixels, name="layer"), "Ada", root)
    scribble(first.document, np.random.default_rng(1), 20)
    assert first.close()
    second = Keeper.open(Image(pixels.copy(), name="another name"), "Ada", root)
    assert second.document.edit_count in {0, 20, 21, 22}
    second.close()
    third = Keeper.open(Image(pixels.copy(), name="layer"), "Ada", root)
    assert same(first.document, third.document)
    assert third.close()
    other = Keeper.open(Image(pixels + 1, name="layer"), "Ada", root)
    assert other.document.edit_count == 0
    other.close()


def test_samples_of_the_package_get_no_files_beside_them(root: Path) -> None:
    path = sample_image_path("sparse")
    image = Image(np.zeros((30, 40), np.uint8), path, path.name, "0" * 64)
    before = files_under(path.parent)
    keeper = Keeper.open(image, "", root)
    scribble(keeper.document, np.random.default_rng(1), 5)
    assert keeper.close()
    assert files_under(path.parent) == before
    assert len(list(root.rglob("*.sqlite"))) == 1


def test_a_picture_that_changed_does_not_get_the_old_corrections(image: Image, root: Path) -> None:
    assert image.path is not None
    first = worked_on(image, root)
    assert first.close()
    changed = picture(image.path.parent, seed=77)
    second = Keeper.open(changed, "Ada", root)
    assert second.document.edit_count == 0
    assert "has changed" in " ".join(second.notes)
    scribble(second.document, np.random.default_rng(2), 6)
    assert second.close()
    assert any("somebody else" in note for note in second.notes)  # the old mask files are kept
    back = picture(image.path.parent)
    third = Keeper.open(back, "Ada", root)
    assert same(first.document, third.document)
    third.close(files=False)
    picture(image.path.parent, seed=77)
    fourth = Keeper.open(changed, "Ada", root)
    assert same(second.document, fourth.document)
    assert fourth.notes == ()
    fourth.close(files=False)


def test_files_changed_by_somebody_else_are_kept(image: Image, root: Path) -> None:
    assert image.path is not None
    keeper = worked_on(image, root)
    keeper.save_files()
    file = image.path.parent / "fncells" / "cells.png.Ada.labels.tif"
    theirs = np.full(SHAPE, 7, np.uint16)
    tifffile.imwrite(file, theirs)
    scribble(keeper.document, np.random.default_rng(3), 4)
    assert keeper.close()
    np.testing.assert_array_equal(tifffile.imread(file), keeper.document.labels)
    (copy,) = file.parent.glob("*conflict*.labels.tif")
    np.testing.assert_array_equal(tifffile.imread(copy), theirs)
    assert any(copy.name in note for note in keeper.notes)


def test_own_files_are_no_conflict(image: Image, root: Path) -> None:
    assert image.path is not None
    for seed in range(3):
        keeper = worked_on(image, root, 5, seed)
        keeper.save_files()
        scribble(keeper.document, np.random.default_rng(seed), 3)
        assert keeper.close()
        assert keeper.notes == ()
    assert not list(image.path.parent.rglob("*conflict*"))


def test_begins_from_mask_files_where_there_is_no_journal(image: Image, root: Path) -> None:
    assert image.path is not None
    first = worked_on(image, root, 60)
    first.note_effort({"active_seconds": 7.5, "gestures": {"click": 2}})
    assert first.close()
    elsewhere = root.parent / "another machine"
    second = Keeper.open(image, "Ada", elsewhere)
    assert "begun from its mask files" in second.notes[0]
    np.testing.assert_array_equal(first.document.labels, second.document.labels)
    assert dict(first.document.objects) == dict(second.document.objects)
    assert second.state.settled
    assert second.close()
    assert files_under(elsewhere) == []
    third = Keeper.open(image, "Ada", elsewhere)
    scribble(third.document, np.random.default_rng(8), 3)
    assert third.close()
    fourth = Keeper.open(image, "Ada", elsewhere)
    assert same(third.document, fourth.document)
    assert fourth.document.history[0].change.kind is EditKind.REPLACE
    record = json.loads((image.path.parent / "fncells/cells.png.Ada.json").read_text())
    assert record["effort"][0]["active_seconds"] == 7.5
    assert fourth.notes == ()
    fourth.close()


def test_a_moved_folder_finds_its_journals(image: Image, root: Path) -> None:
    assert image.path is not None
    first = worked_on(image, root)
    assert first.close()
    moved = image.path.parent.with_name("moved")
    image.path.parent.rename(moved)
    there = Image(image.pixels, moved / image.name, image.name, image.sha256)
    second = Keeper.open(there, "Ada", root)
    assert same(first.document, second.document)
    scribble(second.document, np.random.default_rng(4), 3)
    assert second.close()
    assert len(list(root.rglob("*.sqlite"))) == 1


def test_a_copied_folder_gets_journals_of_its_own(image: Image, root: Path) -> None:
    import shutil

    assert image.path is not None
    first = worked_on(image, root)
    assert first.close()
    copied = image.path.parent.with_name("copied")
    shutil.copytree(image.path.parent, copied)
    there = Image(image.pixels, copied / image.name, image.name, image.sha256)
    both = Keeper.open(image, "Ada", root), Keeper.open(there, "Ada", root)
    assert same(first.document, both[0].document)
    np.testing.assert_array_equal(both[1].document.labels, first.document.labels)
    assert "mask files" in both[1].notes[0]
    for seed, keeper in enumerate(both):
        scribble(keeper.document, np.random.default_rng(seed), 4)
        assert keeper.close()
    again = Keeper.open(image, "Ada", root), Keeper.open(there, "Ada", root)
    assert same(again[0].document, both[0].document)
    assert same(again[1].document, both[1].document)
    for keeper in again:
        keeper.close()


def test_save_elsewhere_is_found_again(image: Image, root: Path, tmp_path: Path) -> None:
    first = worked_on(image, root)
    path = first.save_elsewhere(tmp_path / "stick")
    assert path.parent == tmp_path / "stick"
    assert first.state.settled
    assert first.state.place == path
    scribble(first.document, np.random.default_rng(2), 10)
    assert first.close()
    second = Keeper.open(image, "Ada", root)
    assert second.state.place == path
    assert same(first.document, second.document)
    second.close()
    assert image.path is not None
    moved = image.path.parent.with_name("moved")
    image.path.parent.rename(moved)
    image = Image(image.pixels, moved / image.name, image.name, image.sha256)
    again = Keeper.open(image, "Ada", root)
    assert again.state.place == path
    second_stick = again.save_elsewhere(tmp_path / "stick")
    assert second_stick.parent == path.parent
    assert second_stick != path
    again.close()
    path = second_stick
    third = Keeper.open(image, "Ada", root)
    assert third.state.place == path
    third.close()
    path.unlink()
    third = Keeper.open(image, "Ada", root)
    assert "is not there now" in third.notes[0]
    np.testing.assert_array_equal(third.document.labels, first.document.labels)
    third.close()


def test_save_elsewhere_that_fails_goes_on_in_the_old_place(
    image: Image, root: Path, tmp_path: Path
) -> None:
    keeper = worked_on(image, root)
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(SaveError):
        keeper.save_elsewhere(tmp_path / "file" / "below")
    scribble(keeper.document, np.random.default_rng(2), 3)
    assert keeper.flush()
    assert keeper.state.settled
    assert root in keeper.state.place.parents
    assert keeper.close()
    again = Keeper.open(image, "Ada", root)
    assert same(keeper.document, again.document)
    again.close()


def test_a_data_folder_that_cannot_be_made(image: Image, tmp_path: Path) -> None:
    blocked = tmp_path / "blocked"
    blocked.write_text("in the way")
    keeper = Keeper.open(image, "Ada", blocked / "data")
    assert keeper.state.error is not None
    assert not keeper.state.settled
    scribble(keeper.document, np.random.default_rng(1), 10)
    assert not keeper.flush(10)
    assert not keeper.close(10)
    assert keeper.state.saved == 0
    path = keeper.save_elsewhere(tmp_path / "stick")
    assert keeper.state.settled
    assert path.exists()
    assert keeper.close()
    again = Keeper.open(image, "Ada", blocked / "data")
    assert same(keeper.document, again.document)
    again.close(abandon=True)


def test_the_folder_is_made_good_and_nothing_was_lost(image: Image, tmp_path: Path) -> None:
    blocked = tmp_path / "blocked"
    blocked.write_text("in the way")
    keeper = Keeper.open(image, "Ada", blocked / "data")
    scribble(keeper.document, np.random.default_rng(1), 10)
    assert not keeper.flush(10)
    blocked.unlink()
    keeper.retry()
    assert keeper.flush(10)
    assert keeper.state.error is None
    assert keeper.close()
    again = Keeper.open(image, "Ada", blocked / "data")
    assert same(keeper.document, again.document)
    again.close()


def test_abandon_is_the_users_word(image: Image, tmp_path: Path) -> None:
    blocked = tmp_path / "blocked"
    blocked.write_text("in the way")
    keeper = Keeper.open(image, "Ada", blocked / "data")
    scribble(keeper.document, np.random.default_rng(1), 3)
    assert not keeper.close(5)
    assert not keeper.document.read_only
    assert not keeper.close(5, abandon=True)
    assert keeper.document.read_only
    # the mask files could be written
    assert image.path is not None
    labels = tifffile.imread(image.path.parent / "fncells/cells.png.Ada.labels.tif")
    np.testing.assert_array_equal(labels, keeper.document.labels)


def test_a_journal_that_disappears_is_written_anew(image: Image, root: Path) -> None:
    keeper = worked_on(image, root)
    assert keeper.flush()
    keeper.state.place.unlink()
    scribble(keeper.document, np.random.default_rng(2), 3)
    assert keeper.flush()
    assert keeper.close()
    again = Keeper.open(image, "Ada", root)
    assert same(keeper.document, again.document)
    again.close()


def test_a_read_only_picture_folder(
    image: Image, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert image.path is not None
    folder = image.path.parent.resolve()
    real = Path.mkdir

    def refuse(self: Path, *args: object, **kwargs: object) -> None:
        if self.parent == folder:
            raise OSError(30, "Read-only file system", str(self))
        real(self, *args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(Path, "mkdir", refuse)
    first = worked_on(image, root)
    with pytest.raises(SaveError) as caught:
        first.close()
    assert caught.value.code is SaveCode.READ_ONLY
    second = Keeper.open(image, "Ada", root)
    assert same(first.document, second.document)
    second.close(files=False)
    assert files_under(folder) == ["cells.png"]


def test_closing_waits_for_no_dead_disk(image: Image, root: Path) -> None:
    keeper = worked_on(image, root)
    assert keeper.close()
    assert keeper.close()  # twice does no harm
    assert keeper.document.read_only


def test_no_thread_and_no_lock_is_left(image: Image, root: Path) -> None:
    keeper = worked_on(image, root)
    assert keeper.close()
    assert not [t for t in threading.enumerate() if t.name == "fncells-journal"]
    assert not list(root.rglob("*.lock*"))


def test_names_that_are_no_text(tmp_path: Path) -> None:
    folder = tmp_path / "p"
    folder.mkdir()
    name = os.fsdecode(b"c\xe9ll.png")
    try:
        (folder / name).write_bytes(b"x")
    except OSError:
        pytest.skip("no such names here")
    image = Image(np.zeros((30, 40), np.uint8), folder / name, name, "1" * 64)
    for _ in range(2):
        keeper = Keeper.open(image, "Zoë/../x", tmp_path / "data")
        scribble(keeper.document, np.random.default_rng(1), 3)
        assert keeper.close()
        ("".join(keeper.notes)).encode()
    assert len(list(tmp_path.rglob("*.labels.tif"))) == 1


def test_id_promotion_survives(image: Image, root: Path) -> None:
    keeper = Keeper.open(image, "Ada", root)
    document = keeper.document
    labels = np.zeros(SHAPE, np.int64)
    labels[:5, :5] = 65_534
    change = changes.replace_labels(document, labels)
    assert change is not None
    document.commit(change)
    document.commit(add(keeper, Box(10, 10, 20, 20)))
    assert document.labels.dtype == np.uint32
    assert keeper.close()
    again = Keeper.open(image, "Ada", root)
    assert same(document, again.document)
    again.close()


SECOND = """
import sys, time
from pathlib import Path
from napari_fncells.io.images import read_image
from napari_fncells.session.keeping import Keeper
image = read_image(sys.argv[1])
began = time.monotonic()
keeper = Keeper.open(image, "Ada", Path(sys.argv[2]))
print(time.monotonic() - began)
print(keeper.state.read_only)
print(keeper.document.edit_count, int(keeper.document.labels.astype(int).sum()))
print(keeper.close())
"""


def test_a_second_process_looks_within_a_second(image: Image, root: Path) -> None:
    first = worked_on(image, root)
    first.save_files()
    done = subprocess.run(
        [sys.executable, "-c", SECOND, str(image.path), str(root)],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
        cwd=Path(__file__).parents[2],
    )
    seconds, sentence, document, closed = done.stdout.splitlines()
    assert float(seconds) < 1
    assert "another window (of" in sentence
    assert document == f"1 {first.document.labels.sum(dtype=int)}"
    assert closed == "True"
    scribble(first.document, np.random.default_rng(3), 5)
    assert first.close()


def test_jobs_that_overtake_each_other_leave_the_newest(image: Image, root: Path) -> None:
    assert image.path is not None
    keeper = worked_on(image, root)
    older = keeper.files_job()
    scribble(keeper.document, np.random.default_rng(3), 5)
    newer = keeper.files_job()
    newer()
    older()
    file = image.path.parent / "fncells" / "cells.png.Ada.labels.tif"
    np.testing.assert_array_equal(tifffile.imread(file), keeper.document.labels)
    assert keeper.close()
    assert keeper.notes == ()


def test_a_journal_of_the_wrong_kind_in_the_other_place(image: Image, root: Path) -> None:
    """The journal of another picture under this one's name is kept and not used."""
    assert image.path is not None
    first = worked_on(image, root)
    assert first.close()
    other = picture(image.path.parent, "other.png", seed=5)
    keeper = Keeper.open(other, "Ada", root)
    scribble(keeper.document, np.random.default_rng(5), 20)
    assert keeper.close()
    keeper.state.place.write_bytes(first.state.place.read_bytes())
    again = Keeper.open(other, "Ada", root)
    assert not same(again.document, first.document)
    assert any("has changed" in note for note in again.notes)
    again.close(files=False)
