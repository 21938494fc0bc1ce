"""The workspace: one viewer, the pictures in it and the session of the one worked on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary, ref

from napari.layers import Image as ImageLayer
from psygnal import Signal

from napari_fncells.core.document import Document
from napari_fncells.core.edits import Action, Edit
from napari_fncells.core.errors import UserError
from napari_fncells.core.geometry import Box
from napari_fncells.io.images import Image
from napari_fncells.session.image import ImageSession
from napari_fncells.session.scoring import ModelScorer
from napari_fncells.session.snapshot import Snapshot
from napari_fncells.viewer import commands
from napari_fncells.viewer.album import Album
from napari_fncells.viewer.camera import look_at
from napari_fncells.viewer.correction import Correction
from napari_fncells.viewer.display import Display
from napari_fncells.viewer.drafting import Drafting
from napari_fncells.viewer.gestures import Gestures
from napari_fncells.viewer.heat import Heat
from napari_fncells.viewer.jobs import Runner, read_all, readable, run_now
from napari_fncells.viewer.layer import MaskLayer
from napari_fncells.viewer.overlay import Overlay
from napari_fncells.viewer.pictures import Picture, image_layer_data
from napari_fncells.viewer.preview import Preview
from napari_fncells.viewer.review import Review
from napari_fncells.viewer.saving import Saving
from napari_fncells.viewer.sitting import Pulse, begin, resume
from napari_fncells.viewer.truth import TruthView


class Workspace:
    """Joins a viewer with the sessions of its pictures.

    Attributes
    ----------
    changed
        Signal(): the pictures, the current one, its mask or its history changed.
    adoptable
        Signal(): a labels layer was opened as a draft, or work was resumed;
        `drafting.adopt_pending` is to be called once napari is done with its layers.
    said
        Signal(str): what was done or refused, in words; the status bar alone would lose it
        at the next movement of the mouse.
    trail
        Signal(str, list): path of a gesture under way, by its kind, in pixels of the canvas; an
        empty one ends it.
    help_wanted
        Signal(): the sheet of keys and gestures is to be shown or hidden.
    worked
        Signal(): the time at work on the current picture went on.
    escaped
        Signal(): back to the neutral state.
    runner
        Runs generators that yield progress in words; replaced by the window.
    author
        The annotator's name, for new sessions.
    drafting, preview
        What proposes masks; what shows them before they are applied.
    scorer
        Runs the models that drafts name.
    heat
        What shows the probabilities of a model above the picture.
    correction, review
        What mouse gestures do; what walks and judges cells by keys.
    display, overlay, saving
        What shows pictures, what tells the states of cells, what keeps them on disk.
    truth
        What shows the ground truth that comes with a data set.
    """

    changed = Signal()
    adoptable = Signal()
    said = Signal(str)
    trail = Signal(str, list)
    help_wanted = Signal()
    worked = Signal()
    escaped = Signal()

    review: Review
    overlay: Overlay
    truth: TruthView
    heat: Heat

    def __init__(self, viewer: Any) -> None:
        # The viewer owns the workspace, through its callbacks; not the other way round
        self._viewer = ref(viewer)
        self.runner: Runner = run_now
        self.author = ""
        self.saving = Saving()
        self.overlay = Overlay(self._viewer)
        self.truth = TruthView(self._viewer)
        self.truth.told.connect(self.report)
        self.review = Review(self)
        self._at: Picture | None = None
        self._pulse = Pulse()
        self.display = Display()
        self._album = Album(viewer)
        self._album.changed.connect(self._on_album_changed)
        self._album.adoptable.connect(self._on_adoptable)
        self._album.left.connect(self._on_left)
        self.correction = Correction(self)
        self.scorer = ModelScorer()
        self.drafting = Drafting(self)
        self.preview = Preview(self)
        self.heat = Heat(self)
        self._gestures = Gestures(viewer, self.correction)
        commands.register(existing_workspace)
        # On this viewer alone: Ctrl+Y flips others to 3D
        viewer.bind_key("Control-Y", lambda _viewer: self.redo(), overwrite=True)
        for emitter in (viewer.cursor.events.position, viewer.scene.camera.events):
            emitter.connect(self._sign_of_life)
        self._on_album_changed()

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
        session = picture.session
        if session is None:
            session = begin(picture, self.saving, self.author)
            session.document.committed.connect(self._on_committed)
        self._album.show_mask(picture)
        self._follow_mask()
        return session

    # -- what one can do -------------------------------------------------------------------

    def open_folder(self, folder: Path, *others: Path) -> None:
        """List the pictures of a folder, and of others after it; show the first.

        Raises
        ------
        UserError
            Where one holds none that can be read.
        """
        first = self._album.list_folder(folder)
        for other in others:
            self._album.list_folder(other)
        self.go_to(first)

    def open_files(self, paths: Sequence[Path]) -> None:
        """Open pictures; the last becomes the current one. One that fails is told of."""
        title = f"Opening {paths[0].name if len(paths) == 1 else f'{len(paths)} pictures'}"
        self.runner(title, read_all(paths), self._show_all)

    def go_to(self, picture: Picture) -> None:
        """Show a picture in place of the current one; nothing of that one is lost."""
        self.settle()
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

    def finish(self) -> None:
        """Accept the rest, mark the picture done and go to the next."""
        picture = self.current
        session = self.require_session()
        self.settle()
        message = session.finish().message
        keeper = picture.keeper if picture is not None else None
        if keeper is not None and not keeper.flush(2.0):
            self.report("Not saved yet, so not done: see the red banner.")
            return
        following = self._album.neighbour(1)
        if following is not None:
            self.go_to(following)
        self.report(message)

    def neutral(self) -> None:
        """Go back to the state in which nothing is selected and no tool is active."""
        active = self.viewer.layers.selection.active
        if active is not None and hasattr(active, "mode"):
            active.mode = "pan_zoom"
        self.review.select(None)
        self.preview.end()
        self.escaped.emit()

    def show_help(self) -> None:
        """Show or hide the sheet of keys and gestures."""
        self.help_wanted.emit()

    def look_at(self, box: Box) -> None:
        """Move the camera to a part of the picture, near enough to see it."""
        if self.mask_layer is not None:
            look_at(self.viewer, self.mask_layer, box)

    def settle(self, picture: Picture | None = None) -> None:
        """Take a stroke that is under way into the history, before something else is done."""
        picture = picture or self.current
        if picture is not None and picture.mask_layer is not None:
            picture.mask_layer.flush_stroke()

    def watch(self) -> None:
        """Look after what goes on by itself; to be called several times a second.

        Paint of a stroke under way is taken into the history, the state of saving told, the
        working files written when it is time.
        """
        mask = self.mask_layer
        if mask is not None and mask.stroke_open:
            mask.flush_stroke()
        if self._pulse.note(self.current):
            self.worked.emit()
        self.saving.watch(self.current)

    def snapshot(self) -> Snapshot:
        """The current mask as it is now, to be exported.

        Raises
        ------
        UserError
            Where there is no picture.
        """
        session = self.require_session()
        self.settle()
        return Snapshot.of(session.document, session.effort)

    def undo(self) -> None:
        """Take back the newest edit of the current picture."""
        self._step_history(lambda document: document.undo())

    def redo(self) -> None:
        """Do again what was undone last."""
        self._step_history(lambda document: document.redo())

    def report(self, message: str) -> None:
        """Say something in the status bar."""
        self.viewer.status = message
        self.said.emit(message)

    # -- how it is done --------------------------------------------------------------------

    def _step_history(self, move: Callable[[Document], Edit | None]) -> None:
        session = self.session
        if session is None:
            return
        self.settle()
        try:
            if move(session.document) is None:
                self.report("Nothing more in the history.")
        except UserError as error:
            self.report(str(error))

    def _sign_of_life(self) -> None:
        self._pulse.sign_of_life(self.current)

    def _arrived(self, picture: Picture, found: Sequence[Image | UserError]) -> None:
        """Show a picture that has been read, or why it was not."""
        for image in readable(found):
            self._album.show(picture, image)

    def _show_all(self, found: Sequence[Image | UserError]) -> None:
        for image in readable(found):
            data, meta, _ = image_layer_data(image)
            self.viewer.add_layer(ImageLayer(data, **meta))

    def _on_album_changed(self) -> None:
        current = self.current
        if current is not None:
            resumed = resume(current, self.saving, self.author)
            if resumed is not None:
                resumed.document.committed.connect(self._on_committed)
                self._album.show_mask(current)
                # napari makes the picture the active layer after this
                self.adoptable.emit()
            if current.image_layer is not None:
                commands.give_way(current.image_layer, self)
                self.display.show(current.image_layer)
        if current is not self._at:
            self._at = current
            self.review.select(None)
            self.preview.leave()
            self.heat.leave()
        self._follow_mask()
        self.changed.emit()
        # After the dock has cleared what was said of another picture
        self.truth.follow(current)

    def _follow_mask(self) -> None:
        """Let states and Esc follow the mask layer of the current picture."""
        mask = self.mask_layer
        self.overlay.follow(mask)
        if mask is not None:
            mask.escaped.connect(self.neutral, unique=True)
            mask.refused.connect(self.report, unique=True)

    def _on_left(self, picture: Picture) -> None:
        self.saving.leave(picture)

    def _on_adoptable(self) -> None:
        self.adoptable.emit()

    def _on_committed(self, edit: Edit) -> None:
        if edit.action is Action.DO:
            self.said.emit(f"{edit.change.summary.capitalize()}.")
        else:
            # Ctrl+Z reaches the document by the mask layer, too
            word = "Undone" if edit.action is Action.UNDO else "Redone"
            self.report(f"{word}: {edit.change.summary}.")
        self.changed.emit()


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


def existing_workspace(viewer: Any) -> Workspace | None:
    """The workspace of a viewer, or None where none was made."""
    return _workspaces.get(getattr(viewer, "__wrapped__", viewer))
