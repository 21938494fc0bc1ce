"""Where one is in a folder of pictures, written down as one goes."""

from __future__ import annotations

from collections.abc import Collection
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from napari_fncells.session.bookmark import Bookmark, read_bookmark, write_bookmark
from napari_fncells.session.queue import Queue, View

if TYPE_CHECKING:
    from napari_fncells.viewer.workspace import Workspace


class Bookmarking:
    """Keeps the bookmark of the folder that is open.

    Parameters
    ----------
    workspace
        The window's.

    Attributes
    ----------
    now
        Where one is, and with which settings.
    """

    def __init__(self, workspace: Workspace) -> None:
        self.now = Bookmark()
        self._workspace = workspace
        self._kept = Bookmark()

    def open(self, folder: Path) -> None:
        """Go on from where one stopped in a folder."""
        self.now = self._kept = read_bookmark(folder, self._workspace.saving.root)

    def change(self, **changes: Any) -> None:
        """Note something else, by the names of a bookmark's fields."""
        self.now = self.now.at(**changes)

    def show(self, view: View) -> None:
        """Note which pictures are shown."""
        self.now = self.now.with_view(view)

    def note_camera(self) -> None:
        """Note where the camera is."""
        with suppress(RuntimeError):
            camera = self._workspace.viewer.scene.camera
            row, column = camera.center[-2:]
            self.change(camera=(float(row), float(column), float(camera.zoom)))

    def remember(self, queue: Queue, unwritten: Collection[str]) -> None:
        """Write it down in the background, where anything is new.

        Parameters
        ----------
        queue
            The pictures of the folder.
        unwritten
            Names of those whose mask files may be behind.
        """
        self.change(annotator=queue.annotator, unwritten=tuple(sorted(unwritten)))
        if self.now != self._kept:
            self._kept = self.now
            write = partial(write_bookmark, self.now, queue.folder, self._workspace.saving.root)
            self._workspace.saving.later(write)
