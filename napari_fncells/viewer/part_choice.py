"""Which page and channel of files that hold several is worked on: asked once for a folder."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from psygnal import Signal

from napari_fncells.core.errors import UserError
from napari_fncells.io.chosen import choose_part, chosen_part
from napari_fncells.io.images import Image, ImageReadError, ReadCode
from napari_fncells.io.parts import Part, Parts
from napari_fncells.viewer.pictures import Picture, facts_of

if TYPE_CHECKING:
    from napari_fncells.viewer.workspace import Workspace


@dataclass(frozen=True)
class PartQuestion:
    """A file of which a part is to be chosen.

    Attributes
    ----------
    path
        The file.
    parts
        What it holds.
    part
        What was chosen before.
    """

    path: Path
    parts: Parts
    part: Part


class PartChoice:
    """Asks for the part of a file, remembers it and shows it.

    Parameters
    ----------
    workspace
        The window's.

    Attributes
    ----------
    wanted
        Signal(PartQuestion): the user is to be asked; answered by `choose`.
    chosen
        Signal(Path): another part is looked at in the files of this folder.
    """

    wanted = Signal(object)
    chosen = Signal(Path)

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    @property
    def words(self) -> str:
        """The part that is on the screen, in words; empty where the file holds no other."""
        image = self._image
        if image is None or not image.parts.several:
            return ""
        words = []
        if image.parts.pages > 1:
            words.append(image.parts.page_in_words(image.part.page or 0))
        if image.parts.channels > 1:
            channel = image.part.channel
            every = f"all {image.parts.channels:,} channels"
            words.append(every if channel is None else image.parts.channel_in_words(channel))
        return ", ".join(words)

    def ask(self) -> None:
        """Let the user choose another part of the file that is on the screen."""
        image = self._image
        if image is not None and image.path is not None and image.parts.several:
            self.wanted.emit(PartQuestion(image.path, image.parts, image.part))

    def asks(self, error: UserError) -> bool:
        """Ask where a file was not read for want of a choice; whether somebody is asked."""
        if not isinstance(error, ImageReadError) or error.parts is None:
            return False
        if error.code not in {ReadCode.AMBIGUOUS, ReadCode.NO_SUCH_PART} or not self.wanted:
            return False
        self.wanted.emit(PartQuestion(error.path, error.parts, chosen_part(error.path.parent)))
        return True

    def choose(self, path: Path, part: Part) -> None:
        """Look at this part in all files of the folder that have it, this one at once.

        Raises
        ------
        UserError
            Where the choice, or the work on the part before, cannot be saved.
        """
        workspace = self._workspace
        picture = self._picture_of(path)
        if picture is not None and not self._put_away(picture):
            raise UserError(
                f"The work on {path.name} is not saved yet.",
                "See the red banner; then choose again.",
            )
        choose_part(path.parent, part)
        workspace.queueing.part_chosen(path.parent)
        self.chosen.emit(path.parent)
        if picture is not None and picture.path is not None:
            workspace.navigation.go_to(picture)
        else:
            workspace.open_files([path])

    @property
    def _image(self) -> Image | None:
        picture = self._workspace.current
        if picture is None:
            return None
        if picture.session is not None:
            return picture.session.image
        known = facts_of(picture.image_layer).get("image") if picture.image_layer else None
        return known if isinstance(known, Image) else None

    def _picture_of(self, path: Path) -> Picture | None:
        for picture in self._workspace.pictures:
            if path in (picture.path, picture.file):
                return picture
        return None

    def _put_away(self, picture: Picture) -> bool:
        """Save the work on a picture and take its layers away; False where it is not saved."""
        workspace = self._workspace
        workspace.settle(picture)
        if not workspace.saving.leave(picture):
            return False
        layers = workspace.viewer.layers
        # The picture first: without it nobody opens its mask again
        for layer in (picture.image_layer, picture.mask_layer):
            if layer is not None and layer in layers:
                layers.remove(layer)
        return True
