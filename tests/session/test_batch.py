from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image

from napari_fncells.core.errors import UserError
from napari_fncells.core.params import FNC_V1_DRAFT
from napari_fncells.core.segment import draft
from napari_fncells.io.record import Record
from napari_fncells.session.batch import draft_files, evaluate_files, expand, pair_masks
from tests.pictures import cell_picture, save_picture


@pytest.fixture
def out(tmp_path: Path) -> Path:
    folder = tmp_path / "out"
    folder.mkdir()
    return folder


def folder_of(place: Path, *names: str) -> Path:
    place.mkdir(parents=True, exist_ok=True)
    for name in names:
        save_picture(place, name)
    return place


def save(path: Path, pixels: np.ndarray) -> Path:
    path.parent.mkdir(exist_ok=True)
    Image.fromarray(pixels).save(path)
    return path


def test_expand(tmp_path: Path) -> None:
    folder = folder_of(tmp_path / "in", "b2.png", "b10.png", "a.tif")
    (folder / "notes.txt").touch()
    alone = save_picture(tmp_path)
    gone = tmp_path / "gone.png"
    names = [p.name for p in expand([alone, folder, gone])]
    assert names == ["cells.png", "a.tif", "b2.png", "b10.png", "gone.png"]
    assert expand([]) == []


def test_a_file_named_twice_is_taken_once(tmp_path: Path) -> None:
    folder = folder_of(tmp_path / "in", "a.png", "b.png")
    again = [folder / "b.png", folder, folder / ".." / "in" / "a.png"]
    assert [p.name for p in expand(again)] == ["b.png", "a.png"]


def test_a_folder_without_pictures(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").touch()
    with pytest.raises(UserError, match="no pictures"):
        expand([tmp_path])


def test_a_bad_file_among_good_ones(tmp_path: Path, out: Path) -> None:
    folder = folder_of(tmp_path / "in", "a.png", "c.png")
    (folder / "b.png").write_bytes(b"\x89PNG\r\n\x1a\n no picture")
    (folder / "d.png").touch()
    paths = [*expand([folder]), tmp_path / "gone.png"]
    results = list(draft_files(paths, out, FNC_V1_DRAFT))
    assert [r.path for r in results] == paths
    assert [r.error is None for r in results] == [True, False, True, False, False]
    assert [r.report is None for r in results] == [False, True, False, True, True]
    assert sorted(p.name for p in out.iterdir()) == ["a.json", "a.png", "c.json", "c.png"]
    expected = draft(cell_picture(), FNC_V1_DRAFT)
    np.testing.assert_array_equal(np.asarray(Image.open(out / "a.png")) > 0, expected.labels > 0)
    record = Record.from_bytes((out / "a.json").read_bytes())
    assert record.draft.method == FNC_V1_DRAFT
    assert record.draft.cutoff == expected.cutoff


def test_pictures_come_one_by_one(tmp_path: Path, out: Path) -> None:
    folder = folder_of(tmp_path / "in", "a.png", "b.png")
    steps = draft_files(expand([folder]), out, FNC_V1_DRAFT)
    next(steps)
    assert not (out / "b.png").exists()


def test_earlier_masks_stay_unless_replaced(tmp_path: Path, out: Path) -> None:
    paths = [save_picture(tmp_path)]
    list(draft_files(paths, out, FNC_V1_DRAFT))
    before = (out / "cells.json").read_bytes()
    (again,) = draft_files(paths, out, FNC_V1_DRAFT)
    assert "exists already" in str(again.error)
    assert (out / "cells.json").read_bytes() == before
    (replaced,) = draft_files(paths, out, FNC_V1_DRAFT, replace=True, gap=True)
    assert replaced.report.gap


def test_a_wrong_method_is_told_for_each(tmp_path: Path, out: Path) -> None:
    (result,) = draft_files([save_picture(tmp_path)], out, "nonsense")
    assert "nonsense" in str(result.error)
    assert not list(out.iterdir())


def test_stems_that_collide(tmp_path: Path, out: Path) -> None:
    folder = folder_of(tmp_path / "in", "a.png", "a.tif", "a.png.tif")
    results = list(draft_files(expand([folder]), out, FNC_V1_DRAFT))
    assert all(r.error is None for r in results)
    masks = {r.report.mask.name for r in results}
    assert masks == {"a.png.png", "a.tif.png", "a.png.tif.png"}


@pytest.mark.parametrize("replace", [False, True])
def test_one_name_from_two_folders(tmp_path: Path, out: Path, replace: bool) -> None:
    """The second must not take the place of the first, however much may be replaced."""
    one = folder_of(tmp_path / "one", "a.png")
    two = folder_of(tmp_path / "two", "b.png")
    save(two / "a.png", np.zeros((30, 30), np.uint8))
    results = list(draft_files(expand([one, two]), out, FNC_V1_DRAFT, replace=replace))
    assert [r.error is None for r in results] == [True, False, True]
    assert "same name" in str(results[1].error)
    assert Image.open(out / "a.png").size == cell_picture().shape[1::-1]


def names(pairs: tuple[tuple[Path, Path], ...]) -> list[tuple[str, str]]:
    return [(a.name, b.name) for a, b in pairs]


def test_pairing_by_stem(tmp_path: Path) -> None:
    left = folder_of(tmp_path / "left", "a.png", "b.tif", "extra.png")
    right = folder_of(tmp_path / "right", "a.png", "b.png", "missing.tif")
    found = pair_masks(left, right)
    assert names(found.pairs) == [("a.png", "a.png"), ("b.tif", "b.png")]
    assert [p.name for p in found.unpaired] == ["extra.png", "missing.tif"]


def test_pairing_where_stems_are_alike(tmp_path: Path) -> None:
    """None may drop out unseen, and equal names belong together."""
    left = folder_of(tmp_path / "left", "a.png", "a.tif")
    right = folder_of(tmp_path / "right", "a.tif")
    found = pair_masks(left, right)
    assert names(found.pairs) == [("a.tif", "a.tif")]
    assert found.unpaired == (left / "a.png",)
    save_picture(right, "a.jpg")
    found = pair_masks(left, right)
    assert names(found.pairs) == [("a.png", "a.jpg"), ("a.tif", "a.tif")]
    assert found.unpaired == ()


def test_pairing_files(tmp_path: Path) -> None:
    one, other = save_picture(tmp_path, "x.png"), save_picture(tmp_path, "y.png")
    assert pair_masks(one, other).pairs == ((one, other),)


def test_pairing_refuses(tmp_path: Path) -> None:
    left = folder_of(tmp_path / "left", "a.png")
    right = folder_of(tmp_path / "right", "b.png")
    with pytest.raises(UserError, match="does not exist"):
        pair_masks(left, tmp_path / "gone")
    with pytest.raises(UserError, match="a file and a folder"):
        pair_masks(left, right / "b.png")
    with pytest.raises(UserError, match="has the name"):
        pair_masks(left, right)


def test_evaluating_files(tmp_path: Path) -> None:
    binary = np.zeros((60, 60), np.uint8)
    binary[5:15, 5:15] = binary[30:40, 30:40] = 255
    instances = np.zeros((60, 60), np.uint16)
    instances[5:15, 5:15], instances[5:15, 15:25] = 900, 2
    pred = save(tmp_path / "pred.png", binary)
    true = save(tmp_path / "true.png", instances)
    (score,) = evaluate_files([(pred, true)])
    assert score.name == "true"
    assert (score.predicted, score.true) == (2, 2)
    assert score.detections["iou"].tp == 1
    assert score.overlap == 100


def test_shapes_that_differ_are_told_with_the_file(tmp_path: Path) -> None:
    pred = save(tmp_path / "pred.png", np.zeros((6, 7), np.uint8))
    true = save(tmp_path / "true.png", np.zeros((7, 6), np.uint8))
    with pytest.raises(UserError, match=r"pred\.png: .*6 x 7 and 7 x 6"):
        list(evaluate_files([(pred, true)]))
    (tmp_path / "bad.png").touch()
    with pytest.raises(UserError, match=r"bad\.png"):
        list(evaluate_files([(tmp_path / "bad.png", true)]))


def test_regions_beside_a_working_file_count_for_nothing(tmp_path: Path) -> None:
    labels = np.zeros((40, 60), np.uint16)
    labels[2:12, 2:12], labels[20:30, 40:50] = 1, 2
    tifffile.imwrite(tmp_path / "a.png.labels.tif", labels)
    pred = tmp_path / "pred.png"
    Image.fromarray(((labels == 1) * 255).astype(np.uint8)).save(pred)
    pair = (pred, tmp_path / "a.png.labels.tif")
    (score,) = evaluate_files([pair])
    assert (score.true, score.detections["iou"].fn) == (2, 1)
    regions = tmp_path / "a.png.ignored.png"
    Image.fromarray(np.indices((40, 60))[1] >= 30).save(regions)
    (score,) = evaluate_files([pair])
    assert (score.true, score.detections["iou"].fn) == (1, 0)
    regions.write_bytes(b"broken")
    with pytest.raises(UserError, match="could not be read"):
        list(evaluate_files([pair]))
    names = {path.name for pair in pair_masks(tmp_path, tmp_path).pairs for path in pair}
    assert names == {"a.png.labels.tif", "pred.png"}
