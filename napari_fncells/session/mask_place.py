"""Whether the mask files of a folder of pictures have a place, and what is to be known of it."""

from __future__ import annotations

from pathlib import Path

from napari_fncells.io.folder import is_network, is_writable
from napari_fncells.io.samples import is_sample
from napari_fncells.store.working_folder import working_folder


def place_notice(folder: Path, root: Path | None = None) -> str:
    """What is to be known of a folder, in a sentence; empty for one like any other.

    Parameters
    ----------
    folder
        Of pictures.
    root
        The data folder, where it is not the usual one.
    """
    if is_sample(folder / "x"):
        return ""
    if not is_writable(folder):
        working = working_folder(folder, root)
        if working.parent != folder:
            return f"This folder is read-only. The mask files go to {working}."
        return (
            "This folder is read-only. Your work is kept on this computer; choose a folder "
            "for the mask files, without which no picture counts as done."
        )
    if is_network(folder):
        return (
            "This folder lies on another computer. Your work is kept on this one, too; the "
            "mask files follow over the network."
        )
    return ""


def lacks_place(folder: Path, root: Path | None = None) -> bool:
    """Whether there is no place for the mask files yet."""
    if is_sample(folder / "x") or is_writable(folder):
        return False
    return working_folder(folder, root).parent == folder
