from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest

from napari_fncells.core.errors import UserError
from napari_fncells.io.exporters.base import GroundTruth
from napari_fncells.io.images import Image
from napari_fncells.io.printable import printable
from napari_fncells.io.report import (
    ComparisonFacts,
    FormatFacts,
    LeftOut,
    PictureFacts,
    ReleaseReport,
    Totals,
)
from napari_fncells.io.report_page import Thumbnails, page_of
from napari_fncells.io.report_plots import count_plot, size_plot
from napari_fncells.io.small_picture import small_jpeg

HOSTILE = "<script>alert(1)</script>\"'&\n\u202e\x00\udcff<img src=http://evil/x>"


class Page(HTMLParser):
    """Tags and attributes of a page, and its text."""

    def __init__(self, data: bytes) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.open: list[str] = []
        self.feed(data.decode())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in ("meta", "img", "br", "line", "rect"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in ("line", "rect"):
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def report(name: str = "a.png", pictures: int = 1, **facts: Any) -> ReleaseReport:
    found = ComparisonFacts(cells=3, found=2, exact=False, iou=0.97, lost=(2,), notes=(name,))
    each = PictureFacts(
        name=name, stem=name, sha256="0", size=1, height=9, width=9, state="done", cells=3,
        annotator=name, states={"accepted": 3}, components=2, touching=1, notes=(name,),
        formats={"x": found},
    )  # fmt: skip
    form = FormatFacts(name="x", title=name, about=name, folder=name)
    left = LeftOut(name=name, reason=name, failed=True)
    totals = Totals(pictures=pictures, cells=3, states={"done": pictures})
    return ReleaseReport(
        source=name, annotator=name, params={"category": name}, formats=(form,),
        pictures=(each,) * pictures, left_out=(left,), notes=(name,), totals=totals, **facts,
    )  # fmt: skip


def truth(labels: np.ndarray, pixels: np.ndarray) -> GroundTruth:
    return GroundTruth("a.png", "a", labels, (), lambda: Image(pixels))


def test_the_page_needs_nothing_else_and_runs_nothing() -> None:
    thumbnails = Thumbnails()
    thumbnails.add(truth(np.ones((9, 9), np.uint16), np.zeros((9, 9, 3), np.uint8)))
    name = printable(HOSTILE)
    page = Page(page_of(report(name), np.array([5, 90, 1000]), thumbnails))
    assert page.open == []
    tags = {tag for tag, _ in page.tags}
    assert not tags & {"script", "link", "iframe", "object", "embed", "form", "a", "base"}
    for tag, attributes in page.tags:
        assert not any(key.startswith("on") for key in attributes), tag
        for key in ("src", "href", "xlink:href", "srcset"):
            assert (attributes.get(key) or "data:image/jpeg;base64,").startswith(
                "data:image/jpeg;base64,"
            )
    [policy] = [a["content"] for t, a in page.tags if a.get("http-equiv")]
    assert policy.startswith("default-src 'none'")
    # Told as it is, for people to read
    assert "<script>alert(1)</script>" in page.text
    assert "\\x0a\\x202e\\x00" in page.text
    assert not re.search(r"@import|url\(", page.text)


def test_what_the_page_tells_first() -> None:
    text = Page(page_of(report("section 7"), np.array([100]))).text
    places = [
        text.index(words) for words in ("To know first", "Formats, as read", "Every picture")
    ]
    assert places == sorted(places)
    assert "0.9700" in text


def test_notes_that_differ_by_figures_are_told_once() -> None:
    full = report(pictures=3)
    told = [
        each.model_copy(
            update={
                "formats": {
                    "x": each.formats["x"].model_copy(
                        update={"notes": (f"{n} pairs run together.",)}
                    )
                }
            }
        )
        for n, each in enumerate(full.pictures, 4)
    ]
    text = Page(page_of(full.model_copy(update={"pictures": tuple(told)}), np.array([1]))).text
    assert "in 3 pictures: e.g. 4 pairs run together." in text
    assert "5 pairs run together." not in text


def test_thumbnails_are_bounded() -> None:
    thumbnails = Thumbnails()
    thumbnails.expect(5000)
    noise = np.random.default_rng(0).integers(0, 255, (200, 200, 3), dtype=np.uint8)
    each = truth(np.zeros((200, 200), np.uint16), noise)
    for _ in range(1000):
        thumbnails.add(each)
    assert 50 < len(thumbnails.jpegs) <= 400
    assert len(page_of(report(pictures=1000), np.array([1]), thumbnails)) < 12 << 20


def test_a_picture_that_cannot_be_read_costs_only_its_thumbnail() -> None:
    def gone() -> Image:
        raise UserError("gone")

    thumbnails = Thumbnails()
    thumbnails.add(GroundTruth("a.png", "a", np.zeros((2, 2), np.uint16), (), gone))
    assert thumbnails.jpegs == {}


@pytest.mark.parametrize("shape", [(1, 1), (1, 900), (900, 2), (300, 400), (2, 3, 2), (5, 4, 3)])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32, np.int32])
def test_small_pictures_of_all_sorts(shape: tuple[int, ...], dtype: type) -> None:
    rng = np.random.default_rng(1)
    pixels = (rng.random(shape) * 100).astype(dtype)
    if dtype is np.float32:
        pixels.flat[0] = np.nan
    labels = rng.integers(0, 3, shape[:2]).astype(np.uint32)
    data = small_jpeg(pixels, labels, labels == 2)
    assert data[:3] == b"\xff\xd8\xff"


def test_outlines_are_drawn() -> None:
    labels = np.zeros((60, 60), np.uint16)
    labels[10:50, 10:50] = 70_000 % 65_536
    empty = np.zeros((60, 60, 3), np.uint8)
    assert small_jpeg(empty, labels) != small_jpeg(empty, labels * 0)


@pytest.mark.parametrize(
    "areas", [[1], [1, 1], [100, 101], [1, 10**7], list(range(1, 3000))], ids=len
)
def test_plots_are_whole(areas: list[int]) -> None:
    for plot, total in (
        (size_plot(np.array(areas)), len(areas)),
        (count_plot(areas[:1000]), len(areas[:1000])),
    ):
        root = ElementTree.fromstring(plot)
        bars = [int(rect.find("title").text) for rect in root.iter("rect")]
        assert sum(bars) == total
        assert "nan" not in plot


def test_plots_of_nothing() -> None:
    assert size_plot(np.array([], dtype=int)) == ""
    assert count_plot([]) == ""
    ElementTree.fromstring(count_plot([0, 0]))


def test_a_report_is_read_as_it_was_written() -> None:
    full = report()
    assert ReleaseReport.from_bytes(full.model_copy(update={"files": ()}).to_bytes()) == full
    for bad in (b"", b"{}", b"[]", b"\xff", full.to_bytes().replace(b"release/1", b"release/2")):
        with pytest.raises(UserError, match="no report"):
            ReleaseReport.from_bytes(bad)
