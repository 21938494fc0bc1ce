"""Where this user has which data set, so that it opens at once the next time."""

from __future__ import annotations

import json
from pathlib import Path

from napari_fncells.io.atomic import write_atomic
from napari_fncells.io.datasets.catalogue import published
from napari_fncells.io.datasets.dataset import DataSet, recognise
from napari_fncells.io.datasets.error import DatasetError
from napari_fncells.io.save_error import explain_os_error
from napari_fncells.io.user_data import data_folder


def default_folder(root: Path | None = None) -> Path:
    """Where data sets are put unless another folder is chosen; it need not exist."""
    return data_folder(root) / "datasets"


def find_here(key: str, root: Path | None = None) -> DataSet | None:
    """A data set that was opened before, or was put into the usual folder; None if it is gone.

    Parameters
    ----------
    key
        Which.
    root
        The folder of the user's data, where it is not the usual one.
    """
    usual = default_folder(root) / published(key).folder_name
    for place in (_read(root).get(key), str(usual)):
        if place is None or not Path(place).is_dir():
            continue
        try:
            return recognise(Path(place), key)
        except (DatasetError, OSError):
            continue
    return None


def remember(dataset: DataSet, root: Path | None = None) -> None:
    """Note where a data set is.

    Raises
    ------
    SaveError
        The note cannot be written.
    """
    places = _read(root) | {dataset.published.key: str(dataset.root)}
    file = _file(root)
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise explain_os_error(error, file) from error
    write_atomic(file, (json.dumps(places, indent=1) + "\n").encode(), replace=True)


def _read(root: Path | None) -> dict[str, str]:
    """Places by key; what cannot be read is as good as none."""
    try:
        noted = json.loads(_file(root).read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    if not isinstance(noted, dict):
        return {}
    return {str(key): place for key, place in noted.items() if isinstance(place, str)}


def _file(root: Path | None) -> Path:
    return default_folder(root) / "places.json"
