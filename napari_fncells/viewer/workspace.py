"""The workspace: one viewer, the pictures in it and the session of the one worked on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary, ref

from napari.layers import Image as ImageLayer
from psygnal import Signal

from napari_fncells.core.difference import difference
from napari_fncells.core.document import Document
from napari_fncells.core.edits import Edit
from napari_fncells.core.errors import UserError
from napari_fncells.core.geometry import Box
from napari_fncells.io.images import Image
from napari_fncells.session.annotator import known_annotator
from napari_fncells.session.given import given_labels
from napari_fncells.session.image import ImageSession
from napari_fncells.session.pairs import picture_folder
from napari_fncells.session.scoring import ModelScorer
from napari_fncells.session.snapshot import Snapshot
from napari_fncells.viewer import commands
from napari_fncells.viewer.album import Album
from napari_fncells.viewer.camera import Glide
from napari_fncells.viewer.colours import Colours
from napari_fncells.viewer.correction import Correction
from napari_fncells.viewer.display import Display
from napari_fncells.viewer.drafting import Drafting
from napari_fncells.viewer.gestures import Gestures
from napari_fncells.viewer.heat import Heat
from napari_fncells.viewer.ignoring import Ignoring
from napari_fncells.viewer.jobs import Runner, read_all, readable, run_now
from napari_fncells.viewer.layer import MaskLayer
from napari_fncells.viewer.navigation import Navigation
from napari_fncells.viewer.overlay import Overlay
from napari_fncells.viewer.part_choice import PartChoice
from napari_fncells.viewer.pictures import Picture, facts_of, image_layer_data
from napari_fncells.viewer.preview import Preview
from napari_fncells.viewer.queueing import Queueing
from napari_fncells.viewer.review import Review
from napari_fncells.viewer.saving import FLUSH_S, Saving
from napari_fncells.viewer.sitting import Pulse
from napari_fncells.viewer.sweep import Sweep
from napari_fncells.viewer.truth import TruthView
from napari_fncells.viewer.work import Work


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
    selected
        Signal(): another cell was selected, or none.
    note_wanted
        Signal(int or None): a note on this cell is to be written, or on the picture.
    leaving
        Signal(): the picture is about to be left or put away: what is being typed is to be
        taken in.
    runner
        Runs generators that yield progress in words; replaced by the window.
    aside
        The same for what goes on beside the work and takes no other job's place.
    glide
        Moves the camera.
    author
        The annotator's name, for new sessions.
    navigation
        What goes from picture to picture.
    parts
        What asks which page and channel of a file is worked on.
    queueing
        What goes through the pictures of a folder.
    drafting, preview
        What proposes masks; what shows them before they are applied.
    scorer
        Runs the models that drafts name.
    heat
        What shows the probabilities of a model above the picture.
    sweep
        What leads over the picture part by part, and keeps what of it was seen.
    ignoring
        What paints ignored regions.
    correction, review
        What mouse gestures do; what walks and judges cells by keys.
    colours
        What is told by the colours of cells.
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
    selected = Signal()
    note_wanted = Signal(object)
    leaving = Signal()

    review: Review
    overlay: Overlay
    truth: TruthView
    heat: Heat
    sweep: Sweep
    ignoring: Ignoring
    navigation: Navigation

    def __init__(self, viewer: Any) -> None:
        # The viewer owns the workspace, through its callbacks; not the other way round
        self._viewer = ref(viewer)
        self.runner: Runner = run_now
        self.aside: Runner = run_now
        self.glide = Glide(self._viewer)
        self.saving = Saving()
        self.author = known_annotator(self.saving.root) or ""
        self.overlay = Overlay(self._viewer)
        self.truth = TruthView(self._viewer)
        self.review = Review(self)
        self.ignoring = Ignoring(self)
        self._at: Picture | None = None
        self._pulse = Pulse()
        self.display = Display()
        self._album = Album(viewer)
        self._work = Work(self)
        self.navigation = Navigation(self, self._album, self._work)
        self.truth.told.connect(self.navigation.tell_besides)
        self._album.changed.connect(self._on_album_changed)
        self._album.adoptable.connect(self._on_adoptable)
        self._album.left.connect(self._on_left)
        self.correction = Correction(self)
        self.scorer = ModelScorer()
        self.drafting = Drafting(self)
        self.preview = Preview(self)
        self.queueing = Queueing(self)
        self.parts = PartChoice(self)
        self.colours = Colours(self)
        self._album.listed.connect(self._on_listed)
        for layer in viewer.layers:
            if "folder" in facts_of(layer):
                self._on_listed(Path(facts_of(layer)["folder"]))
        self.heat = Heat(self)
        self.sweep = Sweep(self)
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
        session = picture.session or self._work.begin(picture)
        self._album.show_mask(picture)
        self._follow_mask()
        return session

    # -- what one can do -------------------------------------------------------------------

    def open_folder(self, folder: Path, *others: Path, given: bool = True) -> None:
        """Queue the pictures of a folder, then those of others; show where one stopped.

        Parameters
        ----------
        folder, others
            The folders.
        given
            Whether masks that are there are what work begins from.

        Raises
        ------
        UserError
            Where one holds none that can be read.
        """
        folder = picture_folder(folder)
        name = self.queueing.open(folder, given=given)
        queue = self.queueing.queue
        if name is None or queue is None:
            raise UserError(f"There are no pictures in {folder}.", "Choose another folder.")
        self.list_paths([entry.path for entry in queue.entries.values()])
        for other in others:
            self._album.list_folder(other)
        self.navigation.go_to_name(name, 1)

    def list_paths(self, paths: Sequence[Path]) -> None:
        """List pictures that can be opened from their files."""
        self._album.list_paths(paths)

    def open_files(self, paths: Sequence[Path]) -> None:
        """Open pictures; the last becomes the current one. One that fails is told of."""
        title = f"Opening {paths[0].name if len(paths) == 1 else f'{len(paths)} pictures'}"
        self.runner(title, read_all(paths), self._show_all)

    def show_difference(self) -> str:
        """Show on the picture what became of the mask that was there before; says it in words.

        Raises
        ------
        UserError
            Where there was none, or it cannot be read.
        """
        session, picture = self.require_session(), self.current
        if self.overlay.comparing:
            return self.overlay.compare()
        self.settle()
        queue, entry = self.queueing.queue, None
        if queue is not None and picture is not None and self.queueing.current is not None:
            entry = queue.entries[self.queueing.current]
        original = given_labels(session.document, entry.given if entry is not None else None)
        if original is None:
            raise UserError(
                "There was no mask before the work began.", "T compares with the draft."
            )
        found = difference(session.document.labels, original)
        self.overlay.show_difference(found)
        return str(found)

    def require_saved(self) -> None:
        """Wait until all edits of the current picture are on the disk.

        Raises
        ------
        UserError
            Where they cannot be.
        """
        self.leaving.emit()
        self.settle()
        keeper = self.current.keeper if self.current is not None else None
        if keeper is not None and not keeper.flush(FLUSH_S):
            error = keeper.state.error
            raise UserError(
                f"Not saved yet{': ' + error.sentence if error is not None else '.'}",
                "Save it elsewhere, or mend what keeps it from being saved; then do this again.",
            )

    def take_over(self) -> None:
        """Work on the current picture though somebody else left word of being at it."""
        picture = self.current
        if picture is not None and picture.keeper is not None and picture.keeper.taken:
            self._open_again(picture, take_over=True)

    def change_author(self, name: str) -> None:
        """Let the corrections from now on be another annotator's.

        Raises
        ------
        UserError
            Where the work of the one before cannot be saved.
        """
        if name == self.author:
            return
        self.require_saved()
        self.author = name
        self.queueing.change_annotator()
        picture = self.current
        if picture is not None and picture.keeper is not None:
            self._open_again(picture)

    def neutral(self) -> None:
        """Go back to the state in which nothing is selected and no tool is active."""
        active = self.viewer.layers.selection.active
        if active is not None and hasattr(active, "mode"):
            active.mode = "pan_zoom"
        self.ignoring.end()
        self.review.select(None)
        self.preview.end()
        self.escaped.emit()

    def write_note(self, text: str, cell: int | None = None) -> None:
        """Write a note on a cell of the current picture, or on the picture itself."""
        session = self.require_session()
        self.settle()
        self.report(session.note(text, cell).message)

    def ask_for_note(self) -> None:
        """Let a note be written on the current picture."""
        self.require_session()
        self.note_wanted.emit(None)

    def show_help(self) -> None:
        """Show or hide the sheet of keys and gestures."""
        self.help_wanted.emit()

    def look_at(self, box: Box) -> None:
        """Move the camera to a part of the picture, near enough to see it."""
        if self.mask_layer is not None:
            self.glide.to(self.mask_layer, box)

    def settle(self, picture: Picture | None = None) -> None:
        """Take a stroke that is under way into the history, before something else is done."""
        picture = picture or self.current
        if picture is not None and picture.mask_layer is not None:
            picture.mask_layer.flush_stroke()
        self.ignoring.flush()

    def watch(self) -> None:
        """Look after what goes on by itself; to be called several times a second.

        Paint of a stroke under way is taken into the history, the state of saving told, the
        working files written when it is time, the outline of a missed cell found.
        """
        mask = self.mask_layer
        if mask is not None and mask.stroke_open:
            mask.flush_stroke()
        self.ignoring.flush()
        self.sweep.watch()
        self.review.missed.watch()
        if self._pulse.note(self.current, self.sweep.facts):
            self.worked.emit()
        self.saving.watch(self.current)
        self.queueing.watch()

    def snapshot(self) -> Snapshot:
        """The current mask as it is now, to be exported.

        Raises
        ------
        UserError
            Where there is no picture, or its edits cannot be saved.
        """
        session = self.require_session()
        self.require_saved()
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
        self.sweep.sign_of_life()

    def _show_all(self, found: Sequence[Image | UserError]) -> None:
        left = [r for r in found if isinstance(r, Image) or not self.parts.asks(r)]
        for image in readable(left):
            data, meta, _ = image_layer_data(image)
            self.viewer.add_layer(ImageLayer(data, **meta))

    def _open_again(self, picture: Picture, *, take_over: bool = False) -> None:
        """Open the mask of the current picture anew."""
        if self._work.open_again(picture, take_over=take_over):
            self._on_album_changed()

    def _on_album_changed(self) -> None:
        current = self.current
        if current is not None:
            if self._work.resume(current):
                self._album.show_mask(current)
                # napari makes the picture the active layer after this
                self.adoptable.emit()
            if current.image_layer is not None:
                commands.give_way(current.image_layer, self)
                self.display.show(current.image_layer)
        moved = current is not self._at
        room = self.viewer.layers.extent.world.tolist() if moved else []
        if moved:
            if self._at is not None:
                # What was said of another picture
                self.viewer.status = ""
            self._at = current
            self.review.select(None)
            self.preview.leave()
            self.heat.leave()
        self._follow_mask()
        self.review.missed.follow()
        self.changed.emit()
        # After the dock has cleared what was said of another picture
        if moved:
            self.navigation.say_parting()
        self.truth.follow(current)
        if moved and self.viewer.layers.extent.world.tolist() != room:
            # What lies above the picture had still the size of the one before
            self.viewer.reset_view()

    def _follow_mask(self) -> None:
        """Let states and Esc follow the mask layer of the current picture."""
        mask = self.mask_layer
        self.overlay.follow(mask)
        self.ignoring.follow(mask)
        self.colours.follow()
        if mask is not None:
            mask.escaped.connect(self.neutral, unique=True)
            mask.refused.connect(self.report, unique=True)

    def _on_left(self, picture: Picture) -> None:
        keeper = picture.keeper
        behind = keeper is not None and keeper.state.files_edits != keeper.state.issued
        if self.saving.leave(picture):
            self.queueing.left(picture, behind=behind)

    def _on_listed(self, folder: Path) -> None:
        self.queueing.follow(folder)

    def _on_adoptable(self) -> None:
        self.adoptable.emit()


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
