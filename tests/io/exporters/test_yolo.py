from __future__ import annotations

import tempfile
from pathlib import Path

import cv2
import numpy as np
import pytest
import yaml
from hypothesis import given, settings
from scipy import ndimage as ndi

from napari_fncells.core.params.export import ExportParams
from tests.io.exporters.made import (
    labellings,
    many_cells,
    odd_cells,
    read,
    round_trip,
    truth_of,
    write,
)

FORMS = pytest.mark.parametrize("form", ["yolo-boxes", "yolo-segments"])
EMPTY = np.zeros((5, 7), np.uint16)


def lines_of(folder: Path, stem: str = "Zelle ü", split: str = "") -> list[list[float]]:
    text = (folder / "labels" / split / f"{stem}.txt").read_text()
    return [[float(number) for number in line.split()] for line in text.splitlines()]


def polygon2mask(shape: tuple[int, int], numbers: list[float]) -> np.ndarray:
    """As in ultralytics/data/utils.py."""
    points = np.array(numbers).reshape(-1, 2) * shape[::-1]
    mask = np.zeros(shape, np.uint8)
    cv2.fillPoly(mask, np.asarray([points], np.int32), color=1)
    return mask > 0


def parts(mask: np.ndarray) -> int:
    return int(ndi.label(mask, np.ones((3, 3)))[1])


@FORMS
@given(labels=labellings())
@settings(deadline=None, max_examples=40)
def test_any_labels_are_there_and_back(form: str, labels: np.ndarray) -> None:
    truth = truth_of(labels)
    with tempfile.TemporaryDirectory() as name:
        found = round_trip(form, Path(name), truth)
        lines = lines_of(Path(name))
    assert found.problem == ""
    assert found.cells == found.found == len(truth.cells) == len(lines)
    several = [c.id for c in truth.cells if parts(labels == c.id) > 1]
    if form == "yolo-boxes":
        assert found.exact
        return
    assert set(found.changed) <= set(several)
    assert found.exact == (not found.changed)
    for cell, (_, *numbers) in zip(truth.cells, lines, strict=True):
        own, mask = labels == cell.id, polygon2mask(truth.shape, numbers)
        assert len(numbers) >= 6
        assert (mask[own]).all()
        assert np.array_equal(mask, own) or cell.id in found.changed


def test_boxes_are_what_the_format_says(tmp_path: Path) -> None:
    labels = np.zeros((100, 200), np.uint16)
    labels[10:30, 50:60] = 4
    assert round_trip("yolo-boxes", tmp_path, truth_of(labels)).exact
    assert (tmp_path / "labels/Zelle ü.txt").read_text() == "0 0.275 0.2 0.05 0.2\n"


def test_a_cell_of_one_pixel_and_one_with_a_hole_are_exact(tmp_path: Path) -> None:
    labels = odd_cells()
    labels[labels == 9] = 0
    found = round_trip("yolo-segments", tmp_path, truth_of(labels))
    assert (found.exact, found.iou, found.changed) == (True, 1.0, ())


def test_parts_are_joined_and_it_is_told(tmp_path: Path) -> None:
    found = round_trip("yolo-segments", tmp_path, truth_of(odd_cells()))
    assert found.problem == ""
    assert found.changed == (9,)
    assert not found.exact
    # Two parts of 36 and 30 pixels, two rows apart
    assert found.iou == pytest.approx(66 / 68)
    assert any("2 pixels more" in note for note in found.notes)


@FORMS
def test_the_set_names_class_and_folders(form: str, tmp_path: Path) -> None:
    params = ExportParams(category='neuron: "ü" #1')
    train = truth_of(odd_cells(), "a.tif", split="train")
    val = truth_of(EMPTY, "b.tif", split="val", ignored=EMPTY == 0)
    test = truth_of(odd_cells(), "c.tif", split="test")
    write(form, tmp_path, train, val, test, params=params)
    told = yaml.safe_load((tmp_path / "data.yaml").read_text())
    assert told == {
        "train": "images/train",
        "val": "images/val",
        "test": "images/test",
        "names": {0: 'neuron: "ü" #1'},
    }
    assert (tmp_path / "labels/val/b.txt").read_bytes() == b""
    found = read(form, tmp_path, val, params)
    assert (found.cells, found.found, found.exact, found.iou) == (0, 0, True, None)
    assert found.notes[1:] == ("Ignored regions are not in it.",)
    assert read(form, tmp_path, train, ExportParams()).problem
    assert not read(form, tmp_path, train, params).problem


@FORMS
def test_a_set_without_splits_trains_on_all(form: str, tmp_path: Path) -> None:
    write(form, tmp_path, truth_of(odd_cells()))
    told = yaml.safe_load((tmp_path / "data.yaml").read_text())
    assert told == {"train": "images", "val": "images", "names": {0: "cell"}}


@FORMS
def test_many_cells(form: str, tmp_path: Path) -> None:
    labels = many_cells(400)
    labels[labels > 0] += 70_000
    assert round_trip(form, tmp_path, truth_of(labels)).exact


@FORMS
def test_a_spoiled_number_shows(form: str, tmp_path: Path) -> None:
    truth = truth_of(odd_cells())
    whole = round_trip(form, tmp_path, truth)
    path = tmp_path / "labels/Zelle ü.txt"
    lines = [line.split() for line in path.read_text().splitlines()]
    for row, cell in enumerate(truth.cells):
        if form == "yolo-segments" and cell.area == 1:
            continue
        before = lines[row][1]
        step = 1.2 if float(before) < 0.5 else -1.2
        lines[row][1] = f"{float(before) + step / 50:.9f}"
        path.write_text("\n".join(" ".join(line) for line in lines))
        found = read(form, tmp_path, truth)
        lines[row][1] = before
        assert cell.id in found.changed
        assert not found.exact
        if cell.id != 9:
            assert found.problem
        else:  # a cell in parts that are joined
            assert found.problem or found.iou != whole.iou


@FORMS
def test_lines_too_many_or_few_show(form: str, tmp_path: Path) -> None:
    truth = truth_of(odd_cells())
    write(form, tmp_path, truth)
    path = tmp_path / "labels/Zelle ü.txt"
    lines = path.read_text().splitlines()
    path.write_text("\n".join([*lines, lines[0]]))
    assert "1 objects that are no cells" in read(form, tmp_path, truth).problem
    path.write_text("\n".join(lines[:-1]))
    assert read(form, tmp_path, truth).lost == (65_535,)


@FORMS
@pytest.mark.parametrize(
    "text",
    ["x", "0 1", "0 a b c d", "1 .1 .1 .1 .1", "0 nan .1 .1 .1", "0 2 .1 .1 .1", "0\n", "é"],
)
def test_broken_files_are_told(form: str, text: str, tmp_path: Path) -> None:
    labels = np.zeros((10, 10), np.uint16)
    labels[2:5, 2:5] = 3
    truth = truth_of(labels)
    assert read(form, tmp_path, truth).problem
    write(form, tmp_path, truth)
    (tmp_path / "labels/Zelle ü.txt").write_text(text)
    assert read(form, tmp_path, truth).problem
    (tmp_path / "labels/Zelle ü.txt").unlink()
    assert read(form, tmp_path, truth).problem


@FORMS
@pytest.mark.parametrize("text", ["", "[", "- 1", "a: !!python/object:os.system {}"])
def test_a_broken_set_file_is_told(form: str, text: str, tmp_path: Path) -> None:
    write(form, tmp_path, truth_of(odd_cells()))
    (tmp_path / "data.yaml").write_text(text)
    assert "data.yaml" in read(form, tmp_path, truth_of(odd_cells())).problem
