"""One file of annotations serves all pictures that it names."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from napari_fncells.core.errors import UserError
from napari_fncells.io.importers import read_draft
from napari_fncells.io.importers.matching import Matching, find_drafts
from tests.io.exporters.made import odd_cells, truth_of, write


def pictures(folder: Path, *names: str) -> list[Path]:
    folder.mkdir(exist_ok=True)
    for name in names:
        Image.fromarray(np.zeros((40, 50), np.uint8)).save(folder / name)
    return [folder / name for name in names]


def named(matching: Matching) -> dict[str, str]:
    return {picture.name: draft.name for picture, draft in matching.found.items()}


@pytest.mark.parametrize("form", ["coco", "via"])
def test_one_file_for_many(form: str, tmp_path: Path) -> None:
    images = pictures(tmp_path / "images", "a.png", "b.png", "c.png")
    folder = tmp_path / "out"
    folder.mkdir()
    labels = odd_cells()
    write(form, folder, truth_of(labels, "a.png"), truth_of(labels[::-1], "b.png"))
    (file,) = folder.iterdir()
    for place in (folder, file):
        matching = find_drafts(images, place)
        assert named(matching) == {"a.png": file.name, "b.png": file.name}
        assert [path.name for path in matching.unmatched] == ["c.png"]
        assert matching.unused == ()
    back = read_draft(file, picture=("b.png", (40, 50))).labels
    assert back is not None
    np.testing.assert_array_equal(back > 0, labels[::-1] > 0)


def test_one_file_each(tmp_path: Path) -> None:
    images = pictures(tmp_path / "images", "a.png", "b.png")
    folder = tmp_path / "out"
    folder.mkdir()
    write("voc", folder, truth_of(odd_cells(), "a.png"), truth_of(odd_cells(), "other.png"))
    matching = find_drafts(images, folder)
    assert named(matching) == {"a.png": "a.xml"}
    assert [path.name for path in matching.unused] == ["other.xml"]


def test_masks_go_before_annotations_and_two_files_are_told(tmp_path: Path) -> None:
    images = pictures(tmp_path / "images", "a.png", "b.png")
    folder = tmp_path / "out"
    folder.mkdir()
    write("coco", folder, *(truth_of(odd_cells(), name) for name in ("a.png", "b.png")))
    write("via", folder, truth_of(odd_cells(), "b.png"))
    write("binary-png", folder, truth_of(odd_cells(), "a.png"))
    matching = find_drafts(images, folder)
    assert named(matching) == {"a.png": "a.png"}
    told = {p.name: [f.name for f in files] for p, files in matching.ambiguous.items()}
    assert told == {"b.png": ["instances.json", "via.json"]}
    assert find_drafts(images, folder, annotations=False).unmatched == (images[1],)


def test_pictures_of_one_stem(tmp_path: Path) -> None:
    images = pictures(tmp_path / "images", "a.png", "a.tif")
    folder = tmp_path / "out"
    folder.mkdir()
    write("coco", folder, truth_of(odd_cells(), "a.tif"))
    matching = find_drafts(images, folder)
    assert named(matching) == {"a.tif": "instances.json"}
    (folder / "instances.json").unlink()
    write("coco", folder, truth_of(odd_cells(), "a.jpg"))
    assert set(find_drafts(images, folder).ambiguous) == set(images)


def test_files_that_cannot_be_read_name_none(tmp_path: Path) -> None:
    images = pictures(tmp_path / "images", "a.png", "b.png")
    path = tmp_path / "bad.json"
    path.write_text(json.dumps({"images": 5, "annotations": [], "file_name": 1}))
    assert find_drafts(images, path).unmatched == tuple(images)
    assert find_drafts(images, tmp_path).unused == (path,)
    other = tmp_path / "settings.json"
    other.write_text("{}")
    with pytest.raises(UserError, match="2 pictures"):
        find_drafts(images, other)
    assert other not in find_drafts(images, tmp_path).unused


def test_a_file_that_changes_is_read_anew(tmp_path: Path) -> None:
    first, second = tmp_path / "1", tmp_path / "2"
    first.mkdir()
    second.mkdir()
    labels = odd_cells()
    write("coco", first, truth_of(labels, "a.png"))
    write("coco", second, truth_of(np.where(labels == 9, labels, 0).astype(np.uint16), "a.png"))
    path = first / "instances.json"
    assert read_draft(path, picture=("a.png", (40, 50))).labels is not None
    (second / "instances.json").replace(path)
    again = read_draft(path, picture=("a.png", (40, 50))).labels
    assert again is not None
    assert again.max() == 1
