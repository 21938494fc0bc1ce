from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from PIL import Image as PilImage

from napari_fncells.core.errors import ParameterError, UserError
from napari_fncells.core.params.patches import PatchParams, WeightParams
from napari_fncells.core.params.split import SplitParams
from napari_fncells.core.patches import cut_patches
from napari_fncells.io.exporters.base import GroundTruth
from napari_fncells.io.patches import PATCH_FORMS, plain_file, shards
from napari_fncells.io.patches.base import PatchRow
from napari_fncells.io.patches.index import SplitRow, read_splits, read_table
from napari_fncells.io.patches.manifest import PatchManifest, differences
from napari_fncells.io.proof import VerificationError
from napari_fncells.io.save_error import SaveError
from napari_fncells.session import patch_folder
from napari_fncells.session.patching import PatchJob, patch_steps, write_patches
from tests.truths import Kind, a_truth

FORMS = pytest.mark.parametrize("form", sorted(PATCH_FORMS))
KINDS = [
    Kind(),
    Kind(dtype="uint16"),
    Kind(dtype="uint16", channels=1),
    Kind(dtype="float32", channels=1),
    Kind(channels=2),
    Kind(dtype="float32", channels=4),
    Kind(shape=(40, 120)),
]


def a_set(number: int = 8) -> list[GroundTruth]:
    """Both sides of slices of several animals."""
    names = [f"Mar{20 + at // 2}bS1C1R1_LH{'lr'[at % 2]}_200x_y.png" for at in range(number)]
    return [a_truth(name, at) for at, name in enumerate(names)]


def job(form: str = "folders", **more: Any) -> PatchJob:
    params = PatchParams(size=48, overlap=8, weights=WeightParams())
    return PatchJob(**({"params": params, "form": form} | more))


def rows_of(folder: Path) -> list[PatchRow]:
    return read_table(PatchRow, folder / "patches.csv")


@FORMS
def test_every_patch_is_there_as_it_was(form: str, tmp_path: Path) -> None:
    truths = [a_truth(f"k{at}.tif", at, kind, ignored=True) for at, kind in enumerate(KINDS)]
    todo = job(form, split=SplitParams(by="image"))
    report = write_patches(truths, tmp_path / "out", todo)
    assert report.folder == tmp_path / "out"
    rows = rows_of(report.folder)
    reader = PATCH_FORMS[form].reader(report.folder)
    at = iter(rows)
    for truth in truths:
        pixels = truth.read_pixels().pixels
        for patch in cut_patches(truth.name, pixels, truth.labels, todo.params, truth.ignored):
            row = next(at)
            found = reader.read(row)
            assert (row.picture, row.top, row.left) == (truth.name, patch.box.top, patch.box.left)
            assert (row.cells, row.cut, row.dropped) == (patch.cells, patch.cut, patch.dropped)
            assert list(found) == ["image", "mask", "labels", "weights"]
            for name, array in patch.arrays.items():
                assert found[name].dtype == array.dtype
                np.testing.assert_array_equal(found[name], array)
    assert next(at, None) is None
    reader.close()
    assert differences(report.folder) == ()
    assert {row.split for row in rows} == {"train", "val", "test"}
    assert not [path for path in tmp_path.iterdir() if path.name != "out"]
    assert any("Ignored regions" in note for note in report.manifest.notes)
    assert any("smaller than a patch" in note for note in report.manifest.notes)


def test_folders_are_read_by_others(tmp_path: Path) -> None:
    write_patches(a_set(), tmp_path / "out", job(split=SplitParams(by="slice")))
    for row in rows_of(tmp_path / "out"):
        assert row.file == f"{row.split}/images/{row.patch}.png"
        place = tmp_path / "out" / row.split
        with PilImage.open(place / "images" / f"{row.patch}.png") as image:
            assert (image.mode, image.size) == ("RGB", (48, 48))
        mask = np.asarray(PilImage.open(place / "masks" / f"{row.patch}.png"))
        labels = np.asarray(PilImage.open(place / "labels" / f"{row.patch}.png"))
        weights = tifffile.imread(place / "weights" / f"{row.patch}.tif")
        assert set(np.unique(mask)) <= {0, 255}
        np.testing.assert_array_equal(mask > 0, labels > 0)
        assert labels.max() == row.cells
        assert weights.dtype == np.float32
        assert (weights[labels > 0] >= 1.5).all()


def test_npz_is_read_by_numpy_alone(tmp_path: Path) -> None:
    write_patches(a_set(), tmp_path / "out", job("npz", split=SplitParams(by="slice")))
    for row in rows_of(tmp_path / "out"):
        with np.load(tmp_path / "out" / row.split / f"{row.patch}.npz") as found:
            assert found["image"].shape == (48, 48, 3)
            assert found["labels"].max() == row.cells


def test_shards_are_read_by_webdataset(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    webdataset = pytest.importorskip("webdataset")
    monkeypatch.setattr(shards, "SHARD_BYTES", 100_000)
    write_patches(a_set(), tmp_path / "out", job("webdataset", split=SplitParams(by="slice")))
    rows = rows_of(tmp_path / "out")
    assert len({row.file for row in rows}) > 4  # several shards a split
    files = [str(tmp_path / "out" / name) for name in sorted({row.file for row in rows})]
    samples = {
        sample["__key__"]: sample
        for sample in webdataset.WebDataset(files, shardshuffle=False).decode("rgb8")
    }
    assert sorted(samples) == sorted(row.patch for row in rows)
    for row in rows:
        sample = samples[row.patch]
        assert sample["image.png"].shape == (48, 48, 3)
        assert sample["weights.npz"]["weights"].dtype == np.float32
        assert sample["json"]["picture"] == row.picture
        assert sample["json"]["cells"] == row.cells
        assert sample["__url__"].endswith(row.file)


@FORMS
def test_the_bytes_are_the_same_each_time(form: str, tmp_path: Path) -> None:
    first = write_patches(a_set(), tmp_path / "a", job(form))
    second = write_patches(a_set(), tmp_path / "b", job(form))
    assert first.manifest == second.manifest
    assert (tmp_path / "a" / "patches.json").read_bytes() == (
        tmp_path / "b" / "patches.json"
    ).read_bytes()


def test_the_report_counts(tmp_path: Path) -> None:
    report = write_patches(a_set(), tmp_path / "out", job())
    rows, manifest = rows_of(tmp_path / "out"), PatchManifest.of(tmp_path / "out")
    assert manifest == report.manifest
    assert manifest.patches == len(rows) == 8 * 9
    assert sum(facts.pictures for facts in manifest.splits.values()) == 8
    for name, facts in manifest.splits.items():
        here = [row for row in rows if row.split == name]
        assert (facts.patches, facts.cells) == (len(here), sum(row.cells for row in here))
        assert facts.empty == sum(row.cells == 0 for row in here)
    assert "72 patches" in report.sentence
    assert manifest.cut == sum(row.cut for row in rows) > 0
    written = read_table(SplitRow, tmp_path / "out" / "splits.csv")
    assert [row.patches for row in written] == [9] * 8
    assert all(len(row.sha256) == len(row.identity) == 64 for row in written)
    assert (
        json.loads((tmp_path / "out" / "patches.json").read_text())["params"]["patches"]["size"]
        == 48
    )


def test_slices_stay_together_and_an_earlier_division_too(tmp_path: Path) -> None:
    write_patches(a_set(8), tmp_path / "a", job(split=SplitParams(by="slice")))
    before = read_splits(tmp_path / "a")
    assert all(before[n] == before[n.replace("LHl", "LHr")] for n in before)
    more = job(split=SplitParams(by="slice", seed=5), earlier=before)
    write_patches(a_set(14), tmp_path / "b", more)
    after = read_splits(tmp_path / "b" / "splits.csv")
    assert {name: after[name] for name in before} == before
    assert len(after) == 14


def test_a_copy_under_another_name_stays_with_its_like(tmp_path: Path) -> None:
    truths = [*a_set(6), *(a_truth(f"copy{at}.png", at) for at in range(6))]
    write_patches(truths, tmp_path / "out", job(split=SplitParams(by="image")))
    splits = read_splits(tmp_path / "out")
    for at, truth in enumerate(truths[:6]):
        assert splits[truth.name] == splits[f"copy{at}.png"]


def test_copies_in_different_splits_are_refused(tmp_path: Path) -> None:
    truths = [a_truth("a.png", 1, split="train"), a_truth("b.png", 1, split="test")]
    with pytest.raises(UserError, match=r"Identical pictures .* b\.png in test and a\.png in tr"):
        write_patches(truths, tmp_path / "out", job(split=SplitParams(by="given")))
    assert not list(tmp_path.iterdir())


def test_equal_patches_of_unlike_pictures_are_refused(tmp_path: Path) -> None:
    first = a_truth("a.png", 1, split="train")
    pixels = first.read_pixels().pixels.copy()
    pixels[90:] = 0  # below the first row of patches
    second = a_truth("b.png", 2, split="test")
    object.__setattr__(second, "read_pixels", lambda: type(first.read_pixels())(pixels))
    with pytest.raises(UserError, match=r"b\.png in test and a\.png in train show the same"):
        write_patches([first, second], tmp_path / "out", job(split=SplitParams(by="given")))
    assert not list(tmp_path.iterdir())


def test_dark_patches_may_be_equal(tmp_path: Path) -> None:
    truths = []
    for name, split in (("a.png", "train"), ("b.png", "test")):
        truth = a_truth(name, len(truths), split=split)
        pixels = truth.read_pixels().pixels.copy()
        pixels[:50] = 3
        image = type(truth.read_pixels())(pixels)
        object.__setattr__(truth, "read_pixels", lambda image=image: image)
        truths.append(truth)
    report = write_patches(truths, tmp_path / "out", job(split=SplitParams(by="given")))
    assert report.manifest.splits["test"].patches == 9


def test_published_splits(tmp_path: Path) -> None:
    names = ["Mar19bS1C1R2_VLPAGr_200x_y.png", "Mar19bS1C1R3_VLPAGr_200x_y.png",
             "15.png", "20.png", "38_y.png"]  # fmt: skip
    truths = [a_truth(name, at) for at, name in enumerate(names)]
    todo = job(split=SplitParams(by="published", train=0.5, val=0.5))
    write_patches(truths, tmp_path / "out", todo)
    splits = read_splits(tmp_path / "out")
    assert [name for name, split in splits.items() if split == "test"] == [names[0], "20.png"]
    assert set(splits.values()) == {"train", "val", "test"}
    with pytest.raises(UserError, match=r"cell\.png is no picture of FNC v1"):
        write_patches([*truths, a_truth("cell.png", 9)], tmp_path / "b", todo)


def test_slices_in_several_splits_are_told(tmp_path: Path) -> None:
    report = write_patches(a_set(12), tmp_path / "out", job(split=SplitParams(by="image")))
    (note,) = [note for note in report.manifest.notes if "in several splits" in note]
    assert "slice" in note


def test_names_that_tell_nothing_are_told(tmp_path: Path) -> None:
    truths = [a_truth(f"{at}.png", at) for at in range(4)]
    report = write_patches(truths, tmp_path / "out", job(split=SplitParams(by="animal")))
    assert any("4 names tell no animal, 0.png" in note for note in report.manifest.notes)


def test_awkward_names(tmp_path: Path) -> None:
    names = [
        "section 1.5 µ.tif",
        "section 1_5 µ.png",
        '=1+1,"x".png',
        "a/b.png",
        "..png",
        "Ä\n.png",
    ]
    truths = [a_truth(name, at) for at, name in enumerate(names)]
    for form in PATCH_FORMS:
        write_patches(truths, tmp_path / form, job(form, split=SplitParams(by="image")))
        rows = rows_of(tmp_path / form)
        assert {row.picture for row in rows} == set(names)
        assert len({row.patch.casefold() for row in rows}) == len(rows)
        assert not any("." in row.patch or "/" in row.patch for row in rows)
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted(PATCH_FORMS)


@pytest.mark.parametrize(
    ("truths", "more", "said"),
    [
        ([], {}, "There are no pictures"),
        ([a_truth("a.png"), a_truth("a.png", 1)], {}, "Two pictures are called a.png"),
        ([a_truth("a.png")], {}, "only 1 animal for"),
        ([a_truth("a.png")], {"split": SplitParams(by="given")}, "have no split yet"),
        ([a_truth("a.png")], {"form": "zip"}, "cannot be written as 'zip'"),
        ([a_truth("a.png", kind=Kind(cells=0))],
         {"split": SplitParams(val=0, test=0), "params": PatchParams(empties=0)}, "none has a c"),
    ],
)  # fmt: skip
def test_what_cannot_be_done(
    truths: list[GroundTruth], more: dict[str, Any], said: str, tmp_path: Path
) -> None:
    with pytest.raises((UserError, ParameterError), match=said):
        write_patches(truths, tmp_path / "out", PatchJob(**more))
    assert not list(tmp_path.iterdir())


class Changing:
    """Pictures of which one changes between two looks at it."""

    def __init__(self) -> None:
        self.looks = 0

    def __iter__(self) -> Iterator[GroundTruth]:
        self.looks += 1
        yield from a_set(6)
        yield a_truth("Mar99bS1C1R1.png", 90 + self.looks)


def test_a_picture_that_changes_meanwhile(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"Mar99bS1C1R1\.png changed while"):
        write_patches(Changing(), tmp_path / "out", job())
    once = iter(a_set(6))
    with pytest.raises(UserError, match="Something changed while"):
        write_patches(once, tmp_path / "out", job())
    assert not list(tmp_path.iterdir())


@FORMS
def test_what_does_not_read_back_is_not_kept(
    form: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps = patch_steps(a_set(6), tmp_path / "out", job(form))
    for words in steps:
        if words.startswith("Reading back patch 1 "):
            break
    (new,) = [path for path in tmp_path.iterdir() if path.name.endswith("-new")]
    victim = next(iter(sorted(new.rglob("*.tar" if form == "webdataset" else "*_x00072.*"))))
    data = bytearray(victim.read_bytes())
    data[len(data) // 2] ^= 0xFF
    victim.write_bytes(data)
    with pytest.raises(VerificationError, match="does not read back"):
        list(steps)
    assert not list(tmp_path.iterdir())


@FORMS
def test_a_full_disk_leaves_the_last_good_set(
    form: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_patches(a_set(6), tmp_path / "out", job(form))
    before = {p: p.read_bytes() for p in (tmp_path / "out").rglob("*") if p.is_file()}
    real, files = plain_file.create, []

    def full(path: Path) -> Any:
        files.append(path)
        if len(files) == 3:
            raise OSError(28, "No space left on device")
        return real(path)

    monkeypatch.setattr(plain_file, "create", full)
    monkeypatch.setattr(shards, "create", full)
    with pytest.raises(SaveError, match="the disk is full"):
        write_patches(a_set(8), tmp_path / "out", job(form, replace=True))
    assert {p: p.read_bytes() for p in (tmp_path / "out").rglob("*") if p.is_file()} == before
    assert [p.name for p in tmp_path.iterdir()] == ["out"]


def test_a_disk_that_does_not_confirm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = write_patches(a_set(6), tmp_path / "out", job())

    def refuse(folder: Path) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(patch_folder, "confirm_all", refuse)
    with pytest.raises(SaveError, match="Input/output error"):
        write_patches(a_set(8), tmp_path / "out", job(replace=True))
    assert PatchManifest.of(tmp_path / "out") == first.manifest
    assert [p.name for p in tmp_path.iterdir()] == ["out"]


@pytest.mark.parametrize("last", ["Looking at", "Cutting", "Reading back", "Looking for leaks"])
def test_stopped_at_any_moment(last: str, tmp_path: Path) -> None:
    steps = patch_steps(a_set(6), tmp_path / "out", job())
    for words in steps:
        if words.startswith(last):
            break
    else:
        pytest.fail("it never came to that")
    steps.close()
    assert not list(tmp_path.iterdir())


def test_what_is_there_is_replaced_only_on_request(tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()  # an empty one is no loss
    write_patches(a_set(6), out, job())
    with pytest.raises(SaveError, match="replacing was not allowed"):
        write_patches(a_set(6), out, job())
    report = write_patches(a_set(8), out, job(replace=True))
    assert PatchManifest.of(out) == report.manifest
    (out / "notes.txt").write_text("mine")
    with pytest.raises(SaveError, match=r"is not as it was written.*notes\.txt was added"):
        write_patches(a_set(6), out, job(replace=True))
    (out / "notes.txt").unlink()
    (out / rows_of(out)[0].file).write_bytes(b"painted over")
    with pytest.raises(SaveError, match=r"was changed"):
        write_patches(a_set(6), out, job(replace=True))
    assert [p.name for p in tmp_path.iterdir()] == ["out"]


def test_foreign_folders_are_left_alone(tmp_path: Path) -> None:
    out = tmp_path / "pictures"
    out.mkdir()
    (out / "a.png").write_bytes(b"precious")
    with pytest.raises(SaveError, match="holds other files than patches"):
        write_patches(a_set(6), out, job(replace=True))
    (tmp_path / "file").write_text("x")
    with pytest.raises(SaveError, match="is a file"):
        write_patches(a_set(6), tmp_path / "file", job(replace=True))
    assert (out / "a.png").read_bytes() == b"precious"


def test_a_replacement_cut_short_is_put_back(tmp_path: Path) -> None:
    write_patches(a_set(6), tmp_path / "out", job())
    (tmp_path / "out").rename(tmp_path / ".out.fncells-patches-former")
    (tmp_path / ".out.fncells-patches-new").mkdir()
    with pytest.raises(SaveError, match="replacing was not allowed"):
        write_patches(a_set(6), tmp_path / "out", job())
    assert [p.name for p in tmp_path.iterdir()] == ["out"]
    assert differences(tmp_path / "out") == ()
