"""The menu 'Cells': every command by name, with its key."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from napari.utils.notifications import show_error
from qtpy.QtWidgets import QAction, QMenu, QWidget

from napari_fncells.core.errors import UserError
from napari_fncells.viewer.commands import COMMANDS, Command
from napari_fncells.viewer.workspace import Workspace
from napari_fncells.widgets.key_names import key_names

TITLE = "&Cells"

# What can be done without a picture
_ALWAYS = ("cheat_sheet",)


def install(window: Any, workspace: Workspace) -> CellsMenu:
    """Put the menu into a window's menu bar, once.

    Parameters
    ----------
    window
        A `napari.window.Window`.
    workspace
        What the commands work on.

    Returns
    -------
    CellsMenu
        The menu, an earlier one where it was there already.
    """
    bar = window.main_menu
    for known in bar.findChildren(QMenu):
        if isinstance(known, CellsMenu):
            return known
    menu = CellsMenu(workspace, bar)
    bar.insertMenu(window.window_menu.menuAction(), menu)
    return menu


class CellsMenu(QMenu):
    """One entry a command, grouped; undo and redo say what they would do.

    The keys are shown, not bound: the canvas has them already, and a second binding would make
    both ambiguous. What lasts as long as its key is held can be switched on and off.

    Parameters
    ----------
    workspace
        What the commands work on.
    parent
        Owner of the menu.
    """

    def __init__(self, workspace: Workspace, parent: QWidget | None = None) -> None:
        super().__init__(TITLE, parent)
        self._workspace = workspace
        self._under_way: dict[str, Iterator[Any]] = {}
        self.entries: dict[str, QAction] = {}
        group = COMMANDS[0].group
        for known in COMMANDS:
            if known.group != group:
                self.addSeparator()
                group = known.group
            entry = self.addAction(known.title)
            entry.setCheckable(known.held)
            act = partial(self._switch, known) if known.held else partial(self._run, known)
            entry.triggered.connect(act)
            self.entries[known.name] = entry
        self.aboutToShow.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """Show the keys of now, what can be undone, and what can be done at all."""
        session = self._workspace.session
        document = session.document if session is not None else None
        summaries = {
            "undo": document.undo_summary if document is not None else None,
            "redo": document.redo_summary if document is not None else None,
        }
        for known in COMMANDS:
            entry = self.entries[known.name]
            title = known.title.removesuffix(" while held")
            possible = self._workspace.current is not None or known.name in _ALWAYS
            if known.name in summaries:
                summary = summaries[known.name]
                title = f"{title} {summary}" if summary else title
                possible = summary is not None
            # Behind the tab, Qt shows a key without binding it
            key = next(iter(key_names(known)), "")
            entry.setText(f"{title.replace('&', '&&')}\t{key}" if key else title)
            entry.setEnabled(possible)

    def _run(self, known: Command, _checked: bool = False) -> None:
        try:
            said = known.run(self._workspace)
        except UserError as error:
            show_error(str(error))
            return
        if isinstance(said, str):
            self._workspace.report(said)

    def _switch(self, known: Command, checked: bool) -> None:
        """Begin what lasts while a key is held, or end it."""
        if checked:
            self._under_way[known.name] = known.run(self._workspace)
        try:
            next(self._under_way[known.name], None)
        except UserError as error:
            show_error(str(error))
        if not checked:
            del self._under_way[known.name]
