"""The menu 'Cells' holds every command, and says what undo would take back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise
from types import SimpleNamespace
from unittest.mock import MagicMock

import pytest

from napari_fncells.core.errors import UserError
from napari_fncells.viewer.commands import COMMANDS
from napari_fncells.widgets.cells_menu import CellsMenu, install


@pytest.fixture
def workspace() -> MagicMock:
    workspace = MagicMock()
    document = SimpleNamespace(undo_summary="remove cell 17", redo_summary=None)
    workspace.session = SimpleNamespace(document=document)
    return workspace


@pytest.fixture
def menu(qtbot, workspace: MagicMock) -> Iterator[CellsMenu]:
    menu = CellsMenu(workspace)
    qtbot.addWidget(menu)
    yield menu
    menu.close()


def test_every_command_has_an_entry_in_order_with_a_line_between_groups(menu: CellsMenu) -> None:
    entries = [action for action in menu.actions() if not action.isSeparator()]
    assert list(menu.entries) == [known.name for known in COMMANDS]
    assert list(menu.entries.values()) == entries
    groups = [known.group for known in COMMANDS]
    changes = sum(a != b for a, b in pairwise(groups))
    assert len(menu.actions()) - len(entries) == changes


def test_keys_are_shown_but_not_bound(menu: CellsMenu) -> None:
    for known in COMMANDS:
        entry = menu.entries[known.name]
        assert entry.text().count("\t") == bool(known.keys)
        assert entry.shortcut().isEmpty()
    assert menu.entries["previous_object"].text().split("\t")[0] == "Back to the cell before"


def test_undo_says_what_it_takes_back(menu: CellsMenu, workspace: MagicMock) -> None:
    undo, redo = menu.entries["undo"], menu.entries["redo"]
    menu.aboutToShow.emit()
    assert undo.text().startswith("Undo remove cell 17\t")
    assert undo.isEnabled()
    assert redo.text().startswith("Redo\t")
    assert not redo.isEnabled()
    document = workspace.session.document
    document.undo_summary, document.redo_summary = None, "remove cell 17"
    menu.aboutToShow.emit()
    assert not undo.isEnabled()
    assert redo.text().startswith("Redo remove cell 17\t")


def test_without_a_picture_there_is_nothing_but_help(
    menu: CellsMenu, workspace: MagicMock
) -> None:
    workspace.current = workspace.session = None
    menu.aboutToShow.emit()
    assert [name for name, entry in menu.entries.items() if entry.isEnabled()] == ["cheat_sheet"]


def test_an_entry_does_what_its_key_does(menu: CellsMenu, workspace: MagicMock) -> None:
    menu.entries["accept"].trigger()
    workspace.review.accept.assert_called_once_with()
    menu.entries["undo"].trigger()
    workspace.undo.assert_called_once_with()


def test_what_is_held_by_a_key_is_switched_on_and_off(
    menu: CellsMenu, workspace: MagicMock
) -> None:
    entry = menu.entries["hide"]
    assert entry.text().startswith("Hide the mask\t")
    entry.trigger()
    assert entry.isChecked()
    workspace.overlay.hide.assert_called_once_with()
    workspace.overlay.show.assert_not_called()
    entry.trigger()
    assert not entry.isChecked()
    workspace.overlay.show.assert_called_once_with()
    entry.trigger()
    assert workspace.overlay.hide.call_count == 2


def test_what_cannot_be_done_is_told(
    menu: CellsMenu, workspace: MagicMock, capture_notifications: list[str]
) -> None:
    workspace.review.split.side_effect = UserError("No cell is selected.", "Click one.")
    menu.entries["split"].trigger()
    assert capture_notifications == ["No cell is selected. Click one."]


def test_what_a_command_says_is_reported(menu: CellsMenu, workspace: MagicMock) -> None:
    workspace.review.smooth.return_value = "Cell 3 is smooth already."
    menu.entries["smooth"].trigger()
    workspace.report.assert_called_once_with("Cell 3 is smooth already.")


def test_it_stands_in_the_menu_bar_once(
    make_napari_viewer: Callable, workspace: MagicMock
) -> None:
    window = make_napari_viewer().window
    menu = install(window, workspace)
    assert install(window, workspace) is menu
    titles = [action.text().replace("&", "") for action in window.main_menu.actions()]
    assert titles.count("Cells") == 1
    assert titles.index("Cells") == titles.index("Window") - 1
