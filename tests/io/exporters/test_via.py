"""VIA projects have what VIA 2 reads, draw the very cells, and come back as drafts."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import given, settings

from napari_fncells.core.params.export import ExportParams
from napari_fncells.io.exporters import EXPORTERS
from napari_fncells.io.importers import read_draft
from tests.io.exporters.made import labellings, odd_cells, read, round_trip, truth_of, write

PARAMS = ExportParams(category="neurone")


def check_schema(project: dict[str, Any]) -> None:
    """What VIA 2.0.x asks of a project (its via.js, and CodeDoc.md, 'VIA project JSON file').

    It opens a file that has the first three keys. Pictures are known by file name and size, -1
    where it is not known; the ids are listed in order. Points of polygons are two lists.
    """
    assert {"_via_settings", "_via_img_metadata", "_via_attributes"} <= set(project)
    assert project["_via_data_format_version"].startswith("2.0.")
    assert {"ui", "core", "project"} <= set(project["_via_settings"])
    assert set(project["_via_attributes"]) == {"region", "file"}
    assert project["_via_image_id_list"] == list(project["_via_img_metadata"])
    kinds = {"text", "checkbox", "radio", "image", "dropdown"}
    known = project["_via_attributes"]["region"]
    assert all(attribute["type"] in kinds for attribute in known.values())
    for key, picture in project["_via_img_metadata"].items():
        assert key == f"{picture['filename']}{picture['size']}"
        assert isinstance(picture["size"], int)
        assert isinstance(picture["file_attributes"], dict)
        for region in picture["regions"]:
            assert set(region) == {"shape_attributes", "region_attributes"}
            shape = region["shape_attributes"]
            assert shape["name"] == "polygon"
            assert len(shape["all_points_x"]) == len(shape["all_points_y"]) >= 4
            assert {type(v) for v in shape["all_points_x"] + shape["all_points_y"]} == {int}
            assert set(region["region_attributes"]) == set(known)


@given(labels=labellings())
@settings(deadline=None, max_examples=40)
def test_any_labels_are_there_and_back(labels: np.ndarray) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder, truth = Path(name), truth_of(labels)
        found = round_trip("via", folder, truth, PARAMS)
        assert (found.problem, found.exact, found.renumbered) == ("", True, {})
        assert found.cells == found.found == len(truth.cells)
        check_schema(json.loads((folder / "via.json").read_bytes()))
        back = read_draft(folder / "via.json", picture=(truth.name, truth.shape))
        ids = np.unique(labels)
        expected = np.searchsorted(ids[ids > 0], labels) + (labels > 0)
        np.testing.assert_array_equal(back.labels, expected)


def test_areas_by_shapely(tmp_path: Path) -> None:
    truth = truth_of(odd_cells())
    write("via", tmp_path, truth, params=PARAMS)
    project = json.loads((tmp_path / "via.json").read_bytes())
    area: dict[int, float] = {}
    for region in project["_via_img_metadata"][f"{truth.name}-1"]["regions"]:
        shape, attributes = region["shape_attributes"], region["region_attributes"]
        ring = zip(shape["all_points_x"], shape["all_points_y"], strict=True)
        cell = int(attributes["cell"])
        area[cell] = area.get(cell, 0) + shapely.Polygon(ring).area
        assert attributes["class"] == "neurone"
    assert area == {cell.id: cell.area for cell in truth.cells}


def test_a_set_of_splits(tmp_path: Path) -> None:
    ignored = np.zeros((40, 50), bool)
    ignored[10:14, 30:40] = True
    truths = [
        truth_of(odd_cells(), "a.png", split="train", ignored=ignored),
        truth_of(np.zeros((5, 7), np.uint16), "leer.png", split="train"),
        truth_of(odd_cells()[::-1], "b.png", split="test"),
    ]
    write("via", tmp_path, *truths)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["via_test.json", "via_train.json"]
    reader = EXPORTERS["via"].reader(tmp_path, ExportParams())
    found = [reader.compare(truth) for truth in truths]
    assert [(each.exact, each.found) for each in found] == [(True, 7), (True, 0), (True, 7)]
    assert found[0].notes == ("Ignored regions are not in it.",)
    empty = read_draft(tmp_path / "via_train.json", picture=("leer.png", (5, 7)))
    assert empty.labels is not None
    assert not empty.labels.any()


SPOILED = {
    "one missing": lambda regions: regions.pop(0),
    "moved vertex": lambda regions: regions[0]["shape_attributes"]["all_points_x"].__setitem__(
        0, 1
    ),
    "far": lambda regions: regions[0]["shape_attributes"]["all_points_x"].__setitem__(0, 10**9),
    "other cell": lambda regions: regions[0]["region_attributes"].update(cell="2"),
    "other class": lambda regions: regions[0]["region_attributes"].update({"class": "dog"}),
    "no cell": lambda regions: regions[0].update(region_attributes={}),
    "other shape": lambda regions: regions[0]["shape_attributes"].update(name="circle"),
    "types": lambda regions: regions[0].update(shape_attributes=7),
    "text": lambda regions: regions[0]["shape_attributes"].update(all_points_x="abc"),
}


@pytest.mark.parametrize("how", SPOILED)
def test_what_is_spoiled_is_told(how: str, tmp_path: Path) -> None:
    truth = truth_of(odd_cells())
    assert round_trip("via", tmp_path, truth).exact
    path = tmp_path / "via.json"
    project = json.loads(path.read_bytes())
    SPOILED[how](project["_via_img_metadata"][f"{truth.name}-1"]["regions"])
    path.write_text(json.dumps(project))
    found = read("via", tmp_path, truth)
    assert not found.exact
    assert found.problem.endswith(".")
    if how == "one missing":
        assert found.lost == (1,)


@pytest.mark.parametrize("content", [None, b"", b"{", b"[]", b"{}", b"\xff", b"[" * 100_000])
def test_what_is_no_project_at_all_is_told(content: bytes | None, tmp_path: Path) -> None:
    if content is not None:
        (tmp_path / "via.json").write_bytes(content)
    found = read("via", tmp_path, truth_of(odd_cells()))
    assert (found.exact, len(found.lost)) == (False, 7)
    assert found.problem
