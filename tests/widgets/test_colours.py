"""What the colours of cells tell, chosen in the view panel, live while one corrects."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from qtpy.QtCore import Qt
from qtpy.QtTest import QTest

from napari_fncells.core.errors import UserError
from napari_fncells.core.state_codes import CLASSES
from napari_fncells.io.images import read_image
from napari_fncells.session.image import ImageSession
from napari_fncells.session.keeping import Keeper
from napari_fncells.viewer import colours
from tests.pictures import CELLS, SHAPE, save_picture
from tests.widgets.conftest import Desk


def disc(row: int, column: int, radius: int) -> np.ndarray:
    rows, columns = np.ogrid[: SHAPE[0], : SHAPE[1]]
    return (rows - row) ** 2 + (columns - column) ** 2 <= radius**2


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A data set of one picture; its truth lacks the first cell, and has the dim one."""
    images, masks = tmp_path / "all_images" / "images", tmp_path / "all_masks" / "masks"
    for place in (images, masks):
        place.mkdir(parents=True)
    save_picture(images, "a.png")
    truth = np.zeros(SHAPE, np.uint8)
    for row, column, radius, _ in CELLS[1:]:
        truth[disc(row, column, radius)] = 255
    Image.fromarray(truth).save(masks / "a.png")
    return images


def choose(desk: Desk, name: str) -> None:
    """Go down the list of choices by the keyboard to one of them."""
    panel = desk.widget.view
    for _ in range(panel.colours.count()):
        if panel.colours.currentData() == name:
            return
        QTest.keyClick(panel.colours, Qt.Key.Key_Down)
        desk.idle()
    assert panel.colours.currentData() == name


def code(desk: Desk, row: int, column: int) -> int:
    return int(desk.workspace.overlay.layer.data[row, column])


def counts(desk: Desk) -> str:
    """What stands above all that can be scrolled, beside the title."""
    strip = desk.widget.strip
    assert strip.isVisible()
    return strip.words.text().split("<br>")[0].partition("</b>: ")[2]


def begun(desk: Desk, folder: Path) -> None:
    desk.workspace.open_folder(folder, given=False)
    desk.pilot.wait_until(lambda: desk.workspace.current is not None, "opening")
    desk.idle()
    desk.draft()


def test_against_the_truth_live(desk: Desk, folder: Path) -> None:
    begun(desk, folder)
    panel = desk.widget.view
    assert desk.widget.strip.isHidden()
    choose(desk, "truth")
    assert counts(desk) == "TP 2, FP 1, FN 1, F1 0.67"
    assert desk.widget.strip.words.text().count("■") == 3
    assert panel.legend.isHidden()
    # Its own outlines would lie above these colours; Y shows them all the same
    assert not desk.workspace.truth.layer.visible
    row, column = CELLS[3][:2]
    assert code(desk, *CELLS[0][:2]) == CLASSES + 1
    assert code(desk, *CELLS[1][:2]) == CLASSES
    desk.pilot.shift_click(*CELLS[0][:2])
    assert counts(desk) == "TP 2, FP 0, FN 1, F1 0.80"
    desk.pilot.shift_click(row, column)
    assert counts(desk) == "TP 3, FP 0, FN 0, F1 1.00"
    assert code(desk, row, column) == CLASSES
    desk.pilot.key(Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert counts(desk) == "TP 2, FP 0, FN 1, F1 0.80"
    assert code(desk, row, column) == 0
    desk.pilot.key(Qt.Key.Key_Y)
    assert desk.workspace.truth.layer.visible
    desk.pilot.key(Qt.Key.Key_Y)
    assert not desk.workspace.truth.layer.visible
    choose_back(desk)
    assert code(desk, *CELLS[1][:2]) == 1
    assert not panel.legend.isHidden()


def choose_back(desk: Desk) -> None:
    panel = desk.widget.view
    for _ in range(panel.colours.count()):
        QTest.keyClick(panel.colours, Qt.Key.Key_Up)
    desk.idle()
    assert desk.workspace.colours.told == "state"


def test_area_and_doubt(desk: Desk, folder: Path) -> None:
    begun(desk, folder)
    choose(desk, "area")
    assert desk.widget.strip.words.text().count("■") == 6
    assert counts(desk) == ""
    assert code(desk, *CELLS[1][:2]) >= CLASSES
    choose(desk, "doubt")
    doubts = desk.workspace.session.doubting.ranking()
    values = dict(zip(doubts.ids.tolist(), doubts.values.tolist(), strict=True))
    for row, column, *_ in CELLS[:3]:
        i = int(desk.document.labels[row, column])
        assert code(desk, row, column) == CLASSES + min(int(5 * values[i]), 4)
    # Filled or outlined is a matter of the colours alone
    desk.pilot.key(Qt.Key.Key_O)
    assert code(desk, *CELLS[1][:2]) >= CLASSES


def berta(desk: Desk, folder: Path) -> None:
    """Another annotator has saved one cell, the second."""
    image = read_image(folder / "a.png")
    keeper = Keeper.open(image, "Berta", desk.workspace.saving.root)
    labels = np.zeros(SHAPE, np.int32)
    labels[disc(*CELLS[1][:3])] = 1
    ImageSession(image, "Berta", keeper.document).adopt(labels, "test")
    keeper.close()


def test_against_another_annotator(desk: Desk, folder: Path) -> None:
    berta(desk, folder)
    begun(desk, folder)
    choose(desk, "annotator:Berta")
    assert counts(desk) == "TP 1, FP 2, FN 0, F1 0.50"
    assert "Annotator Berta" in desk.widget.strip.words.text()
    # One click leads back to the states
    desk.pilot.press(desk.widget.strip.end)
    assert desk.workspace.colours.told == "state"
    assert desk.widget.view.colours.currentData() == "state"
    assert desk.widget.strip.isHidden()


def test_the_other_mask_is_read_beside_the_work(
    desk: Desk, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    berta(desk, folder)
    begun(desk, folder)
    goes_on, read = threading.Event(), colours.labels_of_annotator

    def slowly(*asked: Any) -> Any:
        assert threading.current_thread() is not threading.main_thread()
        assert goes_on.wait(30)
        return read(*asked)

    monkeypatch.setattr(colours, "labels_of_annotator", slowly)
    panel = desk.widget.view
    for _ in range(panel.colours.count()):
        QTest.keyClick(panel.colours, Qt.Key.Key_Down)
    assert panel.colours.currentData() == "annotator:Berta"
    assert counts(desk) == "being read …"
    # One goes on correcting; what is done meanwhile counts
    desk.pilot.shift_click(*CELLS[1][:2])
    desk.pilot.shift_click(*CELLS[0][:2])
    desk.pilot.key(Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    goes_on.set()
    desk.idle()
    assert counts(desk) == "TP 0, FP 2, FN 1, F1 0.00"
    desk.pilot.key(Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert counts(desk) == "TP 1, FP 2, FN 0, F1 0.50"


def test_what_cannot_be_read_is_told_in_a_sentence(
    desk: Desk, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    berta(desk, folder)
    begun(desk, folder)

    def unreadable(*_asked: Any) -> Any:
        raise UserError("a.png.labels.tif is damaged.", "Choose other colours.")

    monkeypatch.setattr(colours, "labels_of_annotator", unreadable)
    panel = desk.widget.view
    for _ in range(panel.colours.count()):
        QTest.keyClick(panel.colours, Qt.Key.Key_Down)
    desk.idle()
    assert desk.widget.correct.message.text() == (
        "No colours by the mask of annotator Berta: a.png.labels.tif is damaged. "
        "Choose other colours."
    )
    assert panel.colours.currentData() == "state"
    assert desk.widget.strip.isHidden()
