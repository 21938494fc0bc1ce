"""The page and the channel that were chosen for the pictures of a folder, and reading by them."""

from __future__ import annotations

import hashlib
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Literal

from pydantic import ValidationError

from napari_fncells.io.atomic import SaveError, write_atomic
from napari_fncells.io.images import Image, read_image
from napari_fncells.io.parts import Part
from napari_fncells.io.raster import channel_note
from napari_fncells.io.read_error import ImageReadError, ReadCode
from napari_fncells.io.user_data import data_folder

_FILE = Path("fncells") / "part.json"
_MOST_BYTES = 4096


class _Kept(Part):
    """What is written down."""

    format: Literal["fncells-part/1"] = "fncells-part/1"


def read_chosen(path: Path) -> Image:
    """Read a picture: of a file that holds several, the part that was chosen for its folder.

    What was chosen has no say where a file holds but one picture, or one channel.

    Parameters
    ----------
    path
        The file.

    Raises
    ------
    ImageReadError
        As for `read_image`; nothing was chosen for a file that holds several pictures, or it
        does not hold the part that was chosen.
    """
    part = chosen_part(path.parent)
    image = _read(path, part)
    channel = image.part.channel
    if channel is None:
        return image
    if image.parts.channels == 1:
        # a colour picture: its colours are no channels to choose from
        return _read(path, Part(page=image.part.page))
    # It is what was asked for, and for each picture of the folder
    known = channel_note(channel, image.parts.channels)
    return replace(image, notes=tuple(note for note in image.notes if note != known))


def chosen_part(folder: Path) -> Part:
    """The part that was chosen for the pictures of a folder, beside them or by this user."""
    for file in (folder / _FILE, _own_file(folder)):
        with suppress(OSError, ValidationError):
            with file.open("rb") as stream:
                kept = _Kept.model_validate_json(stream.read(_MOST_BYTES))
            return Part(page=kept.page, channel=kept.channel)
    return Part()


def choose_part(folder: Path, part: Part) -> None:
    """Remember a part for the pictures of a folder.

    It is written beside the pictures, so that others see the same ones; where nothing can be
    written there, into the user's own data.

    Raises
    ------
    SaveError, OSError
        Where it cannot be written at all.
    """
    content = _Kept(**part.model_dump()).model_dump_json().encode()
    file, own = folder / _FILE, _own_file(folder)
    try:
        file.parent.mkdir(exist_ok=True)
        write_atomic(file, content, replace=True)
    except (OSError, SaveError):
        if file.exists():  # it would be read first
            raise
        own.parent.mkdir(parents=True, exist_ok=True)
        write_atomic(own, content, replace=True)


def _read(path: Path, part: Part) -> Image:
    try:
        return read_image(path, page=part.page, channel=part.channel)
    except ImageReadError as error:
        if error.code is not ReadCode.NO_SUCH_PART or error.parts is None:
            raise
        page = part.page if error.parts.pages > 1 else None
        channel = part.channel if error.parts.channels > 1 else None
        fitting = Part(page=page, channel=channel)
        if fitting == part:
            raise
    return _read(path, fitting)


def _own_file(folder: Path) -> Path:
    place = str(folder.resolve()).encode("utf-8", "surrogateescape")
    return data_folder() / "parts" / f"{hashlib.sha256(place).hexdigest()[:20]}.json"
