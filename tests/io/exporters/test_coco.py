"""COCO files are drawn by pycocotools to the very masks, and come back as drafts."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from pycocotools.coco import COCO

from napari_fncells.core.params.export import ExportParams
from napari_fncells.io.exporters import EXPORTERS, GroundTruth
from napari_fncells.io.importers import read_draft
from tests.io.exporters.made import (
    labellings,
    odd_cells,
    read,
    round_trip,
    truth_of,
    write,
)

RLE, POLYGONS = ExportParams(), ExportParams(coco_outlines="polygons", category="neurone")
BOTH = pytest.mark.parametrize("params", [RLE, POLYGONS], ids=["rle", "polygons"])


def masks_by_pycocotools(path: Path, name: str) -> dict[int, np.ndarray]:
    coco = COCO(str(path))
    (image,) = [image for image in coco.imgs.values() if image["file_name"] == name]
    every = coco.loadAnns(coco.getAnnIds(imgIds=[image["id"]]))
    return {a["id"]: coco.annToMask(a).astype(bool) for a in every if not a["iscrowd"]}


def as_drawn(path: Path, truth: GroundTruth) -> np.ndarray:
    back = read_draft(path, picture=(truth.name, truth.shape))
    assert back.labels is not None
    return back.labels


def numbered(labels: np.ndarray) -> np.ndarray:
    """Ids 1, 2, ... in their order."""
    ids = np.unique(labels)
    return np.searchsorted(ids[ids > 0], labels) + 1 * (labels > 0)


@BOTH
@given(labels=labellings())
@settings(deadline=None, max_examples=40)
def test_any_labels_are_there_and_back(params: ExportParams, labels: np.ndarray) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder, truth = Path(name), truth_of(labels)
        found = round_trip("coco", folder, truth, params)
        assert (found.problem, found.exact) == ("", True)
        assert found.cells == found.found == len(truth.cells)
        assert found.iou == (1.0 if truth.cells else None)
        masks = masks_by_pycocotools(folder / "instances.json", truth.name)
        assert len(masks) == len(truth.cells)
        for cell in truth.cells:
            mask = masks[found.renumbered.get(cell.id, cell.id)]
            np.testing.assert_array_equal(mask, labels == cell.id)
        back = as_drawn(folder / "instances.json", truth)
        np.testing.assert_array_equal(back, numbered(labels))


@BOTH
def test_a_set_of_splits(params: ExportParams, tmp_path: Path) -> None:
    ignored = np.zeros((40, 50), bool)
    ignored[10:14, 30:40] = ignored[20:22, 30:33] = True
    truths = [
        truth_of(odd_cells(), "a.png", split="train", ignored=ignored),
        truth_of(np.zeros((5, 7), np.uint16), "leer.png", split="train"),
        truth_of(odd_cells()[::-1], "b.png", split="test"),
    ]
    write("coco", tmp_path, *truths, params=params)
    assert sorted(p.name for p in tmp_path.iterdir()) == [
        "instances_test.json",
        "instances_train.json",
    ]
    reader = EXPORTERS["coco"].reader(tmp_path, params)
    found = [reader.compare(truth) for truth in truths]
    assert all(each.exact and not each.problem for each in found)
    assert [each.found for each in found] == [7, 0, 7]
    first = json.loads((tmp_path / "instances_train.json").read_bytes())
    assert [image["file_name"] for image in first["images"]] == ["a.png", "leer.png"]
    assert [a["iscrowd"] for a in first["annotations"]] == [0] * 7 + [1, 1]
    assert {a["image_id"] for a in first["annotations"]} == {1}
    assert first["categories"][0]["name"] == params.category
    # ids go on over the whole set
    assert set(found[2].renumbered.values()) <= set(range(10, 17))
    assert found[0].renumbered == {7: 3, 9: 4, 500: 5, 501: 6, 65_535: 7}
    back = read_draft(tmp_path / "instances_train.json", picture=("a.png", (40, 50)))
    assert back.ignored is not None
    np.testing.assert_array_equal(back.ignored, ignored)
    assert "ignored" in back.notes[0]
    empty = read_draft(tmp_path / "instances_train.json", picture=("leer.png", (5, 7)))
    assert empty.labels is not None
    assert not empty.labels.any()


def test_ids_beyond_16_bits(tmp_path: Path) -> None:
    labels = odd_cells().astype(np.uint32) * 1000
    truth = truth_of(labels)
    found = round_trip("coco", tmp_path, truth)
    assert (found.exact, found.renumbered[65_535_000]) == (True, 7)
    np.testing.assert_array_equal(as_drawn(tmp_path / "instances.json", truth), numbered(labels))


def spoil(path: Path, how: str) -> None:
    data: dict[str, Any] = json.loads(path.read_bytes())
    first = data["annotations"][0]
    spoiled = {
        "one missing": lambda: data["annotations"].pop(0),
        "one twice": lambda: data["annotations"].append({**data["annotations"][1], "id": 99}),
        "moved vertex": lambda: first["segmentation"][0].__setitem__(0, 1),
        "far": lambda: first["segmentation"][0].__setitem__(0, 1e12),
        "spoiled runs": lambda: first["segmentation"].update(counts=swapped(first)),
        "no runs": lambda: first["segmentation"].update(counts="zzzz"),
        "area": lambda: first.update(area=first["area"] + 1),
        "box": lambda: first.update(bbox=[1, *first["bbox"][1:]]),
        "class": lambda: first.update(category_id=2),
        "crowd": lambda: first.update(iscrowd=1),
        "types": lambda: first.update(segmentation=5),
        "name": lambda: data["images"][0].update(file_name="other.png"),
        "size": lambda: data["images"][0].update(height=41),
        "category name": lambda: data["categories"][0].update(name="dog"),
    }
    spoiled[how]()
    path.write_text(json.dumps(data))


def swapped(annotation: dict[str, Any]) -> str:
    counts = annotation["segmentation"]["counts"]
    return f"{counts[1]}{counts[0]}{counts[2:]}"


ANY = ["one missing", "one twice", "area", "box", "class", "name", "size", "crowd",
       "category name", "types"]  # fmt: skip


@pytest.mark.parametrize(
    ("params", "how"),
    [(RLE, how) for how in [*ANY, "spoiled runs", "no runs"]]
    + [(POLYGONS, how) for how in [*ANY, "moved vertex", "far"]],
)
def test_what_is_spoiled_is_told(params: ExportParams, how: str, tmp_path: Path) -> None:
    truth = truth_of(odd_cells())
    assert round_trip("coco", tmp_path, truth, params).exact
    spoil(tmp_path / "instances.json", how)
    found = read("coco", tmp_path, truth, params)
    assert not found.exact
    assert found.problem.endswith(".")
    if how == "one missing":
        assert found.lost == (1,)
        assert "without the cells 1" in found.problem


@pytest.mark.parametrize("content", [None, b"", b"{", b"[]", b"{}", b'{"images": 5}', b"\xff\x00"])
def test_what_is_no_coco_at_all_is_told(content: bytes | None, tmp_path: Path) -> None:
    if content is not None:
        (tmp_path / "instances.json").write_bytes(content)
    found = read("coco", tmp_path, truth_of(odd_cells()))
    assert (found.exact, len(found.lost)) == (False, 7)
    assert found.problem
