"""Masks that were there before: which belongs to which picture of a folder, by names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from napari_fncells.core.errors import UserError
from napari_fncells.io.datasets.layout import V2_MASKS, masks_beside, pictures_below
from napari_fncells.io.images import IMAGE_SUFFIXES, list_images
from napari_fncells.io.importers.matching import find_drafts, without_drafts

MASK_FOLDERS = ("masks", "mask", V2_MASKS, "labels", "annotations", "gt")
"""Beside the folder of pictures, or in it."""

_PICTURE_FOLDERS = frozenset(("images", "image", "imgs", "pictures"))


def picture_folder(folder: Path) -> Path:
    """The folder whose pictures are meant: that of `images/` where masks lie beside it.

    So one may open the folder of a data set as well as that of its pictures.
    """
    for name in sorted(_PICTURE_FOLDERS):
        inside = folder / name
        if inside.is_dir() and not _has_pictures(folder):
            return inside
    below = pictures_below(folder)
    return below if below is not None and not _has_pictures(folder) else folder


def find_given(pictures: Sequence[Path]) -> Mapping[Path, Path]:
    """Find the masks that belong to pictures of one folder, by their names, never by order.

    They are looked for in `masks` and the like, in the folder or beside it where the pictures
    lie in `images`, and among the pictures themselves by the ending of their names
    (cell_mask.png). Masks exported by this program are not meant. Where two could be meant and
    not even their shapes decide, neither is taken.

    Parameters
    ----------
    pictures
        Files of one folder, masks among them included.

    Returns
    -------
    Mapping
        From a picture to its mask.
    """
    if not pictures:
        return {}
    folder = pictures[0].parent
    plain = without_drafts(pictures)
    found: dict[Path, Path] = {}
    if len(plain) < len(pictures):
        inside = set(pictures)
        beside = find_drafts(plain, folder, annotations=False).found.items()
        found = {picture: mask for picture, mask in beside if mask in inside}
    for place in _places(folder):
        for picture, mask in find_drafts(plain, place, annotations=False).found.items():
            if mask.suffix.lower() in IMAGE_SUFFIXES and not _is_export(mask):
                found.setdefault(picture, mask)
    return found


def _is_export(mask: Path) -> bool:
    """Whether a mask was exported by this program: another annotator is not to begin from it."""
    try:
        with mask.with_suffix(".json").open("rb") as stream:
            return b'"format": "fncells-record/' in stream.read(200)
    except OSError:
        return False


def _places(folder: Path) -> list[Path]:
    places = [folder / name for name in MASK_FOLDERS]
    if folder.name.casefold() in _PICTURE_FOLDERS:
        places += [folder.parent / name for name in MASK_FOLDERS]
    beside = masks_beside(folder)
    if beside is not None:
        places.append(Path(beside))
    return [place for place in dict.fromkeys(places) if place.is_dir()]


def _has_pictures(folder: Path) -> bool:
    try:
        return bool(list_images(folder))
    except UserError:
        return False
