"""Odd names and odd kinds of files: each opens or gives one clear error, and nothing hangs."""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from napari_fncells.io.images import ImageReadError, ReadCode, list_images, read_image
from napari_fncells.session.listing import list_folder
from tests.io.odd_files import grey, png, tiff

pytestmark = pytest.mark.skipif(os.name == "nt", reason="names and files of POSIX")
AS_ROOT = os.name != "nt" and os.geteuid() == 0
PICTURE = png(grey(), 8, 0)

NAMES = {
    "newline": "two\nlines.png",
    "right to left": "cell\u202egnp.png",
    "emoji": "🔬 cells 🧠.png",
    "combining": "a\u0301o\u0308.png",
    "no letters": "\u200b.png",
    "control": "bell\a\x1b[31m.png",
    "255 bytes": "x" * 251 + ".png",
    "quote": 'it\'s "a" `cell`; $(rm -rf).png',
    "percent": "%s%n{0}{}.png",
    "markup": "<b>cell<b>&amp;.png",
    "leading dash": "--help.png",
    "only suffixes": "a.tif.ome.png",
    "spaces": "  .png ",
    "backslash": "a\\..\\b.png",
    "address": "http:::cell.png",
}


@pytest.mark.parametrize("kind", NAMES)
def test_any_name_can_be_read(tmp_path: Path, kind: str) -> None:
    path = tmp_path / NAMES[kind]
    path.write_bytes(PICTURE)
    image = read_image(path)
    np.testing.assert_array_equal(image.pixels, grey())
    assert image.name == path.name


def test_a_name_is_told_without_what_could_steer_a_terminal(tmp_path: Path) -> None:
    with pytest.raises(ImageReadError) as caught:
        read_image(tmp_path / "bell\a\x1b[31m\u202egnp\n.png")
    assert str(caught.value).isprintable()
    assert r"bell\x07\x1b[31m\u202egnp\n.png" in caught.value.sentence


def test_names_that_are_no_text(tmp_path: Path) -> None:
    path = tmp_path / os.fsdecode(b"caf\xe9\xff.png")
    try:
        path.write_bytes(PICTURE)
    except OSError:
        pytest.skip("this file system takes text alone")
    np.testing.assert_array_equal(read_image(path).pixels, grey())
    path.write_bytes(PICTURE[:60])
    with pytest.raises(ImageReadError) as caught:
        read_image(path)
    assert str(caught.value)
    assert list_images(tmp_path) == [path]


def test_a_list_of_all_of_them(tmp_path: Path) -> None:
    for name in NAMES.values():
        (tmp_path / name).write_bytes(PICTURE)
    entries = list_folder(tmp_path, "Ada").entries
    assert {entry.name for entry in entries} == {n for n in NAMES.values() if n.endswith(".png")}


def pipe(path: Path) -> None:
    os.mkfifo(path)


def endpoint(path: Path) -> None:
    held = socket.socket(socket.AF_UNIX)
    here = Path.cwd()
    os.chdir(path.parent)  # the path may be too long for a socket
    try:
        held.bind(path.name)
    finally:
        os.chdir(here)
        held.close()


PLACES: dict[str, tuple[Callable[[Path], object], ReadCode]] = {
    "folder": (lambda path: path.mkdir(), ReadCode.NOT_A_FILE),
    "pipe": (pipe, ReadCode.NOT_A_FILE),
    "socket": (endpoint, ReadCode.NOT_A_FILE),
    "endless device": (lambda path: path.symlink_to("/dev/zero"), ReadCode.NOT_A_FILE),
    "empty device": (lambda path: path.symlink_to("/dev/null"), ReadCode.NOT_A_FILE),
    "link to itself": (lambda path: path.symlink_to(path.name), ReadCode.IO),
    "link to nothing": (lambda path: path.symlink_to("nowhere.png"), ReadCode.MISSING),
    "link to a folder": (lambda path: path.symlink_to("."), ReadCode.NOT_A_FILE),
    "empty": (lambda path: path.touch(), ReadCode.EMPTY),
    "missing": (lambda _path: None, ReadCode.MISSING),
}


@pytest.mark.parametrize("kind", PLACES)
@pytest.mark.timeout(20)
def test_what_is_no_ordinary_file_is_refused(tmp_path: Path, kind: str) -> None:
    make, code = PLACES[kind]
    path = tmp_path / "x.png"
    make(path)
    with pytest.raises(ImageReadError) as caught:
        read_image(path)
    assert caught.value.code is code
    assert caught.value.remedy
    assert "x.png" in caught.value.sentence
    listed = [] if code is not ReadCode.EMPTY else [path]
    assert list_images(tmp_path) == listed


def test_a_name_that_is_too_long(tmp_path: Path) -> None:
    with pytest.raises(ImageReadError):
        read_image(tmp_path / ("x" * 5000 + ".png"))


def test_a_ring_of_links(tmp_path: Path) -> None:
    (tmp_path / "a.png").symlink_to("b.png")
    (tmp_path / "b.png").symlink_to("a.png")
    with pytest.raises(ImageReadError) as caught:
        read_image(tmp_path / "a.png")
    assert caught.value.code is ReadCode.IO
    assert list_images(tmp_path) == []


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize("name", ["/proc/self/environ", "/proc/self/mem", "/proc/kmsg"])
@pytest.mark.timeout(20)
def test_files_of_the_kernel_are_no_pictures(name: str) -> None:
    with pytest.raises(ImageReadError):
        read_image(name)


@pytest.mark.skipif(AS_ROOT, reason="root may read everything")
def test_a_file_that_may_not_be_read(tmp_path: Path) -> None:
    path = tmp_path / "x.png"
    path.write_bytes(PICTURE)
    path.chmod(0)
    with pytest.raises(ImageReadError) as caught:
        read_image(path)
    assert caught.value.code is ReadCode.NO_PERMISSION


def test_without_the_right_to_read_it_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "x.png"
    path.write_bytes(PICTURE)

    def forbidden(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", forbidden)
    with pytest.raises(ImageReadError) as caught:
        read_image(path)
    assert caught.value.code is ReadCode.NO_PERMISSION


WHOLE = [PICTURE, tiff(grey("uint16"), compression="zlib"), tiff(grey(), bigtiff=True)]


@pytest.mark.parametrize("content", WHOLE, ids=["png", "tiff", "bigtiff"])
def test_a_file_that_is_being_written_never_opens_in_part(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "growing"
    whole = None
    for end in range(0, len(content), 7):
        path.write_bytes(content[:end])
        try:
            whole = read_image(path)
        except ImageReadError:
            continue
        # what comes after may be padding, but never pixels
        wanted = grey("uint16") if whole.pixels.dtype == np.uint16 else grey()
        np.testing.assert_array_equal(whole.pixels, wanted)
    path.write_bytes(content)
    assert read_image(path).pixels.shape == grey().shape


def test_a_file_that_changes_while_it_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "x.tif"
    path.write_bytes(tiff(grey("uint16"), rowsperstrip=4))
    from napari_fncells.io import images

    before = images.identify

    def cut_short(*args: object) -> object:
        found = before(*args)  # type: ignore[arg-type]
        with path.open("r+b") as stream:
            stream.truncate(1000)
        return found

    monkeypatch.setattr(images, "identify", cut_short)
    with pytest.raises(ImageReadError) as caught:
        read_image(path)
    assert caught.value.code in {ReadCode.TRUNCATED, ReadCode.DAMAGED}
