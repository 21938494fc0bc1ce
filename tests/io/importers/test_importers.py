"""Drafts of other programs: what each file is taken for, and what is refused."""

from __future__ import annotations

import hashlib
import os
import pickle
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image as PilImage
from scipy import ndimage as ndi

from napari_fncells.io.images import ImageReadError, ReadCode, read_image
from napari_fncells.io.importers import DRAFT_SUFFIXES, IMPORTERS, Meaning, read_draft
from napari_fncells.io.importers.content import meaning_of
from tests.pictures import cell_picture, save_picture

Array = np.ndarray[Any, Any]
SHAPE = (60, 80)
CENTRES = ((15, 15), (20, 60), (45, 35))


def discs() -> Array:
    y, x = np.mgrid[: SHAPE[0], : SHAPE[1]]
    return np.any([np.hypot(y - cy, x - cx) < 9 for cy, cx in CENTRES], axis=0)


def labels(dtype: Any = np.uint16) -> Array:
    """The same cells, numbered, with another that touches the first."""
    numbered, _ = ndi.label(discs())
    numbered[10:20, 24:30] = 9
    return numbered.astype(dtype)


def probability() -> Array:
    """Sure inside and outside, in doubt on the rims."""
    inside = ndi.distance_transform_edt(discs()) - ndi.distance_transform_edt(~discs())
    return (1 / (1 + np.exp(-1.2 * inside))).astype(np.float32)


def write(path: Path, values: Array) -> Path:
    if path.suffix == ".npy":
        np.save(path, values)
    elif path.suffix == ".npz":
        np.savez_compressed(path, values)
    elif path.suffix == ".tif":
        tifffile.imwrite(path, values)
    else:
        PilImage.fromarray(values).save(path)
    return path


LABELS = [
    (suffix, dtype)
    for suffix in (".png", ".tif", ".npy", ".npz")
    for dtype in ("uint8", "uint16", "uint32", "int32", "int64", "float32")
    if suffix != ".png" or dtype in ("uint8", "uint16")
    if suffix != ".tif" or dtype != "int64"
]


@pytest.mark.parametrize(("suffix", "dtype"), LABELS)
def test_labels(tmp_path: Path, suffix: str, dtype: str) -> None:
    path = write(tmp_path / f"x{suffix}", labels(dtype))
    found = read_draft(path)
    assert (found.meaning, found.kind, found.shape) == (Meaning.LABELS, "labels", SHAPE)
    assert found.labels is not None
    assert found.labels.dtype == np.uint16
    np.testing.assert_array_equal(found.labels, labels())
    assert found.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert found.source["file"] == path.name


def test_imagej_labels(tmp_path: Path) -> None:
    path = tmp_path / "x.tif"
    tifffile.imwrite(path, labels(np.float32), imagej=True)
    np.testing.assert_array_equal(read_draft(path).labels, labels())


def test_more_labels_than_16_bit(tmp_path: Path) -> None:
    many = np.arange(300 * 300, dtype=np.uint32).reshape(300, 300).repeat(3, 0).repeat(3, 1)
    found = read_draft(write(tmp_path / "x.tif", many))
    assert found.labels is not None
    assert found.labels.dtype == np.uint32


MASKS: dict[str, Array] = {
    "0/255.png": discs().astype(np.uint8) * 255,
    "0/1.png": discs().astype(np.uint8),
    "0/65535.png": discs().astype(np.uint16) * 65535,
    "bool.png": discs(),
    "bool.npy": discs(),
    "float.npy": discs().astype(np.float64),
    "float.tif": discs().astype(np.float32),
    "grey edges.png": np.rint(ndi.gaussian_filter(discs() * 255.0, 0.5)).astype(np.uint8),
    "one colour.png": np.stack([discs().astype(np.uint8) * v for v in (0, 255, 200)], axis=2),
    "classes 1 and 2.tif": discs().astype(np.uint8) + 1,
    "classes 2 and 1.tif": 2 - discs().astype(np.uint8),
}


@pytest.mark.parametrize("name", MASKS)
def test_masks(tmp_path: Path, name: str) -> None:
    found = read_draft(write(tmp_path / name.replace("/", "_"), MASKS[name]))
    assert found.meaning is Meaning.MASK
    assert found.labels is not None
    assert found.labels.max() == 3
    if name == "grey edges.png":
        assert (found.labels > 0)[discs()].all()
    else:
        np.testing.assert_array_equal(found.labels > 0, discs())
    assert any("3 separate parts became 3 cells" in note for note in found.notes)


def test_parts_that_touch_at_a_corner_are_one_cell(tmp_path: Path) -> None:
    mask = np.zeros((9, 9), np.uint8)
    mask[2:4, 2:4] = mask[4:6, 4:6] = 255
    found = read_draft(write(tmp_path / "x.png", mask))
    assert found.labels is not None
    assert found.labels.max() == 1


def test_a_jpeg_mask(tmp_path: Path) -> None:
    path = tmp_path / "x.jpg"
    PilImage.fromarray(discs().astype(np.uint8) * 255).save(path, quality=60)
    found = read_draft(path)
    assert found.labels is not None
    assert found.labels.max() == 3
    save_picture(tmp_path, "photo.jpg")
    with pytest.raises(ImageReadError, match=r"photo\.jpg"):
        read_draft(tmp_path / "photo.jpg")


def test_an_empty_mask_is_a_draft_without_cells(tmp_path: Path) -> None:
    found = read_draft(write(tmp_path / "x.png", np.zeros(SHAPE, np.uint8)))
    assert found.labels is not None
    assert not found.labels.any()


PROBABILITIES: dict[str, tuple[Array, float]] = {
    "float.npy": (probability(), 1e-7),
    "double.npy": (probability().astype(np.float64), 1e-7),
    "half.npy": (probability().astype(np.float16), 1e-3),
    "big-endian.npy": (probability().astype(">f4"), 1e-7),
    "columns.npy": (np.asfortranarray(probability()), 1e-7),
    "float.npz": (probability(), 1e-7),
    "float.tif": (probability(), 1e-7),
    "one channel.npy": (probability()[..., None], 1e-7),
    "one plane.npy": (probability()[None], 1e-7),
    "8 bit.png": (np.rint(probability() * 255).astype(np.uint8), 1 / 255),
    "8 bit.tif": (np.rint(probability() * 255).astype(np.uint8), 1 / 255),
    "8 bit.npy": (np.rint(probability() * 255).astype(np.uint8), 1 / 255),
    "16 bit.png": (np.rint(probability() * 65535).astype(np.uint16), 1 / 65535),
    "16 bit.tif": (np.rint(probability() * 65535).astype(np.uint16), 1 / 65535),
}


@pytest.mark.parametrize("name", PROBABILITIES)
def test_probabilities(tmp_path: Path, name: str) -> None:
    values, tolerance = PROBABILITIES[name]
    # Softer rims than those of a mask drawn smoothly
    found = read_draft(write(tmp_path / name, values), Meaning.PROBABILITY)
    assert (found.kind, found.shape) == ("score", SHAPE)
    assert found.score is not None
    assert found.score.meaning == "probability"
    assert found.score.values.dtype == np.float32
    np.testing.assert_allclose(found.score.values, probability(), atol=tolerance)
    if "bit" in name:
        assert any("is 1." in note for note in found.notes)
    elif "half" not in name:
        assert read_draft(tmp_path / name).meaning is Meaning.PROBABILITY


def soft(dtype: Any, full: int) -> Array:
    """Probabilities of a network that is in doubt far from the rims."""
    inside = ndi.distance_transform_edt(discs()) - ndi.distance_transform_edt(~discs())
    return np.rint(full / (1 + np.exp(-0.5 * inside))).astype(dtype)


@pytest.mark.parametrize(("dtype", "full"), [(np.uint8, 255), (np.uint16, 65535)])
def test_whole_numbers_that_change_gradually_are_probabilities(
    tmp_path: Path, dtype: Any, full: int
) -> None:
    found = read_draft(write(tmp_path / "x.tif", soft(dtype, full)))
    assert found.meaning is Meaning.PROBABILITY
    assert found.score is not None
    assert any(f"{full} is 1" in note for note in found.notes)
    np.testing.assert_allclose(found.score.values * full, soft(dtype, full), atol=0.01)


OPEN: dict[str, Array] = {
    "a grey photograph": cell_picture()[..., 0],
    "per cent": np.rint(soft(np.uint8, 255) / 2.55).astype(np.uint8),
    "8 bit in 16": soft(np.uint16, 255),
    "32 bit": soft(np.int32, 255),
    "floats to 255": soft(np.float32, 255),
    "logits": (probability() * 12 - 6),
    "fractions to 100": probability() * 99.5,
    "negative labels": labels(np.int32) - 1,
    "three classes": discs().astype(np.uint8) + np.roll(discs(), 9, 1).astype(np.uint8),
}


@pytest.mark.parametrize("name", OPEN)
def test_what_could_be_several_things_is_asked_for(tmp_path: Path, name: str) -> None:
    values = OPEN[name]
    if name == "three classes":
        values = values + np.tile(np.eye(2, dtype=np.uint8), (30, 40)) * 3
    with pytest.raises(ImageReadError) as caught:
        read_draft(write(tmp_path / "x.npy", values))
    assert caught.value.remedy
    assert "x.npy" in caught.value.sentence


def test_16_bit_noise_is_not_taken_for_labels(tmp_path: Path) -> None:
    """Each pixel has a number of its own there, as if it were a cell."""
    noise = np.random.default_rng(3).permutation(60 * 80).reshape(SHAPE).astype(np.uint16) * 3
    with pytest.raises(ImageReadError, match="several things"):
        read_draft(write(tmp_path / "x.tif", noise))


def test_the_user_says_what_it_is(tmp_path: Path) -> None:
    path = write(tmp_path / "x.tif", soft(np.uint8, 255))
    assert read_draft(path, Meaning.PROBABILITY).kind == "score"
    as_labels, as_mask = read_draft(path, Meaning.LABELS), read_draft(path, Meaning.MASK)
    assert as_labels.labels is not None
    np.testing.assert_array_equal(as_labels.labels, soft(np.uint16, 255))
    assert as_mask.labels is not None
    np.testing.assert_array_equal(as_mask.labels > 0, soft(np.uint8, 255) > 0)
    with pytest.raises(ImageReadError, match="not probabilities"):
        read_draft(write(tmp_path / "y.tif", labels(np.float32)), Meaning.PROBABILITY)
    with pytest.raises(ImageReadError, match="fractions"):
        read_draft(write(tmp_path / "z.npy", probability()), Meaning.LABELS)


def test_probabilities_with_holes(tmp_path: Path) -> None:
    values = probability()
    values[3, 4], values[5, 6] = np.nan, np.inf
    found = read_draft(write(tmp_path / "x.npy", values))
    assert found.score is not None
    assert found.score.values[3, 4] == found.score.values[5, 6] == 0
    assert any("2 pixels" in note for note in found.notes)
    labelled = labels(np.float32)
    labelled[0, 0] = np.nan
    with pytest.raises(ImageReadError):
        read_draft(write(tmp_path / "y.npy", labelled))


@given(st.integers(0, 2**32), st.sampled_from([np.uint8, np.uint16, np.int32]))
@settings(deadline=None, max_examples=40)
def test_labels_are_never_taken_for_probabilities(seed: int, dtype: Any) -> None:
    """Whatever their number, sizes and ids, and where they touch."""
    rng = np.random.default_rng(seed)
    drawn = np.zeros((80, 80), dtype)
    top = min(np.iinfo(dtype).max, 70_000)
    for cell in rng.choice(np.arange(1, top + 1), rng.integers(2, 60), replace=False):
        row, column = rng.integers(0, 70, 2)
        drawn[row : row + rng.integers(2, 12), column : column + rng.integers(2, 12)] = cell
    # A cell drawn over may be left in pieces: then it may be asked for, but not misread
    assert meaning_of(drawn) is not Meaning.PROBABILITY


def test_real_masks_are_masks_and_real_pictures_are_refused(real_data: Path) -> None:
    files = [*real_data.glob("fnc/*.png"), *real_data.glob("deepflash/*.png")]
    assert len(files) > 30
    for path in files:
        if path.stem.endswith("_mask"):
            assert read_draft(path).meaning is Meaning.MASK
        else:
            with pytest.raises(ImageReadError):
                read_draft(path)


# -- numpy files -------------------------------------------------------------------------------


def test_archives_of_several_arrays_are_refused_by_name(tmp_path: Path) -> None:
    path = tmp_path / "x.npz"
    np.savez(path, masks=labels(), outlines=labels())
    with pytest.raises(ImageReadError, match=r"masks\.npy, outlines\.npy") as caught:
        read_draft(path)
    assert caught.value.code is ReadCode.AMBIGUOUS


@pytest.mark.parametrize("suffix", [".npy", ".npz"])
def test_broken_numpy_files(tmp_path: Path, suffix: str) -> None:
    whole = write(tmp_path / f"x{suffix}", labels()).read_bytes()
    for length in (0, 3, 6, 9, 60, 128, len(whole) // 2, len(whole) - 1):
        path = tmp_path / f"cut{suffix}"
        path.write_bytes(whole[:length])
        with pytest.raises(ImageReadError):
            read_draft(path)


def header(shape: str, descr: str = "'<u2'") -> bytes:
    text = f"{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}, }}".ljust(117) + "\n"
    return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text.encode()


@pytest.mark.parametrize(
    "data",
    [
        header("(1000000, 1000000)") + bytes(100),
        header("(99999999999999999999, 2)"),
        header("(10, 10)"),
        header("(0, 10)"),
        header("(-4, -4)") + bytes(32),
        header("(4, 4)", "'<c16'") + bytes(256),
        header("(4, 4)", "'<U3'") + bytes(192),
        header("(4, 4)", "[('a', '<u2')]") + bytes(32),
        header("(4, 4)", "'|V2'") + bytes(32),
        header("(4,)") + bytes(8),
        header("(2, 3, 4, 5)") + bytes(240),
        header("(4, 4, __import__('os'))") + bytes(32),
        b"\x93NUMPY\x09\x00" + bytes(100),
    ],
)
def test_hostile_headers(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "x.npy"
    path.write_bytes(data)
    with pytest.raises(ImageReadError, match=r"x\.npy"):
        read_draft(path)


def test_a_zip_bomb(tmp_path: Path) -> None:
    path = tmp_path / "x.npz"
    with (
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("a.npy", "w", force_zip64=True) as member,
    ):
        member.write(header("(100000, 100000)"))
        for _ in range(50):
            member.write(bytes(1 << 20))
    with pytest.raises(ImageReadError) as caught:
        read_draft(path)
    assert caught.value.code is ReadCode.TOO_LARGE


def test_several_planes_are_refused(tmp_path: Path) -> None:
    both = np.stack([1 - probability(), probability()])
    with pytest.raises(ImageReadError):
        read_draft(write(tmp_path / "x.npy", both))
    with pytest.raises(ImageReadError):
        read_draft(write(tmp_path / "y.npy", np.moveaxis(both, 0, -1)))


# -- Cellpose ----------------------------------------------------------------------------------


def cellpose(**changes: Any) -> dict[str, Any]:
    """What Cellpose writes."""
    logit = np.log(probability() / (1 - probability().astype(np.float64) + 1e-9))
    flows = np.concatenate([np.zeros((2, *SHAPE)), logit[None]]).astype(np.float32)
    shown = (probability() * 255).astype(np.uint8)[None]
    return {
        "outlines": labels(),
        "masks": labels(),
        "chan_choose": [0, 0],
        "ismanual": np.zeros(4, bool),
        "filename": "/somewhere/else/../../etc/cells.tif",
        "flows": [np.zeros((1, *SHAPE, 3), np.uint8), shown, shown, [], flows],
        "model_path": Path("models/cyto3"),
        "diameter": np.nan,
        "normalize_params": {"lowhigh": None, "percentile": [1.0, 99.0]},
    } | changes


def save_seg(path: Path, content: Any) -> Path:
    np.save(path, content, allow_pickle=True)
    return path


def test_cellpose_masks(tmp_path: Path) -> None:
    path = save_seg(tmp_path / "cells_seg.npy", cellpose())
    found = read_draft(path)
    assert (found.program, found.meaning) == ("Cellpose _seg.npy", Meaning.LABELS)
    np.testing.assert_array_equal(found.labels, labels())
    assert found.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


def test_a_single_cell_of_cellpose_in_two_pieces_stays_one(tmp_path: Path) -> None:
    masks = np.zeros(SHAPE, np.uint16)
    masks[5:10, 5:10] = masks[30:35, 30:35] = 1
    found = read_draft(save_seg(tmp_path / "x_seg.npy", cellpose(masks=masks[None])))
    np.testing.assert_array_equal(found.labels, masks)


def test_cellpose_probability(tmp_path: Path) -> None:
    path = save_seg(tmp_path / "cells_seg.npy", cellpose())
    found = read_draft(path, Meaning.PROBABILITY)
    assert found.score is not None
    np.testing.assert_allclose(found.score.values, probability(), atol=1e-4)


@pytest.mark.parametrize(
    ("content", "meaning"),
    [
        (cellpose(masks=np.zeros((4, *SHAPE), np.uint16)), None),
        (cellpose(masks=None), None),
        (cellpose(masks=probability()), None),
        ({"flows": []}, None),
        ([1, 2], None),
        (cellpose(flows=[]), Meaning.PROBABILITY),
        (cellpose(flows=[0, 1, 2, 3, np.zeros((3, 5, 5), np.float32)]), Meaning.PROBABILITY),
    ],
)
def test_other_dictionaries_are_refused(
    tmp_path: Path, content: Any, meaning: Meaning | None
) -> None:
    path = tmp_path / "x_seg.npy"
    array = np.empty((), dtype=object)
    array[()] = content
    np.save(path, array, allow_pickle=True)
    with pytest.raises(ImageReadError, match=r"x_seg\.npy"):
        read_draft(path, meaning)


class _Harm:
    def __init__(self, trap: Path) -> None:
        self.trap = trap

    def __reduce__(self) -> Any:
        return os.system, (f"touch '{self.trap}'",)


@pytest.mark.parametrize("name", ["x_seg.npy", "x.npy", "x.npz", "x.tif"])
def test_a_seg_file_runs_nothing(tmp_path: Path, name: str) -> None:
    trap = tmp_path / "trap"
    seg = save_seg(tmp_path / "made.npy", cellpose(extra=_Harm(trap))).read_bytes()
    path = tmp_path / name
    if name.endswith("z"):
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("masks.npy", seg)
    else:
        path.write_bytes(seg)
    for meaning in (None, *Meaning):
        with pytest.raises(ImageReadError):
            read_draft(path, meaning)
    (tmp_path / "raw.npy").write_bytes(pickle.dumps(_Harm(trap)))
    with pytest.raises(ImageReadError):
        read_draft(tmp_path / "raw.npy")
    assert not trap.exists()


# -- the registry ------------------------------------------------------------------------------


def test_the_registry() -> None:
    assert list(IMPORTERS) == ["cellpose", "numpy", "picture"]
    assert {".npy", ".npz", ".png", ".tif"} <= set(DRAFT_SUFFIXES)


@pytest.mark.parametrize("name", ["gone.npy", "gone.png", "gone.npz", "x.txt", "folder.npy"])
def test_what_is_no_draft(tmp_path: Path, name: str) -> None:
    (tmp_path / "x.txt").write_text("no draft")
    (tmp_path / "folder.npy").mkdir()
    with pytest.raises(ImageReadError, match=name.replace(".", r"\.")):
        read_draft(tmp_path / name)


def test_inputs_are_not_changed(tmp_path: Path) -> None:
    path = write(tmp_path / "x.png", labels())
    before = path.read_bytes(), path.stat().st_mtime_ns
    read_draft(path)
    assert (path.read_bytes(), path.stat().st_mtime_ns) == before
    assert read_image(path).sha256 == read_draft(path).sha256
