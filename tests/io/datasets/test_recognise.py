"""Which data set a folder or a zip holds, and what is known about its pictures."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from napari_fncells.io.datasets import Colour, DatasetCode, DatasetError, Split, recognise
from napari_fncells.io.datasets.catalogue import PUBLISHED
from napari_fncells.io.datasets.dataset import recognise_archive
from napari_fncells.io.datasets.known import split_of, v1_facts_of
from napari_fncells.io.datasets.v1_facts import v1_facts, v1_facts_by_number
from napari_fncells.io.images import ImageReadError, read_image
from napari_fncells.session.truth import load_truth, truth_path
from tests.io.datasets.archives import V1_NAMES, mask, v1_files, v2_files, write_folder, write_zip


def test_the_published_facts_of_v1() -> None:
    facts = v1_facts().values()
    assert len(facts) == 283
    assert Counter(f.split for f in facts) == {Split.TEST: 70, Split.TRAINVAL: 213}
    assert sum(f.by_hand for f in facts) == 31
    assert sum(f.by_hand for f in facts if f.split is Split.TEST) == 11
    assert Counter(f.split for f in facts if f.empty) == {Split.TEST: 12, Split.TRAINVAL: 38}
    # The authors' numbers are the places in Python's order of the names
    by_order = {f"{n}.png": name for n, name in enumerate(sorted(v1_facts()))}
    assert {number: f.name for number, f in v1_facts_by_number().items()} == by_order


def test_the_catalogue_is_whole() -> None:
    assert list(PUBLISHED) == ["v1", "v2-green", "v2-red", "v2-yellow"]
    assert sum(sum(p.pictures.values()) for p in PUBLISHED.values() if p.version == 2) == 1874
    assert sum(PUBLISHED["v1"].pictures.values()) == 283
    for which in PUBLISHED.values():
        assert which.url.startswith("https://")
        assert (which.sha256 is None) == (which.version == 1)
        assert which.citations
        assert which.licence


@pytest.mark.parametrize(
    "chosen", ["", "fluocells", "fluocells/all_images", "fluocells/all_masks/masks"]
)
def test_v1_from_its_folder_one_above_and_one_inside(tmp_path: Path, chosen: str) -> None:
    write_folder(tmp_path / "fluocells", v1_files())
    dataset = recognise(tmp_path / chosen)
    assert dataset.published.key == "v1"
    assert dataset.root == tmp_path / "fluocells"
    assert [item.image.name for item in dataset.items] == [
        V1_NAMES[0], V1_NAMES[4], V1_NAMES[1], V1_NAMES[2], V1_NAMES[3],
    ]  # fmt: skip
    assert [item.split for item in dataset.items] == ["trainval"] * 2 + ["test"] * 3
    assert [item.by_hand for item in dataset.items] == [True, False, True, False, False]
    assert [item.empty for item in dataset.items] == [False, False, False, False, True]
    for item in dataset.items:
        assert item.colour is Colour.YELLOW
        assert item.image.is_file()
        assert item.mask is not None
        assert item.mask.is_file()
    assert dataset.notes == ("5 of the 283 published pictures are here.",)


def test_v1_as_the_split_script_writes_it(tmp_path: Path) -> None:
    numbered = {"0.png": "37_y.png", "2.png": "39_y.png", "13.png": V1_NAMES[3]}
    files = {}
    for number, name in numbered.items():
        test = v1_facts()[name].split is Split.TEST
        pictures, masks = (
            ("test/all_images/images", "test/all_masks/masks")
            if test
            else ("train_val/full_size/images", "train_val/full_size/masks")
        )
        files[f"DATASET/{pictures}/{number}"] = b""
        files[f"DATASET/{masks}/{number}"] = b""
    write_folder(tmp_path, files)
    dataset = recognise(tmp_path)
    assert [(item.image.name, item.split) for item in dataset.items] == [
        ("0.png", "trainval"), ("2.png", "test"), ("13.png", "test"),
    ]  # fmt: skip
    assert [item.by_hand for item in dataset.items] == [True, True, False]
    assert [item.empty for item in dataset.items] == [False, False, True]
    assert len(dataset.folders) == 2
    assert dataset.labelled == 3


def test_the_whole_v1_counts_for_more_than_its_split(tmp_path: Path) -> None:
    files = v1_files() | {
        "train_val/full_size/images/0.png": b"",
        "test/all_images/images/2.png": b"",
    }
    dataset = recognise(write_folder(tmp_path / "DATASET", files))
    assert len(dataset.items) == len(V1_NAMES)
    assert dataset.folders == (tmp_path / "DATASET" / "all_images" / "images",)


@pytest.mark.parametrize("chosen", ["", "green", "green/trainval", "green/unlabelled/images"])
def test_v2(tmp_path: Path, chosen: str) -> None:
    write_folder(tmp_path, v2_files("green"))
    dataset = recognise(tmp_path / chosen)
    assert dataset.published.key == "v2-green"
    assert dataset.root == tmp_path / "green"
    found = [(item.image.name, item.split, item.mask is not None) for item in dataset.items]
    assert found == [
        ("2.png", "trainval", True),
        ("10.png", "trainval", True),
        ("3.png", "test", True),
        ("4.png", "unlabelled", False),
        ("5.png", "unlabelled", False),
    ]
    assert dataset.notes[0] == "1 mask without picture in trainval, left aside: 128.png."
    assert dataset.in_words == (
        "5 pictures (2 trainval, 1 test, 2 unlabelled), 3 with ground truth"
    )
    assert {item.empty for item in dataset.items} == {None}


def test_of_several_data_sets_the_wanted_one(tmp_path: Path) -> None:
    write_folder(tmp_path, v2_files("green") | v2_files("red") | v1_files())
    with pytest.raises(DatasetError, match="several"):
        recognise(tmp_path)
    for key in ("v1", "v2-green", "v2-red"):
        assert recognise(tmp_path, key).published.key == key
    with pytest.raises(DatasetError, match=r"not Fluorescent Neuronal Cells v2, yellow") as caught:
        recognise(tmp_path, "v2-yellow")
    assert caught.value.code is DatasetCode.WRONG_CONTENT


def test_another_colour_is_not_taken_for_the_wanted_one(tmp_path: Path) -> None:
    write_folder(tmp_path, v2_files("green"))
    with pytest.raises(DatasetError, match="holds Fluorescent Neuronal Cells v2, green"):
        recognise(tmp_path / "green", "v2-yellow")


def test_a_folder_without(tmp_path: Path) -> None:
    (tmp_path / "images").mkdir()
    (tmp_path / "images" / "a.png").write_bytes(b"")
    for place in (tmp_path, tmp_path / "images", tmp_path / "gone"):
        with pytest.raises(DatasetError) as caught:
            recognise(place)
        assert caught.value.code is DatasetCode.NOT_A_DATASET


def test_working_files_and_hidden_files_are_no_pictures(tmp_path: Path) -> None:
    extra = {
        "all_images/images/fncells/37_y.png.labels.tif": b"",
        "all_images/images/.hidden.png": b"",
        "__MACOSX/all_images/images/._37_y.png": b"",
    }
    dataset = recognise(write_folder(tmp_path / "x", v1_files() | extra))
    assert len(dataset.items) == len(V1_NAMES)


def test_pictures_and_masks_without_partner_are_told(tmp_path: Path) -> None:
    files = v1_files()
    del files[f"all_masks/masks/{V1_NAMES[0]}"]
    del files[f"all_images/images/{V1_NAMES[1]}"]
    files["all_images/images/new.png"] = files["all_masks/masks/new.png"] = b""
    dataset = recognise(write_folder(tmp_path / "x", files))
    assert dataset.notes[:3] == (
        "1 mask without picture, left aside: 39_y.png.",
        "1 picture without mask: 37_y.png.",
        "1 picture that the published list does not know: new.png.",
    )
    by_name = {item.image.name: item for item in dataset.items}
    assert by_name["37_y.png"].mask is None
    assert by_name["new.png"].split is None
    assert by_name["new.png"].by_hand is None


def test_a_zip_is_recognised_by_its_names(tmp_path: Path) -> None:
    top = write_zip(tmp_path / "fluocells.zip", v1_files())
    assert recognise_archive(top)[0].key == "v1"
    nested = {f"some/where/{name}": data for name, data in v2_files("red").items()}
    found, inside = recognise_archive(write_zip(tmp_path / "my.zip", nested))
    assert (found.key, inside) == ("v2-red", "")
    bare = {name.removeprefix("yellow/"): data for name, data in v2_files("yellow").items()}
    found, inside = recognise_archive(write_zip(tmp_path / "yellow.zip", bare))
    assert (found.key, inside) == ("v2-yellow", "yellow")


def test_a_zip_that_is_none(tmp_path: Path) -> None:
    (tmp_path / "text.zip").write_bytes(b"hello")
    cut = write_zip(tmp_path / "cut.zip", v1_files())
    cut.write_bytes(cut.read_bytes()[:-100])
    for name in ("text.zip", "cut.zip"):
        with pytest.raises(DatasetError, match=name) as caught:
            recognise_archive(tmp_path / name)
        assert caught.value.code is DatasetCode.DAMAGED
    with pytest.raises(DatasetError, match="does not exist"):
        recognise_archive(tmp_path / "gone.zip")
    with pytest.raises(DatasetError, match="none of the"):
        recognise_archive(write_zip(tmp_path / "other.zip", {"a.png": b""}))


@pytest.mark.parametrize("name", V1_NAMES)
def test_truth_of_v1_is_read_rightly_whatever_its_depth(tmp_path: Path, name: str) -> None:
    folder = write_folder(tmp_path / "x", v1_files())
    truth = load_truth(read_image(folder / "all_images" / "images" / name))
    assert truth is not None
    assert truth.path == folder / "all_masks" / "masks" / name
    expected = np.zeros((200, 240), bool)
    if name != V1_NAMES[3]:
        expected[40:60, 50:70] = expected[130:150, 80:100] = True
        # Drawn by hand: its grey edge counts
        expected[39, 50:70] = name in V1_NAMES[:2]
    np.testing.assert_array_equal(truth.labels > 0, expected)
    assert truth.labels.max() == (0 if name == V1_NAMES[3] else 2)
    told = any("grey values between" in note for note in truth.notes)
    assert told == (name in V1_NAMES[:2])


def test_where_the_truth_lies(tmp_path: Path) -> None:
    folder = write_folder(tmp_path, v2_files("green"))
    trainval = folder / "green" / "trainval"
    assert truth_path(trainval / "images" / "2.png") == (
        trainval / "ground_truths" / "masks" / "2.png"
    )
    assert truth_path(folder / "green" / "unlabelled" / "images" / "4.png") is None
    assert truth_path(trainval / "images" / "gone.png") is None
    assert truth_path(tmp_path / "any.png") is None
    assert truth_path(None) is None


def test_truth_of_another_shape_is_refused(tmp_path: Path) -> None:
    folder = write_folder(tmp_path, v2_files("red"))
    path = folder / "red" / "test" / "images" / "3.png"
    wrong = folder / "red" / "test" / "ground_truths" / "masks" / "3.png"
    wrong.write_bytes(path.read_bytes())
    assert load_truth(read_image(path)) is not None
    from PIL import Image

    Image.new("L", (10, 20)).save(wrong)
    with pytest.raises(ImageReadError, match="20 x 10 px"):
        load_truth(read_image(path))
    wrong.write_bytes(mask())
    assert load_truth(read_image(path)) is not None


def test_the_split_of_a_single_picture() -> None:
    assert split_of(Path("/x/all_images/images/39_y.png")) is Split.TEST
    assert split_of(Path("/x/test/all_images/images/2.png")) is Split.TEST
    assert split_of(Path("/x/train_val/full_size/images/0.png")) is Split.TRAINVAL
    assert split_of(Path("/x/all_images/images/unknown.png")) is None
    # The number of a v2 picture is not that of a v1 picture
    assert split_of(Path("/x/green/trainval/images/2.png")) is Split.TRAINVAL
    assert v1_facts_of(Path("/x/green/trainval/images/2.png")) is None
    assert split_of(Path("/x/39_y.png")) is None
