"""Files made by others, by mistake or in bad faith: read as meant, or refused in one sentence."""

from __future__ import annotations

import json
import os
import zipfile
from pathlib import Path
from typing import Any

import numcodecs
import numpy as np
import pytest
import zarr
from roifile import ROI_TYPE, ImagejRoi, roiwrite

from napari_fncells.io.images import ImageReadError, ReadCode
from napari_fncells.io.importers import ImportedDraft, Meaning, read_draft
from napari_fncells.io.ngff import is_ngff
from tests.io.exporters.made import odd_cells, truth_of, write

SHAPE = (40, 50)


def draft(path: Path, meaning: Meaning | None = None) -> ImportedDraft:
    return read_draft(path, meaning, ("x.tif", SHAPE))


def labels_in(path: Path, meaning: Meaning | None = None) -> np.ndarray:
    found = draft(path, meaning).labels
    assert found is not None
    return found


def refusal(path: Path) -> ImageReadError:
    with pytest.raises(ImageReadError) as caught:
        draft(path)
    sentence = caught.value.sentence
    assert path.name[:60] in sentence
    assert "\n" not in sentence
    assert len(sentence) < 400
    return caught.value


# -- YOLO --------------------------------------------------------------------------------------


def yolo(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "x.txt"
    path.write_text(text)
    return path


def test_polygons_between_pixels_are_drawn_by_centres(tmp_path: Path) -> None:
    """As other programs write them, along edges and with few decimals."""
    found = labels_in(yolo(tmp_path, "0 0.2 0.25 0.4 0.25 0.4 0.5 0.2 0.5\n"))
    expected = np.zeros(SHAPE, np.uint16)
    expected[10:20, 10:20] = 1
    np.testing.assert_array_equal(found, expected)


def test_predictions_and_several_classes_are_told(tmp_path: Path) -> None:
    line = "0.2 0.25 0.4 0.25 0.4 0.5 0.2 0.5"
    found = draft(yolo(tmp_path, f"0 {line} 0.93\n2 {line.replace('0.2 ', '0.3 ')}\n"))
    assert any("classes 0, 2" in note for note in found.notes)
    assert any("1 objects have a confidence" in note for note in found.notes)
    assert any("overlap" in note for note in found.notes)
    boxes = draft(yolo(tmp_path, "0 0.5 0.5 0.2 0.2 0.9\n"), Meaning.BOXES)
    assert boxes.labels is not None
    assert boxes.labels.max() == 1


@pytest.mark.parametrize(
    "text",
    ["0 0.5 0.5 0.1 0.1\nx\n", "0 0.5 0.5 0.1 0.1\n0 nan 0 0 0\n", "0 50 50 10 10\n",
     "0 0.5 0.5 0.1 0.1\n0 1e400 0.1 0.1 0.1", "0 0.5 0.5 0.1 0.1\n0 0.5",
     "0 0.5 0.5 0.1 0.1\né 0.5 0.5 0.1 0.1", "1 2 3 4 5 6 7\n"],
)  # fmt: skip
def test_lines_that_are_none_are_refused(text: str, tmp_path: Path) -> None:
    refusal(yolo(tmp_path, text))


@pytest.mark.parametrize("text", ["hello", "", "1 2 3", "0 ../../etc/passwd", "1\n2\n3\n4\n5\n"])
def test_other_texts_are_no_drafts(text: str, tmp_path: Path) -> None:
    assert "no format" in refusal(yolo(tmp_path, text)).sentence


# -- ROIs --------------------------------------------------------------------------------------


def zipped(path: Path, entries: dict[str, bytes], **options: Any) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, **options) as archive:
        for name, data in entries.items():
            archive.writestr(name, data)
    return path


def roi(**values: Any) -> ImagejRoi:
    return ImagejRoi(**{"left": 10, "top": 5, "right": 20, "bottom": 25, **values})


def test_shapes_of_imagej(tmp_path: Path) -> None:
    rectangle, oval = roi(roitype=ROI_TYPE.RECT), roi(roitype=ROI_TYPE.OVAL, left=30, right=40)
    line = roi(roitype=ROI_TYPE.LINE)
    drawn = ImagejRoi.frompoints([[1.2, 30.1], [8.9, 30.1], [8.9, 38.7]])
    path = tmp_path / "x.zip"
    roiwrite(path, [rectangle, oval, line, drawn], name=["a", "b", "c", "d"])
    found = draft(path)
    assert found.labels is not None
    assert (found.labels[5:25, 10:20] == 1).all()
    assert np.count_nonzero(found.labels == 1) == 200
    assert np.count_nonzero(found.labels == 2) == pytest.approx(np.pi * 50, rel=0.05)
    assert np.count_nonzero(found.labels == 3) == pytest.approx(7.7 * 8.6 / 2, rel=0.2)
    assert any("1 ROIs without an area" in note for note in found.notes)


def test_names_in_a_zip_lead_nowhere(tmp_path: Path) -> None:
    data = roi(roitype=ROI_TYPE.RECT).tobytes()
    inside = tmp_path / "in"
    inside.mkdir()
    for name in ("../evil.roi", "/evil.roi", "a/../../evil.roi", "C:\\evil.roi", "con.roi"):
        error = refusal(zipped(inside / "x.zip", {name: data}))
        assert "names a file" in error.sentence
    assert [path.name for path in tmp_path.rglob("*")] == ["in", "x.zip"]


def test_bombs_and_links_in_a_zip_are_refused(tmp_path: Path) -> None:
    path = zipped(tmp_path / "x.zip", {"a.roi": b"Iout" + bytes(40_000_000)})
    assert "swells beyond reason" in refusal(path).sentence
    entry = zipfile.ZipInfo("a.roi")
    entry.external_attr = 0o120777 << 16
    with zipfile.ZipFile(tmp_path / "y.zip", "w") as archive:
        archive.writestr(entry, "/etc/passwd")
    assert "link" in refusal(tmp_path / "y.zip").sentence


def test_broken_rois_are_refused_or_read(tmp_path: Path) -> None:
    write("imagej-roi", tmp_path, truth_of(odd_cells(), "x.tif"))
    with zipfile.ZipFile(tmp_path / "x.zip") as archive:
        whole = archive.read("1.roi")
    rng = np.random.default_rng(3)
    refused = 0
    for _ in range(150):
        data = bytearray(whole)
        for place in rng.integers(0, len(data), 3):
            data[place] = rng.integers(0, 256)
        try:
            draft(zipped(tmp_path / "y.zip", {"a.roi": bytes(data[: rng.integers(60, 2000)])}))
        except ImageReadError as error:
            refused += 1
            assert "\n" not in error.sentence  # noqa: PT017
    assert refused > 10


def test_points_that_are_none_are_refused(tmp_path: Path) -> None:
    for value in (np.nan, np.inf, 1e30):
        path = np.array([0, 1, 1, 1, value, 5, 1, 9, 9, 4], np.float32)
        broken = roi(roitype=ROI_TYPE.RECT, multi_coordinates=path, shape_roi_size=path.size)
        refused = draft_or_none(zipped(tmp_path / "x.zip", {"a.roi": broken.tobytes()}))
        assert refused is None or not refused.labels.any()  # type: ignore[union-attr]


def draft_or_none(path: Path) -> ImportedDraft | None:
    try:
        return draft(path)
    except ImageReadError:
        return None


def test_other_zips_are_no_drafts(tmp_path: Path) -> None:
    assert "no format" in refusal(zipped(tmp_path / "x.zip", {"a.txt": b"x"})).sentence
    (tmp_path / "y.zip").write_bytes(b"PK\3\4 and no more")
    refusal(tmp_path / "y.zip")


# -- GeoJSON -----------------------------------------------------------------------------------


def feature(coordinates: Any, kind: str = "Polygon", **properties: Any) -> dict[str, Any]:
    return {
        "type": "Feature",
        "geometry": {"type": kind, "coordinates": coordinates},
        "properties": properties,
    }


SQUARE = [[[10, 10], [20, 10], [20, 20], [10, 20], [10, 10]]]


def geojson(tmp_path: Path, whole: Any) -> Path:
    path = tmp_path / "x.geojson"
    path.write_text(whole if isinstance(whole, str) else json.dumps(whole))
    return path


def test_features_as_others_write_them(tmp_path: Path) -> None:
    hole = [[12, 12], [12, 14], [14, 14], [14, 12], [12, 12]]
    features = [
        feature([*SQUARE, hole], classification={"name": "Tumor"}),
        feature([[[[0, 0, 5], [4, 0, 5], [4, 4, 5]]]], "MultiPolygon", classification="Stroma"),
        feature([3, 4], "Point"),
        feature([[3, 4], [5, 6]], "LineString"),
        feature([[[30, 30], [35, 30], [35, 35], [30, 35]]], classification={"name": "Region*"}),
    ]
    expected = np.zeros(SHAPE, np.uint16)
    expected[10:20, 10:20], expected[12:14, 12:14] = 1, 0
    for whole in (features, {"type": "FeatureCollection", "features": features}):
        found = draft(geojson(tmp_path, whole))
        assert found.labels is not None
        np.testing.assert_array_equal(found.labels == 1, expected == 1)
        assert found.ignored is not None
        assert found.ignored.sum() == 25
        told = " ".join(found.notes)
        assert "Stroma, Tumor" in told
        assert "1 points were left out" in told
        assert "without an area" in told
    assert labels_in(geojson(tmp_path, feature(SQUARE))).sum() == 100


BROKEN: list[Any] = [
    '{"type":"FeatureCollection","features":' + "[" * 200_000,
    '{"type":"FeatureCollection","features":3}',
    '{"type":"FeatureCollection","features":[3]}',
    json.dumps(feature(SQUARE)).replace("[10, 10]", "[NaN, 10]", 1),
    feature([[[1e300, 1], [2, 3], [4, 5]]]),
    feature([[[1, 1], [2], [4, 5]]]),
    feature([[["1", 1], [2, 3], [4, 5]]]),
    feature([[]]),
    feature(None),
    feature([[[True, 1], [2, 3], [4, 5]]]),
    {"type": "Feature", "geometry": None},
    {"type": "Feature"},
]


@pytest.mark.parametrize("whole", BROKEN, ids=range(len(BROKEN)))
def test_broken_features_are_refused(whole: Any, tmp_path: Path) -> None:
    refusal(geojson(tmp_path, whole))


# -- tables ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    ["left,top,width,height\n1,2,3\n", "left,top,width,height\na,2,3,4\n", "x,y\nnan,3\n",
     "x,y\n1e99,3\n", 'x,y\n"1,3\n', "x,y\n" + "9" * 200_000 + ",1\n"],
)  # fmt: skip
def test_broken_tables_are_refused(text: str, tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text(text)
    refusal(tmp_path / "x.csv")


def test_other_tables_are_no_drafts(tmp_path: Path) -> None:
    for text in ("a,b\n1,2\n", "", "image,x,y\nq,1,2\n"):
        (tmp_path / "x.csv").write_text(text)
        assert "no format" in refusal(tmp_path / "x.csv").sentence


# -- OME-Zarr ----------------------------------------------------------------------------------


@pytest.fixture
def store(tmp_path: Path) -> Path:
    write("ome-zarr", tmp_path, truth_of(odd_cells(), "x.tif"))
    return tmp_path / "x.ome.zarr"


def edit(path: Path, **changes: Any) -> None:
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


HUGE = [10**6, 10**6]


@pytest.mark.parametrize(
    "changes",
    [{"dtype": "|O"}, {"dtype": "|O", "filters": [{"id": "pickle"}]}, {"dtype": "<U9"},
     {"dtype": [["a", "<u2"]]}, {"filters": [{"id": "delta", "dtype": "<u2"}]},
     {"compressor": {"id": "pickle"}}, {"compressor": "x"}, {"shape": HUGE}, {"shape": [40]},
     {"shape": [-1, 50]}, {"shape": [0, 50]}, {"shape": "x"}, {"chunks": HUGE}, {"chunks": [0, 1]},
     {"shape": [40.5, 50]}, {"dtype": "float"}, {"dtype": "<f4"}, {"shape": [True, True]},
     {"dtype": "x" * 1000}, {"zarr_format": 9}, {"compressor": {"id": "zlib", "level": 1}}],
)  # fmt: skip
def test_hostile_arrays_are_refused(changes: dict[str, Any], store: Path) -> None:
    edit(store / "labels/cells/s0/.zarray", **changes)
    refusal(store)


@pytest.mark.parametrize(
    "levels",
    [[{"path": "../../../etc"}], [{"path": "/etc"}], [{"path": "a/../../b"}], [{"path": ""}], [],
     [{"path": "http://example.org/x.zarr"}], [{"path": "s3://bucket/x"}], [{"path": 3}], [3],
     [{"path": "C:x"}], [{"path": "gone"}]],
)  # fmt: skip
def test_paths_lead_nowhere(levels: list[Any], store: Path) -> None:
    path = store / "labels/cells/.zattrs"
    told = json.loads(path.read_text())
    told["multiscales"][0]["datasets"] = levels
    path.write_text(json.dumps(told))
    refusal(store)


@pytest.mark.parametrize("names", [["../x"], ["/etc"], [3], "cells", [""], [".."], ["a\0b"]])
def test_names_of_labels_lead_nowhere(names: Any, store: Path) -> None:
    edit(store / "labels/.zattrs", labels=names)
    refusal(store)


@pytest.mark.parametrize("place", ["labels", "labels/cells", "labels/cells/s0", "chunk", "meta"])
def test_links_are_not_followed(place: str, store: Path, tmp_path: Path) -> None:
    places = {"chunk": "labels/cells/s0/0/0", "meta": "labels/cells/.zattrs"}
    path = store / places.get(place, place)
    path.rename(tmp_path / "elsewhere")
    path.symlink_to(tmp_path / "elsewhere")
    assert refusal(store).code is ReadCode.UNSAFE


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes here")
def test_a_pipe_is_not_read(store: Path) -> None:
    chunk = store / "labels/cells/s0/0/0"
    chunk.unlink()
    os.mkfifo(chunk)
    assert refusal(store).code is ReadCode.UNSAFE


def test_a_part_that_is_too_large_is_refused(store: Path) -> None:
    with (store / "labels/cells/s0/0/0").open("ab") as stream:
        stream.truncate(1 << 30)
    assert "larger than it declares" in refusal(store).sentence


@pytest.mark.parametrize("packing", ["blosc", "zlib", "gzip", "zstd", "lz4"])
def test_a_part_that_swells_is_refused(packing: str, store: Path) -> None:
    """Packed as it says, but of more bytes than its place in the picture has."""
    codec = numcodecs.get_codec({"id": packing})
    part = store / "labels/cells/s0/0/0"
    edit(store / "labels/cells/s0/.zarray", compressor=codec.get_config())
    part.write_bytes(bytes(codec.encode(odd_cells().tobytes())))
    np.testing.assert_array_equal(labels_in(store), odd_cells())
    part.write_bytes(bytes(codec.encode(bytes(50_000_000))))
    assert "larger than it declares" in refusal(store).sentence


def test_broken_metadata_is_refused(store: Path) -> None:
    for name in (".zattrs", "labels/.zattrs", "labels/cells/.zattrs", "labels/cells/s0/.zarray"):
        path = store / name
        whole = path.read_text()
        for text in ("", "[", "[]", "3", "[" * 100_000, whole[:-9], "\0"):
            path.write_text(text)
            refusal(store)
        path.write_text(whole)
    assert labels_in(store).max() == 65_535


def test_version_0_5_is_read(tmp_path: Path) -> None:
    """As ome-zarr writes it by default."""
    from ome_zarr.format import FormatV05
    from ome_zarr.writer import write_image, write_labels

    path = tmp_path / "x.zarr"
    group = zarr.open_group(path, mode="w", zarr_format=3)
    write_image(np.zeros(SHAPE, np.uint8), group, axes="yx", fmt=FormatV05())
    write_labels(odd_cells().astype(np.int32), group, name="nuclei", axes="yx", fmt=FormatV05())
    np.testing.assert_array_equal(labels_in(path), odd_cells())
    write_labels(odd_cells(), group, name="other", axes="yx", fmt=FormatV05())
    assert "several label images: nuclei, other" in refusal(path).sentence


@pytest.mark.parametrize(
    "changes",
    [{"codecs": [{"name": "pickle"}]}, {"codecs": 3}, {"data_type": "string"}, {"shape": HUGE},
     {"chunk_grid": 3},
     {"codecs": [{"name": "sharding_indexed", "configuration": {"codecs": 3}}]}],
)  # fmt: skip
def test_hostile_arrays_of_version_0_5_are_refused(
    changes: dict[str, Any], tmp_path: Path
) -> None:
    from ome_zarr.format import FormatV05
    from ome_zarr.writer import write_image, write_labels

    path = tmp_path / "x.zarr"
    group = zarr.open_group(path, mode="w", zarr_format=3)
    write_image(np.zeros(SHAPE, np.uint8), group, axes="yx", fmt=FormatV05())
    write_labels(odd_cells(), group, name="a", axes="yx", fmt=FormatV05())
    edit(path / "labels/a/s0/zarr.json", **changes)
    refusal(path)


def test_one_plane_of_several_axes_is_read(tmp_path: Path) -> None:
    from ome_zarr.format import FormatV04
    from ome_zarr.writer import write_image, write_labels

    path = tmp_path / "x.zarr"
    group = zarr.open_group(path, mode="w", zarr_format=2)
    write_image(np.zeros((1, 1, 1, *SHAPE), np.uint8), group, axes="tczyx", fmt=FormatV04())
    labels = odd_cells()[None, None, None]
    write_labels(labels, group, name="a", axes="tczyx", fmt=FormatV04())
    np.testing.assert_array_equal(labels_in(path), odd_cells())
    other = tmp_path / "y.zarr"
    group = zarr.open_group(other, mode="w", zarr_format=2)
    write_image(np.zeros((2, *SHAPE), np.uint8), group, axes="zyx", fmt=FormatV04())
    write_labels(np.stack([odd_cells()] * 2), group, name="a", axes="zyx", fmt=FormatV04())
    assert "not one plane" in refusal(other).sentence


def test_folders_that_are_no_stores(tmp_path: Path) -> None:
    for name in ("a.zarr", "b"):
        (tmp_path / name).mkdir()
        assert not is_ngff(tmp_path / name)
    refusal(tmp_path / "a.zarr")
