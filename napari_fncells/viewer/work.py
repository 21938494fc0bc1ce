"""The work on pictures: begun, resumed, opened again; what is committed in it is told."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from napari.utils.notifications import show_warning

from napari_fncells.core.edits import Action, Edit, EditKind
from napari_fncells.io.images import Image
from napari_fncells.io.masks import Labels
from napari_fncells.session.fetching import Fetched
from napari_fncells.session.given import GIVEN
from napari_fncells.session.image import ImageSession
from napari_fncells.viewer.pictures import Picture, image_of
from napari_fncells.viewer.sitting import begin, resume

if TYPE_CHECKING:
    from napari_fncells.viewer.workspace import Workspace


class Work:
    """Opens the sessions of pictures and follows them.

    Parameters
    ----------
    workspace
        Whose pictures they are.
    """

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    def begin(self, picture: Picture) -> ImageSession:
        """Begin the work on a picture.

        Raises
        ------
        UserError
            For a layer that is no single flat picture.
        """
        session = begin(picture, self._workspace.saving, self._workspace.author)
        self._take_up(picture, session)
        return session

    def resume(self, picture: Picture) -> bool:
        """Go on with the work on a picture; False where there is none, or it is open."""
        session = resume(picture, self._workspace.saving, self._workspace.author)
        if session is not None:
            self._take_up(picture, session)
        return session is not None

    def open(self, picture: Picture, image: Image, found: Fetched) -> None:
        """Open the work on a picture before it is shown, and draft it where that is wished."""
        session = resume(picture, self._workspace.saving, self._workspace.author, image)
        if session is None and (found.draft is not None or found.given is not None):
            session = begin(picture, self._workspace.saving, self._workspace.author, image)
            session.attention = self._workspace.queueing.planting_for(picture)
            if found.draft is not None:
                session.apply(found.draft)
            elif found.given is not None and found.wish.given is not None:
                self._take_given(session, found.given, found.wish.given)
        if found.trouble is not None:
            show_warning(str(found.trouble))
        if session is not None:
            self._take_up(picture, session)

    def open_again(self, picture: Picture, *, take_over: bool = False) -> bool:
        """Open the mask of a picture anew, without its layer; False where it cannot be left."""
        image = picture.session.image if picture.session is not None else None
        if image is None and picture.image_layer is not None:
            image = image_of(picture.image_layer)
        if image is None or not self._workspace.saving.leave(picture):
            return False
        # Before the layer goes, at which the mask would be opened again
        picture.keeper = self._workspace.saving.open(
            image, self._workspace.author, take_over=take_over
        )
        if picture.mask_layer is not None and picture.mask_layer in self._workspace.viewer.layers:
            self._workspace.viewer.layers.remove(picture.mask_layer)
        picture.mask_layer = None
        return True

    def _take_up(self, picture: Picture, session: ImageSession) -> None:
        """Follow a session that was begun or resumed."""
        session.attention = self._workspace.queueing.planting_for(picture)
        # A draft made in the background has nothing planted yet
        session.attend()
        session.document.committed.connect(self._on_committed)

    def _take_given(self, session: ImageSession, given: Labels, path: Path) -> None:
        """Begin with the mask that was there before."""
        if given.values.shape != session.document.shape:
            rows, columns = session.document.shape
            show_warning(
                f"{path.name} is {' x '.join(map(str, given.values.shape))} pixels, the picture "
                f"{rows} x {columns}: it was not taken."
            )
            return
        for note in given.notes:
            self._workspace.report(f"{path.name}: {note}")
        session.adopt(given.values, GIVEN, file=str(path))

    def _on_committed(self, edit: Edit) -> None:
        if edit.change.kind is EditKind.PLANT and edit.change.continues:
            # As part of the draft, of which it was told
            pass
        elif edit.action is Action.DO:
            self._workspace.said.emit(f"{edit.change.summary.capitalize()}.")
        else:
            # Ctrl+Z reaches the document by the mask layer, too
            word = "Undone" if edit.action is Action.UNDO else "Redone"
            self._workspace.report(f"{word}: {edit.change.summary}.")
        self._workspace.review.take_in(edit)
        self._workspace.changed.emit()
