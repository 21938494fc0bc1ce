"""Where what belongs to this user, not to a folder of pictures, is kept."""

from __future__ import annotations

import os
from pathlib import Path

from platformdirs import user_data_path

DATA_DIR_VARIABLE = "FNCELLS_DATA_DIR"


def data_folder(root: Path | None = None) -> Path:
    """The folder of journals and models: as given, as the environment says, or the platform's."""
    if root is not None:
        return root
    named = os.environ.get(DATA_DIR_VARIABLE)
    return Path(named) if named else user_data_path("napari-fncells", appauthor=False)
