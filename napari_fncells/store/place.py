"""Where the journal of a picture lies, and how a picture is known again.

The key of a journal is the identity of the picture's folder, the picture's name and the
annotator. A folder's identity is a UUID in `fncells/folder.json`, so a folder that was moved
finds its journals; the data folder notes the path at which each UUID was last worked on, so a
copy is told from its original.
"""

from __future__ import annotations

import hashlib
import os
import re
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal
from uuid import NAMESPACE_URL, UUID, uuid4, uuid5

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from napari_fncells.io.atomic import SaveError, write_atomic
from napari_fncells.io.images import Image
from napari_fncells.io.printable import printable
from napari_fncells.io.samples import is_sample
from napari_fncells.io.save_error import explain_os_error
from napari_fncells.io.user_data import data_folder

WORKING_FOLDER = "fncells"
_FOLDER_FILE = "folder.json"
_PICTURES_FILE = "pictures.txt"  # in a folder of mask files that lies elsewhere: of which folder
_HASHED_BYTES = 16 << 20  # of a larger array only evenly spaced rows are hashed


class FolderIdentity(BaseModel):
    """What `fncells/folder.json` says."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: Literal["fncells-folder/1"] = "fncells-folder/1"
    uuid: UUID
    created: AwareDatetime = Field(default_factory=lambda: datetime.now(UTC))


@dataclass(frozen=True)
class Place:
    """Everything about where the work on one picture is kept.

    Attributes
    ----------
    root
        The data folder.
    journal
        The journal, whether it is there yet or not.
    picture_key
        Names the picture by its path and the annotator, whatever its folder's identity.
    image_sha256
        Hash of the picture.
    name
        The picture's name.
    annotator
        Whose corrections.
    folder
        The picture's folder, None for a picture that is no file of the user's.
    identity
        UUID of that folder.
    announced
        Whether `folder.json` holds that UUID already.
    """

    root: Path
    journal: Path
    picture_key: str
    image_sha256: str
    name: str
    annotator: str
    folder: Path | None = None
    identity: UUID | None = None
    announced: bool = False

    @property
    def lock(self) -> Path:
        """Lock of the picture."""
        return self.root / "locks" / f"{self.picture_key}.lock"

    @property
    def journal_lock(self) -> Path:
        """Lock of the journal, for a picture reached by two paths."""
        return self.journal.with_name(f"{self.journal.name}.lock")

    @property
    def working(self) -> Path | None:
        """Folder of the mask files, None where there are none."""
        return None if self.folder is None else working_folder(self.folder, self.root)

    def for_content(self) -> Place:
        """The place for this picture's content where the usual one belongs to another content."""
        name = f"{self.journal.stem}@{self.image_sha256[:12]}{self.journal.suffix}"
        return replace(self, journal=self.journal.with_name(name))

    def settle(self) -> Place:
        """Give the folder its identity for good, before the first edit is written.

        Returns
        -------
        Place
            Usually itself; another where the folder turns out to be read-only, or to have got
            its identity meanwhile.

        Raises
        ------
        SaveError, OSError
            Where the data folder cannot be written.
        """
        if self.folder is None or self.identity is None:
            return self
        place = self if self.announced else self._announce(self.folder, self.identity)
        place._register()
        return place

    def _announce(self, folder: Path, identity: UUID) -> Place:
        file = folder / WORKING_FOLDER / _FOLDER_FILE
        mine = FolderIdentity(uuid=identity)
        known = _read_identity(folder)
        copied = known is not None and self._is_copy(known, folder)
        damaged = known is None and file.exists()
        try:
            file.parent.mkdir(exist_ok=True)
            write_atomic(file, mine.model_dump_json(indent=2).encode(), replace=copied or damaged)
        except (OSError, SaveError):
            # Another window was faster, or only the disk's acknowledgement is missing; or the
            # folder is read-only, and goes by its path
            now = _read_identity(folder)
            if now is None or (copied and now != identity):
                return self._identified_as(_by_path(folder), announced=False)
            return self._identified_as(now, announced=True)
        return replace(self, announced=True)

    def _identified_as(self, identity: UUID, *, announced: bool) -> Place:
        journal = _journals(self.root, identity) / self.journal.name
        return replace(self, journal=journal, identity=identity, announced=announced)

    def _is_copy(self, identity: UUID, folder: Path) -> bool:
        return _is_copy(self.root, identity, folder)

    def _register(self) -> None:
        """Note at which path the folder is worked on, and which folder is at that path."""
        if self.identity is None or self.folder is None:
            return
        notes = {
            _path_note(self.root, self.identity): os.fsencode(str(self.folder)),
            _identity_note(self.root, self.folder): str(self.identity).encode(),
        }
        for file, content in notes.items():
            if _content(file) != content:
                file.parent.mkdir(parents=True, exist_ok=True)
                write_atomic(file, content, replace=True)


def place_of(image: Image, annotator: str = "", root: Path | None = None) -> Place:
    """Find out where the work on a picture is kept. Nothing is written.

    Parameters
    ----------
    image
        The picture.
    annotator
        Whose corrections.
    root
        The data folder, where it is not the usual one.
    """
    data = data_folder(root).absolute()
    digest = image.sha256 or pixel_hash(image)
    file = file_of(image)
    if file is None:
        key = _short_hash(digest, annotator)
        journal = data / "journals" / "pictures" / f"{_slug(image.name)}-{key}.sqlite"
        return Place(data, journal, key, digest, printable(image.name), annotator)
    folder, name = file.parent, file.name
    identity, announced = _identify(data, folder)
    base = f"{_slug(name)}-{_short_hash(name, annotator)}.sqlite"
    journal = _journals(data, identity) / base
    by_path = _by_path(folder)
    if not os.path.lexists(journal) and os.path.lexists(_journals(data, by_path) / base):
        # Begun when the folder's identity could not be written
        identity, journal = by_path, _journals(data, by_path) / base
    return Place(
        root=data,
        journal=journal,
        picture_key=_short_hash(str(folder / name), annotator),
        image_sha256=digest,
        name=name,
        annotator=annotator,
        folder=folder,
        identity=identity,
        announced=announced,
    )


def file_of(image: Image) -> Path | None:
    """The user's own file of a picture; None where it has none, or is a sample."""
    if image.path is None or is_sample(image.path):
        return None
    return image.path.parent.resolve() / image.path.name


def working_folder(folder: Path, root: Path | None = None) -> Path:
    """Folder of the mask files of a folder of pictures.

    `fncells` in it, unless another was chosen because nothing may be written there.
    """
    chosen = _content(_working_note(data_folder(root).absolute(), folder))
    return folder / WORKING_FOLDER if chosen is None else Path(os.fsdecode(chosen))


def choose_working_folder(folder: Path, chosen: Path | None, root: Path | None = None) -> Path:
    """Let the mask files of a folder of pictures go elsewhere from now on, and remember it.

    Parameters
    ----------
    folder
        The folder of pictures.
    chosen
        A folder that may hold those of several; each gets one of its own in it. None for the
        usual place.
    root
        The data folder, where it is not the usual one.

    Returns
    -------
    Path
        Where they go. Those written before stay where they are.

    Raises
    ------
    SaveError
        Where nothing can be written there, or the choice cannot be remembered.
    """
    note = _working_note(data_folder(root).absolute(), folder)
    try:
        if chosen is None:
            note.unlink(missing_ok=True)
            return folder / WORKING_FOLDER
        place = chosen.absolute() / f"{folder.name or 'pictures'} {WORKING_FOLDER}"
        known = _content(place / _PICTURES_FILE)
        if known is not None and known != os.fsencode(str(folder)):
            place = place.with_name(f"{place.name} {_short_hash(str(folder))[:6]}")
        place.mkdir(parents=True, exist_ok=True)
        write_atomic(place / _PICTURES_FILE, os.fsencode(str(folder)), replace=True)
        note.parent.mkdir(parents=True, exist_ok=True)
        write_atomic(note, os.fsencode(str(place)), replace=True)
    except OSError as error:
        raise explain_os_error(error, chosen or folder) from error
    return place


def pixel_hash(image: Image) -> str:
    """Hash of a picture that has no file: of all its pixels, or of even samples of many."""
    pixels = image.pixels
    row_bytes = max(1, pixels.nbytes // max(1, pixels.shape[0]))
    step = max(1, -(-pixels.nbytes // _HASHED_BYTES))
    digest = hashlib.sha256(f"{pixels.shape} {pixels.dtype.str} {step}".encode())
    block = max(1, (1 << 20) // row_bytes) if step == 1 else 1
    for start in range(0, pixels.shape[0], block * step):
        digest.update(pixels[start : start + block].tobytes())
    return digest.hexdigest()


def _identify(data: Path, folder: Path) -> tuple[UUID, bool]:
    """UUID of a folder and whether `folder.json` holds it."""
    known = _read_identity(folder)
    if known is not None and not _is_copy(data, known, folder):
        return known, True
    noted = _noted_identity(data, folder)
    if known is None and noted is not None and _noted_path(data, noted) == folder:
        return noted, False  # `fncells/` was deleted; the journals need not be lost with it
    by_path = _by_path(folder)
    if not os.access(folder, os.W_OK) or _journals(data, by_path).is_dir():
        return by_path, False
    return uuid4(), False


def _is_copy(data: Path, identity: UUID, folder: Path) -> bool:
    """Whether the folder that has this UUID of old is another one, and still there."""
    original = _noted_path(data, identity)
    if original is None or original == folder or _read_identity(original) != identity:
        return False
    with suppress(OSError):
        return not original.samefile(folder)
    return False


def _read_identity(folder: Path) -> UUID | None:
    try:
        data = (folder / WORKING_FOLDER / _FOLDER_FILE).read_bytes()
        return FolderIdentity.model_validate_json(data).uuid
    except (OSError, ValidationError):
        return None


def _by_path(folder: Path) -> UUID:
    return uuid5(NAMESPACE_URL, f"file://{printable(str(folder))}")


def _journals(data: Path, identity: UUID) -> Path:
    return data / "journals" / str(identity)


def _path_note(data: Path, identity: UUID) -> Path:
    return data / "folders" / f"{identity}.path"


def _identity_note(data: Path, folder: Path) -> Path:
    return data / "folders" / f"{_short_hash(str(folder))}.uuid"


def _working_note(data: Path, folder: Path) -> Path:
    return data / "working" / f"{_short_hash(str(folder.resolve()))}.path"


def _noted_path(data: Path, identity: UUID) -> Path | None:
    content = _content(_path_note(data, identity))
    return None if content is None else Path(os.fsdecode(content))


def _noted_identity(data: Path, folder: Path) -> UUID | None:
    content = _content(_identity_note(data, folder))
    try:
        return None if content is None else UUID(content.decode())
    except ValueError:
        return None


def _content(file: Path) -> bytes | None:
    try:
        return file.read_bytes()
    except OSError:
        return None


def _short_hash(*parts: str) -> str:
    joined = "\0".join(parts).encode("utf-8", "surrogateescape")
    return hashlib.sha256(joined).hexdigest()[:20]


def _slug(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9._-]", "_", name)[:40].strip(".") or "picture"
