"""Where an export goes, how it is called and what it may replace."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path

import numpy as np
from PIL import Image as PilImage

from napari_fncells.core.errors import UserError
from napari_fncells.io.images import IMAGE_SUFFIXES, Image, list_images, read_image
from napari_fncells.io.mask_kind import MaskKind, mask_kind
from napari_fncells.io.printable import printable
from napari_fncells.io.samples import is_sample
from napari_fncells.io.save_error import SaveCode, SaveError, explain_os_error

_COLOUR_MODES = ("RGB", "RGBA", "CMYK", "YCbCr", "LAB", "HSV", "P", "PA")


def suggest_folder(image: Image) -> Path:
    """Folder to offer for the masks: `masks` beside the picture where one may write there."""
    if image.path is not None and not is_sample(image.path):
        parent = image.path.parent
        if os.access(parent, os.W_OK):
            return parent / "masks"
    return Path.home() / "fncells-masks"


def prepare_folder(folder: Path) -> Path:
    """Make a folder where it is missing.

    Raises
    ------
    SaveError
        Where it cannot be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        code = explain_os_error(error, folder).code
        reason = (error.strerror or str(error)).lower()
        raise SaveError(
            code, folder, f"The folder {folder} could not be made: {reason}.", "Choose another."
        ) from error
    return folder


def may_replace(path: Path, image: Image) -> bool:
    """Whether a file that is in the way is an earlier export, which the user may give up."""
    own = image.path is not None and _same_file(path, image.path)
    return not own and _worth_keeping(path) is None


def output_name(image: Image, suffix: str, siblings: Iterable[str] | None = None) -> str:
    """Name of an export: the picture's stem, or its whole name where stems collide.

    No two pictures of a folder get the same name.
    """
    name = image.name if image.path is not None else _file_name(image.name)
    if siblings is None:
        folder = image.path.parent if image.path else None
        siblings = [p.name for p in list_images(folder)] if folder and folder.is_dir() else []
    others = [other for other in siblings if other != image.name]
    # Whole names count, too: cell.png.tif must not take what cell.png gets beside cell.tif
    taken = {_stem(other).casefold() for other in others} | {o.casefold() for o in others}
    stem = _stem(name)
    return (name if stem.casefold() in taken else stem) + suffix


def unique_stems(paths: Sequence[Path]) -> dict[str, str]:
    """Start of the names of each picture's files, by the picture's name; no two are alike."""
    names = [path.name for path in paths]
    counts: dict[str, int] = {}
    for name in names:
        for form in {Path(name).stem.casefold(), name.casefold()}:
            counts[form] = counts.get(form, 0) + 1
    found: dict[str, str] = {}
    for path in paths:
        # Only those that can collide are asked about, so that ten thousand take no time
        alone = counts[path.stem.casefold()] == 1
        siblings = [] if alone else names
        image = Image(np.zeros((1, 1), dtype=np.uint8), path, path.name)
        found[path.name] = printable(output_name(image, "", siblings))
    return found


def _stem(name: str) -> str:
    """Name without the suffix of a picture; 'section 1.5' has none."""
    path = Path(name)
    return path.stem if path.suffix.lower() in IMAGE_SUFFIXES else path.name


def _file_name(name: str) -> str:
    """Name of a layer without what a file's name may not hold on some system."""
    return re.sub(r'[\x00-\x1f<>:"/\\|?*]', "_", name).strip(" .") or "picture"


def guard_target(target: Path, image: Image, *, replace: bool) -> None:
    """Refuse a target that is no earlier export, or that exists and may not be replaced.

    Raises
    ------
    SaveError
        With the code 'exists'.
    """
    if not os.path.lexists(target):
        return
    if image.path is not None and _same_file(target, image.path):
        raise SaveError(
            SaveCode.EXISTS,
            target,
            f"{target} is the picture itself, which is never written to.",
            "Choose another folder for the masks.",
        )
    kept = _worth_keeping(target)
    if kept is not None:
        raise SaveError(
            SaveCode.EXISTS,
            target,
            f"{target} is {kept}, so it is not replaced.",
            "Choose another folder for the masks.",
        )
    if not replace:
        raise _exists(target)


def _worth_keeping(path: Path) -> str | None:
    """What a file is that no export has written, or None for an earlier export."""
    if path.suffix.lower() == ".json":
        return None if _is_record(path) else "no record of an export"
    with suppress(OSError, ValueError, PilImage.DecompressionBombError):
        with PilImage.open(path) as image:
            colour = image.mode in _COLOUR_MODES
        if colour:
            return "a colour picture, not a mask"
    try:
        pixels = read_image(path).pixels
    except UserError:
        return None
    if pixels.ndim == 2 and pixels.dtype.kind != "f" and mask_kind(pixels) is MaskKind.BINARY:
        return None
    return "a grey picture or a label image, not a mask"


def _is_record(path: Path) -> bool:
    """Whether a JSON file is the record of an export; an empty one gives nothing up."""
    try:
        data = path.read_bytes()
    except OSError:
        return False
    return not data.strip() or b'"format": "fncells-record/' in data[:200]


def _exists(path: Path) -> SaveError:
    return SaveError(
        SaveCode.EXISTS,
        path,
        f"{path} exists already and was not replaced.",
        "Allow replacing it, or choose another folder.",
    )


def _same_file(first: Path, second: Path) -> bool:
    try:
        return first.samefile(second)
    except OSError:
        return False
