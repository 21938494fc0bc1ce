from __future__ import annotations

import json
import tempfile
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import roifile
import shapely
from hypothesis import given, settings
from roifile import ImagejRoi

from napari_fncells.core.errors import UserError
from napari_fncells.core.params.export import ExportParams
from napari_fncells.core.polygons import fill
from tests.io.exporters.made import (
    labellings,
    many_cells,
    odd_cells,
    read,
    round_trip,
    truth_of,
    write,
)

SUFFIX = {"imagej-roi": ".zip", "qupath-geojson": ".geojson"}
FORMS = pytest.mark.parametrize("form", list(SUFFIX))


def shapes_of(path: Path) -> dict[int, Any]:
    """Geometries by the readers of others: roifile and shapely."""
    if path.suffix == ".geojson":
        features = json.loads(path.read_text())["features"]
        return {
            f["properties"].get("id", 0): shapely.from_geojson(json.dumps(f["geometry"]))
            for f in features
        }
    rois = roifile.roiread(path) if path.stat().st_size > 22 else []
    return {int(roi.name) if roi.name.isdecimal() else 0: roi for roi in rois}


def pixels_of(shape: Any, size: tuple[int, int]) -> np.ndarray:
    """Pixels whose centres lie in a geometry."""
    if isinstance(shape, ImagejRoi):
        rings = shape.coordinates(multi=True)
        rings = rings if isinstance(rings, list) else [rings]
        box, mask = fill([rings], size)
        whole = np.zeros(size, bool)
        whole[box.slices] = mask
        return whole
    rows, columns = np.mgrid[: size[0], : size[1]]
    return np.asarray(shapely.contains_xy(shape, columns + 0.5, rows + 0.5))


@FORMS
@given(labels=labellings())
@settings(deadline=None, max_examples=30)
def test_any_labels_are_there_and_back(form: str, labels: np.ndarray) -> None:
    truth = truth_of(labels)
    with tempfile.TemporaryDirectory() as name:
        found = round_trip(form, Path(name), truth)
        assert (found.problem, found.exact) == ("", True)
        assert found.cells == found.found == len(truth.cells)
        assert found.iou == (1.0 if truth.cells else None)
        shapes = shapes_of(Path(name) / f"{truth.stem}{SUFFIX[form]}")
    assert set(shapes) == {cell.id for cell in truth.cells}
    for cell, shape in shapes.items():
        np.testing.assert_array_equal(pixels_of(shape, truth.shape), labels == cell)
        assert not isinstance(shape, shapely.Geometry) or shape.is_valid


@FORMS
def test_ignored_regions_are_kept(form: str, tmp_path: Path) -> None:
    labels = odd_cells()
    ignored = np.zeros(labels.shape, bool)
    ignored[20:36, 12:30], ignored[24:30, 15:20] = True, False
    truth = truth_of(labels, ignored=ignored)
    assert round_trip(form, tmp_path, truth).exact
    shapes = shapes_of(tmp_path / f"Zelle ü{SUFFIX[form]}")
    np.testing.assert_array_equal(pixels_of(shapes[0], truth.shape), ignored)
    other = ignored.copy()
    other[20, 12] = False
    for wrong in (other, None):
        assert "ignored" in read(form, tmp_path, truth_of(labels, ignored=wrong)).problem


def test_imagej_gets_names_states_and_composites(tmp_path: Path) -> None:
    write("imagej-roi", tmp_path, truth_of(odd_cells()))
    path = tmp_path / "Zelle ü.zip"
    with zipfile.ZipFile(path) as archive:
        assert archive.namelist()[:3] == ["1.roi", "2.roi", "7.roi"]
    rois = {roi.name: roi for roi in roifile.roiread(path)}
    assert rois["1"].composite
    assert rois["9"].composite
    assert rois["2"].roitype == roifile.ROI_TYPE.TRACED
    assert (rois["7"].left, rois["7"].top, rois["7"].right, rois["7"].bottom) == (12, 0, 20, 9)
    assert rois["2"].properties == {"state": "added"}


def test_a_picture_beyond_imagej_is_refused(tmp_path: Path) -> None:
    labels = np.zeros((2, 60_536), np.uint16)
    labels[0, 60_000:60_010] = 5
    with pytest.raises(UserError, match="60,536 pixels; ROIs of ImageJ end at"):
        write("imagej-roi", tmp_path, truth_of(labels))
    assert round_trip("imagej-roi", tmp_path, truth_of(labels[:, :-1])).exact
    assert round_trip("qupath-geojson", tmp_path, truth_of(labels)).exact


def test_qupath_gets_classes_and_multipolygons(tmp_path: Path) -> None:
    params = ExportParams(category="neuron 'ü\"")
    round_trip("qupath-geojson", tmp_path, truth_of(odd_cells()), params)
    features = json.loads((tmp_path / "Zelle ü.geojson").read_text())["features"]
    assert features[0]["properties"] == {
        "objectType": "annotation",
        "classification": {"name": "neuron 'ü\""},
        "name": "1",
        "id": 1,
        "state": "edited",
    }
    assert [f["geometry"]["type"] for f in features[:4]] == ["Polygon"] * 3 + ["MultiPolygon"]
    assert len(features[0]["geometry"]["coordinates"]) == 2


@FORMS
def test_cells_larger_than_what_is_drawn_at_once(form: str, tmp_path: Path) -> None:
    labels = np.zeros((1300, 90), np.uint16)
    labels[3:1299, 4:80], labels[600:700, 20:60], labels[500:530, 30] = 1, 0, 0
    truth = truth_of(labels, ignored=labels == 0)
    assert round_trip(form, tmp_path, truth).exact
    labels[1030, 40] = 0
    assert read(form, tmp_path, truth_of(labels, ignored=truth.ignored)).changed == (1,)


@FORMS
def test_many_cells(form: str, tmp_path: Path) -> None:
    labels = many_cells(400)
    labels[labels > 0] += 70_000
    assert round_trip(form, tmp_path, truth_of(labels)).exact


def test_a_moved_vertex_shows_in_geojson(tmp_path: Path) -> None:
    truth = truth_of(odd_cells())
    write("qupath-geojson", tmp_path, truth)
    path = tmp_path / "Zelle ü.geojson"
    whole = json.loads(path.read_text())
    for feature in whole["features"]:
        rings = feature["geometry"]["coordinates"]
        ring = rings[0][0] if feature["geometry"]["type"] == "MultiPolygon" else rings[-1]
        ring[1][0] += 1
        path.write_text(json.dumps(whole))
        found = read("qupath-geojson", tmp_path, truth)
        ring[1][0] -= 1
        assert found.changed == (feature["properties"]["id"],)
        assert found.problem
        assert found.iou is not None
        assert found.iou < 1


def test_a_moved_vertex_shows_in_rois(tmp_path: Path) -> None:
    truth = truth_of(odd_cells())
    write("imagej-roi", tmp_path, truth)
    path = tmp_path / "Zelle ü.zip"
    rois = roifile.roiread(path)
    for roi in rois:
        values = roi.multi_coordinates if roi.composite else roi.integer_coordinates
        values = values if roi.composite else values[1]
        values[1] += 1
        path.unlink()
        roifile.roiwrite(path, rois)
        values[1] -= 1
        found = read("imagej-roi", tmp_path, truth)
        assert found.changed == (int(roi.name),)
        assert found.problem


@pytest.mark.parametrize("change", ["state", "class", "id", "gone", "twice", "extra"])
def test_other_changes_show(change: str, tmp_path: Path) -> None:
    truth = truth_of(odd_cells())
    write("qupath-geojson", tmp_path, truth)
    path = tmp_path / "Zelle ü.geojson"
    whole = json.loads(path.read_text())
    features = whole["features"]
    properties = features[2]["properties"]
    match change:
        case "state":
            properties["state"] = "draft"
        case "class":
            properties["classification"]["name"] = "debris"
        case "id":
            properties["id"] = 8
        case "gone":
            del features[2]
        case "twice":
            features.append(features[2])
        case "extra":
            features.append({**features[2], "properties": {**properties, "id": 99}})
    path.write_text(json.dumps(whole))
    assert read("qupath-geojson", tmp_path, truth).problem


@FORMS
def test_broken_files_are_told(form: str, tmp_path: Path) -> None:
    truth = truth_of(odd_cells())
    assert read(form, tmp_path, truth).problem
    write(form, tmp_path, truth)
    path = tmp_path / f"Zelle ü{SUFFIX[form]}"
    whole = path.read_bytes()
    for size in (0, 8, 100, len(whole) // 2, len(whole) - 9):
        path.write_bytes(whole[:size])
        found = read(form, tmp_path, truth)
        assert not found.exact
        assert found.problem.startswith("Zelle ü")


@pytest.mark.parametrize("place", range(0, 400, 7))
def test_a_spoiled_byte_of_a_roi_never_raises(place: int, tmp_path: Path) -> None:
    truth = truth_of(odd_cells())
    write("imagej-roi", tmp_path, truth)
    path = tmp_path / "Zelle ü.zip"
    data = {roi.name: bytearray(roi.tobytes()) for roi in roifile.roiread(path)}
    data["1"][place % len(data["1"])] ^= 0x84
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in data.items():
            archive.writestr(f"{name}.roi", bytes(content))
    read("imagej-roi", tmp_path, truth)


@pytest.mark.parametrize(
    "text",
    ["[]", "{}", '{"features":3}', '{"features":[3]}', '{"features":[{"properties":{}}]}',
     "[" * 100_000,
     '{"features":[{"properties":{"id":1,"state":"x","classification":{"name":"c"}},"geometry":'
     '{"type":"Polygon","coordinates":[[[NaN,1],[2,3],[4,5]]]}}]}'],
)  # fmt: skip
def test_odd_json_is_told(text: str, tmp_path: Path) -> None:
    (tmp_path / "Zelle ü.geojson").write_text(text)
    assert "GeoJSON" in read("qupath-geojson", tmp_path, truth_of(odd_cells())).problem
