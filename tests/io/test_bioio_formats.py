"""Files of microscopes through bioio: a stand-in with its interface takes the plug-in's place."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest

from napari_fncells.io.images import Image, ImageReadError, ReadCode, read_image
from tests.io.odd_files import grey

CZI = b"ZISRAWFILE" + bytes(99)
KINDS = {"CZI": CZI, "ND2": b"\xda\xce\xbe\x0a" + bytes(99), "LIF": b"\x70\0\0\0" + bytes(99)}
SCENES = [grey("uint16", (2, 3, 4, 37, 53), seed=n) for n in range(2)]  # T, C, Z, Y, X


class Opened:
    """What `bioio.BioImage` gives, as far as it is used."""

    scenes = ("first", "second")
    channel_names = ("DAPI", "CTb", "c-FOS")
    physical_pixel_sizes = SimpleNamespace(X=0.3, Y=0.3, Z=None)
    dtype = np.dtype("uint16")

    def __init__(self, place: str, *, reader: object) -> None:
        assert Path(place).is_absolute()
        assert reader == "the reader"
        self.data = SCENES

    def set_scene(self, number: int) -> None:
        self.shown = self.data[number]
        self.dims = SimpleNamespace(**dict(zip("TCZYX", self.shown.shape, strict=True)))

    def get_image_dask_data(self, order: str, **at: int) -> Any:
        assert order == "YX"
        return SimpleNamespace(compute=lambda: self.shown[at["T"], at["C"], at["Z"]])


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str, bytes], Path]:
    def to(name: str, content: bytes) -> Path:
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)
        return path

    return to


def install(monkeypatch: pytest.MonkeyPatch, opened: type = Opened) -> None:
    bioio = ModuleType("bioio")
    bioio.BioImage = opened  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "bioio", bioio)
    for name in ("bioio_czi", "bioio_nd2", "bioio_lif"):
        plugin = ModuleType(name)
        plugin.Reader = "the reader"  # type: ignore[attr-defined]
        monkeypatch.setitem(sys.modules, name, plugin)


def refused(path: Path, **options: Any) -> ImageReadError:
    with pytest.raises(ImageReadError) as caught:
        read_image(path, **options)
    return caught.value


@pytest.mark.parametrize("kind", KINDS)
def test_a_missing_plugin_is_named(
    kind: str, write: Callable[[str, bytes], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "bioio", None)
    error = refused(write(f"a.{kind.lower()}", KINDS[kind]))
    assert error.code is ReadCode.UNSUPPORTED
    assert error.sentence == (
        f"a.{kind.lower()} is a {kind} file, and the plug-in that reads these is not installed."
    )
    assert f"pip install bioio bioio-{kind.lower()}" in error.remedy


@pytest.mark.parametrize("kind", KINDS)
def test_a_picture_is_read(
    kind: str, write: Callable[[str, bytes], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    install(monkeypatch)
    path = write(f"a.{kind.lower()}", KINDS[kind])
    error = refused(path)
    assert error.code is ReadCode.AMBIGUOUS
    assert error.parts is not None
    assert (error.parts.pages, error.parts.channels) == (16, 3)
    assert error.parts.page_in_words(13) == "scene second, time 2, depth 2"
    assert error.parts.channel_in_words(2) == "channel 3 of 3: c-FOS"
    image = read_image(path, page=13, channel=2)
    np.testing.assert_array_equal(image.pixels, SCENES[1][1, 2, 1])
    assert image.pixel_size == 0.3
    every: Image = read_image(path, page=0)
    np.testing.assert_array_equal(every.pixels, np.moveaxis(SCENES[0][0, :, 0], 0, 2))


def test_parts_that_are_not_there(
    write: Callable[[str, bytes], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    install(monkeypatch)
    path = write("a.czi", CZI)
    assert refused(path, page=16).code is ReadCode.NO_SUCH_PART
    assert refused(path, page=0, channel=3).code is ReadCode.NO_SUCH_PART


def test_the_size_is_checked_before_anything_is_decoded(
    write: Callable[[str, bytes], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Huge(Opened):
        def set_scene(self, number: int) -> None:
            self.dims = SimpleNamespace(Y=10**6, X=10**6, C=1, T=1, Z=1)

        def get_image_dask_data(self, order: str, **at: int) -> Any:
            raise AssertionError("decoded")

    install(monkeypatch, Huge)
    assert refused(write("a.czi", CZI), page=0).code is ReadCode.TOO_LARGE


def test_what_the_plugin_trips_over_is_a_damaged_file(
    write: Callable[[str, bytes], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Broken(Opened):
        def __init__(self, place: str, *, reader: object) -> None:
            raise RuntimeError("segment not found")

    install(monkeypatch, Broken)
    assert refused(write("a.czi", CZI)).code is ReadCode.DAMAGED


def test_a_path_is_never_taken_for_an_address(
    write: Callable[[str, bytes], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    install(monkeypatch)
    error = refused(write("http::a.czi", CZI))
    assert error.code is ReadCode.UNSUPPORTED
    assert "Rename" in error.remedy
