"""Pascal VOC files hold the box of each cell, and say so to any XML parser."""

from __future__ import annotations

import tempfile
import xml.etree.ElementTree as ET
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings

from napari_fncells.core.params.export import ExportParams
from napari_fncells.io.importers import Meaning, read_draft
from napari_fncells.io.read_error import ImageReadError
from tests.io.exporters.made import labellings, odd_cells, read, round_trip, truth_of

PARAMS = ExportParams(category="neurone")


def boxes_by_hand(labels: np.ndarray) -> list[tuple[int, int, int, int]]:
    """xmin, ymin, xmax, ymax: the first and last column and row, counted from 1."""
    found = []
    for number in np.unique(labels[labels > 0]):
        y, x = np.nonzero(labels == number)
        found.append((x.min() + 1, y.min() + 1, x.max() + 1, y.max() + 1))
    return found


def boxes_in(path: Path, difficult: str = "0") -> list[tuple[int, ...]]:
    keys = ("xmin", "ymin", "xmax", "ymax")
    return [
        tuple(int(item.findtext(f"bndbox/{key}", "")) for key in keys)
        for item in ET.parse(path).getroot().findall("object")
        if item.findtext("difficult") == difficult
    ]


@given(labels=labellings())
@settings(deadline=None, max_examples=40)
def test_any_labels(labels: np.ndarray) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder, truth = Path(name), truth_of(labels)
        found = round_trip("voc", folder, truth, PARAMS)
        assert (found.problem, found.exact, found.iou) == ("", True, None)
        assert found.cells == found.found == len(truth.cells)
        path = folder / f"{truth.stem}.xml"
        assert boxes_in(path) == boxes_by_hand(labels)
        root = ET.parse(path).getroot()
        assert root.findtext("filename") == truth.name
        assert (root.findtext("size/height"), root.findtext("size/width")) == tuple(
            map(str, labels.shape)
        )
        picture = (truth.name, truth.shape)
        if truth.cells:
            with pytest.raises(ImageReadError, match="boxes of this picture"):
                read_draft(path, picture=picture)
        back = read_draft(path, Meaning.BOXES, picture)
        assert back.labels is not None
        assert back.labels.any() == bool(truth.cells)


def test_ignored_regions_are_difficult(tmp_path: Path) -> None:
    ignored = np.zeros((40, 50), bool)
    ignored[10:14, 30:40] = True
    truth = truth_of(odd_cells(), ignored=ignored, pixels=np.zeros((40, 50, 3), np.uint8))
    found = round_trip("voc", tmp_path, truth)
    path = tmp_path / f"{truth.stem}.xml"
    assert (found.exact, found.found) == (True, 7)
    assert "boxes alone" in found.notes[0]
    assert boxes_in(path, "1") == [(31, 11, 40, 14)]
    assert ET.parse(path).getroot().findtext("size/depth") == "3"
    back = read_draft(path, Meaning.BOXES, (truth.name, truth.shape))
    assert back.ignored is not None
    assert not (back.ignored & ~ignored).any()


def test_boxes_become_ellipses_in_them_when_asked(tmp_path: Path) -> None:
    labels = np.zeros((40, 50), np.uint16)
    labels[5:15, 10:30] = 1
    labels[20, 20] = 2
    truth = truth_of(labels)
    round_trip("voc", tmp_path, truth)
    back = read_draft(tmp_path / f"{truth.stem}.xml", Meaning.BOXES, (truth.name, truth.shape))
    assert back.labels is not None
    assert boxes_by_hand(back.labels) == boxes_by_hand(labels)
    assert np.count_nonzero(back.labels == 1) == pytest.approx(200 * np.pi / 4, rel=0.03)
    assert any("2 boxes without outlines were drawn as ellipses" in note for note in back.notes)


SPOILED = {
    "moved": (b"<xmin>1</xmin>", b"<xmin>2</xmin>"),
    "class": (b"<name>cell</name>", b"<name>dog</name>"),
    "no class": (b"<name>cell</name>", b""),
    "size": (b"<height>40</height>", b"<height>41</height>"),
    "name": (b"Zelle", b"Celle"),
    "difficult": (b"<difficult>0</difficult>", b"<difficult>1</difficult>"),
    "odd": (b"<difficult>0</difficult>", b"<difficult>-1</difficult>"),
    "text": (b"<xmin>1</xmin>", b"<xmin>one</xmin>"),
    "cut": (b"</annotation>", b""),
    "truncated": (b"<truncated>1<", b"<truncated>0<"),
    "encoding": (b"utf-8", b"utf-9"),
    "entity": (b"<annotation>", b'<!DOCTYPE a [<!ENTITY b "c">]><annotation>'),
}


@pytest.mark.parametrize("how", SPOILED)
def test_what_is_spoiled_is_told(how: str, tmp_path: Path) -> None:
    truth = truth_of(odd_cells())
    assert round_trip("voc", tmp_path, truth).exact
    path = tmp_path / f"{truth.stem}.xml"
    data = path.read_bytes()
    assert SPOILED[how][0] in data
    path.write_bytes(data.replace(*SPOILED[how], 1))
    found = read("voc", tmp_path, truth)
    assert not found.exact
    assert found.problem.endswith(".")
    assert how != "moved" or found.lost == (1,)


def test_a_box_too_few_or_too_many_is_told(tmp_path: Path) -> None:
    truth = truth_of(odd_cells())
    round_trip("voc", tmp_path, truth)
    path = tmp_path / f"{truth.stem}.xml"
    tree = ET.parse(path)
    first = tree.getroot().find("object")
    assert first is not None
    tree.getroot().append(first)
    tree.write(path)
    assert "8 boxes for 7 cells" in read("voc", tmp_path, truth).problem
    for _ in range(2):
        tree.getroot().remove(first)
    tree.write(path)
    assert read("voc", tmp_path, truth).lost == (1,)
    path.unlink()
    assert len(read("voc", tmp_path, truth).lost) == 7
