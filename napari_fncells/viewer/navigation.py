"""Going from picture to picture: to the next, to one by its name, on from one that is done."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from napari.utils.notifications import show_error, show_info

from napari_fncells.session.entry import EntryState
from napari_fncells.session.fetching import Fetched, Wish
from napari_fncells.session.image import ImageSession, Outcome
from napari_fncells.viewer.album import Album
from napari_fncells.viewer.display import Rendered
from napari_fncells.viewer.pictures import Picture, image_layer_data
from napari_fncells.viewer.saving import FLUSH_S
from napari_fncells.viewer.work import Work

if TYPE_CHECKING:
    from napari_fncells.viewer.workspace import Workspace


class Navigation:
    """Shows one picture in place of another; nothing of that one is lost.

    Parameters
    ----------
    workspace
        Whose pictures they are.
    album
        Shows them.
    work
        Opens what was done on them before.
    """

    def __init__(self, workspace: Workspace, album: Album, work: Work) -> None:
        self._workspace = workspace
        self._album = album
        self._work = work
        # What is still to be said of the picture that was left, when the next is there
        self._parting = self._parted = ""

    def say_parting(self) -> None:
        """Say what is still to be said of the picture that was left."""
        self._parted, self._parting = self._parting, ""
        if self._parted:
            self._workspace.report(self._parted)

    def tell_besides(self, words: str) -> None:
        """Tell of the picture that is there, after what was just said of the one before."""
        self._workspace.report(f"{self._parting or self._parted} {words}".lstrip())
        self._parting = self._parted = ""

    def picture_named(self, name: str) -> Picture | None:
        """The picture of this name in the queue."""
        queue = self._workspace.queueing.queue
        return None if queue is None else self._album.picture_of(queue.folder / name)

    def go_to_name(self, name: str, by: int = 0) -> None:
        """Show the picture of this name in the queue; `by` as for `go_to`."""
        picture = self.picture_named(name)
        if picture is not None:
            self.go_to(picture, by)

    def go_to(self, picture: Picture, by: int = 0) -> None:
        """Show a picture in place of the current one; nothing of that one is lost.

        Parameters
        ----------
        picture
            The picture.
        by
            Where to go on to if it cannot be read: to the next (+1) or previous (-1) one.
        """
        self._workspace.leaving.emit()
        self._workspace.settle()
        if picture.image_layer is not None:
            if picture is not self._workspace.current:
                self._album.show(picture)
        elif picture.session is not None:
            self._album.show(picture, image_layer_data(picture.session.image))
        elif picture.path is not None:
            wish = self._workspace.queueing.wish_for(picture) or Wish(picture.path)
            ready = self._workspace.queueing.ready(wish)
            if ready is not None:
                self._arrived(picture, by, ready)
                return
            arrived = partial(self._arrived, picture, by)
            self._workspace.runner(
                f"Opening {picture.name}", self._workspace.queueing.steps(wish), arrived
            )

    def step(self, by: int) -> None:
        """Go to the next (+1) or previous (-1) picture of those shown, if there is one."""
        picture = self._neighbour(by)
        if picture is not None:
            self.go_to(picture, by)
        elif self._workspace.queueing.current is not None:
            self._workspace.report(
                "This is the last picture." if by > 0 else "This is the first picture."
            )

    def finish(self) -> None:
        """Accept the rest, mark the picture done and go to the next."""
        warning = self._workspace.sweep.warning()
        self._say_of(lambda session: session.finish(), "done", warning)

    def mark_unsure(self) -> None:
        """Mark the picture as one that one is not sure of, and go to the next."""
        self._say_of(lambda session: session.mark("unsure"), "marked")

    def reopen(self) -> None:
        """Take back that the picture is done, or that one is not sure of it."""
        session = self._workspace.require_session()
        self._workspace.settle()
        self._workspace.report(session.mark("open").message)

    def _neighbour(self, by: int) -> Picture | None:
        """The picture so many places on: of the queue, or of all that were opened."""
        queue, beyond = self._workspace.queueing.queue, self._album.neighbour(by)
        if queue is None or self._workspace.queueing.current is None:
            return beyond
        name = self._workspace.queueing.next_after(self._workspace.current, by)
        if name is not None:
            return self.picture_named(name)
        # The end of this folder may be the beginning of another that was opened along with it
        if beyond is None or beyond.path is None or beyond.path.parent == queue.folder:
            return None
        return beyond

    def _say_of(
        self, say: Callable[[ImageSession], Outcome], word: str, besides: str = ""
    ) -> None:
        """Say something of the picture as a whole; once that is saved, go to the next."""
        picture, session = self._workspace.current, self._workspace.require_session()
        self._workspace.leaving.emit()
        self._workspace.settle()
        if session.document.read_only:
            self._workspace.report(session.document.read_only)
            return
        keeper = picture.keeper if picture is not None else None
        if keeper is not None and keeper.state.error is not None and not keeper.flush(0.0):
            self._workspace.report(f"Not saved yet, so not {word}: see the red banner.")
            return
        outcome = say(session)
        if outcome.missed:
            self._workspace.report(outcome.message)
            self._workspace.look_at(outcome.missed[0])
            return
        message = outcome.message + besides
        if keeper is not None and not keeper.flush(FLUSH_S):
            self._workspace.report(f"Not saved yet, so not {word}: see the red banner.")
            return
        if picture is not None:
            self._workspace.queueing.going(picture)
        following = self._neighbour(1)
        if following is not None:
            self._workspace.report(message)
            self._parting = f"{picture.name}:{besides}" if picture is not None and besides else ""
            self.go_to(following, 1)
            return
        if picture is not None:
            # Nobody leaves it: what was said counts once the files are written
            self._workspace.saving.write(picture)
            message += self._end_of_queue()
        self._workspace.report(message)

    def _end_of_queue(self) -> str:
        """What is left, at the end of the pictures shown."""
        queue = self._workspace.queueing.queue
        if queue is None or len(queue.entries) < 2:
            return ""
        left = len(queue.entries) - queue.progress.done - queue.counts[EntryState.PROBLEM]
        if left <= 0:
            return " That was the last one: all pictures are done."
        return f" That was the last one shown; {left:,} are not done yet."

    def _arrived(self, picture: Picture, by: int, found: Fetched) -> None:
        """Show a picture that has been read, or why it was not."""
        image, rendered = found.image, found.shown
        if image is None or rendered is None:
            if found.error is not None:
                self._workspace.queueing.failed(found.wish, found.error)
                if self._workspace.parts.asks(found.error):
                    return
                show_error(str(found.error))
                self._pass_over(picture, by)
            return
        for note in image.notes:
            show_info(f"{image.name}: {note}")
        camera = self._workspace.queueing.camera() if self._workspace.current is None else None
        leaving = self._workspace.current
        if leaving is not None:
            self._workspace.queueing.going(leaving)
            if leaving.image_layer is not None:
                self._workspace.display.forget(leaving.image_layer)
        self._workspace.queueing.turn_to(picture)
        self._work.open(picture, image, found)
        self._album.show(picture, rendered.layer, lambda: self._know(picture, rendered))
        self._workspace.queueing.arrived(picture)
        if camera is not None:
            *centre, self._workspace.viewer.scene.camera.zoom = camera
            self._workspace.viewer.scene.camera.center = centre

    def _pass_over(self, picture: Picture, by: int) -> None:
        """Go on to the picture beyond one that cannot be read."""
        name = self._workspace.queueing.next_after(picture, by) if by else None
        following = self.picture_named(name) if name is not None else None
        if following is not None:
            self.go_to(following, by)

    def _know(self, picture: Picture, rendered: Rendered) -> None:
        if picture.image_layer is not None:
            self._workspace.display.know(picture.image_layer, rendered)
