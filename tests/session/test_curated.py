from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import tifffile
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image as PilImage

from napari_fncells.core.changes import ignore_region
from napari_fncells.core.errors import UserError
from napari_fncells.io.report import LeftOut
from napari_fncells.io.working import WorkingFiles
from napari_fncells.session.annotator import keep_annotator
from napari_fncells.session.curated import Curated, Wanted, select
from napari_fncells.session.entry import EntryState
from napari_fncells.session.image import ImageSession
from napari_fncells.session.keeping import Keeper
from napari_fncells.session.target import unique_stems
from tests.session.sets import labels_of, saved_picture, worked_on


def read(folder: Path, **wanted: object) -> dict[str, Curated | LeftOut]:
    found = {}
    for each in select(folder, Wanted(**wanted)):
        found[each.name if isinstance(each, LeftOut) else each.truth.name] = each
    return found


def test_a_folder_with_everything_in_it(tmp_path: Path) -> None:
    done = worked_on(tmp_path, "done.png")
    worked_on(tmp_path, "draft.png", 1, done=False)
    saved_picture(tmp_path, "new.png")
    empty = saved_picture(tmp_path, "empty.png")
    keeper = Keeper.open(empty)
    ImageSession(empty, "", keeper.document).finish()
    keeper.close()
    found = read(tmp_path)
    assert {name: each.state for name, each in found.items() if isinstance(each, Curated)} == {
        "done.png": EntryState.DONE,
        "draft.png": EntryState.DRAFT,
        "empty.png": EntryState.DONE,
    }
    truth = found["done.png"].truth
    np.testing.assert_array_equal(truth.labels > 0, labels_of(0) > 0)
    assert [cell.id for cell in truth.cells] == [1, 2, 3]
    assert [str(cell.state) for cell in truth.cells] == ["accepted"] * 3
    assert found["done.png"].sha256 == done.sha256
    assert found["done.png"].size == (tmp_path / "done.png").stat().st_size
    np.testing.assert_array_equal(truth.read_pixels().pixels, done.pixels)
    assert found["empty.png"].truth.cells == ()
    assert "nobody has worked on it" in found["new.png"].reason
    assert not found["new.png"].failed


def test_only_those_that_are_done(tmp_path: Path) -> None:
    worked_on(tmp_path, "done.png")
    worked_on(tmp_path, "draft.png", done=False)
    saved_picture(tmp_path, "new.png")
    found = read(tmp_path, only_done=True)
    assert isinstance(found["done.png"], Curated)
    assert "is not done (draft)" in found["draft.png"].reason
    assert isinstance(found["new.png"], LeftOut)


def test_pictures_without_a_mask_are_empty_where_asked(tmp_path: Path) -> None:
    saved_picture(tmp_path, "new.png")
    each = read(tmp_path, without_mask=True)["new.png"]
    assert (each.state, each.truth.cells, each.annotator) == (EntryState.NEW, (), "")
    assert not each.truth.labels.any()


@pytest.mark.parametrize("opened", [False, True])
def test_masks_that_were_given(tmp_path: Path, opened: bool) -> None:
    image = saved_picture(tmp_path / "images")
    (tmp_path / "masks").mkdir()
    mask = np.where(labels_of(0) > 0, 255, 0).astype(np.uint8)
    PilImage.fromarray(mask).save(tmp_path / "masks" / "a.png")
    if opened:
        keeper = Keeper.open(image)
        ImageSession(image, "", keeper.document).adopt(labels_of(0), "given", file="a.png")
        keeper.close()
    for place in (tmp_path, tmp_path / "images"):
        each = read(place)["a.png"]
        assert each.state is EntryState.GIVEN
        np.testing.assert_array_equal(each.truth.labels > 0, mask > 0)
        assert len(each.truth.cells) == (3 if opened else 2)
    assert "is not done (as given)" in read(tmp_path, only_done=True)["a.png"].reason


@pytest.mark.parametrize("files", [True, False])
def test_a_journal_that_is_ahead_of_its_files(tmp_path: Path, files: bool) -> None:
    """As after a crash: the journal holds all, the files follow when the set is made."""
    image = worked_on(tmp_path) if files else saved_picture(tmp_path)
    keeper = Keeper.open(image)
    session = ImageSession(image, "", keeper.document)
    if not files:
        session.adopt(labels_of(0), "test")
    session.remove(1)
    keeper.close(files=False)
    each = read(tmp_path)["a.png"]
    assert each.state is EntryState.IN_WORK
    assert [cell.id for cell in each.truth.cells] == [2, 3]
    assert "written anew" in each.notes[0]
    names = WorkingFiles.of(tmp_path / "fncells", "a.png")
    np.testing.assert_array_equal(tifffile.imread(names.labels), each.truth.labels)
    assert read(tmp_path)["a.png"].notes == ()


HOLD = """
import sys
from pathlib import Path
from napari_fncells.io.images import read_image
from napari_fncells.session.image import ImageSession
from napari_fncells.session.keeping import Keeper
image = read_image(Path(sys.argv[1]))
keeper = Keeper.open(image)
session = ImageSession(image, "", keeper.document)
session.remove(1)
keeper.flush()
print("ready", flush=True)
sys.stdin.readline()
"""


def test_a_picture_in_another_window_is_taken_as_last_saved(tmp_path: Path) -> None:
    worked_on(tmp_path)
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path / "a.png")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as other:
        assert other.stdout.readline() == "ready\n"
        each = read(tmp_path)["a.png"]
        other.kill()
    assert [cell.id for cell in each.truth.cells] == [1, 2, 3]
    assert each.state is EntryState.DONE
    assert "another window" in each.notes[0]
    assert "saved at" in each.notes[0]


def test_each_annotator_has_a_set_of_their_own(tmp_path: Path, journals: Path) -> None:
    worked_on(tmp_path, "a.png", author="Ada")
    worked_on(tmp_path, "b.png", author="Bob")
    for name, own, other in (("Ada", "a.png", "b.png"), ("Bob", "b.png", "a.png")):
        found = read(tmp_path, annotator=name)
        assert found[own].annotator == name
        assert isinstance(found[other], LeftOut)
    with pytest.raises(UserError, match="Ada, Bob"):
        select(tmp_path)
    keep_annotator("Bob")
    assert select(tmp_path).annotator == "Bob"


def test_work_from_before_a_name_was_given_counts(tmp_path: Path) -> None:
    worked_on(tmp_path)
    each = read(tmp_path, annotator="Ada")["a.png"]
    assert (each.state, each.annotator) == (EntryState.DONE, "")


def test_only_the_folder_is_needed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On another computer there are mask files, and no journals."""
    worked_on(tmp_path)
    monkeypatch.setenv("FNCELLS_DATA_DIR", str(tmp_path / "elsewhere"))
    each = read(tmp_path)["a.png"]
    assert (each.state, len(each.truth.cells)) == (EntryState.DONE, 3)
    assert not (tmp_path / "elsewhere").exists()


def test_bad_files_are_told_and_the_others_go_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("changed.png", "cut.png", "good.png", "labels.png", "record.png"):
        worked_on(tmp_path, name)
    monkeypatch.setenv("FNCELLS_DATA_DIR", str(tmp_path / "elsewhere"))
    saved_picture(tmp_path, "changed.png", seed=5)
    (tmp_path / "cut.png").write_bytes((tmp_path / "cut.png").read_bytes()[:90])
    (tmp_path / "fncells" / "labels.png.labels.tif").write_bytes(b"II*\0nonsense")
    (tmp_path / "fncells" / "record.png.json").write_bytes(b"{")
    found = read(tmp_path)
    for name in ("changed.png", "cut.png", "labels.png"):
        assert found[name].failed, name
        assert name in found[name].reason
    assert isinstance(found["good.png"], Curated)
    assert found["record.png"].state is EntryState.IN_WORK
    assert "states of the cells are lost" in found["record.png"].notes[0]


def test_what_the_disk_refuses_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    worked_on(tmp_path, "a.png")
    worked_on(tmp_path, "b.png")

    def refuse(self: Path, **_: object) -> object:
        if self.name == "a.png":
            raise PermissionError(13, "Permission denied")
        return real(self)

    real, selection = Path.stat, select(tmp_path)
    monkeypatch.setattr(Path, "stat", refuse)
    first, second = selection
    assert isinstance(first, LeftOut)
    assert first.failed
    assert first.name == "a.png"
    assert isinstance(second, Curated)


def test_pixels_count_where_cells_do_not_fit_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    worked_on(tmp_path)
    monkeypatch.setenv("FNCELLS_DATA_DIR", str(tmp_path / "elsewhere"))
    names = WorkingFiles.of(tmp_path / "fncells", "a.png")
    labels = tifffile.imread(names.labels)
    labels[labels == 2] = 0
    labels[0, 0] = 9
    tifffile.imwrite(names.labels, labels)
    truth = read(tmp_path)["a.png"].truth
    assert [(cell.id, cell.area) for cell in truth.cells] == [
        (i, int((labels == i).sum())) for i in (1, 3, 9)
    ]


def test_folders_without_pictures(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no pictures"):
        select(tmp_path)
    with pytest.raises(UserError, match="no folder"):
        select(tmp_path / "gone")


def test_reading_changes_no_file(tmp_path: Path, journals: Path) -> None:
    worked_on(tmp_path)
    before = {p: p.read_bytes() for p in tmp_path.rglob("*") if p.is_file()}
    read(tmp_path)
    assert {p: p.read_bytes() for p in tmp_path.rglob("*") if p.is_file()} == before


NAMES = st.lists(
    st.tuples(
        st.sampled_from(["a", "A", "b", "a.png", "ü", "x.1"]), st.sampled_from([".png", ".tif"])
    ).map("".join),
    min_size=1,
    max_size=8,
    unique=True,
)


@settings(deadline=None)
@given(names=NAMES)
def test_no_two_pictures_have_the_same_stem(names: list[str]) -> None:
    stems = unique_stems([Path("/f") / name for name in names])
    assert list(stems) == names
    assert len(set(stems.values())) == len(names)
    for name, stem in stems.items():
        assert stem in (name, name.rpartition(".")[0])


@pytest.mark.parametrize("journal", [True, False])
def test_ignored_cells_are_no_truth(tmp_path: Path, journal: bool) -> None:
    image = worked_on(tmp_path, "a.png")
    keeper = Keeper.open(image)
    document = keeper.document
    cell = document.objects[2]
    region = cell.box.padded(2).clip(document.shape)
    mask = np.ones((region.height, region.width), bool)
    document.commit(ignore_region(document, region, mask))
    ImageSession(image, "", document).finish()
    keeper.close()
    labels = document.labels
    if not journal:
        keeper.state.place.unlink()
    each = read(tmp_path)["a.png"]
    assert isinstance(each, Curated)
    assert each.state is EntryState.DONE
    assert [cell.id for cell in each.truth.cells] == [1, 3]
    np.testing.assert_array_equal(each.truth.labels, np.where(labels == 2, 0, labels))
    assert each.truth.ignored is not None
    np.testing.assert_array_equal(
        each.truth.ignored, (document.ignored > 0) & ((labels == 0) | (labels == 2))
    )
    assert "1 cell in ignored regions is left out." in each.notes
