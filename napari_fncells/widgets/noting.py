"""Connects the line for notes and the button for regions with the workspace."""

from __future__ import annotations

from collections.abc import Callable

from napari_fncells.core.document import Document
from napari_fncells.viewer.workspace import Workspace
from napari_fncells.widgets.correct_panel import CorrectPanel

Guard = Callable[[Callable[..., object]], Callable[..., None]]


def connect_notes(panel: CorrectPanel, workspace: Workspace, guarded: Guard) -> None:
    """Let notes be shown and written, and regions be ignored.

    Parameters
    ----------
    panel
        Has the line and the button.
    workspace
        Whose current picture, and its selected cell, the notes are on.
    guarded
        Makes notifications of errors.
    """
    row, ignoring = panel.note, workspace.ignoring

    def document() -> Document | None:
        return workspace.session.document if workspace.session is not None else None

    shown = None

    def show() -> None:
        nonlocal shown
        known, cell = document(), workspace.review.selected
        row.setEnabled(workspace.current is not None)
        read_only = known is not None and bool(known.read_only)
        # Of another picture: by its number, so that it is not kept alive
        anew, shown = shown != id(workspace.current), id(workspace.current)
        row.show_note(cell, note_on(known, cell), read_only=read_only, anew=anew)

    def show_tool() -> None:
        panel.show_ignoring(ignoring.active, possible=workspace.current is not None)

    def ignore() -> None:
        try:
            workspace.report(ignoring.toggle())
        finally:
            show_tool()

    def ask(cell: int | None) -> None:
        row.ask(cell, note_on(document(), cell))

    def write(cell: int | None, text: str) -> None:
        workspace.write_note(text, cell)
        show()

    def give_keys_back() -> None:
        workspace.viewer.window._qt_viewer.canvas.native.setFocus()
        show()

    workspace.changed.connect(show)
    workspace.selected.connect(show)
    workspace.note_wanted.connect(ask)
    workspace.leaving.connect(row.take_in)
    row.written.connect(guarded(write))
    row.left.connect(give_keys_back)
    ignoring.changed.connect(show_tool)
    workspace.changed.connect(show_tool)
    panel.ignore_requested.connect(guarded(ignore))
    show()
    show_tool()


def note_on(document: Document | None, cell: int | None) -> str:
    """The note on a cell, or on the picture."""
    if document is None:
        return ""
    known = document.objects.get(cell) if cell is not None else None
    return document.note if cell is None else known.note if known is not None else ""
