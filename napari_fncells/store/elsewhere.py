"""Journals that were saved elsewhere: a note of where, in as many places as can be written."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from platformdirs import user_config_path

from napari_fncells.io.atomic import SaveError, write_atomic
from napari_fncells.io.working import WorkingFiles
from napari_fncells.store.place import Place


def remember(place: Place, journal: Path) -> bool:
    """Note that the journal of a picture lies elsewhere; whether that could be noted at all."""
    noted = False
    for file in _notes(place):
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            write_atomic(file, os.fsencode(str(journal)), replace=True)
            noted = True
        except (OSError, SaveError):
            continue
    return noted


def recall(place: Place) -> Path | None:
    """Where the journal of a picture lies, if it was saved elsewhere."""
    for file in _notes(place):
        try:
            return Path(os.fsdecode(file.read_bytes()))
        except OSError:
            continue
    return None


def _notes(place: Place) -> Iterator[Path]:
    yield place.root / "elsewhere" / f"{place.picture_key}.path"
    if place.working is not None:
        record = WorkingFiles.of(place.working, place.name, place.annotator).record
        yield record.with_suffix(".elsewhere")
    yield user_config_path("napari-fncells", appauthor=False) / f"{place.picture_key}.path"
