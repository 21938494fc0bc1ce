"""A picture being worked on: its session begun or resumed, the time at work kept."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from napari_fncells.core.effort import Effort
from napari_fncells.io.images import Image
from napari_fncells.session.image import ImageSession
from napari_fncells.viewer.pictures import Picture, image_of, is_known
from napari_fncells.viewer.saving import Saving


def begin(
    picture: Picture, saving: Saving, author: str, image: Image | None = None
) -> ImageSession:
    """Open the session of a picture, with the work that was done on it before.

    Parameters
    ----------
    picture
        The picture.
    saving
        Keeps its mask.
    author
        The annotator.
    image
        What was read of it, where it has no layer yet.

    Raises
    ------
    UserError
        For a layer that is no single flat picture.
    """
    image = image or image_of(picture.image_layer)
    if picture.keeper is None:
        picture.keeper = saving.open(image, author)
    keeper = picture.keeper
    earlier = sum(map(Effort.from_mapping, keeper.efforts), Effort())
    picture.session = ImageSession(image, author, keeper.document, earlier)
    return picture.session


def resume(
    picture: Picture, saving: Saving, author: str, image: Image | None = None
) -> ImageSession | None:
    """Open the session of a picture that was worked on before; None for any other.

    A picture that another window holds is one: what is shown of it cannot be changed.
    """
    layer = picture.image_layer
    if picture.session is not None:
        return None
    if image is None:
        if layer is None or not is_known(layer):
            return None
        image = image_of(layer)
    if picture.keeper is None:
        picture.keeper = saving.open(image, author)
    if not picture.keeper.document.edit_count and not picture.keeper.state.read_only:
        return None
    return begin(picture, saving, author, image)


class Pulse:
    """Keeps the time at work on pictures, idle time left out."""

    def __init__(self) -> None:
        self._noted = (0, 0)

    def sign_of_life(self, picture: Picture | None) -> None:
        """The pointer or the camera moved: somebody is looking at the picture."""
        if picture is not None and picture.session is not None:
            picture.session.clock.active()

    def note(self, picture: Picture | None, more: Mapping[str, Any] | None = None) -> bool:
        """Let the keeper know the effort, at most once a second of work; True if it changed.

        Parameters
        ----------
        picture
            The picture that is looked at.
        more
            What is to be kept beside the effort, as JSON values.
        """
        if picture is None or picture.session is None or picture.keeper is None:
            return False
        visit = picture.session.clock.visit
        moment = int(visit.active_seconds), picture.session.document.edit_count
        if moment == self._noted:
            return False
        self._noted = moment
        picture.keeper.note_effort(visit.as_mapping() | dict(more or {}))
        return True
