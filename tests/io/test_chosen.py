"""The page and channel of a folder: kept beside the pictures, taken where a file has them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from napari_fncells.io.chosen import choose_part, chosen_part, read_chosen
from napari_fncells.io.images import ImageReadError, ReadCode, read_image
from napari_fncells.io.parts import Part
from tests.io.odd_files import grey, png, tiff, tiff_pages

PAGES = [grey(seed=number) for number in range(3)]
CHANNELS = grey("uint16", (2, 37, 53))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "stack.tif").write_bytes(tiff_pages(*PAGES))
    (tmp_path / "two.tif").write_bytes(tiff(CHANNELS, metadata={"axes": "CYX"}))
    (tmp_path / "grey.png").write_bytes(png(PAGES[0], 8, 0))
    (tmp_path / "colour.png").write_bytes(png(grey("uint8", (37, 53, 3)), 8, 2))
    return tmp_path


def test_a_file_of_several_pictures_says_what_it_holds(folder: Path) -> None:
    with pytest.raises(ImageReadError) as caught:
        read_chosen(folder / "stack.tif")
    assert caught.value.code is ReadCode.AMBIGUOUS
    assert caught.value.parts is not None
    assert caught.value.parts.pages == 3
    assert caught.value.parts.page_in_words(1) == "page 2 of 3"


def test_what_was_chosen_is_remembered_for_the_folder(folder: Path) -> None:
    choose_part(folder, Part(page=2, channel=1))
    assert chosen_part(folder) == Part(page=2, channel=1)
    image = read_chosen(folder / "stack.tif")
    np.testing.assert_array_equal(image.pixels, PAGES[2])
    assert image.notes == ()
    two = read_chosen(folder / "two.tif")
    np.testing.assert_array_equal(two.pixels, CHANNELS[1])
    assert two.notes == (), "it is what was asked for"


@pytest.mark.parametrize("name", ["grey.png", "colour.png"])
def test_it_has_no_say_in_files_of_one_picture(folder: Path, name: str) -> None:
    choose_part(folder, Part(page=2, channel=1))
    plain, image = read_image(folder / name), read_chosen(folder / name)
    np.testing.assert_array_equal(image.pixels, plain.pixels)
    assert image.sha256 == plain.sha256


def test_a_page_that_is_not_there_is_an_error(folder: Path) -> None:
    choose_part(folder, Part(page=3))
    with pytest.raises(ImageReadError, match="no page 3") as caught:
        read_chosen(folder / "stack.tif")
    assert caught.value.code is ReadCode.NO_SUCH_PART


def test_pages_are_told_apart_and_channels_are_not(folder: Path) -> None:
    stack, two = folder / "stack.tif", folder / "two.tif"
    assert len({read_image(stack, page=n).sha256 for n in range(3)}) == 3
    assert read_image(two, channel=0).sha256 == read_image(two).sha256


def test_a_read_only_folder_is_remembered_in_the_users_data(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "fncells").write_text("no folder can be made here")
    choose_part(folder, Part(page=1))
    assert chosen_part(folder) == Part(page=1)
    monkeypatch.setenv("FNCELLS_DATA_DIR", str(folder / "of somebody else"))
    assert chosen_part(folder) == Part()


@pytest.mark.parametrize(
    "content", [b"", b"{", b'{"page": -1}', b'{"page": 1, "other": 2}', b"x" * 9999, b"\xff\xfe"]
)
def test_a_damaged_note_counts_as_none(folder: Path, content: bytes) -> None:
    (folder / "fncells").mkdir()
    (folder / "fncells" / "part.json").write_bytes(content)
    assert chosen_part(folder) == Part()
