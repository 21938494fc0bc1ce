from __future__ import annotations

import json
import tempfile
from pathlib import Path

import numpy as np
import pytest
import zarr
from hypothesis import given, settings
from ome_zarr.io import parse_url
from ome_zarr.reader import Reader

from napari_fncells.io.exporters import GroundTruth
from napari_fncells.io.save_error import SaveError
from tests.io.exporters.made import (
    labellings,
    many_cells,
    odd_cells,
    read,
    round_trip,
    truth_of,
    write,
)

NAME = "Zelle ü.ome.zarr"


def picture(shape: tuple[int, ...], kind: type = np.uint8) -> np.ndarray:
    values = np.random.default_rng(5).random(shape)
    return (values * (np.iinfo(kind).max if np.issubdtype(kind, np.integer) else 1)).astype(kind)


def full(**more: object) -> GroundTruth:
    ignored = np.zeros((40, 50), bool)
    ignored[10:15, 30:] = True
    options = {"pixel_size": 0.3135, "pixels": picture((40, 50, 3)), "ignored": ignored}
    return truth_of(odd_cells(), **{**options, **more})  # type: ignore[arg-type]


@given(labels=labellings())
@settings(deadline=None, max_examples=15)
def test_any_labels_are_there_and_back(labels: np.ndarray) -> None:
    truth = truth_of(labels, pixels=picture(labels.shape, np.uint16))
    with tempfile.TemporaryDirectory() as name:
        found = round_trip("ome-zarr", Path(name), truth)
        group = zarr.open_group(Path(name) / NAME, mode="r")
        np.testing.assert_array_equal(group["labels/cells/s0"][:], labels)
    assert (found.problem, found.exact) == ("", True)
    assert found.cells == found.found == len(truth.cells)


def test_the_reader_of_ome_zarr_finds_picture_and_labels(tmp_path: Path) -> None:
    truth = full()
    assert round_trip("ome-zarr", tmp_path, truth).exact
    location = parse_url(tmp_path / NAME)
    assert location is not None
    nodes = {node.zarr.basename(): node for node in Reader(location)()}
    image, labels = nodes[NAME], nodes
    assert [axis["name"] for axis in image.metadata["axes"]] == ["c", "y", "x"]
    assert image.metadata["axes"][1]["unit"] == "micrometer"
    scale = image.metadata["coordinateTransformations"][0][0]["scale"]
    assert scale == [1.0, 0.3135, 0.3135]
    np.testing.assert_array_equal(
        np.asarray(image.data[0]), np.moveaxis(picture((40, 50, 3)), 2, 0)
    )
    np.testing.assert_array_equal(np.asarray(labels["cells"].data[0]), truth.labels)
    np.testing.assert_array_equal(np.asarray(labels["ignored"].data[0]), truth.ignored)
    assert labels["cells"].metadata["properties"][7]["state"] == "unsure"


@pytest.mark.parametrize("kind", [np.uint8, np.uint16, np.float32])
def test_large_pictures_have_smaller_copies(kind: type, tmp_path: Path) -> None:
    labels = np.zeros((301, 2101), np.uint32)
    labels[100:200, 1500:2101], labels[299:, :5] = 70_000, 3
    truth = truth_of(labels, pixels=picture((301, 2101), kind))
    assert round_trip("ome-zarr", tmp_path, truth).exact
    group = zarr.open_group(tmp_path / NAME, mode="r")
    assert [group[f"s{k}"].shape for k in range(3)] == [(301, 2101), (150, 1050), (75, 525)]
    assert group["labels/cells/s2"].dtype == np.uint32
    assert set(np.unique(group["labels/cells/s2"][:])) == {0, 70_000}


def test_more_cells_than_16_bits_number(tmp_path: Path) -> None:
    assert round_trip("ome-zarr", tmp_path, truth_of(many_cells())).exact


PLACES = ["s0", "s1", "labels/cells/s0", "labels/cells/s1", "labels/ignored/s0"]


@pytest.mark.parametrize("place", PLACES)
def test_a_spoiled_pixel_shows(place: str, tmp_path: Path) -> None:
    labels = np.zeros((1030, 60), np.uint16)
    labels[10:30, 10:30] = 5
    truth = truth_of(labels, pixels=picture((1030, 60)), ignored=labels == 5000)
    assert round_trip("ome-zarr", tmp_path, truth).exact
    array = zarr.open_array(tmp_path / NAME / place, mode="r+")
    array[20, 25] = 3 if int(array[20, 25]) != 3 else 90
    found = read("ome-zarr", tmp_path, truth)
    assert not found.exact
    assert NAME in found.problem
    if place == "labels/cells/s0":
        assert found.changed == (5,)


@pytest.mark.parametrize("what", ["state", "scale", "unit", "axes", "names"])
def test_spoiled_words_show(what: str, tmp_path: Path) -> None:
    truth = full()
    assert round_trip("ome-zarr", tmp_path, truth).exact
    places = {"state": "labels/cells", "names": "labels"}
    path = tmp_path / NAME / places.get(what, "") / ".zattrs"
    text = path.read_text()
    swaps = {
        "state": ('"edited"', '"draft"'),
        "scale": ("0.3135", "0.3136"),
        "unit": ("micrometer", "meter"),
        "axes": ('"x"', '"z"'),
        "names": ("ignored", "others"),
    }
    path.write_text(text.replace(*swaps[what]))
    assert path.read_text() != text
    assert read("ome-zarr", tmp_path, truth).problem


def test_another_picture_or_region_shows(tmp_path: Path) -> None:
    truth = full()
    round_trip("ome-zarr", tmp_path, truth)
    for other in (
        full(pixels=picture((40, 50, 3), np.uint16)),
        full(pixels=picture((40, 50))),
        full(ignored=None),
        full(ignored=odd_cells() == 0),
        full(pixel_size=None),
    ):
        assert read("ome-zarr", tmp_path, other).problem


def test_broken_folders_are_told(tmp_path: Path) -> None:
    truth = full()
    assert read("ome-zarr", tmp_path, truth).problem
    write("ome-zarr", tmp_path, truth)
    for path in sorted((tmp_path / NAME).rglob("*")):
        if path.is_file() and path.parent.name not in ("s0", "s1", ""):
            whole = path.read_bytes()
            for part in (b"", whole[: len(whole) // 2], b"[]", b"{}"):
                path.write_bytes(part)
                found = read("ome-zarr", tmp_path, truth)
                if path.name in (".zattrs", ".zarray") or path.name.isdecimal():
                    assert found.problem, path
            path.write_bytes(whole)
    assert read("ome-zarr", tmp_path, truth).exact


def test_nothing_is_left_of_a_write_that_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(self: Path, target: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "rename", refuse)
    with pytest.raises(SaveError, match="the disk is full"):
        write("ome-zarr", tmp_path, full())
    assert list(tmp_path.iterdir()) == []


def test_the_folder_is_of_version_0_4(tmp_path: Path) -> None:
    write("ome-zarr", tmp_path, full())
    told = json.loads((tmp_path / NAME / ".zattrs").read_text())
    assert told["multiscales"][0]["version"] == "0.4"
