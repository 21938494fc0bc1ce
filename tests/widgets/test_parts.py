"""Choosing page and channel of files that hold several, in a real window."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import pytest
import tifffile
from qtpy.QtWidgets import QDialogButtonBox

from napari_fncells.core.simulate import simulate_image
from napari_fncells.io.chosen import chosen_part
from napari_fncells.io.parts import Part
from napari_fncells.session.entry import EntryState
from napari_fncells.widgets.part_dialog import PartDialog
from tests.widgets.conftest import Desk

DEPTHS = 3


@cache
def planes(seed: int = 0) -> np.ndarray:
    """(Z, C, Y, X), all different."""
    shapes = [
        simulate_image("crowded", seed + n)[0][:300, :400].max(axis=2) for n in range(DEPTHS)
    ]
    return np.stack([[shape, shape // 2] for shape in shapes])


@pytest.fixture
def stacks(tmp_path: Path) -> Path:
    folder = tmp_path / "stacks"
    folder.mkdir()
    for number in range(2):
        tifffile.imwrite(
            folder / f"stack_{number}.ome.tif",
            planes(10 * number),
            metadata={"axes": "ZCYX", "Channel": {"Name": ["DAPI", "CTb"]}},
        )
    return folder


def dialog_of(desk: Desk) -> PartDialog:
    found: list[PartDialog] = []

    def there() -> bool:
        found[:] = [d for d in desk.pilot.window.findChildren(PartDialog) if d.isVisible()]
        return bool(found)

    desk.pilot.wait_until(there, "the question")
    return found[0]


def answer(desk: Desk, page: int, channel: int) -> None:
    dialog = dialog_of(desk)
    dialog.page.setValue(page + 1)
    dialog.channel.setCurrentIndex(dialog.channel.findData(channel))
    desk.pilot.press(dialog.buttons.button(QDialogButtonBox.StandardButton.Open))


def shown(desk: Desk, pixels: np.ndarray) -> bool:
    picture = desk.workspace.current
    layer = picture.image_layer if picture is not None else None
    return layer is not None and np.array_equal(layer.data, pixels)


def test_it_is_asked_once_for_a_folder(desk: Desk, stacks: Path) -> None:
    desk.workspace.open_folder(stacks)
    dialog = dialog_of(desk)
    dialog.page.setValue(3)
    assert dialog.page_name.text() == "depth 3"
    assert dialog.channel.itemText(2) == "channel 2 of 2: CTb"
    answer(desk, 1, 1)
    desk.pilot.wait_until(lambda: shown(desk, planes()[1, 1]), "the plane that was chosen")
    desk.idle()
    assert chosen_part(stacks) == Part(page=1, channel=1)
    assert "depth 2, channel 2 of 2: CTb" in desk.widget.picture.part.text()
    desk.workspace.navigation.step(1)
    desk.pilot.wait_until(lambda: shown(desk, planes(10)[1, 1]), "the next one, unasked")
    desk.idle()
    queue = desk.workspace.queueing.queue
    assert not queue.counts[EntryState.PROBLEM]


def test_another_depth_has_a_mask_of_its_own(desk: Desk, stacks: Path) -> None:
    desk.workspace.open_folder(stacks)
    answer(desk, 0, 0)
    desk.pilot.wait_until(lambda: shown(desk, planes()[0, 0]), "the first depth")
    desk.idle()
    desk.draft()
    first = desk.document.labels.copy()
    assert first.any()
    desk.pilot.press(desk.widget.picture.part)
    answer(desk, 2, 0)
    desk.pilot.wait_until(lambda: shown(desk, planes()[2, 0]), "the third depth")
    desk.idle()
    session = desk.workspace.session
    assert session is None or not np.array_equal(session.document.labels, first)
    desk.pilot.press(desk.widget.picture.part)
    answer(desk, 0, 1)
    desk.pilot.wait_until(lambda: shown(desk, planes()[0, 1]), "the first depth again")
    desk.idle()
    np.testing.assert_array_equal(desk.document.labels, first)


def test_no_answer_leaves_the_picture_a_problem(desk: Desk, stacks: Path) -> None:
    desk.workspace.open_folder(stacks)
    dialog = dialog_of(desk)
    desk.pilot.press(dialog.buttons.button(QDialogButtonBox.StandardButton.Cancel))
    desk.idle()
    entries = desk.workspace.queueing.queue.entries
    assert entries["stack_0.ome.tif"].state is EntryState.PROBLEM
    assert "one must be chosen" in entries["stack_0.ome.tif"].problem
    assert chosen_part(stacks) == Part()


def test_a_file_that_napari_opens_is_asked_for(desk: Desk, stacks: Path) -> None:
    desk.viewer.open(str(stacks / "stack_1.ome.tif"), plugin="napari-fncells")
    answer(desk, 2, 1)
    desk.pilot.wait_until(lambda: shown(desk, planes(10)[2, 1]), "the plane that was chosen")


def test_one_picture_offers_no_choice(desk: Desk, picture: Path) -> None:
    desk.open(picture)
    assert not desk.widget.picture.part.isVisible()
