"""Unpacking: what is harmless comes whole, what is not does not come at all."""

from __future__ import annotations

import errno
import os
import stat
import struct
import zipfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_fncells.core.steps import finish
from napari_fncells.io.datasets import PUBLISHED, DatasetCode, DatasetError
from napari_fncells.io.datasets.fetch import RECORD_NAME, take
from napari_fncells.io.datasets.places import find_here
from napari_fncells.io.datasets.unpack import publish, unpack
from napari_fncells.io.datasets.zip_check import Limits, check_members
from tests.io.datasets.archives import V1_NAMES, v1_files, v2_files, write_folder, write_zip


def entry(name: str, mode: int | None = None) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name)
    info.filename = info.orig_filename = name
    if mode is not None:
        info.create_system = 3
        info.external_attr = mode << 16
    return info


def archive_of(path: Path, *entries: tuple[zipfile.ZipInfo, bytes]) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for info, data in entries:
            archive.writestr(info, data)
    return path


def refusal(archive: Path, limits: Limits | None = None) -> DatasetError:
    """The error of an archive that must not be unpacked, after which nothing is left."""
    place = archive.parent / "place"
    place.mkdir(exist_ok=True)
    before = set(archive.parent.rglob("*"))
    with pytest.raises(DatasetError) as caught:
        finish(unpack(archive, place / "out", limits=limits))
    assert set(archive.parent.rglob("*")) == before
    assert caught.value.remedy
    return caught.value


@pytest.mark.parametrize(
    "name",
    [
        "../evil.png",
        "a/../../evil.png",
        "/etc/evil.png",
        "//server/share/evil.png",
        "C:/evil.png",
        "C:evil.png",
        "..\\evil.png",
        "a\\b.png",
        "a//b.png",
        "./a.png",
        "a/./b.png",
        "a.png\0.txt",
        "con",
        "a/NUL.png",
        "COM1.txt",
        "lpt9",
        "aux .png",
        "trailing.",
        "trailing ",
        "file:stream",
        "what?.png",
        "a\n.png",
        "x" * 256,
    ],
)
def test_a_name_that_leads_elsewhere(name: str, tmp_path: Path) -> None:
    with pytest.raises(DatasetError) as caught:
        check_members([entry(name)], "x.zip")
    assert caught.value.code is DatasetCode.UNSAFE
    assert "x.zip was not unpacked" in caught.value.sentence


@pytest.mark.parametrize("name", ["../evil.png", "/tmp/evil.png", "a\\..\\evil.png"])
def test_zip_slip_writes_nothing(tmp_path: Path, name: str) -> None:
    archive = archive_of(tmp_path / "x.zip", (entry("good.png"), b"1"), (entry(name), b"2"))
    assert refusal(archive).code is DatasetCode.UNSAFE


@given(st.text(max_size=30))
def test_no_name_whatsoever_leads_out_of_the_folder(name: str) -> None:
    try:
        members = check_members([entry(name)], "x.zip")
    except DatasetError:
        return
    base = Path("/base")
    for member in members:
        target = Path(os.path.normpath(base.joinpath(*member.parts)))
        assert base in target.parents
        assert target.relative_to(base).parts == member.parts


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFCHR, stat.S_IFIFO, stat.S_IFSOCK])
def test_links_and_devices(tmp_path: Path, kind: int) -> None:
    archive = archive_of(tmp_path / "x.zip", (entry("a", kind | 0o777), b"/etc/passwd"))
    error = refusal(archive)
    assert error.code is DatasetCode.UNSAFE
    assert "link or device" in error.sentence


def test_an_encrypted_archive(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "x.zip", {"a.png": b"1"})
    data = bytearray(path.read_bytes())
    for signature, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(signature) + place] |= 1
    path.write_bytes(data)
    error = refusal(path)
    assert "password" in error.sentence
    assert "Unpack it yourself" in error.remedy


def test_a_strange_method(tmp_path: Path) -> None:
    path = tmp_path / "x.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("a.png", b"1")
    assert "method" in refusal(path).sentence


@pytest.mark.parametrize(
    ("first", "second", "said"),
    [
        ("a.png", "A.PNG", "twice"),
        ("ä.png", "a\u0308.png", "twice"),
        ("dir/a", "DIR/A", "twice"),
        ("a", "a/b", "as a file and as a folder"),
        ("A/b", "a", "as a file and as a folder"),
    ],
)
def test_names_that_collide(first: str, second: str, said: str) -> None:
    with pytest.raises(DatasetError, match=said):
        check_members([entry(first), entry(second)], "x.zip")


def test_bombs(tmp_path: Path) -> None:
    swelling = write_zip(tmp_path / "a.zip", {"zeros": bytes(3_000_000)})
    assert "swells" in refusal(swelling).sentence
    many = write_zip(tmp_path / "b.zip", {f"{n}": b"" for n in range(30)})
    assert "30 files" in refusal(many, Limits(files=29)).sentence
    large = write_zip(tmp_path / "c.zip", {"a": os.urandom(3000), "b": os.urandom(3000)})
    assert "would unpack to 6 kB" in refusal(large, Limits(total=5000)).sentence


def test_a_file_longer_than_it_says(tmp_path: Path) -> None:
    """What an archive says of itself is what the limits are checked against."""
    path = write_zip(tmp_path / "x.zip", {"a.png": bytes(100_000)})
    data = bytearray(path.read_bytes())
    at = data.index(b"PK\x01\x02") + 24
    data[at : at + 4] = struct.pack("<I", 10)
    path.write_bytes(data)
    assert refusal(path).code is DatasetCode.DAMAGED


@pytest.mark.parametrize("cut", [10, 300, 2000])
def test_a_truncated_archive(tmp_path: Path, cut: int) -> None:
    path = write_zip(tmp_path / "x.zip", v1_files())
    path.write_bytes(path.read_bytes()[:-cut])
    assert refusal(path).code is DatasetCode.DAMAGED


def test_flipped_bytes(tmp_path: Path) -> None:
    """Each is found by the checksum, by zlib or in the names; none is written."""
    good = write_zip(tmp_path / "x.zip", v1_files()).read_bytes()
    for at in range(60, len(good) - 2000, len(good) // 17):
        data = bytearray(good)
        data[at] ^= 0xFF
        (tmp_path / "x.zip").write_bytes(data)
        assert refusal(tmp_path / "x.zip").code in {DatasetCode.DAMAGED, DatasetCode.UNSAFE}


def test_a_full_disk_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    archive = write_zip(tmp_path / "x.zip", v1_files())
    original = Path.open
    count = 0

    def opened(self: Path, mode: str = "r", *args: Any, **kwargs: Any) -> Any:
        nonlocal count
        count += mode == "xb"
        if count > 3:
            raise OSError(errno.ENOSPC, "No space left on device")
        return original(self, mode, *args, **kwargs)

    monkeypatch.setattr(Path, "open", opened)
    assert refusal(archive).code is DatasetCode.DISK_FULL


def test_what_was_cut_off_is_cleared_away(tmp_path: Path) -> None:
    archive = write_zip(tmp_path / "x.zip", {"a/b.txt": b"1"})
    left = tmp_path / ".out.unpacking-0123"
    (left / "half").mkdir(parents=True)
    other = tmp_path / ".other.unpacking-0123"
    other.mkdir()
    temporary = finish(unpack(archive, tmp_path / "out"))
    assert not left.exists()
    assert other.exists()
    assert not (tmp_path / "out").exists()
    publish(temporary, tmp_path / "out")
    assert (tmp_path / "out" / "a" / "b.txt").read_bytes() == b"1"
    assert not temporary.exists()


def test_publishing_never_replaces(tmp_path: Path) -> None:
    archive = write_zip(tmp_path / "x.zip", {"a.txt": b"new"})
    (tmp_path / "out").mkdir()
    temporary = finish(unpack(archive, tmp_path / "out"))
    (tmp_path / "out" / "mine.txt").write_text("mine")
    with pytest.raises(DatasetError, match="is there already"):
        publish(temporary, tmp_path / "out")
    assert [p.name for p in (tmp_path / "out").iterdir()] == ["mine.txt"]
    assert not temporary.exists()


# -- what the user has already ------------------------------------------------------------------


def hash_tree(folder: Path) -> dict[str, bytes]:
    return {str(p): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_a_zip_one_has(tmp_path: Path) -> None:
    archive = write_zip(tmp_path / "mine.zip", {f"x/y/{n}": d for n, d in v1_files().items()})
    before = archive.read_bytes()
    folder = tmp_path / "data"
    dataset = finish(take(PUBLISHED["v1"], archive, folder))
    assert dataset.root == folder / "fnc-v1" / "x" / "y"
    assert len(dataset.items) == len(V1_NAMES)
    assert "5 of the 283" in dataset.notes[-1]
    assert archive.read_bytes() == before
    assert (folder / "fnc-v1" / RECORD_NAME).is_file()
    assert [p.name for p in folder.iterdir()] == ["fnc-v1"]
    found = find_here("v1")
    assert found is not None
    assert found.items == dataset.items


def test_a_zip_without_the_colour(tmp_path: Path) -> None:
    files = {name.removeprefix("red/"): data for name, data in v2_files("red").items()}
    archive = write_zip(tmp_path / "red.zip", files)
    dataset = finish(take(PUBLISHED["v2-red"], archive, tmp_path / "data"))
    assert dataset.root == tmp_path / "data" / "fnc-v2-red" / "red"
    assert dataset.labelled == 3


def test_a_zip_of_another_set(tmp_path: Path) -> None:
    archive = write_zip(tmp_path / "x.zip", v2_files("red"))
    with pytest.raises(DatasetError, match="not Fluorescent Neuronal Cells v2, green"):
        finish(take(PUBLISHED["v2-green"], archive, tmp_path / "data"))
    assert not (tmp_path / "data").exists()


def test_a_folder_one_has_stays_where_and_as_it_is(tmp_path: Path) -> None:
    source = write_folder(tmp_path / "mine", v1_files())
    before = hash_tree(source)
    dataset = finish(take(PUBLISHED["v1"], source, tmp_path / "data"))
    assert dataset.root == source
    assert hash_tree(source) == before
    assert not (tmp_path / "data").exists()
    found = find_here("v1")
    assert found is not None
    assert found.root == source


def test_a_set_that_is_gone_is_not_found(tmp_path: Path, journals: Path) -> None:
    assert find_here("v1") is None
    source = write_folder(tmp_path / "mine", v1_files())
    finish(take(PUBLISHED["v1"], source, tmp_path))
    source.rename(tmp_path / "moved")
    assert find_here("v1") is None
    for text in ("", "[1]", '{"v1": 7}', '{"v1": "/nowhere"}'):
        (journals / "datasets" / "places.json").write_text(text)
        assert find_here("v1") is None
    write_folder(journals / "datasets" / "fnc-v1", v1_files())
    assert find_here("v1") is not None
