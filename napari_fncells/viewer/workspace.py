"""The workspace: one viewer, the pictures in it and the session of the one worked on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary, ref

import numpy as np
from napari.layers import Image as ImageLayer
from napari.layers import Labels as LabelsLayer
from napari.utils.notifications import show_warning
from psygnal import Signal

from napari_fncells.core.edits import Action, Edit
from napari_fncells.core.errors import UserError
from napari_fncells.core.params import AUTO, DraftParams
from napari_fncells.core.segment import Draft, draft_steps
from napari_fncells.io.images import Image
from napari_fncells.session.image import ImageSession, Outcome
from napari_fncells.session.snapshot import Snapshot
from napari_fncells.viewer.album import Album
from napari_fncells.viewer.gestures import ShiftClick
from napari_fncells.viewer.jobs import Runner, read_all, readable, run_now
from napari_fncells.viewer.layer import MaskLayer
from napari_fncells.viewer.pictures import Picture, image_layer_data, image_of, is_draft


class Workspace:
    """Joins a viewer with the sessions of its pictures.

    Attributes
    ----------
    changed
        Signal(): the pictures, the current one, its mask or its history changed.
    adoptable
        Signal(): a labels layer was opened as a draft; `adopt_pending` takes it over.
    said
        Signal(str): what was done or refused, in words; the status bar alone would lose it
        at the next movement of the mouse.
    runner
        Runs generators that yield progress in words; replaced by the window.
    author
        The annotator's name, for new sessions.
    """

    changed = Signal()
    adoptable = Signal()
    said = Signal(str)

    def __init__(self, viewer: Any) -> None:
        # The viewer owns the workspace, through its callbacks; not the other way round
        self._viewer = ref(viewer)
        self.runner: Runner = run_now
        self.author = ""
        self._album = Album(viewer)
        self._album.changed.connect(self._on_album_changed)
        self._album.adoptable.connect(self._on_adoptable)
        self._gesture = ShiftClick(viewer, self._mask_to_correct, self.fix_at, self.report)
        # On the viewer, for when another layer is active; Ctrl+Y would flip napari to 3D
        for keys, act in (
            ("Control-Z", self.undo),
            ("Control-Shift-Z", self.redo),
            ("Control-Y", self.redo),
        ):
            viewer.bind_key(keys, lambda _viewer, act=act: act(), overwrite=True)

    # -- what there is ---------------------------------------------------------------------

    @property
    def viewer(self) -> Any:
        """The viewer.

        Raises
        ------
        RuntimeError
            After it was closed.
        """
        viewer = self._viewer()
        if viewer is None:
            raise RuntimeError("the viewer of this workspace was closed")
        return viewer

    @property
    def pictures(self) -> Sequence[Picture]:
        """The pictures opened, in order."""
        return self._album.pictures

    @property
    def current(self) -> Picture | None:
        """The picture that is looked at."""
        return self._album.current

    @property
    def session(self) -> ImageSession | None:
        """Session of the current picture, once a mask was begun."""
        return self.current.session if self.current else None

    @property
    def mask_layer(self) -> MaskLayer | None:
        """Mask layer of the current picture, where it is in the viewer."""
        return self.current.mask_layer if self.current else None

    def require_session(self) -> ImageSession:
        """The session of the current picture, begun if there is none yet.

        Raises
        ------
        UserError
            Where there is no picture, or it is no flat one.
        """
        picture = self.current
        if picture is None:
            raise UserError("There is no picture to work on.", "Open one first.")
        if picture.session is None and picture.image_layer is None:
            raise UserError(f"The layer of {picture.name} was removed.", "Choose it in the list.")
        if picture.session is None:
            picture.session = ImageSession(image_of(picture.image_layer), self.author)
            picture.session.document.committed.connect(self._on_committed)
        self._album.show_mask(picture)
        return picture.session

    # -- what one can do -------------------------------------------------------------------

    def open_folder(self, folder: Path) -> None:
        """List the pictures of a folder and show the first.

        Raises
        ------
        UserError
            Where it holds none that can be read.
        """
        self.go_to(self._album.list_folder(folder))

    def open_files(self, paths: Sequence[Path]) -> None:
        """Open pictures; the last becomes the current one. One that fails is told of."""
        title = f"Opening {paths[0].name if len(paths) == 1 else f'{len(paths)} pictures'}"
        self.runner(title, read_all(paths), self._show_all)

    def go_to(self, picture: Picture) -> None:
        """Show a picture in place of the current one; nothing of that one is lost."""
        if picture.image_layer is not None:
            if picture is not self.current:
                self._album.show(picture)
        elif picture.session is not None:
            self._album.show(picture, picture.session.image)
        elif picture.path is not None:
            arrived = partial(self._arrived, picture)
            self.runner(f"Opening {picture.name}", read_all([picture.path]), arrived)

    def step(self, by: int) -> None:
        """Go to the next (+1) or previous (-1) picture, if there is one."""
        picture = self._album.neighbour(by)
        if picture is not None:
            self.go_to(picture)

    def draft(self, params: DraftParams | str = AUTO) -> None:
        """Draft a mask of the current picture; touched cells stay as they are.

        Raises
        ------
        UserError
            Where there is no picture to draft.
        """
        session, picture = self.require_session(), self.current

        def apply(result: Draft) -> None:
            _settle(picture)
            session.apply(result)
            counts = session.document.counts
            proposed = f"{counts.untouched} cell{'' if counts.untouched == 1 else 's'}"
            self.report(f"Drafted {proposed}; the mask has {counts.final} in all.")

        self.runner("Drafting", draft_steps(session.image.pixels, params), apply)

    def adopt(self, layer: LabelsLayer) -> None:
        """Correct a labels layer: its labels become the draft of the current picture.

        Raises
        ------
        UserError
            Where it does not fit the picture.
        """
        session = self.require_session()
        labels = np.asarray(layer.data)
        if labels.shape != session.document.shape:
            rows, columns = session.document.shape
            raise UserError(
                f"{layer.name} is {' x '.join(map(str, labels.shape))} pixels, the picture "
                f"{rows} x {columns}.",
                "Open the mask that belongs to the picture.",
            )
        _settle(self.current)
        session.adopt(labels, layer.name)
        self.viewer.layers.remove(layer)
        self.report(f"{session.document.counts.final} cells taken over from {layer.name}.")

    def adopt_pending(self) -> None:
        """Take over labels layers that were opened as drafts."""
        for layer in [layer for layer in self.viewer.layers if is_draft(layer)]:
            try:
                self.adopt(layer)
            except UserError as error:
                layer.metadata = {}
                show_warning(str(error))

    def fix_at(self, row: int, column: int) -> Outcome:
        """Mend what is wrong at a pixel of the current picture."""
        session = self.require_session()
        _settle(self.current)
        return session.fix_at(row, column)

    def snapshot(self) -> Snapshot:
        """The current mask as it is now, to be exported.

        Raises
        ------
        UserError
            Where there is no picture.
        """
        session = self.require_session()
        _settle(self.current)
        return Snapshot.of(session.document)

    def undo(self) -> None:
        """Take back the newest edit of the current picture."""
        self._step_history("Undone", lambda document: document.undo())

    def redo(self) -> None:
        """Do again what was undone last."""
        self._step_history("Redone", lambda document: document.redo())

    def report(self, message: str) -> None:
        """Say something in the status bar."""
        self.viewer.status = message
        self.said.emit(message)

    # -- how it is done --------------------------------------------------------------------

    def _step_history(self, word: str, move: Callable[[Any], Any]) -> None:
        session = self.session
        if session is None:
            return
        _settle(self.current)
        edit = move(session.document)
        if edit is None:
            self.report("Nothing more in the history.")
        else:
            self.report(f"{word}: {edit.change.summary}.")

    def _mask_to_correct(self) -> MaskLayer | None:
        """The mask a gesture works on: an empty one is begun where there is none yet."""
        if self.current is None:
            return None
        try:
            self.require_session()
        except UserError:
            return None
        return self.mask_layer

    def _arrived(self, picture: Picture, found: Sequence[Image | UserError]) -> None:
        """Show a picture that has been read, or why it was not."""
        for image in readable(found):
            self._album.show(picture, image)

    def _show_all(self, found: Sequence[Image | UserError]) -> None:
        for image in readable(found):
            data, meta, _ = image_layer_data(image)
            self.viewer.add_layer(ImageLayer(data, **meta))

    def _on_album_changed(self) -> None:
        self.changed.emit()

    def _on_adoptable(self) -> None:
        self.adoptable.emit()

    def _on_committed(self, edit: Edit) -> None:
        if edit.action is Action.DO:
            self.said.emit(f"{edit.change.summary.capitalize()}.")
        self.changed.emit()


def _settle(picture: Picture | None) -> None:
    """Take a stroke that is under way into the history, before something else is done."""
    if picture is not None and picture.mask_layer is not None:
        picture.mask_layer.flush_stroke()


_workspaces: WeakKeyDictionary[Any, Workspace] = WeakKeyDictionary()


def workspace_of(viewer: Any) -> Workspace:
    """The workspace of a viewer, made at the first call.

    napari hands plugins a proxy that hides what is private and wraps every layer; the
    workspace belongs to the viewer behind it.
    """
    real = getattr(viewer, "__wrapped__", viewer)
    if real not in _workspaces:
        _workspaces[real] = Workspace(real)
    return _workspaces[real]
