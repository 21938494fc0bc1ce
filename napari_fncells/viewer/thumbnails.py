"""Small pictures for a list: made once, kept on disk for the next time."""

from __future__ import annotations

import hashlib
from contextlib import suppress
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from napari_fncells.core.contrast import brightened, contrast_limits
from napari_fncells.io.atomic import SaveError, write_atomic
from napari_fncells.io.chosen import chosen_part, read_chosen
from napari_fncells.io.images import Image
from napari_fncells.io.user_data import data_folder

SIDE = 96
"""Longer side, in px."""

_LARGEST = 256 << 20
"""Bytes; of larger files none is made, as they would be read for minutes."""


def thumbnail(path: Path, root: Path | None = None) -> NDArray[np.uint8] | None:
    """Give a small picture of a file, from the disk where it was made before.

    Parameters
    ----------
    path
        The picture's file.
    root
        The data folder, where it is not the usual one.

    Returns
    -------
    ndarray or None
        (Y, X, 3) uint8, its longer side `SIDE`; None for a file too large to be read for it.

    Raises
    ------
    ImageReadError
        Where the picture cannot be read.
    """
    kept = _file(path, root)
    if kept is not None and kept.exists():
        found = cv2.imread(str(kept), cv2.IMREAD_COLOR)
        if found is not None:
            return np.ascontiguousarray(found[..., ::-1]).astype(np.uint8)
    with suppress(OSError):
        if path.stat().st_size > _LARGEST:
            return None
    small = make_thumbnail(read_chosen(path))
    if kept is not None:
        _keep(kept, small)
    return small


def make_thumbnail(image: Image) -> NDArray[np.uint8]:
    """Make the small picture, brightened as the large one is; (Y, X, 3) uint8."""
    pixels = image.pixels
    step = max(1, max(pixels.shape[:2]) // (4 * SIDE))
    part = np.ascontiguousarray(pixels[::step, ::step])
    if part.ndim == 3 and part.shape[2] < 3:
        part = part.max(axis=2)
    shown = brightened(part) if part.ndim == 3 else brightened(part, contrast_limits(part))
    if shown.ndim == 2:
        shown = np.repeat(shown[..., None], 3, axis=2)
    scale = SIDE / max(shown.shape[:2])
    size = [max(1, round(side * scale)) for side in shown.shape[1::-1]]
    return np.asarray(cv2.resize(shown, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)


def _file(path: Path, root: Path | None) -> Path | None:
    try:
        found = path.stat()
    except OSError:
        return None
    part = chosen_part(path.parent).model_dump_json(exclude_none=True)
    facts = f"{path.resolve()}\0{found.st_size}\0{found.st_mtime_ns}\0{SIDE}"
    facts += part if part != "{}" else ""
    key = hashlib.sha256(facts.encode("utf-8", "surrogateescape")).hexdigest()[:24]
    return data_folder(root) / "thumbnails" / key[:2] / f"{key}.jpg"


def _keep(file: Path, small: NDArray[np.uint8]) -> None:
    done, data = cv2.imencode(".jpg", small[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 88])
    if not done:
        return
    with suppress(OSError, SaveError):
        file.parent.mkdir(parents=True, exist_ok=True)
        write_atomic(file, data.tobytes(), replace=True)
