"""The attention check in a real window: switched on in the queue, ended by Shift+Return."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image
from qtpy.QtCore import Qt
from qtpy.QtTest import QTest

from napari_fncells.core.attention.clean import CleanMask, attention_of
from napari_fncells.core.params.attention import AttentionParams
from napari_fncells.session.bookmark import read_bookmark
from napari_fncells.viewer import queueing
from tests.widgets.conftest import Desk
from tests.widgets.test_queue import opened, wait_for

CONTROL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier


@pytest.fixture
def checked(desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """A folder whose drafts have errors planted; three cells are drafted in each picture."""

    def often(share: float) -> AttentionParams:
        return AttentionParams(share=share, at_least=1.0)

    monkeypatch.setattr(queueing, "AttentionParams", often)
    widget = opened(desk, tmp_path, "a.png", "b.png")
    choice = widget.panel.drafts.attention
    assert choice.currentData() is None
    for _ in range(2):
        QTest.keyClick(choice, Qt.Key.Key_Down)
    assert choice.currentData() == 0.05
    desk.draft()
    return desk


def test_missed_errors_are_shown_before_the_picture_is_done(checked: Desk, tmp_path: Path) -> None:
    desk, document = checked, checked.document
    assert read_bookmark(tmp_path, desk.workspace.saving.root).attention is not None
    assert document.attended
    clean = CleanMask(document).labels()
    assert document.counts.final != CleanMask(document).counts.final or (clean > 0).any()
    total = attention_of(document).open
    # Nothing is told of it, and Ctrl+Z takes the draft back as a whole
    assert "plant" not in desk.viewer.status.lower()
    desk.pilot.key(Qt.Key.Key_Z, CONTROL)
    assert not document.labels.any()
    desk.pilot.key(Qt.Key.Key_Z, CONTROL | SHIFT)
    assert document.attended
    desk.pilot.key(Qt.Key.Key_Return, SHIFT)
    assert desk.workspace.queueing.current == "a.png"
    assert not document.done
    assert "missed" in desk.viewer.status
    np.testing.assert_array_equal(document.labels, clean)
    desk.pilot.key(Qt.Key.Key_Return, SHIFT)
    wait_for(desk, "b.png")
    assert document.done
    assert attention_of(document).missed == total
    desk.pilot.wait_until((tmp_path / "fncells" / "a.png.json").exists, "the mask files")


def test_no_way_of_saving_holds_what_is_planted(checked: Desk, tmp_path: Path) -> None:
    desk, document = checked, checked.document
    clean = CleanMask(document).labels()
    layer = desk.workspace.mask_layer
    assert layer is not None
    for name in ("saved.tif", "saved.png"):
        desk.viewer.layers.selection.active = layer
        desk.viewer.layers.save(str(tmp_path / name), selected=True)
    np.testing.assert_array_equal(tifffile.imread(tmp_path / "saved.tif"), clean)
    with Image.open(tmp_path / "saved.png") as mask:
        np.testing.assert_array_equal(np.asarray(mask) > 0, clean > 0)
    assert not np.array_equal(document.labels, clean)
    desk.workspace.current.keeper.save_files()
    files = list((tmp_path / "fncells").glob("a.png*.labels.tif"))
    np.testing.assert_array_equal(tifffile.imread(files[0]), clean)


def test_switched_on_it_counts_for_the_picture_that_is_open(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def often(share: float) -> AttentionParams:
        return AttentionParams(share=share, at_least=1.0)

    monkeypatch.setattr(queueing, "AttentionParams", often)
    widget = opened(desk, tmp_path, "a.png", "b.png")
    desk.draft()
    assert not desk.document.attended
    QTest.keyClick(widget.panel.drafts.attention, Qt.Key.Key_Down)
    assert not desk.document.attended
    desk.draft()
    assert desk.document.attended


def test_the_list_counts_what_is_on_the_screen(checked: Desk) -> None:
    """Else one would see by it how many errors are planted."""
    desk, queue = checked, checked.workspace.queueing.queue
    shown = desk.document.counts.final
    assert shown != CleanMask(desk.document).counts.final
    desk.pilot.wait_until(lambda: queue.entries["a.png"].cells == shown, "the count in the list")
