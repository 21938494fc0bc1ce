"""The annotator's name: asked once, kept for this user."""

from __future__ import annotations

import re
from pathlib import Path

from napari_fncells.core.errors import ParameterError
from napari_fncells.io.user_data import data_folder, keep_file

_LONGEST = 60


def known_annotator(root: Path | None = None) -> str | None:
    """The name; empty where one wants none, None where nobody was asked yet."""
    try:
        return checked_name(_file(root).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, ParameterError):
        return None


def keep_annotator(name: str, root: Path | None = None) -> str:
    """Keep a name; returns it as it is kept.

    Raises
    ------
    ParameterError
        For one that cannot be part of a file's name.
    SaveError, OSError
        Where it cannot be kept.
    """
    name = checked_name(name)
    keep_file(_file(root), name.encode())
    return name


def checked_name(name: str) -> str:
    """A name without white space around it.

    Raises
    ------
    ParameterError
        For one that is too long, or holds no letter or digit.
    """
    name = " ".join(name.split())
    if len(name) > _LONGEST:
        raise ParameterError(
            f"The name has {len(name)} letters.", f"Take one of at most {_LONGEST}: initials, say."
        )
    if name and not re.search(r"\w", name):
        raise ParameterError(f"{name!r} holds no letter.", "Initials are enough.")
    return name


def _file(root: Path | None) -> Path:
    return data_folder(root) / "annotator.txt"
