"""What napari reaches through the manifest: reader, writer, samples, commands."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from napari.components import ViewerModel
from napari.layers import Labels as LabelsLayer
from PIL import Image

from napari_fncells.core.contrast import brightened, contrast_limits
from napari_fncells.core.errors import UserError
from napari_fncells.io.exporters import EXPORTERS
from napari_fncells.io.images import ImageReadError
from napari_fncells.io.importers import Meaning, read_draft
from napari_fncells.io.samples import SAMPLES
from napari_fncells.io.save_error import SaveError
from napari_fncells.viewer import hooks
from napari_fncells.viewer.pictures import KEY
from napari_fncells.viewer.workspace import workspace_of
from tests.pictures import cell_picture, save_picture

pytestmark = pytest.mark.usefixtures("plugins")


def test_reader_takes_pictures_and_folders_alone(tmp_path: Path) -> None:
    assert hooks.get_reader(str(tmp_path / "notes.txt")) is None
    assert hooks.get_reader([str(tmp_path / "a.png")]) is None
    assert hooks.get_reader(str(tmp_path)) is None
    path = save_picture(tmp_path)
    assert hooks.get_reader(str(path)) is not None
    assert hooks.get_reader(str(tmp_path)) is not None


def test_a_dark_picture_is_visible_at_once(tmp_path: Path) -> None:
    path = save_picture(tmp_path)
    reader = hooks.get_reader(str(path))
    assert reader is not None
    [(data, meta, kind)] = reader(str(path))
    assert kind == "image"
    assert meta["rgb"]
    assert np.percentile(data.max(axis=-1), 99.9) > 240
    np.testing.assert_array_equal(meta["metadata"][KEY]["image"].pixels, cell_picture())


def test_a_16_bit_grey_picture_gets_contrast_limits(tmp_path: Path) -> None:
    path = tmp_path / "grey.tif"
    pixels = cell_picture()[..., 0].astype(np.uint16) * 40
    Image.fromarray(pixels).save(path)
    [(data, meta, _)] = hooks.get_reader(str(path))(str(path))
    np.testing.assert_array_equal(data, pixels)
    low, high = meta["contrast_limits"]
    assert pixels.min() <= low < high < pixels.max() + 1


@pytest.mark.parametrize("pixels", [np.zeros((9, 9), np.uint8), np.full((9, 9), 7.5)])
def test_contrast_limits_of_a_flat_picture(pixels: np.ndarray) -> None:
    low, high = contrast_limits(pixels)
    assert low < high


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
def test_brightening_keeps_the_order(dtype: type) -> None:
    pixels = np.zeros((1, 50, 3), dtype=dtype)
    pixels[0, :, 0] = np.arange(50)
    shown = brightened(pixels)
    assert shown.dtype == np.uint8
    assert (np.diff(shown[0, :, 0].astype(int)) >= 0).all()
    assert shown[0, 0, 0] == 0
    assert shown.max() == 255


def test_reading_garbage_is_one_clear_error(tmp_path: Path) -> None:
    path = tmp_path / "text.png"
    path.write_text("hello")
    with pytest.raises(ImageReadError, match=r"text\.png"):
        hooks.get_reader(str(path))(str(path))


def test_writer_writes_0_and_255(tmp_path: Path) -> None:
    labels = np.zeros((5, 6), np.uint16)
    labels[1:3, 1:3] = 300
    path = tmp_path / "mask.png"
    assert hooks.write_mask(str(path), labels, {}) == [str(path)]
    found = np.asarray(Image.open(path))
    assert found.dtype == np.uint8
    np.testing.assert_array_equal(found, np.where(labels, 255, 0))


def test_writer_keeps_the_earlier_mask(tmp_path: Path) -> None:
    path = tmp_path / "mask.png"
    first, second = np.zeros((5, 6), np.uint8), np.ones((5, 6), np.uint8)
    hooks.write_mask(str(path), first, {})
    hooks.write_mask(str(path), second, {})
    hooks.write_mask(str(path), first, {})
    kept = sorted(tmp_path.glob("mask.*-*.png"))
    assert len(kept) == 2
    assert {np.asarray(Image.open(p)).max() for p in kept} == {0, 255}
    assert np.asarray(Image.open(path)).max() == 0


def test_writer_never_replaces_a_picture(tmp_path: Path) -> None:
    path = save_picture(tmp_path)
    before = path.read_bytes()
    with pytest.raises(SaveError, match="is not replaced"):
        hooks.write_mask(str(path), np.ones((200, 240), np.uint8), {})
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("suffix", [".geojson", ".zip", ".xml", ".csv"])
def test_labels_save_in_other_formats_through_napari(suffix: str, tmp_path: Path) -> None:
    labels = np.zeros((25, 36), np.uint16)
    labels[1:13, 1:13], labels[13:19, 13:21] = 7, 300
    path = tmp_path / f"mask{suffix}"
    layer = LabelsLayer(labels)
    assert layer.save(str(path)) == [str(path)]
    first = path.read_bytes()
    found = read_draft(path, Meaning.BOXES, picture=("mask.png", labels.shape))
    assert len(np.unique(found.labels)) == 3
    if suffix in (".geojson", ".zip"):
        np.testing.assert_array_equal(found.labels > 0, labels > 0)
    layer.data = np.zeros_like(labels)
    layer.save(str(path))
    (kept,) = tmp_path.glob(f"mask.*-*{suffix}")
    assert kept.read_bytes() == first


def test_a_cell_that_does_not_read_back_is_not_saved(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    labels = np.zeros((5, 6), np.uint16)
    labels[1:3, 1:3] = 300
    exporter = EXPORTERS["qupath-geojson"]
    wrong = replace(exporter, encode=lambda *_: b"{}")
    monkeypatch.setitem(EXPORTERS, "qupath-geojson", wrong)
    with pytest.raises(SaveError):
        hooks.write_geojson(str(tmp_path / "mask.geojson"), labels, {})
    assert not list(tmp_path.iterdir())


def test_mask_layer_saves_as_binary_png_through_napari(tmp_path: Path) -> None:
    viewer = ViewerModel()
    viewer.add_image(cell_picture(), rgb=True)
    workspace = workspace_of(viewer)
    workspace.correction.fix_at(50, 60)
    layer = workspace.mask_layer
    assert layer is not None
    path = tmp_path / "saved.png"
    assert layer.save(str(path), plugin="napari-fncells") == [str(path)]
    np.testing.assert_array_equal(np.asarray(Image.open(path)) > 0, layer.data > 0)


def test_saving_tif_keeps_the_ids(tmp_path: Path) -> None:
    """Our lossy writer must not take the format that keeps instances."""
    import tifffile

    viewer = ViewerModel()
    viewer.add_image(cell_picture(), rgb=True)
    workspace = workspace_of(viewer)
    workspace.correction.fix_at(50, 60)
    workspace.correction.fix_at(60, 150)
    layer = workspace.mask_layer
    assert layer is not None
    [path] = layer.save(str(tmp_path / "saved.tif"))
    np.testing.assert_array_equal(tifffile.imread(path), layer.data)


@pytest.mark.parametrize("name", SAMPLES)
def test_each_sample_opens(name: str) -> None:
    [layer] = ViewerModel().open_sample("napari-fncells", name)
    assert layer.data.shape == (1200, 1600, 3)


def test_sample_with_draft_and_truth() -> None:
    viewer = ViewerModel()
    image, truth, draft = viewer.open_sample("napari-fncells", "draft_and_truth")
    assert truth.data.shape == draft.data.shape == image.data.shape[:2]
    assert not truth.visible
    assert draft.data.max() > 10
    assert (truth.data > 0).sum() != (draft.data > 0).sum()


def test_sample_folder_is_a_copy_one_can_work_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("napari_fncells.io.samples.user_data_path", lambda *_, **__: tmp_path)
    viewer = ViewerModel()
    workspace = workspace_of(viewer)
    viewer.open_sample("napari-fncells", "five")
    assert sorted(p.name for p in workspace.pictures) == sorted(f"{n}.png" for n in SAMPLES)
    assert all(p.path is not None and tmp_path in p.path.parents for p in workspace.pictures)


def test_menu_commands_work_without_a_window() -> None:
    viewer = ViewerModel()
    viewer.add_image(cell_picture(), rgb=True)
    hooks.draft_mask(viewer)
    workspace = workspace_of(viewer)
    assert workspace.session is not None
    cells = workspace.session.document.counts.final
    assert cells >= 3
    hooks.undo_correction(viewer)
    assert workspace.session.document.counts.final == 0
    hooks.redo_correction(viewer)
    assert workspace.session.document.counts.final == cells


def test_correcting_a_layer_of_another_kind_is_refused() -> None:
    viewer = ViewerModel()
    viewer.add_image(cell_picture(), rgb=True)
    with pytest.raises(UserError, match="no labels layer"):
        hooks.correct_labels(viewer)


def test_correcting_a_labels_layer() -> None:
    viewer = ViewerModel()
    viewer.add_image(cell_picture(), rgb=True)
    labels = np.zeros((200, 240), np.int64)
    labels[20:40, 20:40] = 9
    viewer.add_labels(labels, name="by another program")
    hooks.correct_labels(viewer)
    session = workspace_of(viewer).session
    assert session is not None
    assert session.document.counts.untouched == 1
    assert session.draft_in_force is not None
    assert session.draft_in_force.change.details["method"] == "by another program"
