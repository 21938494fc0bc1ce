"""What a folder of patches holds: `patches.json`, with the hash of every file."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from napari_fncells.core.errors import UserError
from napari_fncells.io.record import SoftwareFacts

FORMAT: Literal["fncells-patches/1"] = "fncells-patches/1"
MANIFEST_NAME = "patches.json"

_LARGEST = 256 << 20


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class SplitFacts(_Part):
    """One split."""

    pictures: int = 0
    patches: int = 0
    empty: int = 0
    """Patches without a cell."""
    cells: int = 0
    """Over all patches: a cell in two of them counts twice."""


class PatchManifest(_Part):
    """All that is known of a folder of patches. `format` changes whenever the fields do."""

    format: Literal["fncells-patches/1"] = FORMAT
    form: str
    """Name of the form they are written in."""
    splits: dict[str, SplitFacts]
    cut: int
    """Cells that go on beyond their patch."""
    dropped: int
    """Cells of which too little lay in a patch."""
    padded: int
    """Patches that reach beyond their picture."""
    notes: tuple[str, ...] = ()
    params: dict[str, Any] = Field(default_factory=dict)
    software: SoftwareFacts = Field(default_factory=SoftwareFacts.current)
    files: dict[str, str]
    """SHA-256 of every other file, by its name with slashes."""

    @property
    def patches(self) -> int:
        """Number of patches."""
        return sum(split.patches for split in self.splits.values())

    def to_bytes(self) -> bytes:
        """JSON in UTF-8, indented for reading."""
        return (self.model_dump_json(indent=1) + "\n").encode()

    @classmethod
    def of(cls, folder: Path) -> Self:
        """Read that of a folder.

        Raises
        ------
        UserError
            There is none that can be read.
        """
        path = folder / MANIFEST_NAME
        try:
            if path.is_symlink() or path.stat().st_size > _LARGEST:
                raise ValueError("it is no plain file of a usual size")
            return cls.model_validate_json(path.read_bytes())
        except (OSError, ValidationError, ValueError) as error:
            raise UserError(
                f"{folder} is no folder of patches: its {MANIFEST_NAME} cannot be read.",
                "Choose another folder.",
            ) from error


def hashes(folder: Path) -> dict[str, str]:
    """SHA-256 of every file in a folder and its folders, by name with slashes, in order."""
    found = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.is_symlink():
            found[path.relative_to(folder).as_posix()] = _hash(path)
        elif path.is_symlink() or not path.is_dir():
            found[path.relative_to(folder).as_posix()] = ""  # nothing that was written
    return found


def differences(folder: Path) -> tuple[str, ...]:
    """What was changed, removed or added in a folder of patches, a sentence each.

    Raises
    ------
    UserError
        It is no folder of patches.
    """
    told, found = PatchManifest.of(folder).files, hashes(folder)
    found.pop(MANIFEST_NAME, None)
    return (
        *(f"{name} was changed." for name in told if name in found and found[name] != told[name]),
        *(f"{name} is missing." for name in told if name not in found),
        *(f"{name} was added." for name in found if name not in told),
    )


def _hash(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
