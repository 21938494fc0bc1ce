from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import pytest
import tifffile
from hypothesis import given, settings
from PIL import Image as PilImage

from napari_fncells.core.errors import UserError
from napari_fncells.io.images import read_image
from napari_fncells.io.importers import Meaning, read_draft
from tests.io.exporters.made import (
    labellings,
    many_cells,
    odd_cells,
    read,
    round_trip,
    truth_of,
    write,
)

SUFFIX = {"label-tiff": ".tif", "label-png": ".png"}
FORMS = pytest.mark.parametrize("form", list(SUFFIX))


def pixels_of(path: Path) -> np.ndarray:
    """Pixels by the library that did not read them back."""
    if path.suffix == ".tif":
        return tifffile.imread(path)
    with PilImage.open(path) as opened:
        return np.asarray(opened)


@FORMS
@given(labels=labellings())
@settings(deadline=None, max_examples=40)
def test_any_labels_are_there_and_back(form: str, labels: np.ndarray) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder, truth = Path(name), truth_of(labels)
        found = round_trip(form, folder, truth)
        path = folder / f"{truth.stem}{SUFFIX[form]}"
        assert (found.problem, found.exact) == ("", True)
        assert found.cells == found.found == len(truth.cells)
        numbers = {cell.id: found.renumbered.get(cell.id, cell.id) for cell in truth.cells}
        expected = np.vectorize(lambda i: numbers.get(i, 0), otypes=[np.uint32])(labels)
        np.testing.assert_array_equal(pixels_of(path), expected)
        back = read_draft(path)
        assert back.meaning is Meaning.LABELS
        np.testing.assert_array_equal(back.labels, expected)


@FORMS
def test_odd_cells_and_an_empty_picture(form: str, tmp_path: Path) -> None:
    truth, empty = truth_of(odd_cells()), truth_of(np.zeros((5, 7), np.uint16), "leer.png")
    write(form, tmp_path, truth, empty)
    found = read(form, tmp_path, truth)
    assert (found.found, found.exact, found.lost, found.notes) == (7, True, (), ())
    assert pixels_of(tmp_path / f"Zelle ü{SUFFIX[form]}").dtype == np.uint16
    nothing = read(form, tmp_path, empty)
    assert (nothing.cells, nothing.found, nothing.exact, nothing.problem) == (0, 0, True, "")


def test_tiff_is_what_imagej_reads(tmp_path: Path) -> None:
    round_trip("label-tiff", tmp_path, truth_of(odd_cells(), pixel_size=0.25))
    path = tmp_path / "Zelle ü.tif"
    with tifffile.TiffFile(path) as opened:
        assert opened.is_imagej
        assert opened.imagej_metadata["unit"] == "um"
    assert read_image(path).pixel_size == pytest.approx(0.25)


@pytest.mark.parametrize("top", [65_536, 16_777_217, 2**32 - 1])
def test_tiff_of_wide_ids(top: int, tmp_path: Path) -> None:
    labels = odd_cells().astype(np.uint32)
    labels[labels == 500] = top
    found = round_trip("label-tiff", tmp_path, truth_of(labels, pixel_size=0.25))
    assert (found.exact, found.found, found.problem) == (True, 7, "")
    assert ("not exactly" in found.notes[0]) == (top > 16_777_216)
    path = tmp_path / "Zelle ü.tif"
    np.testing.assert_array_equal(tifffile.imread(path), labels)
    assert read_image(path).pixel_size == pytest.approx(0.25, rel=1e-3)
    back = read_draft(path).labels
    assert back is not None
    assert (back.dtype, int(back.max())) == (np.uint32, top)


def test_more_cells_than_16_bits_number(tmp_path: Path) -> None:
    truth = truth_of(many_cells())
    assert round_trip("label-tiff", tmp_path, truth).exact
    with pytest.raises(UserError, match="66,000 cells; a 16-bit PNG holds no more than 65,535"):
        write("label-png", tmp_path, truth)
    assert not list(tmp_path.glob("*.png"))


def test_png_renumbers_and_tells(tmp_path: Path) -> None:
    labels = odd_cells().astype(np.uint32)
    labels[labels == 9] = 70_000
    found = round_trip("label-png", tmp_path, truth_of(labels))
    assert found.exact
    assert found.renumbered == {7: 3, 500: 4, 501: 5, 65_535: 6, 70_000: 7}
    assert "numbered 1 to 7" in found.notes[0]


@FORMS
def test_a_spoiled_pixel_shows(form: str, tmp_path: Path) -> None:
    labels = odd_cells()
    truth = truth_of(labels, ignored=labels == 0)
    assert round_trip(form, tmp_path, truth).notes == ("Ignored regions are background.",)
    path = tmp_path / f"Zelle ü{SUFFIX[form]}"

    def spoiled(row: int, column: int, value: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
        other = labels.copy()
        other[row, column] = value
        if path.suffix == ".tif":
            tifffile.imwrite(path, other)
        else:
            PilImage.fromarray(other).save(path)
        found = read(form, tmp_path, truth)
        assert not found.exact
        assert path.name in found.problem
        return found.lost, found.changed

    assert spoiled(0, 0, 0) == ((), (1,))
    assert spoiled(0, 0, 7) == ((), (1, 7))
    assert spoiled(12, 12, 3) == ((), ())
    assert spoiled(4, 5, 0) == ((2,), ())


@FORMS
def test_broken_files_are_told(form: str, tmp_path: Path) -> None:
    truth = truth_of(odd_cells())
    assert read(form, tmp_path, truth).problem
    write(form, tmp_path, truth)
    path = tmp_path / f"Zelle ü{SUFFIX[form]}"
    whole = path.read_bytes()
    for size in (0, 8, 100, len(whole) // 2):
        path.write_bytes(whole[:size])
        found = read(form, tmp_path, truth)
        assert not found.exact
        assert found.problem.startswith("Zelle ü")
    path.write_bytes(whole)
    assert read(form, tmp_path, truth_of(odd_cells()[:-1])).problem
