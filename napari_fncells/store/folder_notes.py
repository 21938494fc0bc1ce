"""Notes in the data folder: at which path a folder was last worked on, and which is at a path."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from uuid import UUID


def path_note(data: Path, identity: UUID) -> Path:
    """Note of the path at which a folder is."""
    return data / "folders" / f"{identity}.path"


def identity_note(data: Path, folder: Path) -> Path:
    """Note of the UUID of the folder at a path."""
    return data / "folders" / f"{short_hash(str(folder))}.uuid"


def noted_path(data: Path, identity: UUID) -> Path | None:
    """Where a folder was last worked on."""
    content = content_of(path_note(data, identity))
    return None if content is None else Path(os.fsdecode(content))


def noted_identity(data: Path, folder: Path) -> UUID | None:
    """UUID of the folder that was last worked on at a path."""
    content = content_of(identity_note(data, folder))
    try:
        return None if content is None else UUID(content.decode())
    except ValueError:
        return None


def content_of(file: Path) -> bytes | None:
    """Content of a note; None where there is none."""
    try:
        return file.read_bytes()
    except OSError:
        return None


def short_hash(*parts: str) -> str:
    """Part of a name, of texts that no name may hold."""
    joined = "\0".join(parts).encode("utf-8", "surrogateescape")
    return hashlib.sha256(joined).hexdigest()[:20]
