from __future__ import annotations

import hashlib
import json
import socket
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from markdown_it import MarkdownIt
from PIL import Image as PilImage

from napari_fncells.core.errors import ParameterError
from napari_fncells.core.params.base import validated
from napari_fncells.core.params.card import CardParams
from napari_fncells.io.card_facts import light_of
from napari_fncells.io.images import Image
from napari_fncells.io.report import FileFacts, FormatFacts
from napari_fncells.session.card import CardPicture, Work, card_files
from tests.truths import Kind, a_truth, cells_of

PARAMS = CardParams(
    title="Neurons of *all* <kinds>",
    description="First part.\n\n# Not a head",
    licence="CC-BY-SA-4.0",
    authors=("Ada L. | B", "Zoë"),
    citation="@article{a, title={```}}",
    doi="https://doi.org/10.5281/zenodo.123",
    date="2026-01-31",
)
FORMATS = (FormatFacts(name="binary-png", title="Binary", about="0/255.", folder="masks"),)


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: Any, **kwargs: Any) -> None:
        raise AssertionError("the network was asked")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


def a_set(folder: Path) -> tuple[list[CardPicture], list[FileFacts]]:
    """Pictures with their masks, written, and what is known of them."""
    pictures, files = [], []
    names = ["one.png", "two 2.png", "drei é.png", "none.png"]
    for at, name in enumerate(names):
        truth = a_truth(name, at, Kind(cells=0 if at == 3 else 5), split=["train", "test"][at % 2])
        for part, pixels in (
            ("images", truth.read_pixels().pixels),
            ("masks", (truth.labels > 0).astype(np.uint8) * 255),
        ):
            (folder / part).mkdir(exist_ok=True)
            PilImage.fromarray(pixels).save(folder / part / name)
        work = Work("ada", 60.0 + at, 10, 3, 2, 1, 4, 1, 0, 9)
        pictures.append(CardPicture.of(truth, "done", work))
    for place in ("coco", "zarr/a/b"):
        (folder / place).mkdir(parents=True)
        (folder / place / "x.json").write_text("{}")
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            data = path.read_bytes()
            files.append(
                FileFacts(
                    name=path.relative_to(folder).as_posix(),
                    size=len(data),
                    sha256=hashlib.sha256(data).hexdigest(),
                )
            )
    return pictures, files


@pytest.mark.usefixtures("no_network")
def test_mlcroissant_reads_the_set(tmp_path: Path) -> None:
    mlc = pytest.importorskip("mlcroissant")
    pictures, files = a_set(tmp_path)
    for name, data in card_files(pictures, PARAMS, FORMATS, files).items():
        (tmp_path / name).write_bytes(data)
    found = mlc.Dataset(jsonld=tmp_path / "croissant.json")
    assert not found.metadata.ctx.issues.errors
    assert not found.metadata.ctx.issues.warnings
    assert found.metadata.name == PARAMS.title
    assert found.metadata.cite_as == PARAMS.citation
    assert [person.name for person in found.metadata.creators] == list(PARAMS.authors)
    (single,) = found.metadata.file_objects
    assert (single.content_url, len(single.sha256)) == ("coco/x.json", 64)
    table = list(found.records("pictures"))
    hashes = {file.name: file.sha256 for file in files}
    assert [row["pictures/cells"] for row in table] == [p.cells for p in pictures]
    for row, picture in zip(table, pictures, strict=True):
        assert row["pictures/name"] == picture.name
        assert row["pictures/split"] == picture.split
        for part in ("images", "masks"):
            file = row[f"pictures/{part}.png"]
            assert file == f"{part}/{picture.name}"
            assert row[f"pictures/{part}.png-sha256"] == hashes[file]
    for part in ("images", "masks"):
        records = list(found.records(f"{part}.png-records"))
        assert len(records) == 4
        for record in records:
            name = record[f"{part}.png-records/filename"].decode()
            expected = np.asarray(PilImage.open(tmp_path / part / name).convert("RGB"))
            np.testing.assert_array_equal(np.asarray(record[f"{part}.png-records/image"]),
                                          expected)  # fmt: skip


def test_the_bytes_are_the_same_each_time(tmp_path: Path) -> None:
    pictures, files = a_set(tmp_path)
    first = card_files(pictures, PARAMS, FORMATS, files)
    assert card_files(pictures, PARAMS, FORMATS, files[::-1]) == first
    assert list(first) == ["README.md", "croissant.json"]


def test_the_figures_of_the_card(tmp_path: Path) -> None:
    pictures, files = a_set(tmp_path)
    text = card_files(pictures, PARAMS, FORMATS, files, ["2 cells are odd."])["README.md"].decode()
    counts = [p.cells for p in pictures]
    assert f"| all | 4 | 1 | {sum(counts)} |" in text
    assert f"| train | 2 | 0 | {counts[0] + counts[2]} |" in text
    assert "A draft proposed 40 cells; the experts removed 12 of them as false positives" in text
    assert "(30.0 %)" in text
    assert "8 cells that the draft had missed were added (22.2 % of those" in text
    assert "Time at work on a picture: median 1.0 min, 1.0 min to 1.1 min; 4.1 min in all" in text
    assert "1 annotator: ada." in text
    assert "2 cells are odd." in text
    areas = np.array([a for p in pictures for a in p.areas])
    assert f"| px² | {areas.mean():,.0f} |" in text
    assert f"| µm² | {(areas * 0.31**2).mean():,.0f} |" in text
    assert "[CC-BY-SA-4.0](https://spdx.org/licenses/CC-BY-SA-4.0.html)" in text
    assert "<https://doi.org/10.5281/zenodo.123>" in text
    tokens = MarkdownIt("commonmark").enable("table").parse(text)
    heads = [tokens[i + 1].content for i, t in enumerate(tokens) if t.type == "heading_open"]
    assert heads == [
        "Neurons of \\*all\\* &lt;kinds>", "What it holds", "Cells", "Intensities",
        "How it was made", "Files", "Licence", "How to cite",
    ]  # fmt: skip
    assert sum(token.type == "table_open" for token in tokens) == 3
    assert not any(token.type == "html_block" for token in tokens)


def test_a_set_of_which_little_is_known() -> None:
    truth = replace(a_truth("a.png", 1, Kind(cells=0)), pixel_size=None)
    made = card_files([CardPicture.of(truth)])
    text = made["README.md"].decode()
    assert "The size of a pixel is not known." in text
    assert "How the masks were drafted and corrected is not known." in text
    assert "None was chosen: ask the authors" in text
    assert "## Cells" not in text
    assert json.loads(made["croissant.json"])["name"] == CardParams().title


def test_masks_drawn_by_hand() -> None:
    work = Work("", 0.0, added=7, final=7)
    text = card_files([CardPicture.of(a_truth("a.png", 1), "done", work)])["README.md"].decode()
    assert "Nothing was drafted: 7 cells were marked by hand." in text
    assert "Time at work" not in text
    assert "annotator" not in text


AWKWARD = ['"}],"@id":"x', "a\u202eb.png", "_:b0", "@id", "x\\ud800", "\ud800.png", "<b>|`*.png"]


def test_awkward_names_and_words(tmp_path: Path) -> None:
    pictures = [
        replace(CardPicture.of(a_truth(name, at)), stem=f"s{at}")
        for at, name in enumerate(AWKWARD)
    ]
    files = [
        FileFacts(name=f"{part}/s{at}.png", size=1, sha256="0" * 64)
        for at in range(len(AWKWARD))
        for part in ("images", "masks")
    ]
    files += [FileFacts(name=f"x/{n}", size=1, sha256="0" * 64) for n in ("a b.csv", "a-b.csv")]
    words = " ".join(AWKWARD).replace("\ud800", "")
    params = CardParams(title=words, description=words, authors=(words,), citation=words)
    made = card_files(pictures, params, FORMATS, files)
    found = json.loads(made["croissant.json"])
    names = [row["pictures/name"] for row in found["recordSet"][0]["data"]]
    assert names[:2] == AWKWARD[:2]
    assert names[5] == "\\ud800.png"
    assert len({node["@id"] for node in found["distribution"]}) == 4
    assert found["description"] == words
    made["README.md"].decode()


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"title": ""}, "title"),
        ({"title": "\ud800"}, "title"),
        ({"licence": "free for all"}, "licence"),
        ({"doi": "zenodo"}, "no DOI"),
        ({"url": "javascript:alert(1)"}, "no address"),
        ({"url": "https://a b"}, "no address"),
        ({"version": "one"}, "version"),
        ({"date": "1.2.2026"}, "date"),
    ],
)
def test_wrong_words(given: dict[str, Any], said: str) -> None:
    with pytest.raises(ParameterError, match=said):
        validated(CardParams, given)


@pytest.mark.parametrize("kind", [Kind(), Kind(dtype="uint16", channels=1), Kind(dtype="float32")])
def test_intensities(kind: Kind) -> None:
    truth = a_truth("a", 3, kind)
    pixels = truth.read_pixels().pixels
    grey = (pixels if pixels.ndim == 2 else pixels.max(axis=2)).astype(float)
    light = light_of(truth.read_pixels(), truth.labels > 0)
    assert light.mean == pytest.approx(grey.mean())
    assert light.cells == pytest.approx(grey[truth.labels > 0].mean())
    assert light.around == pytest.approx(grey[truth.labels == 0].mean())
    assert (light.low, light.high) == pytest.approx(tuple(np.percentile(grey, [1, 99])))


def test_intensities_without_background() -> None:
    labels = np.ones((3, 4), np.uint16)
    light = light_of(Image(np.full((3, 4), 7, np.uint8)), labels > 0)
    assert (light.cells, light.around) == (7, None)
    assert cells_of(labels)[0].area == 12
