"""Where the journal of a picture lies, and how a picture is known again.

The key of a journal is the identity of the picture's folder, the picture's name and the
annotator.
"""

from __future__ import annotations

import hashlib
import os
import re
from dataclasses import dataclass, replace
from pathlib import Path
from uuid import UUID

from napari_fncells.io.atomic import SaveError, write_atomic
from napari_fncells.io.images import Image
from napari_fncells.io.printable import printable
from napari_fncells.io.samples import is_sample
from napari_fncells.io.user_data import data_folder, keep_file
from napari_fncells.store.folder_identity import (
    FOLDER_FILE,
    FolderIdentity,
    identify,
    identity_by_path,
    is_copy,
    journals_of,
    read_identity,
)
from napari_fncells.store.folder_notes import content_of, identity_note, path_note, short_hash
from napari_fncells.store.working_folder import WORKING_FOLDER, working_folder

_HASHED_BYTES = 16 << 20  # of a larger array only evenly spaced rows are hashed


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
        file = folder / WORKING_FOLDER / FOLDER_FILE
        mine = FolderIdentity(uuid=identity)
        known = read_identity(folder)
        copied = known is not None and is_copy(self.root, known, folder)
        damaged = known is None and file.exists()
        try:
            file.parent.mkdir(exist_ok=True)
            write_atomic(file, mine.model_dump_json(indent=2).encode(), replace=copied or damaged)
        except (OSError, SaveError):
            # Another window was faster, or only the disk's acknowledgement is missing; or the
            # folder is read-only, and goes by its path
            now = read_identity(folder)
            if now is None or (copied and now != identity):
                return self._identified_as(identity_by_path(folder), announced=False)
            return self._identified_as(now, announced=True)
        return replace(self, announced=True)

    def _identified_as(self, identity: UUID, *, announced: bool) -> Place:
        journal = journals_of(self.root, identity) / self.journal.name
        return replace(self, journal=journal, identity=identity, announced=announced)

    def _register(self) -> None:
        """Note at which path the folder is worked on, and which folder is at that path."""
        if self.identity is None or self.folder is None:
            return
        notes = {
            path_note(self.root, self.identity): os.fsencode(str(self.folder)),
            identity_note(self.root, self.folder): str(self.identity).encode(),
        }
        for file, content in notes.items():
            if content_of(file) != content:
                keep_file(file, content)


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
        key = short_hash(digest, annotator)
        journal = data / "journals" / "pictures" / f"{_slug(image.name)}-{key}.sqlite"
        return Place(data, journal, key, digest, printable(image.name), annotator)
    folder, name = file.parent, file.name
    identity, announced = identify(data, folder)
    base = f"{_slug(name)}-{short_hash(name, annotator)}.sqlite"
    journal = journals_of(data, identity) / base
    by_path = identity_by_path(folder)
    if not os.path.lexists(journal) and os.path.lexists(journals_of(data, by_path) / base):
        # Begun when the folder's identity could not be written
        identity, journal = by_path, journals_of(data, by_path) / base
    return Place(
        root=data,
        journal=journal,
        picture_key=short_hash(str(folder / name), annotator),
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


def _slug(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9._-]", "_", name)[:40].strip(".") or "picture"
