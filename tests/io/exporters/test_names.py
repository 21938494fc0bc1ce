"""Pictures of any name are found again in the files of all formats with names inside."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from napari_fncells.io.importers import Meaning, read_draft
from napari_fncells.io.importers.annotations import annotation_importer
from tests.io.exporters.made import odd_cells, read, truth_of, write

NAMES = [
    "Zelle ü.png",
    'a "b" & <c>.tif',
    "細胞.png",
    "a.b.c.ome.tif",
    "tab\tname.png",
    "%s{0}.png",
]


@pytest.mark.skipif(sys.platform == "win32", reason="files cannot have such names there")
@pytest.mark.parametrize("form", ["coco", "via", "voc", "fnc-v2"])
@pytest.mark.parametrize("name", [*NAMES, "bytes\udcff.png"])
def test_names(form: str, name: str, tmp_path: Path) -> None:
    truth = truth_of(odd_cells(), name)
    other = truth_of(odd_cells()[:, ::-1], "other.png")
    write(form, tmp_path, truth, other)
    found = read(form, tmp_path, truth)
    assert (found.problem, found.exact) == ("", True)
    files = [path for path in tmp_path.rglob("*") if annotation_importer(path)]
    assert files
    for path in files:
        if path.stem == "other":
            continue
        meaning = Meaning.BOXES if form == "voc" else None
        back = read_draft(path, meaning, (f"{truth.stem}.png", truth.shape))
        assert back.labels is not None
        assert back.labels.any()
        told = [note for note in back.notes if "was made for" in note]
        assert not told or path.suffix == ".xml"
