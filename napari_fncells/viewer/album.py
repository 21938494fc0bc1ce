"""The album: the pictures opened in a viewer and the one that is looked at."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any
from weakref import ref

from psygnal import Signal

from napari_fncells.core.errors import UserError
from napari_fncells.io.images import Image, list_images
from napari_fncells.viewer.pictures import LayerData, Picture, facts_of, is_draft, is_picture
from napari_fncells.viewer.stage import Stage


class Album:
    """Lists the pictures of a viewer, and follows the layers that come and go.

    Parameters
    ----------
    viewer
        Watched as long as it lives; not kept alive.

    Attributes
    ----------
    changed
        Signal(): the pictures or the current one changed.
    adoptable
        Signal(): a labels layer was opened that wants to become a mask.
    listed
        Signal(Path): the pictures of this folder were listed along with one of them.
    left
        Signal(Picture): another picture took its place; its layers are gone.
    pictures
        In the order in which they were opened.
    current
        The one that is looked at.
    """

    changed = Signal()
    adoptable = Signal()
    listed = Signal(Path)
    left = Signal(Picture)

    def __init__(self, viewer: Any) -> None:
        self._viewer = ref(viewer)
        self._stage = Stage(self._viewer)
        self.pictures: list[Picture] = []
        self.current: Picture | None = None
        self._by_file: dict[Path, Picture] = {}
        self._indexed = 0
        for layer in viewer.layers:
            self._take_in(layer)
        viewer.layers.events.inserted.connect(self._on_inserted, position="last")
        viewer.layers.events.removed.connect(self._on_removed, position="last")

    def list_folder(self, folder: Path) -> Picture:
        """List the pictures of a folder; returns the first.

        Raises
        ------
        UserError
            Where it holds none.
        """
        paths = list_images(folder)
        if not paths:
            raise UserError(f"There are no pictures in {folder}.", "Choose another folder.")
        self.list_paths(paths)
        return next(picture for picture in self.pictures if picture.path == paths[0])

    def list_paths(self, paths: Sequence[Path]) -> None:
        """List pictures that can be read from their files; those that are listed stay."""
        known = {picture.path for picture in self.pictures}
        fresh = [Picture(path.name, path) for path in paths if path not in known]
        if fresh:
            self.pictures.extend(fresh)
            self.changed.emit()

    def neighbour(self, by: int) -> Picture | None:
        """The picture so many places after the current one (before it, if negative)."""
        if self.current is None:
            return None
        index = self.pictures.index(self.current) + by
        return self.pictures[index] if 0 <= index < len(self.pictures) else None

    def picture_of(self, path: Path) -> Picture | None:
        """The picture of a file, where it is one of the album's."""
        if self._indexed != len(self.pictures):
            # Of many thousands, none is looked for one by one
            self._indexed = len(self.pictures)
            self._by_file = {p.file: p for p in self.pictures if p.file is not None}
            self._by_file |= {p.path: p for p in self.pictures if p.path is not None}
        return self._by_file.get(path)

    def show(
        self,
        picture: Picture,
        shown: LayerData | None = None,
        placed: Callable[[], None] | None = None,
    ) -> None:
        """Make a picture the current one, with its layers in place of the others'.

        Parameters
        ----------
        picture
            One of the album's.
        shown
            What is put on the screen, where it has no layer yet.
        placed
            Called once the layers are in the viewer, before anybody is told.
        """
        leaving, self.current = self.current, picture
        self._stage.swap(leaving if leaving is not picture else None, picture, shown)
        if placed is not None:
            placed()
        self._stage.show_only(picture, self.pictures)
        viewer = self._viewer()
        if viewer is not None:
            viewer.reset_view()
        if leaving is not None and leaving is not picture and leaving.image_layer is None:
            self.left.emit(leaving)
        self.changed.emit()

    def show_mask(self, picture: Picture) -> None:
        """Put the mask layer of a picture into the viewer, once it has a mask."""
        self._stage.show_mask(picture)

    def _on_inserted(self, event: Any) -> None:
        if not self._stage.moving:
            self._take_in(event.value)

    def _take_in(self, layer: Any) -> None:
        """Make an image layer the current picture; note a draft that was opened with it."""
        if is_draft(layer):
            self.adoptable.emit()
            return
        if not is_picture(layer):
            return
        facts = facts_of(layer)
        paths = list_images(Path(facts["folder"])) if "folder" in facts else []
        picture = self._opened_before(layer)
        if picture is None:
            picture = Picture.shown_by(layer, in_folder=bool(paths))
            self.pictures.append(picture)
        elif picture.image_layer is None:
            picture.image_layer = layer
        else:
            # One mask, one history: the layer opened second is no picture of its own
            layer.visible = False
        known = {other.path for other in self.pictures}
        self.pictures.extend(Picture(path.name, path) for path in paths if path not in known)
        self.current = picture
        self._stage.show_only(picture, self.pictures)
        self.changed.emit()
        if paths:
            self.listed.emit(Path(facts["folder"]))

    def _opened_before(self, layer: Any) -> Picture | None:
        """The picture of the file that a layer shows, where it was opened before."""
        image = facts_of(layer).get("image")
        path = image.path if isinstance(image, Image) else None
        if path is None:
            return None
        return self.picture_of(path)

    def _on_removed(self, event: Any) -> None:
        """Forget a layer; the session of its picture stays, so nothing is lost."""
        if self._stage.moving:
            return
        for picture in list(self.pictures):
            if picture.mask_layer is not None and picture.mask_layer is event.value:
                picture.mask_layer.flush_stroke()
                picture.mask_layer = None
            if picture.image_layer is event.value:
                picture.image_layer = None
                if picture.session is None and picture.path is None:
                    self._forget(picture)
        self.changed.emit()

    def _forget(self, picture: Picture) -> None:
        """Drop a picture that was never worked on and whose layer is gone."""
        self.pictures.remove(picture)
        self._indexed = -1
        self.left.emit(picture)
        if self.current is picture:
            self.current = next((p for p in self.pictures if p.image_layer is not None), None)
