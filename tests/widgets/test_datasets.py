"""A data set from the menu: the dialog by real clicks, a server on this machine."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from filelock import FileLock, Timeout
from napari.components import ViewerModel
from qtpy.QtCore import Qt
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QApplication, QFileDialog

from napari_fncells.core.errors import UserError
from napari_fncells.core.steps import finish
from napari_fncells.io.datasets import PUBLISHED, Published, default_folder
from napari_fncells.io.datasets.fetch import part_size, take
from napari_fncells.io.images import Image
from napari_fncells.viewer import truth as viewer_truth
from napari_fncells.viewer.workspace import workspace_of
from napari_fncells.widgets.dataset_dialog import DatasetDialog
from tests.io.datasets.archives import V1_NAMES, v1_files, v2_files, write_folder, write_zip
from tests.io.datasets.conftest import served, small  # noqa: F401
from tests.io.datasets.server import Served
from tests.widgets.conftest import Desk

Publish = Callable[..., Published]

V1 = "Fluorescent Neuronal Cells v1 (download, 414 MB)"
GREEN = "Fluorescent Neuronal Cells v2, green (download)"


def choose(desk: Desk, title: str = V1) -> None:
    desk.pilot.choose(("File", "Open Sample", "Fluorescent cells", title))


def dialog_of(desk: Desk) -> DatasetDialog:
    found = [d for d in desk.pilot.window.findChildren(DatasetDialog) if d.isVisible()]
    assert len(found) == 1
    return found[0]


def wait_for_pictures(desk: Desk) -> None:
    desk.pilot.wait_until(lambda: desk.workspace.current is not None, "the pictures")
    desk.idle()
    QApplication.processEvents()


def test_a_data_set_from_the_menu(
    desk: Desk,
    small: Publish,  # noqa: F811
    served: Served,  # noqa: F811
    capture_notifications: list[str],
) -> None:
    small("v1")
    choose(desk)
    dialog = dialog_of(desk)
    texts = " ".join(label.text() for label in dialog.findChildren(type(dialog.told)))
    for said in ("CC BY-SA 4.0", "414 MB", "c-ResUnet", "3 test", "5 with ground truth"):
        assert said in texts
    assert served.requests == []
    assert desk.workspace.current is None
    desk.pilot.press(dialog.download)
    wait_for_pictures(desk)
    assert not dialog_is_open(desk)
    folder = default_folder() / "fnc-v1" / "all_images" / "images"
    assert [p.path for p in desk.workspace.pictures] == [folder / n for n in sorted_names()]
    assert desk.workspace.truth.layer is not None
    assert desk.viewer.layers.selection.active is not desk.workspace.truth.layer
    assert capture_notifications == [
        "Fluorescent Neuronal Cells v1: 5 pictures (2 trainval, 3 test), 5 with ground truth."
    ]
    # Here now: it opens at once
    desk.workspace.navigation.step(1)
    desk.idle()
    choose(desk)
    assert not dialog_is_open(desk)
    desk.idle()
    assert desk.workspace.current is desk.workspace.pictures[1], "where one stopped"
    assert served.requests == [""]


def sorted_names() -> list[str]:
    return [V1_NAMES[0], V1_NAMES[1], V1_NAMES[2], V1_NAMES[3], V1_NAMES[4]]


def dialog_is_open(desk: Desk) -> bool:
    return any(d.isVisible() for d in desk.pilot.window.findChildren(DatasetDialog))


def test_stop_and_go_on(desk: Desk, small: Publish, served: Served) -> None:  # noqa: F811
    which = small("v1")
    served.gate = threading.Event()
    choose(desk)
    dialog = dialog_of(desk)
    desk.pilot.press(dialog.download)
    desk.pilot.wait_until(lambda: "Downloading: " in dialog.told.text(), "the download")
    assert not dialog.download.isEnabled()
    assert dialog.cancel.text() == "Stop"
    assert dialog.bar.value() > 0
    QTest.keyClick(dialog, Qt.Key.Key_Escape)
    desk.pilot.settle()
    assert dialog.isVisible()
    assert "kept" in dialog.told.text()
    assert dialog.download.text().startswith("Go on (")
    came = part_size(which, default_folder())
    assert came > 0
    desk.pilot.wait_until(lambda: not is_locked(which), "the end of the job")
    served.gate.set()
    served.gate = None
    desk.pilot.press(dialog.download)
    wait_for_pictures(desk)
    assert served.requests[-1] == f"bytes={came}-"
    assert len(desk.workspace.pictures) == 5


def is_locked(which: Published) -> bool:
    lock = FileLock(default_folder() / f"{which.key}.lock", timeout=0)
    try:
        lock.acquire()
    except Timeout:
        return True
    lock.release()
    return False


def threads_of_downloads() -> list[threading.Thread]:
    return [t for t in threading.enumerate() if t.name == "fncells download"]


def test_closing_the_window_stops_it(desk: Desk, small: Publish, served: Served) -> None:  # noqa: F811
    small("v1")
    served.gate = threading.Event()
    choose(desk)
    dialog = dialog_of(desk)
    desk.pilot.press(dialog.download)
    desk.pilot.wait_until(lambda: "Downloading: " in dialog.told.text(), "the download")
    dialog.close()
    desk.pilot.settle()
    served.gate.set()
    desk.pilot.wait_until(lambda: not threads_of_downloads(), "the end of the download")
    assert desk.workspace.current is None


def test_a_server_that_refuses_is_told_in_the_dialog(
    desk: Desk,
    small: Publish,  # noqa: F811
    served: Served,  # noqa: F811
) -> None:
    small("v1")
    served.status = 404
    choose(desk)
    dialog = dialog_of(desk)
    desk.pilot.press(dialog.download)
    desk.pilot.wait_until(lambda: "404" in dialog.told.text(), "the error")
    assert "I have the zip" in dialog.told.text()
    assert dialog.download.isEnabled()
    desk.pilot.press(dialog.cancel)
    assert not dialog_is_open(desk)


def test_a_zip_one_has(
    desk: Desk,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capture_notifications: list[str],
) -> None:
    archive = write_zip(tmp_path / "green.zip", v2_files("green"))
    place = tmp_path / "place"
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(archive), ""))
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(place))
    choose(desk, GREEN)
    dialog = dialog_of(desk)
    dialog.folder.clear()
    assert dialog.chosen_folder == default_folder()
    desk.pilot.press(dialog.browse)
    assert dialog.chosen_folder == place
    dialog.have.menu().actions()[0].trigger()
    wait_for_pictures(desk)
    root = place / "fnc-v2-green" / "green"
    assert [p.path for p in desk.workspace.pictures] == [
        root / part
        for part in (
            "trainval/images/2.png",
            "trainval/images/10.png",
            "test/images/3.png",
            "unlabelled/images/4.png",
            "unlabelled/images/5.png",
        )
    ]
    assert "1 mask without picture in trainval, left aside: 128.png." in capture_notifications[0]


def test_a_folder_one_has_and_its_ground_truth(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = write_folder(tmp_path / "mine", v1_files())
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(source))
    choose(desk)
    dialog_of(desk).have.menu().actions()[1].trigger()
    wait_for_pictures(desk)
    truth = desk.workspace.truth
    assert truth.layer.name == "ground truth"
    # Rims of two cells of 21 x 20 and 20 x 20 px, 3 px wide
    assert truth.truth.cells == 2
    assert truth.layer.data.sum() == (21 * 20 - 15 * 14) + (20 * 20 - 14 * 14)
    assert truth.layer.visible
    assert "grey values" in desk.widget.correct.message.text()
    before = truth.layer.data.copy()
    truth.layer.editable = True
    truth.layer.paint((0, 0), 5)
    np.testing.assert_array_equal(truth.layer.data, before)
    # Drafting and correcting leave it alone, and it stays beneath the mask
    desk.draft()
    assert desk.workspace.mask_layer is not None
    layers = list(desk.viewer.layers)
    assert layers.index(truth.layer) < layers.index(desk.workspace.mask_layer)
    desk.pilot.key(Qt.Key.Key_Y)
    assert not truth.layer.visible
    desk.workspace.navigation.step(1)
    desk.idle()
    assert not truth.layer.visible
    desk.pilot.key(Qt.Key.Key_Y)
    assert truth.layer.visible
    assert truth.truth.path.name == V1_NAMES[1]


def test_a_wrong_folder_is_told(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_folder(tmp_path, v2_files("red"))
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(tmp_path))
    choose(desk)
    dialog = dialog_of(desk)
    dialog.have.menu().actions()[1].trigger()
    desk.pilot.wait_until(lambda: "not Fluorescent" in dialog.told.text(), "the error")
    assert PUBLISHED["v2-red"].title in dialog.told.text()
    dialog.close()
    desk.pilot.settle()


def test_without_a_window(tmp_path: Path, plugins: None) -> None:
    with pytest.raises(UserError, match="fncells fetch v1"):
        ViewerModel().open_sample("napari-fncells", "v1")
    finish(take(PUBLISHED["v1"], write_folder(tmp_path / "x", v1_files()), tmp_path))
    viewer = ViewerModel()
    workspace = workspace_of(viewer)
    [layer] = viewer.open_sample("napari-fncells", "v1")
    assert layer.data.shape == (200, 240, 3)
    assert len(workspace.pictures) == 5
    assert [layer.name for layer in viewer.layers] == ["37_y (brightened)", "ground truth"]


def test_the_queue_offers_the_data_sets(desk: Desk, tmp_path: Path) -> None:
    _, widget = desk.viewer.window.add_plugin_dock_widget("napari-fncells", "Picture queue")
    assert widget.datasets.isEnabled(), "before any folder is open"
    titles = [action.text() for action in widget.datasets.menu().actions()]
    assert titles == [which.title for which in PUBLISHED.values()]
    widget.datasets.menu().actions()[0].trigger()
    desk.pilot.settle()
    (dialog,) = desk.pilot.window.findChildren(DatasetDialog)
    assert dialog.isVisible()
    dialog.close()


def test_ground_truth_is_read_away_from_the_window(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_folder(tmp_path, v1_files())
    threads: list[str] = []
    real = viewer_truth.load_truth

    def watched(image: Image) -> object:
        threads.append(threading.current_thread().name)
        return real(image)

    monkeypatch.setattr(viewer_truth, "load_truth", watched)
    desk.workspace.open_folder(tmp_path / "all_images" / "images", given=False)
    truth = desk.workspace.truth
    desk.pilot.wait_until(lambda: truth.layer is not None and truth.layer.visible, "the truth")
    assert threads
    assert threading.main_thread().name not in threads
