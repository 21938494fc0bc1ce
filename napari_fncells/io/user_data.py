"""Where what belongs to this user, not to a folder of pictures, is kept."""

from __future__ import annotations

import os
from pathlib import Path

from platformdirs import user_data_path

from napari_fncells.io.atomic import write_atomic

DATA_DIR_VARIABLE = "FNCELLS_DATA_DIR"


def data_folder(root: Path | None = None) -> Path:
    """The folder of journals and models: as given, as the environment says, or the platform's."""
    if root is not None:
        return root
    named = os.environ.get(DATA_DIR_VARIABLE)
    return Path(named) if named else user_data_path("napari-fncells", appauthor=False)


def keep_file(file: Path, content: bytes) -> None:
    """Keep a small file there, in place of what it held before; its folder is made if need be.

    Raises
    ------
    SaveError, OSError
        Where it cannot be written.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    write_atomic(file, content, replace=True)
