"""Nothing is lost, and what is shown as saved is: in a real window."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tifffile
from qtpy.QtCore import Qt

from napari_fncells.io.images import read_image
from napari_fncells.session.image import ImageSession
from napari_fncells.session.keeping import Keeper
from napari_fncells.store.journal import Journal
from tests.pictures import CELLS
from tests.widgets.conftest import Desk

CTRL = Qt.KeyboardModifier.ControlModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier
FIRST, SECOND = CELLS[0][:2], CELLS[1][:2]


def settled(desk: Desk) -> None:
    workspace = desk.workspace
    desk.pilot.wait_until(
        lambda: workspace.saving.state(workspace.current).settled, "the acknowledgement"
    )
    workspace.watch()


def test_the_light_says_saved_once_it_is(desk: Desk, picture: Path) -> None:
    desk.open(picture)
    light = desk.widget.correct.light
    assert "othing" in light.words.text()
    desk.draft()
    settled(desk)
    assert light.words.text() == "Saved"


def test_work_is_there_again_in_a_new_window(desk: Desk, picture: Path) -> None:
    """With its whole history, whatever the last window did."""
    image = read_image(picture)
    keeper = Keeper.open(image)
    session = ImageSession(image, document=keeper.document)
    session.fix_at(*FIRST)
    session.fix_at(*SECOND)
    session.fix_at(*FIRST)
    expected = keeper.document.labels.copy()
    assert keeper.close()
    desk.open(picture)
    np.testing.assert_array_equal(desk.document.labels, expected)
    desk.pilot.settle()
    assert desk.viewer.layers.selection.active is desk.workspace.mask_layer
    desk.pilot.key(Qt.Key.Key_Z, CTRL)
    assert desk.document.cell_at(*FIRST) is not None
    desk.pilot.key(Qt.Key.Key_Z, CTRL)
    desk.pilot.key(Qt.Key.Key_Z, CTRL)
    assert not desk.document.labels.any()
    desk.pilot.key(Qt.Key.Key_Z, CTRL | SHIFT)
    assert desk.document.cell_at(*FIRST) is not None


def test_a_picture_that_is_only_looked_at_leaves_nothing(
    desk: Desk, picture: Path, journals: Path
) -> None:
    desk.open(picture)
    desk.workspace.saving.close()
    assert not (picture.parent / "fncells").exists()
    assert not [path for path in journals.rglob("*") if path.is_file()]


def test_a_second_window_shows_what_is_saved_and_changes_nothing(
    desk: Desk, picture: Path
) -> None:
    image = read_image(picture)
    other = Keeper.open(image)
    ImageSession(image, document=other.document).fix_at(*FIRST)
    assert other.flush(10)
    other.save_files()
    desk.open(picture)
    assert desk.document.cell_at(*FIRST) is not None
    before = desk.document.labels.copy()
    assert "open in" in desk.widget.banner.read_only.sentence.text()
    assert desk.widget.banner.isVisible()
    desk.pilot.shift_click(*FIRST)
    desk.pilot.shift_click(*SECOND)
    desk.pilot.key(Qt.Key.Key_Z, CTRL)
    mask = desk.workspace.mask_layer
    mask.mode = "paint"
    desk.pilot.drag([(180, 60), (180, 90)])
    np.testing.assert_array_equal(desk.document.labels, before)
    assert "open in" in desk.widget.correct.message.text()
    assert other.close()


def test_a_failure_to_save_is_told_until_it_is_mended(desk: Desk, picture: Path) -> None:
    desk.open(picture)
    desk.draft()
    settled(desk)
    broken = full_disk()
    desk.pilot.shift_click(*FIRST)
    banner = desk.widget.banner

    def told() -> bool:
        desk.workspace.watch()
        return banner.failure.isVisible()

    desk.pilot.wait_until(told, "the banner")
    assert desk.document.cell_at(*FIRST) is None, "work goes on in memory"
    assert "Not saved" in desk.widget.correct.light.words.text()
    desk.pilot.shift_click(*SECOND)
    broken.undo()
    desk.pilot.press(banner.again)
    settled(desk)
    assert not banner.failure.isVisible()
    assert desk.widget.correct.light.words.text() == "Saved"
    edits = desk.document.edit_count
    desk.workspace.saving.close()
    again = Keeper.open(read_image(picture))
    assert again.document.edit_count == edits
    again.close()


def test_save_elsewhere_keeps_everything(
    desk: Desk, picture: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    desk.open(picture)
    desk.draft()
    settled(desk)
    broken = full_disk()
    desk.pilot.shift_click(*FIRST)
    desk.pilot.wait_until(lambda: bool(desk.workspace.saving.unsaved()), "the failure")
    broken.undo()
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    desk.widget.banner.save_elsewhere.emit(elsewhere)
    settled(desk)
    assert list(elsewhere.iterdir())
    edits = desk.document.edit_count
    desk.workspace.saving.close()
    again = Keeper.open(read_image(picture))
    assert again.document.edit_count == edits
    again.close()


def test_opening_a_picture_again_goes_on_with_it(desk: Desk, picture: Path) -> None:
    desk.open(picture)
    desk.draft()
    desk.pilot.shift_click(*FIRST)
    edits = desk.document.edit_count
    desk.open(picture)
    assert len(desk.workspace.pictures) == 1
    assert desk.document.edit_count == edits
    assert not desk.document.read_only
    desk.viewer.layers.remove(desk.workspace.current.image_layer)
    desk.open(picture)
    assert desk.document.edit_count == edits
    desk.pilot.shift_click(*SECOND)
    assert desk.document.edit_count == edits + 1


def test_mask_files_follow_when_the_picture_is_left(desk: Desk, tmp_path: Path) -> None:
    desk.open_folder(tmp_path, "a.png", "b.png")
    desk.draft()
    labels = desk.document.labels.copy()
    desk.pilot.key(Qt.Key.Key_Right, CTRL)
    desk.pilot.wait_until(lambda: desk.workspace.current.name == "b.png", "the next")
    file = tmp_path / "fncells" / "a.png.labels.tif"
    desk.pilot.wait_until(lambda: file.exists(), "the mask file")
    np.testing.assert_array_equal(tifffile.imread(file), labels)


def test_closing_the_dock_and_opening_it_again_goes_on(desk: Desk, picture: Path) -> None:
    desk.open(picture)
    desk.draft()
    edits = desk.document.edit_count
    desk.viewer.window.remove_dock_widget(desk.widget)
    desk.pilot.shift_click(*FIRST)
    assert desk.document.edit_count == edits + 1
    _, desk.widget = desk.viewer.window.add_plugin_dock_widget("napari-fncells", "Curate masks")
    desk.pilot.shift_click(*SECOND)
    assert desk.document.edit_count == edits + 2
    assert "Removed" in desk.widget.correct.message.text()


def full_disk() -> pytest.MonkeyPatch:
    """Let every write to a journal fail from now on, until it is undone."""
    broken = pytest.MonkeyPatch()

    def refuse(*_args: object, **_kwargs: object) -> None:
        raise OSError(28, "No space left on device")

    broken.setattr(Journal, "append", refuse)
    return broken


def test_the_effort_shown_is_that_of_the_picture_on_screen(desk: Desk, tmp_path: Path) -> None:
    desk.open_folder(tmp_path, "a.png", "b.png")
    desk.draft()
    desk.pilot.shift_click(*FIRST)
    effort = desk.widget.correct.effort
    desk.pilot.wait_until(lambda: "1 removed" in effort.text(), "the effort")
    desk.pilot.key(Qt.Key.Key_Right, CTRL)
    desk.pilot.wait_until(lambda: desk.workspace.current.name == "b.png", "the next")
    desk.idle()
    assert "removed" not in effort.text()
    desk.pilot.key(Qt.Key.Key_Left, CTRL)
    desk.pilot.wait_until(lambda: "1 removed" in effort.text(), "the effort of the first again")


def test_a_note_that_comes_up_while_a_picture_is_put_away_is_told(
    desk: Desk, tmp_path: Path
) -> None:
    """Somebody else wrote the mask file meanwhile: theirs is kept, and that is said."""
    desk.open_folder(tmp_path, "a.png", "b.png")
    desk.draft()
    settled(desk)
    desk.workspace.current.keeper.save_files()
    file = tmp_path / "fncells" / "a.png.labels.tif"
    tifffile.imwrite(file, np.ones((200, 240), np.uint16))
    desk.pilot.shift_click(*FIRST)
    desk.pilot.key(Qt.Key.Key_Right, CTRL)
    note = desk.widget.banner.note

    def told() -> bool:
        desk.workspace.watch()
        return "somebody else" in note.sentence.text()

    desk.pilot.wait_until(told, "the note")
    assert len(list((tmp_path / "fncells").glob("a.png*.tif*"))) == 2, "theirs is kept"
