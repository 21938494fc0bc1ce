"""Drafts are matched by name and shape; what is open is told, never guessed."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from napari_fncells.core.errors import UserError
from napari_fncells.io.importers.matching import Matching, find_drafts, without_drafts


def save(path: Path, shape: tuple[int, int] = (20, 30)) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    values = np.zeros(shape, np.uint8)
    values[4:9, 4:9] = 255
    if path.suffix == ".npy":
        np.save(path, values)
    else:
        Image.fromarray(values).save(path, format="PNG")
    return path


def match(
    tmp_path: Path, images: list[str], drafts: list[str], ending: str | None = None
) -> Matching:
    paths = [save(tmp_path / "images" / name) for name in images]
    folder = tmp_path / "drafts"
    folder.mkdir(parents=True, exist_ok=True)
    for name in drafts:
        save(folder / name)
    return find_drafts(paths, folder, ending=ending)


def found(matching: Matching) -> dict[str, str]:
    return {image.name: draft.name for image, draft in matching.found.items()}


ENDINGS = [
    "cell.png",
    "cell.tif",
    "cell.npy",
    "cell.png.tif",
    "cell_mask.png",
    "cell_masks.png",
    "cell_cp_masks.png",
    "cell_cp_masks.tif",
    "cell_seg.npy",
    "cell_labels.tif",
    "cell-label.png",
    "cell-labels.png",
    "cell.labels.tif",
    "cell_prob.npy",
    "cell_probabilities.npz",
    "cell_Probabilities.tiff",
    "cell_Simple Segmentation.tif",
    "cell-Simple Segmentation.tif",
    "cell_Object Identities.tif",
    "cell_pred.png",
    "cell MASK.PNG",
    "cell.png_mask.tif",
]


@pytest.mark.parametrize("name", ENDINGS)
def test_names_that_programs_give(tmp_path: Path, name: str) -> None:
    matching = match(tmp_path, ["cell.png", "other.png"], [name, "something.png"])
    assert found(matching) == {"cell.png": name}
    assert [path.name for path in matching.unmatched] == ["other.png"]
    assert [path.name for path in matching.unused] == ["something.png"]
    assert matching.draft_of(tmp_path / "images" / "cell.png").name == name
    with pytest.raises(UserError, match=r"other\.png: there is no draft"):
        matching.draft_of(tmp_path / "images" / "other.png")


@pytest.mark.parametrize(
    "name", ["cells.png", "cell2_mask.png", "a_cell.png", "cell_maskx.png", "mask.png", "Cell.png"]
)
def test_names_that_are_not_alike(tmp_path: Path, name: str) -> None:
    matching = match(tmp_path, ["cell.png"], [name])
    assert not matching.found
    assert not matching.ambiguous


def test_names_of_pictures(tmp_path: Path) -> None:
    matching = match(
        tmp_path,
        ["a_image.png", "b.ome.tif", "c_mask.png", "d_seg.png", "d.png"],
        ["a_mask.png", "b.tif", "c_mask_mask.png", "d_seg.npy", "d_cp_masks.png"],
    )
    assert found(matching) == {
        "a_image.png": "a_mask.png",
        "b.ome.tif": "b.tif",
        "c_mask.png": "c_mask_mask.png",
        "d_seg.png": "d_seg.npy",
        "d.png": "d_cp_masks.png",
    }


def test_never_by_order(tmp_path: Path) -> None:
    matching = match(tmp_path, ["a.png", "b.png"], ["x_mask.png", "y_mask.png"])
    assert not matching.found
    assert len(matching.unmatched) == len(matching.unused) == 2


def test_the_same_name_comes_first(tmp_path: Path) -> None:
    matching = match(tmp_path, ["cell.png", "cell.tif"], ["cell.png", "cell.tif"])
    assert found(matching) == {"cell.png": "cell.png", "cell.tif": "cell.tif"}
    kept = match(tmp_path / "2", ["cell.png", "cell.tif"], ["cell.png.png", "cell.tif_mask.png"])
    assert found(kept) == {"cell.png": "cell.png.png", "cell.tif": "cell.tif_mask.png"}


@pytest.mark.parametrize("name", ["cell_mask.png", "cell.npy"])
def test_one_draft_for_two_pictures_of_a_stem_is_told(tmp_path: Path, name: str) -> None:
    matching = match(tmp_path, ["cell.png", "cell.tif"], [name])
    assert not matching.found
    assert sorted(path.name for path in matching.ambiguous) == ["cell.png", "cell.tif"]
    with pytest.raises(UserError, match="cannot be told"):
        matching.draft_of(tmp_path / "images" / "cell.tif")


def test_a_second_draft_of_a_stem_is_not_given_to_the_other_picture(tmp_path: Path) -> None:
    matching = match(tmp_path, ["cell.png", "cell.tif"], ["cell.png", "cell_mask.png"])
    assert found(matching) == {"cell.png": "cell.png"}
    assert [path.name for path in matching.ambiguous] == ["cell.tif"]


def test_two_drafts_for_one_picture_are_told(tmp_path: Path) -> None:
    names = ["cell_cp_masks.png", "cell_seg.npy"]
    matching = match(tmp_path, ["cell.png"], names)
    [(image, candidates)] = matching.ambiguous.items()
    assert image.name == "cell.png"
    assert [path.name for path in candidates] == names
    assert found(match(tmp_path, ["cell.png"], names, "_cp_masks")) == {"cell.png": names[0]}


def test_the_shape_decides_where_just_one_fits(tmp_path: Path) -> None:
    image = save(tmp_path / "images" / "cell.png")
    good = save(tmp_path / "drafts" / "cell_mask.png")
    save(tmp_path / "drafts" / "cell_labels.png", (10, 15))
    assert find_drafts([image], good.parent).found == {image: good}
    # One draft, two pictures
    small = save(tmp_path / "images" / "cell.tif", (10, 15))
    (tmp_path / "drafts" / "cell_labels.png").unlink()
    matching = find_drafts([image, small], good.parent)
    assert matching.found == {image: good}


def test_one_that_cannot_be_read_does_not_count_where_shapes_decide(tmp_path: Path) -> None:
    image = save(tmp_path / "images" / "cell.png")
    good = save(tmp_path / "drafts" / "cell_mask.png")
    (tmp_path / "drafts" / "cell_seg.npy").write_bytes(b"nothing")
    assert find_drafts([image], good.parent).found == {image: good}


def test_accents_taken_apart(tmp_path: Path) -> None:
    image = save(tmp_path / "images" / "ze\u0301lla.png")
    draft = save(tmp_path / "drafts" / "z\u00e9lla_mask.png")
    assert find_drafts([image], draft.parent).found == {image: draft}


def test_pictures_are_no_drafts_of_their_own(tmp_path: Path) -> None:
    image = save(tmp_path / "cell.png")
    draft = save(tmp_path / "cell_mask.png")
    assert find_drafts([image], tmp_path).found == {image: draft}
    assert without_drafts([image, draft]) == [image]
    other = save(tmp_path / "a" / "cell_mask.png")
    assert without_drafts([image, other]) == [image, other]
    pair = [save(tmp_path / "b" / name) for name in ("x_image.png", "x_mask.png")]
    assert without_drafts(pair) == pair[:1]


def test_links_out_of_the_folder_are_not_followed(tmp_path: Path) -> None:
    image = save(tmp_path / "images" / "cell.png")
    secret = save(tmp_path / "elsewhere" / "secret.png")
    folder = tmp_path / "drafts"
    folder.mkdir()
    (folder / "cell_mask.png").symlink_to(secret)
    (folder / "cell_seg.npy").symlink_to(folder / "gone.npy")
    assert not find_drafts([image], folder).found
    inside = save(folder / "kept_elsewhere.png")
    (folder / "cell_labels.png").symlink_to(inside)
    assert find_drafts([image], folder).found[image].name == "cell_labels.png"


def test_only_files_of_the_folder_itself(tmp_path: Path) -> None:
    image = save(tmp_path / "images" / "cell.png")
    folder = tmp_path / "drafts"
    (folder / "cell_mask.png").mkdir(parents=True)
    save(folder / "cell_mask.png" / "cell.png")
    save(folder / ".cell_mask.png")
    if hasattr(os, "mkfifo"):
        os.mkfifo(folder / "cell_labels.png")
    assert find_drafts([image], folder) == Matching({}, {}, (image,), ())


@pytest.mark.parametrize("name", ["../../etc/passwd", "..", "a/../cell.png", "cell\x00.png"])
def test_hostile_names_of_pictures_open_nothing(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "drafts"
    save(folder / "other.png")
    save(tmp_path / "cell.png")
    hostile = Path(name)
    if "\x00" in name:
        with pytest.raises((UserError, ValueError)):
            find_drafts([hostile], folder).draft_of(hostile)
        return
    assert not find_drafts([hostile], folder).found


def test_one_file(tmp_path: Path) -> None:
    one, two = save(tmp_path / "a.png"), save(tmp_path / "b.png")
    draft = save(tmp_path / "drafts" / "whatever.png")
    assert find_drafts([one], draft).found == {one: draft}
    with pytest.raises(UserError, match="2 pictures"):
        find_drafts([one, two], draft)


def test_no_such_place(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="does not exist"):
        find_drafts([tmp_path / "a.png"], tmp_path / "gone")


def test_many_names(tmp_path: Path) -> None:
    folder = tmp_path / "drafts"
    folder.mkdir()
    images = [tmp_path / f"{n}.png" for n in range(3000)]
    for image in images[::2]:
        (folder / f"{image.stem}_mask.png").touch()
    matching = find_drafts(images, folder)
    assert len(matching.found) == len(matching.unmatched) == 1500
    assert all(draft.stem == f"{image.stem}_mask" for image, draft in matching.found.items())
