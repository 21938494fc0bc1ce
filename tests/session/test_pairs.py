"""Masks that were there before: paired by names, never by order."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from napari_fncells.io.images import read_image
from napari_fncells.session.entry import EntryState
from napari_fncells.session.export import export_mask, prepare_folder
from napari_fncells.session.image import ImageSession
from napari_fncells.session.pairs import find_given, picture_folder
from napari_fncells.session.queue import Queue
from tests.pictures import save_picture


def mask(path: Path, values: np.ndarray | None = None) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.zeros((200, 240), np.uint8) if values is None else values
    Image.fromarray(pixels).save(path)
    return path


def pairs(folder: Path) -> dict[str, str]:
    found = find_given(sorted(folder.glob("*.png")))
    return {picture.name: str(path.relative_to(folder.parent)) for picture, path in found.items()}


@pytest.mark.parametrize(
    ("pictures", "masks"),
    [
        ("images", "masks"),
        ("all_images/images", "all_masks/masks"),
        ("green/trainval/images", "green/trainval/ground_truths/masks"),
        ("plain", "plain/masks"),
        ("images", "labels"),
    ],
)
def test_layouts(tmp_path: Path, pictures: str, masks: str) -> None:
    folder = tmp_path / pictures
    folder.mkdir(parents=True)
    for name in ("9.png", "10.png", "11.png"):
        save_picture(folder, name)
    # By order, 10 would get the mask of 9, and so on
    for name in ("9.png", "11.png"):
        mask(tmp_path / masks / name)
    found = find_given(sorted(folder.glob("*.png")))
    assert {p.name: m.name for p, m in found.items()} == {"9.png": "9.png", "11.png": "11.png"}
    assert all(m.parent == tmp_path / masks for m in found.values())


def test_masks_among_the_pictures_are_no_pictures(tmp_path: Path) -> None:
    save_picture(tmp_path, "cell.png")
    save_picture(tmp_path, "other.png")
    mask(tmp_path / "cell_mask.png")
    queue = Queue(tmp_path, find_given=find_given)
    assert list(queue.entries) == ["cell.png", "other.png"]
    assert queue.entries["cell.png"].state is EntryState.GIVEN
    assert queue.entries["other.png"].state is EntryState.NEW


def test_what_could_be_two_is_neither(tmp_path: Path) -> None:
    folder = tmp_path / "images"
    folder.mkdir()
    save_picture(folder, "cell.png")
    mask(tmp_path / "masks" / "cell_mask.png")
    mask(tmp_path / "masks" / "cell_label.png")
    assert find_given([folder / "cell.png"]) == {}


def test_what_was_exported_is_nobodys_beginning(tmp_path: Path) -> None:
    save_picture(tmp_path, "cell.png")
    session = ImageSession(read_image(tmp_path / "cell.png"))
    report = export_mask(session.image, session.document, prepare_folder(tmp_path / "masks"))
    assert report.mask.exists()
    assert find_given([tmp_path / "cell.png"]) == {}
    report.record.unlink()
    assert find_given([tmp_path / "cell.png"]) == {tmp_path / "cell.png": report.mask}


def test_the_folder_of_a_data_set_means_that_of_its_pictures(tmp_path: Path) -> None:
    (tmp_path / "all_images" / "images").mkdir(parents=True)
    assert picture_folder(tmp_path) == tmp_path / "all_images" / "images"
    (tmp_path / "images").mkdir()
    assert picture_folder(tmp_path) == tmp_path / "images"
    save_picture(tmp_path, "a.png")
    assert picture_folder(tmp_path) == tmp_path
