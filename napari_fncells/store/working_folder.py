"""Where the mask files of a folder of pictures lie: in it, or where the user chose."""

from __future__ import annotations

import os
from pathlib import Path

from napari_fncells.io.atomic import write_atomic
from napari_fncells.io.save_error import explain_os_error
from napari_fncells.io.user_data import data_folder
from napari_fncells.store.folder_notes import content_of, short_hash

WORKING_FOLDER = "fncells"
_PICTURES_FILE = "pictures.txt"  # in a folder of mask files that lies elsewhere: of which folder


def working_folder(folder: Path, root: Path | None = None) -> Path:
    """Folder of the mask files of a folder of pictures.

    `fncells` in it, unless another was chosen because nothing may be written there.
    """
    chosen = content_of(_working_note(data_folder(root).absolute(), folder))
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
        known = content_of(place / _PICTURES_FILE)
        if known is not None and known != os.fsencode(str(folder)):
            place = place.with_name(f"{place.name} {short_hash(str(folder))[:6]}")
        place.mkdir(parents=True, exist_ok=True)
        write_atomic(place / _PICTURES_FILE, os.fsencode(str(folder)), replace=True)
        note.parent.mkdir(parents=True, exist_ok=True)
        write_atomic(note, os.fsencode(str(place)), replace=True)
    except OSError as error:
        raise explain_os_error(error, chosen or folder) from error
    return place


def _working_note(data: Path, folder: Path) -> Path:
    return data / "working" / f"{short_hash(str(folder.resolve()))}.path"
