"""The identity of a folder of pictures: a UUID in `fncells/folder.json`.

A folder that was moved finds its journals by it; the data folder notes the path at which each
UUID was last worked on, so a copy is told from its original.
"""

from __future__ import annotations

import os
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal
from uuid import NAMESPACE_URL, UUID, uuid4, uuid5

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from napari_fncells.io.printable import printable
from napari_fncells.store.folder_notes import noted_identity, noted_path
from napari_fncells.store.working_folder import WORKING_FOLDER

FOLDER_FILE = "folder.json"


class FolderIdentity(BaseModel):
    """What `fncells/folder.json` says."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: Literal["fncells-folder/1"] = "fncells-folder/1"
    uuid: UUID
    created: AwareDatetime = Field(default_factory=lambda: datetime.now(UTC))


def identify(data: Path, folder: Path) -> tuple[UUID, bool]:
    """UUID of a folder and whether `folder.json` holds it."""
    known = read_identity(folder)
    if known is not None and not is_copy(data, known, folder):
        return known, True
    noted = noted_identity(data, folder)
    if known is None and noted is not None and noted_path(data, noted) == folder:
        return noted, False  # `fncells/` was deleted; the journals need not be lost with it
    by_path = identity_by_path(folder)
    if not os.access(folder, os.W_OK) or journals_of(data, by_path).is_dir():
        return by_path, False
    return uuid4(), False


def is_copy(data: Path, identity: UUID, folder: Path) -> bool:
    """Whether the folder that has this UUID of old is another one, and still there."""
    original = noted_path(data, identity)
    if original is None or original == folder or read_identity(original) != identity:
        return False
    with suppress(OSError):
        return not original.samefile(folder)
    return False


def read_identity(folder: Path) -> UUID | None:
    """UUID that a folder's own file holds; None where there is none to be read."""
    try:
        data = (folder / WORKING_FOLDER / FOLDER_FILE).read_bytes()
        return FolderIdentity.model_validate_json(data).uuid
    except (OSError, ValidationError):
        return None


def identity_by_path(folder: Path) -> UUID:
    """UUID of a folder that cannot be given one."""
    return uuid5(NAMESPACE_URL, f"file://{printable(str(folder))}")


def journals_of(data: Path, identity: UUID) -> Path:
    """Folder of the journals of a folder's pictures."""
    return data / "journals" / str(identity)
