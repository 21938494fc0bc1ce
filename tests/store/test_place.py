from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from napari_fncells.io.images import Image
from napari_fncells.io.samples import sample_image_path
from napari_fncells.io.user_data import DATA_DIR_VARIABLE, data_folder
from napari_fncells.store import folder_identity
from napari_fncells.store.place import pixel_hash, place_of


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "pictures"
    folder.mkdir()
    return folder


def image_at(path: Path, sha256: str | None = "a" * 64) -> Image:
    return Image(np.zeros((4, 5), np.uint8), path, path.name, sha256)


def test_the_data_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert data_folder(tmp_path) == tmp_path
    monkeypatch.setenv(DATA_DIR_VARIABLE, str(tmp_path / "x"))
    assert data_folder() == tmp_path / "x"
    monkeypatch.delenv(DATA_DIR_VARIABLE)
    assert data_folder().name == "napari-fncells"


def test_finding_out_writes_nothing(tmp_path: Path, folder: Path) -> None:
    place_of(image_at(folder / "a.png"), "Ada", tmp_path / "data")
    assert [p.name for p in tmp_path.rglob("*")] == ["pictures"]


def test_a_folder_gets_its_identity_once(tmp_path: Path, folder: Path) -> None:
    first = place_of(image_at(folder / "a.png"), "", tmp_path / "data")
    # Nothing told the second that the first will make one up, too
    second = place_of(image_at(folder / "b.png"), "", tmp_path / "data")
    assert first.identity != second.identity
    settled = first.settle()
    assert settled.journal == first.journal
    assert second.settle().identity == first.identity
    third = place_of(image_at(folder / "c.png"), "", tmp_path / "data")
    assert third.identity == first.identity
    assert third.announced


def test_journals_differ_by_name_annotator_and_folder(tmp_path: Path, folder: Path) -> None:
    data = tmp_path / "data"
    place_of(image_at(folder / "a.png"), "", data).settle()
    names = ["a.png", "A.png", "a.tif", "ä.png", "a b.png", "a_b.png", "x" * 200 + ".png"]
    journals = [
        place_of(image_at(folder / name), annotator, data).journal
        for name in names
        for annotator in ("", "Ada", "ada")
    ]
    assert len(set(journals)) == len(journals)
    assert all(len(journal.name) < 100 for journal in journals)
    other = folder.with_name("others")
    other.mkdir()
    assert place_of(image_at(other / "a.png"), "", data).settle().journal not in journals


def test_a_path_of_another_spelling_is_the_same(tmp_path: Path, folder: Path) -> None:
    data = tmp_path / "data"
    one = place_of(image_at(folder / "a.png"), "", data).settle()
    try:
        (tmp_path / "link").symlink_to(folder)
    except OSError:
        pytest.skip("no symbolic links here")
    for way in (tmp_path / "link", folder / ".." / "pictures"):
        other = place_of(image_at(way / "a.png"), "", data)
        assert (other.journal, other.lock) == (one.journal, one.lock)


def test_moved_and_copied(tmp_path: Path, folder: Path) -> None:
    data = tmp_path / "data"
    first = place_of(image_at(folder / "a.png"), "", data).settle()
    copy = tmp_path / "copy"
    shutil.copytree(folder, copy)
    copied = place_of(image_at(copy / "a.png"), "", data)
    assert copied.identity != first.identity
    copied = copied.settle()
    assert place_of(image_at(copy / "a.png"), "", data).journal == copied.journal
    moved = folder.rename(tmp_path / "moved")
    found = place_of(image_at(moved / "a.png"), "", data)
    assert found.journal == first.journal
    found.settle()
    assert place_of(image_at(moved / "a.png"), "", data).journal == first.journal
    # A new folder at the old path is another one
    folder.mkdir()
    assert place_of(image_at(folder / "a.png"), "", data).identity != first.identity


def test_a_read_only_folder_goes_by_its_path(
    tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = tmp_path / "data"
    monkeypatch.setattr(folder_identity.os, "access", lambda *_: False)
    first = place_of(image_at(folder / "a.png"), "", data)
    second = place_of(image_at(folder / "a.png"), "", data)
    assert first.journal == second.journal
    first.journal.parent.mkdir(parents=True)
    # ... and still does when it can be written some day
    monkeypatch.undo()
    assert place_of(image_at(folder / "a.png"), "", data).journal == first.journal


def test_a_damaged_folder_file(tmp_path: Path, folder: Path) -> None:
    data = tmp_path / "data"
    first = place_of(image_at(folder / "a.png"), "", data).settle()
    (folder / "fncells" / "folder.json").write_text("{")
    found = place_of(image_at(folder / "a.png"), "", data)
    assert found.journal == first.journal
    assert found.settle().journal == first.journal
    assert place_of(image_at(folder / "a.png"), "", data).announced


def test_pictures_without_files_go_by_their_content(tmp_path: Path) -> None:
    pixels = np.arange(20, dtype=np.uint8).reshape(4, 5)
    one = place_of(Image(pixels, name="x"), "", tmp_path)
    assert one.working is None
    assert one.settle() == one
    assert place_of(Image(pixels.copy(), name="x"), "", tmp_path) == one
    assert place_of(Image(pixels + 1, name="x"), "", tmp_path).journal != one.journal
    sample = sample_image_path("dim")
    assert place_of(image_at(sample), "", tmp_path).working is None


def test_pixel_hash_of_large_arrays_is_quick_and_tells_shapes_apart() -> None:
    large = np.zeros((9000, 9000), np.uint8)
    before = pixel_hash(Image(large))
    large[4500:] = 1
    assert pixel_hash(Image(large)) != before
    flat = np.zeros((6, 4), np.uint8)
    hashes = {
        pixel_hash(Image(p)) for p in (flat, flat.T, flat.astype(np.uint16), flat[..., None])
    }
    assert len(hashes) == 4


def test_the_place_of_another_content(tmp_path: Path, folder: Path) -> None:
    place = place_of(image_at(folder / "a.png"), "", tmp_path)
    other = replace(place, image_sha256="b" * 64).for_content()
    assert other.journal.parent == place.journal.parent
    assert other.journal.name.endswith("@bbbbbbbbbbbb.sqlite")
