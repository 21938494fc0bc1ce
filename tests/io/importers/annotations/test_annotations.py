"""Files of annotations as other programs write them, and as nobody should."""

from __future__ import annotations

import json
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from napari_fncells.io.importers import Meaning, read_draft
from napari_fncells.io.importers.annotations import ANNOTATIONS, annotation_importer
from napari_fncells.io.importers.annotations.content import holds
from napari_fncells.io.importers.base import ImportedDraft
from napari_fncells.io.read_error import ImageReadError

SHAPE = (20, 30)
PICTURE = ("cell.png", SHAPE)
SQUARE = [2, 3, 8, 3, 8, 9, 2, 9]
"""Columns 2 to 7, rows 3 to 8."""


def squared(*places: tuple[int, int]) -> np.ndarray:
    labels = np.zeros(SHAPE, np.uint16)
    for number, (top, left) in enumerate(places, 1):
        labels[top : top + 6, left : left + 6] = number
    return labels


def coco(*annotations: dict[str, Any], **image: Any) -> dict[str, Any]:
    picture = {"id": 7, "file_name": "cell.png", "height": 20, "width": 30, **image}
    items = [{"id": n, "image_id": 7, "category_id": 1, **a} for n, a in enumerate(annotations, 1)]
    return {"images": [picture], "annotations": items, "categories": [{"id": 1, "name": "cell"}]}


def via(*regions: dict[str, Any], name: str = "cell.png") -> dict[str, Any]:
    listed = [{"shape_attributes": region, "region_attributes": {}} for region in regions]
    picture = {"filename": name, "size": 5, "regions": listed, "file_attributes": {}}
    return {"_via_img_metadata": {f"{name}5": picture}}


def voc(objects: str, size: str = "<height>20</height><width>30</width>") -> str:
    return f"<annotation><filename>cell.png</filename><size>{size}</size>{objects}</annotation>"


def polygon(points: list[float]) -> dict[str, Any]:
    return {"name": "polygon", "all_points_x": points[::2], "all_points_y": points[1::2]}


def save(folder: Path, content: Any, name: str = "a.json") -> Path:
    path = folder / name
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path


def taken(
    folder: Path, content: Any, name: str = "a.json", meaning: Meaning | None = None
) -> ImportedDraft:
    return read_draft(save(folder, content, name), meaning, PICTURE)


# What is read


def test_coco_polygons_and_both_kinds_of_runs(tmp_path: Path) -> None:
    runs = [0] * 3
    mask = squared((3, 2)) > 0
    flat = np.flatnonzero(np.diff(np.concatenate([[False], mask.T.ravel(), [False]])))
    runs = np.diff(np.concatenate([[0], flat, [600]])).tolist()
    for outline in ([SQUARE], {"size": [20, 30], "counts": runs}):
        draft = taken(tmp_path, coco({"segmentation": outline}))
        np.testing.assert_array_equal(draft.labels, squared((3, 2)))
        assert (draft.program, draft.meaning, draft.notes) == ("COCO", Meaning.LABELS, ())


def test_coco_overlapping_objects_are_resolved_and_told(tmp_path: Path) -> None:
    large, covered = [0, 0, 30, 0, 30, 20, 0, 20], SQUARE
    content = coco(
        {"segmentation": [covered]}, {"segmentation": [large]}, {"segmentation": [SQUARE]}
    )
    draft = taken(tmp_path, content)
    assert draft.labels is not None
    assert np.unique(draft.labels).tolist() == [1, 2]
    assert np.count_nonzero(draft.labels == 2) == 36
    assert "3 objects overlap" in draft.notes[0]
    assert "1 of them lie wholly under others" in draft.notes[1]


def test_coco_crowds_classes_boxes_and_tiny_outlines(tmp_path: Path) -> None:
    content = coco(
        {"segmentation": [SQUARE]},
        {"segmentation": {"size": [20, 30], "counts": [0, 40, 560]}, "iscrowd": 1},
        {"segmentation": [], "bbox": [15, 5, 10, 8], "category_id": 2},
        {"segmentation": [[20.1, 1.1, 20.2, 1.1, 20.2, 1.2]]},
    )
    content["categories"].append({"id": 2, "name": "glia"})
    draft = taken(tmp_path, content)
    np.testing.assert_array_equal(draft.labels, squared((3, 2)))
    assert draft.ignored is not None
    assert draft.ignored.sum() == 40
    told = " ".join(draft.notes)
    for word in (
        "cell, glia",
        "1 boxes without outlines were left out",
        "1 regions",
        "1 outlines",
    ):
        assert word in told
    boxed = taken(tmp_path, content, meaning=Meaning.BOXES).labels
    assert boxed is not None
    y, x = np.nonzero(boxed == 2)
    assert (y.min(), y.max(), x.min(), x.max()) == (5, 12, 15, 24)


def test_coco_as_fnc_v2_has_it(tmp_path: Path) -> None:
    contour = [[2, 3], [7, 3], [7, 8], [2, 8]]
    content = {
        "images": [{"id": "cell", "file_name": "cell.png", "height": 20, "width": 30}],
        "annotations": [
            {"image_id": "cell", "category_id": 1, "segmentation": [contour, [[20, 10]]],
             "bbox": [[2, 3, 6, 6], [20, 10, 1, 1]], "count": 2, "iscrowd": 0}
        ],
    }  # fmt: skip
    expected = squared((3, 2))
    expected[10, 20] = 2
    np.testing.assert_array_equal(taken(tmp_path, content).labels, expected)


def test_via_shapes(tmp_path: Path) -> None:
    content = via(
        polygon(SQUARE),
        {"name": "circle", "cx": 20, "cy": 10, "r": 4},
        {"name": "ellipse", "cx": 5, "cy": 15, "rx": 4, "ry": 2, "theta": 0.5},
        polygon([25, 1, 29, 1, 29, 4]) | {"name": "polyline"},
        {"name": "rect", "x": 24, "y": 14, "width": 5, "height": 5},
        {"name": "point", "cx": 1, "cy": 1},
    )
    draft = taken(tmp_path, content)
    assert draft.labels is not None
    assert np.unique(draft.labels).tolist() == [0, 1, 2, 3, 4]
    np.testing.assert_array_equal(draft.labels == 1, squared((3, 2)) > 0)
    assert np.count_nonzero(draft.labels == 2) == pytest.approx(np.pi * 16, abs=3)
    assert np.count_nonzero(draft.labels == 3) == pytest.approx(np.pi * 8, abs=3)
    told = " ".join(draft.notes)
    for word in ("Open lines", "1 boxes without outlines were left out", "1 points were left out"):
        assert word in told
    # without the project around it, and as VIA 1 numbered regions
    inner = content["_via_img_metadata"]
    inner["cell.png5"]["regions"] = dict(enumerate(inner["cell.png5"]["regions"]))
    np.testing.assert_array_equal(taken(tmp_path, inner).labels, draft.labels)


def test_via_csv(tmp_path: Path) -> None:
    shape = json.dumps(polygon(SQUARE)).replace('"', '""')
    header = "filename,file_size,file_attributes,region_count,region_id,"
    header += "region_shape_attributes,region_attributes"
    rows = [header, f'cell.png,5,"{{}}",1,0,"{shape}","{{}}"', 'leer.png,5,"{}",0,0,"{}","{}"']
    path = save(tmp_path, "\n".join(rows), "a.csv")
    np.testing.assert_array_equal(read_draft(path, None, PICTURE).labels, squared((3, 2)))
    empty = read_draft(path, None, ("leer.png", SHAPE)).labels
    assert empty is not None
    assert not empty.any()


def test_voc_polygons_and_boxes(tmp_path: Path) -> None:
    pairs = zip(SQUARE[::2], SQUARE[1::2], strict=True)
    points = "".join(f"<pt><x>{x}</x><y>{y}</y></pt>" for x, y in pairs)
    box = "<bndbox><xmin>21</xmin><ymin>11</ymin><xmax>24</xmax><ymax>14</ymax></bndbox>"
    content = voc(
        f"<object><polygon>{points}</polygon></object>"
        f"<object>{box}</object><object><difficult>1</difficult>{box}</object>"
    )
    draft = taken(tmp_path, content, "cell.xml")
    np.testing.assert_array_equal(draft.labels, squared((3, 2)))
    assert draft.ignored is not None
    np.testing.assert_array_equal(np.argwhere(draft.ignored)[[0, -1]], [[10, 20], [13, 23]])


# Which picture is meant


@pytest.mark.parametrize(
    "name",
    ["cell.png", "C:\\data\\cell.png", "/etc/cell.png", "../../cell.png", "CELL.PNG", "cell.tif",
     "cell.ome.tif"],
)  # fmt: skip
def test_names_are_matched_as_bare_names(name: str, tmp_path: Path) -> None:
    content = coco({"segmentation": [SQUARE]}, file_name=name)
    content["images"].append({"id": 8, "file_name": "other.png", "height": 1, "width": 1})
    np.testing.assert_array_equal(taken(tmp_path, content).labels, squared((3, 2)))


def test_pictures_not_named_or_named_twice(tmp_path: Path) -> None:
    content = coco({"segmentation": [SQUARE]}, file_name="a/b.png")
    draft = taken(tmp_path, content)
    assert draft.notes == ("It was made for b.png.",)
    content["images"].append({"id": 8, "file_name": "other.png", "height": 1, "width": 1})
    with pytest.raises(ImageReadError, match=r"does not speak of cell\.png"):
        taken(tmp_path, content)
    content["images"] += [
        {"id": n, "file_name": f"{n}/cell.png", "height": 20, "width": 30} for n in (9, 10)
    ]
    with pytest.raises(ImageReadError, match="2 pictures that could be"):
        taken(tmp_path, content)


def test_a_picture_of_another_size_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ImageReadError, match="21 x 30 pixels"):
        taken(tmp_path, coco({"segmentation": [SQUARE]}, height=21))
    with pytest.raises(ImageReadError, match="20 x 31 pixels"):
        taken(tmp_path, voc("", "<height>20</height><width>31</width>"), "a.xml")


def test_annotations_need_a_picture_and_are_no_pixels(tmp_path: Path) -> None:
    path = save(tmp_path, coco({"segmentation": [SQUARE]}))
    with pytest.raises(ImageReadError, match="Open the picture first"):
        read_draft(path)
    with pytest.raises(ImageReadError, match="holds outlines"):
        read_draft(path, Meaning.PROBABILITY, PICTURE)


# What is refused

HUGE = [[0, 0, 1e300, 0, 5, 1e300]]
BAD: dict[str, tuple[str, Any]] = {
    "empty": ("a.json", '{"images": [], "annotations": [], "file_name": 1}'),
    "deep": ("a.json", '{"images": "annotations" "file_name"' + "[" * 200_000),
    "cut": ("a.json", json.dumps(coco({"segmentation": [SQUARE]}))[:-20]),
    "nan": ("a.json", coco({"segmentation": [[float("nan"), 1, 2, 3, 4, 5]]})),
    "infinite": ("a.json", '{"images":[{"id":1,"file_name":"cell.png","height":20,"width":30}],'
                 '"annotations":[{"image_id":1,"segmentation":[[1e999,1,2,3,4,5]]}]}'),
    "long number": ("a.json", '{"images": 1, "file_name": 1, "annotations": ' + "9" * 9999 + "}"),
    "huge": ("a.json", coco({"segmentation": HUGE})),
    "odd count": ("a.json", coco({"segmentation": [[1, 2, 3, 4, 5]]})),
    "no points": ("a.json", coco({"segmentation": [[]]})),
    "text": ("a.json", coco({"segmentation": "RLE"})),
    "text in numbers": ("a.json", coco({"segmentation": [[1, 2, "3", 4, 5, 6]]})),
    "deep pairs": ("a.json", coco({"segmentation": [[[[1, 2]], [3, 4]]]})),
    "negative height": ("a.json", coco({"segmentation": [SQUARE]}, height=-20)),
    "no height": ("a.json", coco({"segmentation": [SQUARE]}, height=None)),
    "id of a list": ("a.json", coco({"segmentation": [SQUARE]}, id=[1])),
    "annotation of a list": ("a.json", {**coco(), "annotations": [[1]]}),
    "images of a dict": ("a.json", {**coco(), "images": {"file_name": "cell.png"}}),
    "same id": ("a.json", {**coco(), "images": coco()["images"] * 2}),
    "runs of a bomb": ("a.json", coco({"segmentation": {"size": [20, 30], "counts": [1 << 40]}})),
    "runs beyond": ("a.json", coco({"segmentation": {"size": [20, 30], "counts": [9, 1 << 80]}})),
    "runs of another size": ("a.json", coco({"segmentation": {"size": [1 << 30, 30],
                                                              "counts": "0"}})),
    "runs negative": ("a.json", coco({"segmentation": {"size": [20, 30], "counts": [-1, 601]}})),
    "runs of text": ("a.json", coco({"segmentation": {"size": [20, 30], "counts": "o" * 99}})),
    "runs of nothing": ("a.json", coco({"segmentation": {"size": [20, 30]}})),
    "box of two": ("a.json", coco({"segmentation": [], "bbox": [1, 2]})),
    "boxes alone": ("a.json", coco({"segmentation": [], "bbox": [1, 2, 3, 4]})),
    "via unknown shape": ("a.json", via({"name": "blob"})),
    "via nan": ("a.json", via(polygon([float("nan"), 1, 2, 3, 4, 5]))),
    "via uneven": ("a.json", via(polygon([1, 2, 3]))),
    "via no points": ("a.json", via({"name": "polygon"})),
    "via huge circle": ("a.json", via({"name": "circle", "cx": 1, "cy": 1, "r": 1e30})),
    "via points alone": ("a.json", via({"name": "point", "cx": 1, "cy": 1})),
    "via regions of text": ("a.json", '{"a": {"filename": "cell.png", "regions": "abc"}}'),
    "via list": ("a.json", '["filename", "regions"]'),
    "via csv": ("a.csv", "filename,region_shape_attributes\ncell.png,{"),
    "via csv of bytes": ("a.csv", "filename,region_shape_attributes\n\x00,1\n"),
    "voc entity": ("a.xml", '<!DOCTYPE a [<!ENTITY b "c">]><annotation>&b;</annotation>'),
    "voc cut": ("a.xml", "<annotation><object>"),
    "voc other": ("a.xml", "<a><annotation/></a>"),
    "voc deep": ("a.xml", "<annotation>" + "<a>" * 100_000),
    "voc no box": ("a.xml", voc("<object/>")),
    "voc text": ("a.xml", voc("<object><bndbox><xmin>x</xmin></bndbox></object>")),
    "voc nan": ("a.xml", voc("<object><polygon><pt><x>nan</x><y>1</y></pt></polygon></object>")),
    "voc no points": ("a.xml", voc("<object><polygon/></object>")),
    "voc turned": ("a.xml", voc("<object><bndbox><xmin>9</xmin><ymin>9</ymin><xmax>1</xmax>"
                               "<ymax>1</ymax></bndbox></object>")),
}  # fmt: skip


@pytest.mark.parametrize("how", BAD)
def test_hostile_files_give_one_sentence(how: str, tmp_path: Path) -> None:
    name, content = BAD[how]
    path = save(tmp_path, content, name)
    assert annotation_importer(path) is not None
    with pytest.raises(ImageReadError) as caught:
        read_draft(path, None, PICTURE)
    assert caught.value.sentence.startswith(name)
    assert caught.value.sentence.endswith(".")
    assert "\n" not in caught.value.sentence


def test_outlines_that_take_for_ever_are_refused(tmp_path: Path) -> None:
    sheet = {"segmentation": [[0, 0, 2000, 0, 2000, 2000, 0, 2000]]}
    path = save(tmp_path, coco(*[sheet] * 100, height=2000, width=2000))
    with pytest.raises(ImageReadError, match="too many and too large"):
        read_draft(path, None, ("cell.png", (2000, 2000)))
    needle = [0, 0, 1, 1_000_000] * 100
    with pytest.raises(ImageReadError, match="too many and too large"):
        taken(tmp_path, coco({"segmentation": [needle]}))


def test_pickles_that_do_anything_are_refused(tmp_path: Path) -> None:
    class Evil:
        def __reduce__(self) -> tuple[Any, ...]:
            return (tmp_path.joinpath("done").touch, ())

    path = tmp_path / "cell.pickle"
    for content in (
        {"size": [20, 30], "counts": Evil()},
        {"size": 5, "counts": b""},
        {"size": [20, 30], "counts": b"zz"},
        {"size": [1 << 40] * 2, "counts": b"0"},
    ):
        path.write_bytes(pickle.dumps(content))
        with pytest.raises(ImageReadError):
            read_draft(path, None, PICTURE)
    assert not (tmp_path / "done").exists()


@pytest.mark.parametrize("importer", ANNOTATIONS.values(), ids=ANNOTATIONS)
def test_sniffing_never_raises(importer: Any, tmp_path: Path) -> None:
    (tmp_path / "empty.json").touch()
    for suffix in importer.suffixes:
        for path in (tmp_path, tmp_path / f"none{suffix}", tmp_path / "empty.json", Path("\0")):
            assert not importer.sniff(path)


def test_markers_are_found_wherever_they_lie(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    for gap in range((1 << 20) - 12, (1 << 20) + 2):
        path.write_bytes(b'"images"' + b" " * (gap - 8) + b'"file_name"' + b" " * 2_000_000 + b"z")
        assert holds(path, b'"images"', b'"file_name"', b"z")
        assert not holds(path, b'"images"', b'"filename"')


def test_files_too_large_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("napari_fncells.io.importers.annotations.voc._MAX_BYTES", 50)
    with pytest.raises(ImageReadError, match="too many"):
        taken(tmp_path, voc("") + " " * 100, "a.xml")
    free = "napari_fncells.io.importers.annotations.content.default_max_bytes"
    monkeypatch.setattr(free, lambda: 800)
    with pytest.raises(ImageReadError, match="too many"):
        taken(tmp_path, coco({"segmentation": [SQUARE]}))


def test_a_record_of_ours_is_no_file_of_annotations(tmp_path: Path) -> None:
    path = save(tmp_path, '{"format": "fncells-record/1", "image": "cell.png"}', "cell.json")
    assert annotation_importer(path) is None
