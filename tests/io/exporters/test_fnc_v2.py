"""Folders as FNC v2 has them: every file holds the truth as that release tells it."""

from __future__ import annotations

import json
import pickletools
import tempfile
import xml.etree.ElementTree as ET
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from PIL import Image as PilImage
from pycocotools import mask as coco_mask
from scipy import ndimage as ndi

from napari_fncells.core.errors import UserError
from napari_fncells.core.labels import label
from napari_fncells.core.params.export import ExportParams
from napari_fncells.io.exporters import EXPORTERS
from napari_fncells.io.images import read_image
from napari_fncells.io.importers import read_draft
from napari_fncells.io.safe_pickle import read_plain
from tests.io.exporters.made import labellings, odd_cells, read, round_trip, truth_of, write

PARAMS = ExportParams(category="CTb")
EIGHT = np.ones((3, 3))


def filled_parts(labels: np.ndarray) -> list[np.ndarray]:
    """Parts of cells with their holes filled, cell by cell."""
    found = []
    for number in np.unique(labels[labels > 0]):
        parts, count = ndi.label(labels == number, EIGHT)
        found += [ndi.binary_fill_holes(parts == part) for part in range(1, count + 1)]
    return found


def draws(path: Path, truth: Any) -> list[bytes]:
    """Pixels of each cell that the importer draws, where none overlap."""
    back = read_draft(path, picture=(f"{truth.stem}.png", truth.shape)).labels
    assert back is not None
    return sorted((back == i).tobytes() for i in np.unique(back[back > 0]))


@given(labels=labellings())
@settings(deadline=None, max_examples=8)
def test_any_labels(labels: np.ndarray) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder, truth = Path(name), truth_of(labels)
        found = round_trip("fnc-v2", folder, truth, PARAMS)
        assert (found.problem, found.exact) == ("", True)
        parts = filled_parts(labels)
        assert found.found == len(parts)
        truths = folder / "ground_truths"
        with PilImage.open(truths / "masks" / f"{truth.stem}.png") as mask:
            np.testing.assert_array_equal(np.asarray(mask), (labels > 0) * np.uint8(255))
        if np.sum(parts, axis=0).max(initial=0) <= 1 and parts:
            expected = sorted(part.tobytes() for part in parts)
            for path in (
                truths / "COCO" / "annotations_CTb.json",
                truths / "VIA" / "annotations_CTb.json",
                truths / "Pascal_VOC" / f"{truth.stem}.xml",
            ):
                assert draws(path, truth) == expected


def test_the_layout_of_the_release(tmp_path: Path) -> None:
    names = [("a.tif", "train"), ("b.png", "val"), ("c.png", "test")]
    truths = [truth_of(odd_cells(), name, split=split) for name, split in names]
    write("fnc-v2", tmp_path, *truths, params=PARAMS)
    found = sorted(str(p.relative_to(tmp_path)) for p in tmp_path.rglob("*") if p.is_file())
    common = [
        f"{part}/ground_truths/{folder}/annotations_CTb_{part}.json"
        for part in ("trainval", "test")
        for folder in ("COCO", "VIA")
    ]
    single = [
        f"{part}/{folder}/{stem}.{suffix}"
        for stem, part in (("a", "trainval"), ("b", "trainval"), ("c", "test"))
        for folder, suffix in (
            ("images", "png"),
            ("metadata", "txt"),
            ("ground_truths/masks", "png"),
            ("ground_truths/rle", "pickle"),
            ("ground_truths/Pascal_VOC", "xml"),
        )
    ]
    assert found == sorted(common + single)
    reader = EXPORTERS["fnc-v2"].reader(tmp_path, PARAMS)
    assert all(reader.compare(truth).exact for truth in truths)
    coco = json.loads((tmp_path / common[0]).read_bytes())
    assert set(coco) == {"info", "images", "annotations", "licenses"}
    assert [image["id"] for image in coco["images"]] == ["a", "b"]
    assert [len(a["segmentation"]) for a in coco["annotations"]] == [8, 8]
    assert coco["annotations"][0]["count"] == 8


def test_contours_are_full_and_figures_right(tmp_path: Path) -> None:
    y, x = np.mgrid[:400, :500]
    labels = (np.hypot(y - 200, x - 260) < 150).astype(np.uint16)
    truth = truth_of(labels, "disc.png")
    assert round_trip("fnc-v2", tmp_path, truth, PARAMS).iou == 1
    root = ET.parse(tmp_path / "ground_truths" / "Pascal_VOC" / "disc.xml").getroot()
    (item,) = root.findall("object")
    points = [(int(p.findtext("x", "")), int(p.findtext("y", ""))) for p in item.iter("pt")]
    assert len(points) > 800
    # the ring through centres of border pixels: half a pixel less on each side
    area = shapely.Polygon(points).area
    assert area == pytest.approx(labels.sum() - len(points) / 2 - 1, rel=1e-3)
    box = [int(item.findtext(f"bndbox/{k}", "")) for k in ("xmin", "ymin", "xmax", "ymax")]
    assert box == [111, 51, 410, 350]  # xmax and ymax are outside
    assert [item.findtext("dot/x"), item.findtext("dot/y")] == ["260", "200"]
    via = json.loads((tmp_path / "ground_truths" / "VIA" / "annotations_CTb.json").read_bytes())
    size = (tmp_path / "images" / "disc.png").stat().st_size
    assert list(via) == [f"disc.png{size}"]
    assert via[f"disc.png{size}"]["size"] == size


def test_what_is_lost_is_told(tmp_path: Path) -> None:
    truth = truth_of(odd_cells(), ignored=np.ones((40, 50), bool) & (odd_cells() == 0))
    found = round_trip("fnc-v2", tmp_path, truth)
    assert found.found == 8
    assert found.iou == pytest.approx(96 / 108)
    told = " ".join(found.notes)
    for word in ("1 cells have holes", "1 cells of several parts", "2 pairs", "Ignored"):
        assert word in told


def test_runs_are_plain_pickles(tmp_path: Path) -> None:
    truth = truth_of(odd_cells(), "a.png")
    write("fnc-v2", tmp_path, truth)
    path = tmp_path / "ground_truths" / "rle" / "a.pickle"
    operations = {op.name for op, _, _ in pickletools.genops(path.read_bytes())}
    assert not operations & {"GLOBAL", "STACK_GLOBAL", "REDUCE", "BUILD", "INST", "OBJ", "NEWOBJ"}
    code = read_plain(path)
    np.testing.assert_array_equal(coco_mask.decode(code), odd_cells() > 0)
    back = read_draft(path, picture=("a.png", (40, 50)))
    assert back.labels is not None
    assert back.labels.max() == label(odd_cells() > 0).max()


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("shape", [(6, 8), (6, 8, 3)])
def test_pictures_are_there(dtype: Any, shape: tuple[int, ...], tmp_path: Path) -> None:
    top = np.iinfo(dtype).max
    pixels = np.random.default_rng(1).integers(0, top, shape, endpoint=True).astype(dtype)
    truth = truth_of(np.eye(6, 8, dtype=np.uint16), "a.tif", pixels=pixels)
    assert round_trip("fnc-v2", tmp_path, truth).exact
    np.testing.assert_array_equal(read_image(tmp_path / "images" / "a.png").pixels, pixels)


def test_a_png_is_copied_byte_by_byte(tmp_path: Path) -> None:
    source = tmp_path / "a.png"
    PilImage.fromarray(np.arange(48, dtype=np.uint8).reshape(6, 8)).save(source, dpi=(7, 7))
    truth = truth_of(np.eye(6, 8, dtype=np.uint16), "a.png")
    truth = replace(truth, read_pixels=lambda: read_image(source))
    (tmp_path / "out").mkdir()
    assert round_trip("fnc-v2", tmp_path / "out", truth).exact
    assert (tmp_path / "out" / "images" / "a.png").read_bytes() == source.read_bytes()


def test_pictures_that_png_cannot_hold_are_refused(tmp_path: Path) -> None:
    truth = truth_of(np.eye(6, 8, dtype=np.uint16), pixels=np.zeros((6, 8), np.float32))
    with pytest.raises(UserError, match="cannot be written as PNG"):
        write("fnc-v2", tmp_path, truth)


FILES = {
    "image": ("images/a.png", None),
    "mask": ("ground_truths/masks/a.png", None),
    "rle": ("ground_truths/rle/a.pickle", None),
    "voc": ("ground_truths/Pascal_VOC/a.xml", None),
    "coco": ("ground_truths/COCO/annotations_cell.json", None),
    "via": ("ground_truths/VIA/annotations_cell.json", None),
    "voc point": ("ground_truths/Pascal_VOC/a.xml", (b"<x>11</x>", b"<x>10</x>")),
    "voc box": ("ground_truths/Pascal_VOC/a.xml", (b"<xmax>12<", b"<xmax>11<")),
    "voc dot": ("ground_truths/Pascal_VOC/a.xml", (b"<dot>", b"<dit>")),
    "coco point": ("ground_truths/COCO/annotations_cell.json", (b"[11, 8]", b"[11, 9]")),
    "coco count": ("ground_truths/COCO/annotations_cell.json", (b'"count": 8', b'"count": 7')),
    "via name": ("ground_truths/VIA/annotations_cell.json", (b'"a.png"', b'"b.png"')),
    "pickle": ("ground_truths/rle/a.pickle", (b"counts", b"counsel")),
}


@pytest.mark.parametrize("how", FILES)
def test_what_is_spoiled_or_gone_is_told(how: str, tmp_path: Path) -> None:
    truth = truth_of(odd_cells(), "a.png")
    assert round_trip("fnc-v2", tmp_path, truth).exact
    name, change = FILES[how]
    path = tmp_path / name
    if change is None:
        path.unlink()
    else:
        assert change[0] in path.read_bytes()
        path.write_bytes(path.read_bytes().replace(*change, 1))
    found = read("fnc-v2", tmp_path, truth)
    assert not found.exact
    assert path.name in found.problem
