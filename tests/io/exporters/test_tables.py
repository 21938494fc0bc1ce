from __future__ import annotations

import csv
import math
import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from skimage.measure import regionprops_table

from napari_fncells.io.exporters.sheet import (
    agrees,
    encode_head,
    encode_rows,
    original_text,
    read_rows,
    safe_text,
)
from napari_fncells.io.images import Image, ImageReadError, ReadCode
from tests.io.exporters.made import labellings, odd_cells, read, round_trip, truth_of, write

FORMS = ("points-csv", "boxes-csv", "counts-csv", "objects-csv")
FILE = {"counts-csv": "counts.csv", "objects-csv": "objects.csv"}
EACH = pytest.mark.parametrize("form", FORMS)


def table(folder: Path, form: str, stem: str = "Zelle ü") -> list[dict[str, str]]:
    with (folder / FILE.get(form, f"{stem}.csv")).open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def picture(shape: tuple[int, int], kind: type = np.uint8, channels: int = 3) -> np.ndarray:
    values = np.random.default_rng(5).random((*shape, channels))
    scaled = values * (np.iinfo(kind).max if np.issubdtype(kind, np.integer) else 1)
    return (scaled if channels > 1 else scaled[..., 0]).astype(kind)


@EACH
@given(labels=labellings(), size=st.sampled_from([None, 0.3135]))
@settings(deadline=None, max_examples=25)
def test_any_labels_are_there_and_back(form: str, labels: np.ndarray, size: float | None) -> None:
    truth = truth_of(labels, pixels=picture(labels.shape), pixel_size=size)
    with tempfile.TemporaryDirectory() as name:
        found = round_trip(form, Path(name), truth)
        assert (found.problem, found.exact) == ("", True)
        assert found.cells == found.found == len(truth.cells)
        rows = table(Path(name), form)
        assert len(rows) == (1 if form == "counts-csv" else len(truth.cells))


@EACH
@pytest.mark.parametrize("kind", [np.uint8, np.uint16, np.float32])
@pytest.mark.parametrize("channels", [1, 2])
def test_odd_cells(form: str, kind: type, channels: int, tmp_path: Path) -> None:
    labels = odd_cells()
    labels[20:30, 20:26] = labels[20:23, 26:40] = 80  # a hook: its centroid lies outside
    truth = truth_of(labels, pixels=picture(labels.shape, kind, channels), pixel_size=0.5)
    assert round_trip(form, tmp_path, truth).exact


def test_points_are_centroids_and_inside(tmp_path: Path) -> None:
    labels = odd_cells()
    round_trip("points-csv", tmp_path, truth_of(labels, pixel_size=0.5))
    rows = table(tmp_path, "points-csv")
    for row in rows:
        y, x = (axis.mean() for axis in np.nonzero(labels == int(row["id"])))
        assert (float(row["x"]), float(row["y"])) == pytest.approx((x, y), rel=1e-7)
        assert (float(row["x_um"]), float(row["y_um"])) == pytest.approx((x / 2, y / 2))
        assert labels[int(row["inside_y"]), int(row["inside_x"])] == int(row["id"])
    assert rows[0]["state"] == "edited"


def test_boxes_are_tight(tmp_path: Path) -> None:
    round_trip("boxes-csv", tmp_path, truth_of(odd_cells()))
    rows = table(tmp_path, "boxes-csv")
    assert list(rows[2].values()) == [
        "7", "unsure", "12", "0", "8", "9", "", "", "", "",
    ]  # fmt: skip


def test_counts_hold_empty_pictures_and_ignored_regions(tmp_path: Path) -> None:
    ignored = np.zeros((5, 7), bool)
    ignored[1:3] = True
    empty = truth_of(np.zeros((5, 7), np.uint16), "leer.png", ignored=ignored, split="val")
    full = truth_of(odd_cells(), pixel_size=0.5)
    write("counts-csv", tmp_path, full, empty)
    assert read("counts-csv", tmp_path, empty).exact
    first, second = table(tmp_path, "counts-csv")
    assert second == {
        "image": "leer.png", "stem": "leer", "split": "val", "count": "0", "area_px": "0",
        "ignored_px": "14", "area_um2": "", "pixel_size_um": "",
    }  # fmt: skip
    assert int(first["count"]) == 7
    assert float(first["area_um2"]) == np.count_nonzero(odd_cells()) / 4


def test_objects_agree_with_scikit_image(tmp_path: Path) -> None:
    labels, pixels = odd_cells(), picture((40, 50), np.uint16)
    names = ("area", "centroid", "eccentricity", "solidity", "intensity_mean", "intensity_max")
    own = regionprops_table(labels, pixels, properties=names)
    round_trip("objects-csv", tmp_path, truth_of(labels, pixels=pixels))
    rows = table(tmp_path, "objects-csv")
    for column, name in {
        "area_px": "area", "y": "centroid-0", "x": "centroid-1", "solidity": "solidity",
        "eccentricity": "eccentricity", "mean_2": "intensity_mean-2", "max_1": "intensity_max-1",
    }.items():  # fmt: skip
        np.testing.assert_allclose([float(row[column]) for row in rows], own[name], rtol=1e-7)


def test_contrast_is_against_the_free_pixels_around(tmp_path: Path) -> None:
    labels = np.zeros((30, 30), np.uint16)
    labels[10:14, 10:14], labels[10:14, 14:18], labels[0, 29] = 1, 2, 3
    pixels = np.full(labels.shape, 10, np.uint8)
    pixels[labels == 1], pixels[labels == 2], pixels[20:] = 100, 200, 255
    ignored = np.zeros(labels.shape, bool)
    ignored[0:8, 20:] = True
    truth = truth_of(labels, pixels=pixels, ignored=ignored)
    assert round_trip("objects-csv", tmp_path, truth).exact
    rows = table(tmp_path, "objects-csv")
    assert [(row["mean_0"], row["ring_0"], row["contrast_0"]) for row in rows] == [
        ("100", "10", "90"), ("200", "10", "190"), ("10", "", ""),
    ]  # fmt: skip


def test_pictures_of_several_kinds_share_the_table(tmp_path: Path) -> None:
    grey = truth_of(odd_cells(), "=grey\n.tif", pixels=picture((40, 50), np.uint8, 1))
    colour = truth_of(odd_cells(), "b.tif", pixels=picture((40, 50)))
    write("objects-csv", tmp_path, grey, colour)
    assert read("objects-csv", tmp_path, grey).exact
    assert read("objects-csv", tmp_path, colour).exact
    rows = table(tmp_path, "objects-csv")
    assert len(rows) == 14
    assert rows[0]["mean_2"] == ""
    assert rows[7]["mean_2"] != ""


@EACH
def test_every_spoiled_figure_shows(form: str, tmp_path: Path) -> None:
    truth = truth_of(odd_cells(), pixels=picture((40, 50)), pixel_size=0.31)
    write(form, tmp_path, truth)
    path = tmp_path / FILE.get(form, "Zelle ü.csv")
    with path.open(encoding="utf-8", newline="") as stream:
        lines = list(csv.reader(stream))
    last = lines[1] if form == "counts-csv" else lines[3]
    for column, text in enumerate(last):
        if lines[0][column] == "eccentricity":  # compared to six digits
            spoiled = f"{float(text) + 2e-6:.8g}"
        elif text[-1:].isdigit():
            spoiled = text[:-1] + str((int(text[-1]) + 1) % 10)
        else:
            spoiled = f"{text}x"
        row = int(form != "counts-csv") * 2 + 1
        changed = [*lines[:row], [*last[:column], spoiled, *last[column + 1 :]], *lines[row + 1 :]]
        with path.open("w", encoding="utf-8", newline="") as stream:
            csv.writer(stream).writerows(changed)
        found = read(form, tmp_path, truth)
        assert not found.exact, lines[0][column]
        assert path.name in found.problem


@EACH
def test_rows_too_many_or_few_show(form: str, tmp_path: Path) -> None:
    truth = truth_of(odd_cells())
    write(form, tmp_path, truth)
    path = tmp_path / FILE.get(form, "Zelle ü.csv")
    head, *rows = path.read_text("utf-8").splitlines()
    path.write_text("\n".join([head, *rows, rows[-1]]), "utf-8")
    assert read(form, tmp_path, truth).problem
    path.write_text("\n".join([head, *rows[1:]]), "utf-8")
    found = read(form, tmp_path, truth)
    assert found.problem
    if form != "counts-csv":
        assert found.lost == (1,)


@EACH
@pytest.mark.parametrize("data", [b"", b"\xff\xfe\0", b'id,"x\n1', b"id\n1,2\n", b"a,b\n1,2\n"])
def test_broken_files_are_told(form: str, data: bytes, tmp_path: Path) -> None:
    truth = truth_of(odd_cells())
    assert read(form, tmp_path, truth).problem
    (tmp_path / FILE.get(form, "Zelle ü.csv")).write_bytes(data)
    assert read(form, tmp_path, truth).problem


def test_a_picture_that_is_gone_is_told(tmp_path: Path) -> None:
    truth = truth_of(odd_cells())
    write("objects-csv", tmp_path, truth)

    def gone() -> Image:
        raise ImageReadError(ReadCode.MISSING, Path("x.tif"), "x.tif does not exist.")

    object.__setattr__(truth, "read_pixels", gone)
    assert read("objects-csv", tmp_path, truth).problem == "x.tif does not exist."


@pytest.mark.parametrize("name", ["=1+1.png", "+a", "-a", "@a", "\ta", "'=a", "＝1", "\r"])
def test_no_name_is_a_formula(name: str, tmp_path: Path) -> None:
    assert safe_text(name) == f"'{name}"
    truth = truth_of(odd_cells(), name)
    assert round_trip("counts-csv", tmp_path, truth).exact
    assert original_text(table(tmp_path, "counts-csv")[0]["image"]) == name


@given(st.text(st.characters(exclude_categories=())))
def test_every_text_comes_back(text: str) -> None:
    """Those that are no Unicode, as file names may be, too."""
    text = text.encode("utf-8", "surrogatepass").decode("utf-8", "surrogateescape")
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "x.csv"
        path.write_bytes(encode_head(("a", "b")) + encode_rows([{"a": text, "b": 3}], ("a", "b")))
        rows = read_rows(path)
    assert rows is not None
    assert [original_text(rows[0]["a"]), rows[0]["b"]] == [text, "3"]


@given(st.floats())
def test_figures_agree_with_themselves_alone(value: float) -> None:
    text = encode_rows([{"a": value}], ("a",)).decode().strip()
    assert agrees(text, value)
    if math.isfinite(value) and abs(value) > 1e-300:
        assert not agrees(text, value * (1 + 3e-7))
        assert not agrees(text, -value)
