"""Names of a picture's working files, and what lies under them."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Self

ENDS = (".labels.tif", ".json", ".ignored.png")


@dataclass(frozen=True)
class WorkingFiles:
    """Names of the files of one picture and annotator."""

    labels: Path
    record: Path
    ignored: Path

    @classmethod
    def of(cls, folder: Path, name: str, annotator: str = "") -> Self:
        """Files of a picture.

        Parameters
        ----------
        folder
            The folder of working files.
        name
            The picture's name with its suffix.
        annotator
            Part of the names where it is set.
        """
        stem = working_stem(name, annotator)
        return cls(*(folder / f"{stem}{end}" for end in ENDS))

    @property
    def paths(self) -> tuple[Path, Path, Path]:
        """The three, in the order in which `hashes` has them."""
        return self.labels, self.record, self.ignored

    @property
    def hashes(self) -> tuple[str, ...]:
        """Hashes of labels, record and regions as they are on the disk; '' where there is none."""
        return tuple(map(_hash_of, self.paths))


def working_regions(labels: Path) -> Path | None:
    """File of the ignored regions beside a working file of labels; None for any other file."""
    if not labels.name.endswith(ENDS[0]):
        return None
    return labels.with_name(f"{labels.name.removesuffix(ENDS[0])}{ENDS[2]}")


def is_regions(path: Path) -> bool:
    """Whether a file is one of ignored regions, by its name."""
    return path.name.endswith(ENDS[2])


def working_stem(name: str, annotator: str = "") -> str:
    """Start of the names of a picture's working files."""
    return f"{name}.{plain_name(annotator)}" if annotator else name


def plain_name(text: str) -> str:
    """Text as a part of a file's name."""
    return re.sub(r"[^\w@+-]", "_", text)[:60] or "_"


def _hash_of(path: Path) -> str:
    try:
        return sha256_of(path.read_bytes())
    except OSError:
        return ""


def sha256_of(data: bytes) -> str:
    """Hash of a file's content; '' for none."""
    return hashlib.sha256(data).hexdigest() if data else ""
