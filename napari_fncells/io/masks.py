"""Masks and label images: which pixels are cells, and which cell each pixel belongs to."""

from __future__ import annotations

import logging
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from napari_fncells.io.images import Image, read_image
from napari_fncells.io.mask_kind import (
    MaskKind,
    label_parts,
    looks_like_picture,
    mask_kind,
    smallest_dtype,
)
from napari_fncells.io.raster import Pixels
from napari_fncells.io.read_error import ImageReadError, ReadCode

__all__ = [
    "Labels",
    "Mask",
    "MaskKind",
    "is_jpeg",
    "label_parts",
    "labels_in",
    "load_labels",
    "load_mask",
    "mask_kind",
    "read_labels",
    "read_mask",
]

logger = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class Mask:
    """A binary mask.

    Parameters
    ----------
    values
        (Y, X) bool, True on cells.
    notes
        What was assumed, in plain words.
    """

    values: npt.NDArray[np.bool_]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Labels:
    """Instance labels.

    Parameters
    ----------
    values
        (Y, X) uint16, or uint32 above 65,535 cells; 0 is background.
    kind
        What the file held.
    notes
        What was assumed, in plain words.
    """

    values: npt.NDArray[np.unsignedinteger[Any]]
    kind: MaskKind
    notes: tuple[str, ...] = ()


def read_mask(path: str | os.PathLike[str]) -> npt.NDArray[np.bool_]:
    """Read a binary mask: every pixel above 0 is a cell's. Notes go to the log.

    Parameters
    ----------
    path
        A PNG, TIFF or other picture of any depth, such as 0/255 or 0/65535.

    Returns
    -------
    ndarray
        (Y, X) bool.

    Raises
    ------
    ImageReadError
        The file cannot be read.
    """
    mask = load_mask(path)
    for note in mask.notes:
        logger.warning("%s: %s", Path(path).name, note)
    return mask.values


def load_mask(path: str | os.PathLike[str], *, max_bytes: int | None = None) -> Mask:
    """Read a binary mask with the notes on what was assumed.

    A pixel belongs to a cell where the largest of its channels is above 0; alpha is ignored.
    In JPEG files, whose compression strews faint values around edges, it has to be above
    half of the largest value.

    Parameters
    ----------
    path
        The file.
    max_bytes
        As for `read_image`.

    Returns
    -------
    Mask
        The mask.

    Raises
    ------
    ImageReadError
        The file cannot be read.
    """
    return _to_mask(read_image(path, max_bytes=max_bytes))


def read_labels(path: str | os.PathLike[str]) -> npt.NDArray[np.integer[Any]]:
    """Read the whole numbers of a label image as they are stored.

    Parameters
    ----------
    path
        A PNG or TIFF of 8, 16 or 32 bit; colour pictures only if they are grey throughout.

    Returns
    -------
    ndarray
        (Y, X) of an integer dtype, nowhere negative.

    Raises
    ------
    ImageReadError
        The file cannot be read or does not hold labels.
    """
    return _whole_numbers(read_image(path))[0]


def load_labels(path: str | os.PathLike[str], *, max_bytes: int | None = None) -> Labels:
    """Read instance labels from a label image or a binary mask, whichever the file is.

    In a binary mask each 8-connected part is one cell. `mask_kind` decides.

    Parameters
    ----------
    path
        The file.
    max_bytes
        As for `read_image`.

    Returns
    -------
    Labels
        The labels, and what the file held.

    Raises
    ------
    ImageReadError
        The file cannot be read, or holds neither a mask nor labels.
    """
    return labels_in(read_image(path, max_bytes=max_bytes))


def labels_in(image: Image, kind: MaskKind | None = None) -> Labels:
    """Take a picture that was read for instance labels or a binary mask.

    Parameters
    ----------
    image
        The picture.
    kind
        What it is; by its content where None.

    Returns
    -------
    Labels
        As `load_labels` gives them.

    Raises
    ------
    ImageReadError
        It is neither a mask nor labels.
    """
    if kind is MaskKind.BINARY:
        return _parts_of(image)
    try:
        numbers, notes = _whole_numbers(image)
        if kind is None:
            kind = MaskKind.BINARY if is_jpeg(image) else mask_kind(numbers)
    except ImageReadError:
        if image.pixels.ndim == 2 or not _one_colour(image.pixels):
            raise
        kind = MaskKind.BINARY
    if kind is MaskKind.BINARY:
        return _parts_of(image)
    if looks_like_picture(numbers):
        notes = (*notes, "The numbers change from pixel to pixel: is this a picture, not labels?")
    return Labels(smallest_dtype(numbers), kind, notes)


def _parts_of(image: Image) -> Labels:
    mask = _to_mask(image)
    labels, count = label_parts(mask.values)
    note = f"A binary mask: its {count} separate parts became {count} cells."
    return Labels(labels, MaskKind.BINARY, (*mask.notes, note))


def _to_mask(image: Image) -> Mask:
    values = _largest(image.pixels)
    notes = image.notes
    top = values.max(initial=0, where=~np.isnan(values)) if _is_float(values) else values.max()
    if is_jpeg(image):
        note = "JPEG blurs edges: pixels above half of the largest value were taken as cells."
        return Mask(values > top / 2, (*notes, note))
    inside: npt.NDArray[np.bool_] = values > 0
    grey = int(np.count_nonzero(inside & (values != top)))
    if grey:
        notes = (
            *notes,
            f"{grey} pixels have grey values between 0 and {top}; all above 0 count as cells.",
        )
    return Mask(inside, notes)


def _largest(pixels: Pixels) -> npt.NDArray[Any]:
    values: npt.NDArray[Any] = pixels if pixels.ndim == 2 else pixels.max(axis=2)
    return values


def _one_colour(pixels: Pixels) -> bool:
    """Tell whether a colour picture is a mask: a single colour on black."""
    colours = pixels[_largest(pixels) > 0]
    return bool((colours == colours[:1]).all())


def _is_float(values: npt.NDArray[Any]) -> bool:
    return values.dtype.kind == "f"


def is_jpeg(image: Image) -> bool:
    """Tell whether a picture came from a JPEG file, which blurs the edges of masks."""
    if image.path is None:
        return False
    try:
        with image.path.open("rb") as stream:
            return stream.read(3) == b"\xff\xd8\xff"
    except OSError:  # gone since it was read
        return False


def _whole_numbers(image: Image) -> tuple[npt.NDArray[np.integer[Any]], tuple[str, ...]]:
    pixels: npt.NDArray[Any] = image.pixels
    notes = image.notes
    if pixels.ndim == 3:
        if not (pixels == pixels[..., :1]).all():
            raise _not_labels(image, "is a colour picture")
        pixels = np.ascontiguousarray(pixels[..., 0])
        notes = (*notes, "All channels are equal; the first was read.")
    if _is_float(pixels):
        whole = np.isfinite(pixels).all() and (pixels == np.rint(pixels)).all()
        if not whole or pixels.max() > np.iinfo(np.uint32).max:
            raise _not_labels(image, "holds fractions")
        if pixels.min() >= 0:
            pixels = pixels.astype(np.uint32)
            notes = (*notes, "Stored as floating-point numbers, all of them whole.")
    if pixels.min() < 0:
        raise _not_labels(image, "holds negative numbers")
    if pixels.max() > np.iinfo(np.uint32).max:
        raise _not_labels(image, "holds numbers above 32 bit")
    return pixels, notes


def _not_labels(image: Image, problem: str) -> ImageReadError:
    return ImageReadError(
        ReadCode.UNSUPPORTED,
        image.path or Path(image.name),
        f"{image.name} {problem}, not cell labels.",
        "Choose a mask (0 and one value) or a label image (one whole number for each cell).",
    )
