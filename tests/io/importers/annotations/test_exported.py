"""What this program writes comes back as a draft."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from scipy import ndimage as ndi

from napari_fncells.io.exporters import GroundTruth
from napari_fncells.io.images import ImageReadError
from napari_fncells.io.importers import ImportedDraft, Meaning, read_draft
from napari_fncells.io.importers.matching import find_drafts
from tests.io.exporters.made import labellings, odd_cells, truth_of, write

FILES = {
    "yolo-boxes": "labels/{}.txt",
    "yolo-segments": "labels/{}.txt",
    "imagej-roi": "{}.zip",
    "qupath-geojson": "{}.geojson",
    "points-csv": "{}.csv",
    "boxes-csv": "{}.csv",
    "ome-zarr": "{}.ome.zarr",
    "label-tiff": "{}.tif",
    "label-png": "{}.png",
}
OUTLINES = ["yolo-segments", "imagej-roi", "qupath-geojson", "ome-zarr", "label-tiff"]


def back(
    form: str, folder: Path, truth: GroundTruth, meaning: Meaning | None = None
) -> ImportedDraft:
    path = folder / FILES[form].format(truth.stem)
    return read_draft(path, meaning, (truth.name, truth.shape))


def same_cells(found: np.ndarray | None, expected: np.ndarray) -> None:
    """The same cells whatever their numbers."""
    assert found is not None
    assert found.shape == expected.shape
    pairs = np.unique(np.stack([found.ravel(), expected.ravel()]), axis=1)
    assert len(np.unique(pairs[0])) == len(np.unique(pairs[1])) == pairs.shape[1]
    assert ((pairs[0] == 0) == (pairs[1] == 0)).all()


def in_one_piece(labels: np.ndarray) -> np.ndarray:
    """Cells without those in several pieces, which a format may have to join."""
    kept = labels.copy()
    for i in np.unique(labels[labels > 0]):
        if ndi.label(labels == i, np.ones((3, 3)))[1] > 1:
            kept[kept == i] = 0
    return kept


@pytest.mark.parametrize("form", OUTLINES)
@given(labels=labellings())
@settings(deadline=None, max_examples=25)
def test_any_labels_come_back(form: str, labels: np.ndarray) -> None:
    if form == "yolo-segments":
        labels = in_one_piece(labels)
    truth = truth_of(labels)
    with tempfile.TemporaryDirectory() as name:
        write(form, Path(name), truth)
        same_cells(back(form, Path(name), truth).labels, labels)


@pytest.mark.parametrize("form", OUTLINES)
def test_odd_cells_come_back(form: str, tmp_path: Path) -> None:
    labels = odd_cells()
    truth = truth_of(labels)
    write(form, tmp_path, truth)
    found = back(form, tmp_path, truth)
    if form == "yolo-segments":  # the two parts of a cell are joined
        assert found.labels is not None
        labels = in_one_piece(labels)
        found.labels[odd_cells() == 9] = 0
        assert np.count_nonzero(found.labels) - np.count_nonzero(labels) == 2
    else:
        same_cells(found.labels, labels)


@pytest.mark.parametrize("form", ["imagej-roi", "qupath-geojson", "ome-zarr"])
def test_ignored_regions_come_back(form: str, tmp_path: Path) -> None:
    ignored = np.zeros((40, 50), bool)
    ignored[20:36, 12:30], ignored[24:30, 15:20] = True, False
    truth = truth_of(odd_cells(), ignored=ignored)
    write(form, tmp_path, truth)
    found = back(form, tmp_path, truth)
    same_cells(found.labels, odd_cells())
    assert found.ignored is not None
    np.testing.assert_array_equal(found.ignored, ignored)
    assert any("ignored" in note for note in found.notes)


@pytest.mark.parametrize("form", ["yolo-boxes", "boxes-csv"])
def test_boxes_are_no_masks(form: str, tmp_path: Path) -> None:
    truth = truth_of(odd_cells())
    write(form, tmp_path, truth)
    with pytest.raises(ImageReadError, match="7 boxes of this picture and no outline"):
        back(form, tmp_path, truth)
    found = back(form, tmp_path, truth, Meaning.BOXES)
    assert found.labels is not None
    assert any("drawn as ellipses" in note for note in found.notes)
    rows, columns = np.nonzero(found.labels == found.labels[4, 16])
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == (0, 8, 12, 19)


def test_points_are_no_masks(tmp_path: Path) -> None:
    labels = np.zeros((60, 70), np.uint16)
    labels[20:25, 30:35], labels[50:53, 50:53] = 4, 9
    truth = truth_of(labels)
    write("points-csv", tmp_path, truth)
    with pytest.raises(ImageReadError, match="2 points of this picture and no outline"):
        back("points-csv", tmp_path, truth)
    found = back("points-csv", tmp_path, truth, Meaning.BOXES)
    assert found.labels is not None
    assert any("2 points were drawn as discs" in note for note in found.notes)
    assert found.labels[22, 32] == 1
    assert found.labels[51, 51] == 2
    rows, columns = np.nonzero(found.labels == 1)
    assert (rows.mean(), columns.mean()) == pytest.approx((22, 32), abs=0.1)


@pytest.mark.parametrize("form", [form for form in FILES if form != "points-csv"])
def test_a_picture_without_cells_comes_back(form: str, tmp_path: Path) -> None:
    truth = truth_of(np.zeros((30, 40), np.uint16), "a.b.tif")
    write(form, tmp_path, truth)
    found = back(form, tmp_path, truth)
    assert found.labels is not None
    assert not found.labels.any()


@pytest.mark.parametrize("form", ["imagej-roi", "qupath-geojson", "ome-zarr", "yolo-segments"])
def test_files_are_found_by_the_pictures_name(form: str, tmp_path: Path) -> None:
    one, two = truth_of(odd_cells(), "a.b.tif"), truth_of(odd_cells(), "a.c.tif")
    out = tmp_path / "out"
    out.mkdir()
    write(form, out, one, two)
    place = out / "labels" if form == "yolo-segments" else out
    pictures = [tmp_path / "a.b.tif", tmp_path / "a.c.tif", tmp_path / "other.tif"]
    found = find_drafts(pictures, place)
    assert {picture.name: path.name for picture, path in found.found.items()} == {
        "a.b.tif": Path(FILES[form].format("a.b")).name,
        "a.c.tif": Path(FILES[form].format("a.c")).name,
    }
    assert found.unmatched == (pictures[2],)


@pytest.mark.parametrize("form", ["imagej-roi", "qupath-geojson", "ome-zarr", "yolo-segments"])
def test_a_file_named_otherwise_says_so(form: str, tmp_path: Path) -> None:
    truth = truth_of(odd_cells(), "one.tif")
    write(form, tmp_path, truth)
    found = read_draft(tmp_path / FILES[form].format("one"), None, ("two.tif", truth.shape))
    assert any("It was made for one" in note for note in found.notes)


@pytest.mark.parametrize("form", ["objects-csv", "counts-csv"])
def test_tables_of_a_set_are_no_drafts(form: str, tmp_path: Path) -> None:
    write(form, tmp_path, truth_of(odd_cells()))
    (path,) = tmp_path.iterdir()
    with pytest.raises(ImageReadError, match="no format a draft can come from"):
        read_draft(path, None, ("x.tif", (40, 50)))


def test_a_single_roi_is_read(tmp_path: Path) -> None:
    truth = truth_of(odd_cells())
    write("imagej-roi", tmp_path, truth)
    shutil.unpack_archive(tmp_path / "Zelle ü.zip", tmp_path / "out")
    found = read_draft(tmp_path / "out" / "9.roi", None, (truth.name, truth.shape))
    same_cells(found.labels, np.where(odd_cells() == 9, 9, 0))


def test_labels_of_another_size_are_refused(tmp_path: Path) -> None:
    truth = truth_of(odd_cells())
    write("ome-zarr", tmp_path, truth)
    with pytest.raises(ImageReadError, match="40 x 50 pixels; this one has 30 x 50"):
        read_draft(tmp_path / "Zelle ü.ome.zarr", None, (truth.name, (30, 50)))
