"""What an array of another program means: labels, a binary mask or probabilities.

Where the content leaves it open, nothing is guessed: the file is refused and the user says it.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from skimage.measure import label as label_equal

from napari_fncells.core.score import PROBABILITY, ScoreMap
from napari_fncells.io.images import Image
from napari_fncells.io.importers.base import ImportedDraft, Meaning
from napari_fncells.io.mask_kind import MaskKind, mask_kind
from napari_fncells.io.masks import is_jpeg, labels_in
from napari_fncells.io.read_error import ImageReadError, ReadCode

_REMEDY = "Say what it is: labels, mask or probability."
# Labels: a number is one cell, now and then in several pieces. Probabilities: the same value
# turns up all over the picture.
_MOST_PIECES = 2.0
_FEWEST_PIECES = 4.0
# Share of neighbours above 0 that are equal; low, too, where 16 bits give each pixel its own value
_LABELS_ALIKE = 0.5
_GRADUAL_ALIKE = 0.25
# On 18 real pictures the share of bright pixels is at most 0.13 of those in the middle
_DECIDED_SHARE = 0.25
# Rounding of float16 and of programs that work in single precision
_TOLERANCE = 1e-3
_PLANES = "Save the plane with the cells as a file of its own."


def to_draft(image: Image, program: str, meaning: Meaning | None = None) -> ImportedDraft:
    """Take the pixels of a file for labels or for a score map.

    Parameters
    ----------
    image
        What was read.
    program
        Where it comes from, for people.
    meaning
        What the numbers say; by the content where None: see `meaning_of`.

    Raises
    ------
    ImageReadError
        The content is neither, or could be both.
    """
    image = _one_plane(image)
    if meaning is None:
        image, meaning = _understand(image)
    if meaning is Meaning.PROBABILITY:
        score, notes = _probability(image)
        return _made(image, program, meaning, score=score, notes=notes)
    binary = meaning is Meaning.MASK
    labels = labels_in(image, MaskKind.BINARY if binary else MaskKind.LABELS)
    return _made(image, program, meaning, labels=labels.values, notes=labels.notes)


def meaning_of(values: npt.NDArray[Any]) -> Meaning | None:
    """Decide what numbers mean; None where they leave it open.

    - At most one value besides 0, or what `mask_kind` takes for a mask: a mask.
    - Fractions from 0 to 1: probabilities.
    - Whole numbers, nowhere negative, each in hardly more than one piece, most pixels beside
      one of the same number: labels.
    - 8 or 16 bit whole numbers, each in many pieces or hardly any beside its like, with at least
      a quarter as many pixels near full scale (above 80 %) as in the middle (20 to 80 %):
      probabilities by full scale (255 or 65535). Photographs, which have few bright pixels,
      stay open.

    Parameters
    ----------
    values
        (Y, X) finite real numbers.
    """
    low, high = values.min(), values.max()
    if values.dtype.kind == "f" and not (values == np.rint(values)).all():
        inside = low >= -_TOLERANCE and high <= 1 + _TOLERANCE
        return Meaning.PROBABILITY if inside else None
    if low < 0:
        return None
    if mask_kind(values) is MaskKind.BINARY:
        return Meaning.MASK
    pieces, alike = _pieces_per_value(values), _alike_share(values)
    if pieces <= _MOST_PIECES and alike >= _LABELS_ALIKE:
        return Meaning.LABELS
    gradual = pieces >= _FEWEST_PIECES or alike < _GRADUAL_ALIKE
    full = _full_scale(values.dtype)
    if gradual and full is not None and _decided(values, full):
        return Meaning.PROBABILITY
    return None


def _one_plane(image: Image) -> Image:
    """Drop axes of length 1, and channels that are all alike."""
    pixels: npt.NDArray[Any] = image.pixels
    squeezed = np.squeeze(pixels)
    if pixels.ndim > 2 and squeezed.ndim == 2:
        return replace(image, pixels=squeezed)
    if pixels.ndim > 3 or pixels.ndim < 2 or 0 in pixels.shape:
        sides = " x ".join(map(str, pixels.shape)) or "no"
        raise _refused(image, f"holds {sides} values, not one plane", _PLANES)
    return image


def _understand(image: Image) -> tuple[Image, Meaning]:
    pixels: npt.NDArray[Any] = image.pixels
    if pixels.ndim == 3:
        if not (pixels == pixels[..., :1]).all():
            labels_in(image)  # refuses, in words, all but a single colour on black
            return image, Meaning.MASK
        note = "All channels are equal; the first was read."
        pixels = np.ascontiguousarray(pixels[..., 0])
        image = replace(image, pixels=pixels, notes=(*image.notes, note))
    classes = _two_classes(image)
    if classes is not None:
        return classes, Meaning.MASK
    meaning = _meaning_of_file(image)
    if meaning is None:
        finite = pixels[np.isfinite(pixels)]
        extent = f" from {finite.min():g} to {finite.max():g}" if finite.size else ""
        raise _refused(image, f"could be several things: {pixels.dtype} numbers{extent}", _REMEDY)
    return image, meaning


def _meaning_of_file(image: Image) -> Meaning | None:
    """As `meaning_of`, with what JPEG and NaN ask for."""
    pixels: npt.NDArray[Any] = image.pixels
    if is_jpeg(image):
        # A mask, blurred: hardly any pixel lies in the middle between its two values
        top = float(pixels.max())
        middle = np.count_nonzero((pixels > 0.2 * top) & (pixels < 0.8 * top))
        return Meaning.MASK if middle <= 0.25 * np.count_nonzero(pixels >= 0.8 * top) else None
    if np.isfinite(pixels).all():
        return meaning_of(pixels)
    meaning = meaning_of(np.nan_to_num(pixels, posinf=0, neginf=0))
    return meaning if meaning is Meaning.PROBABILITY else None


def _two_classes(image: Image) -> Image | None:
    """A segmentation by classes 1 and 2, without a 0: the smaller class are the cells."""
    pixels = image.pixels
    if pixels.dtype.kind not in "ui" or pixels.min() != 1 or pixels.max() != 2:
        return None
    second = pixels == 2
    cells = 2 if np.count_nonzero(second) * 2 <= pixels.size else 1
    note = f"Two classes fill the picture; class {cells}, the smaller, was taken as cells."
    mask = (pixels == cells).astype(np.uint8)
    return replace(image, pixels=mask, notes=(*image.notes, note))


def _pieces_per_value(values: npt.NDArray[Any]) -> float:
    """How many 8-connected pieces of one value there are to each value above 0."""
    whole = values.astype(np.int64)
    distinct = np.unique(whole[whole > 0]).size
    _, pieces = label_equal(whole, background=0, connectivity=2, return_num=True)
    return float(pieces) / max(1, distinct)


def _alike_share(values: npt.NDArray[Any]) -> float:
    left, right = values[:, :-1], values[:, 1:]
    inside = (left > 0) & (right > 0)
    alike = np.count_nonzero(inside & (left == right))
    return float(alike) / max(1, int(np.count_nonzero(inside)))


def _decided(values: npt.NDArray[Any], full: float) -> bool:
    high = np.count_nonzero(values >= 0.8 * full)
    middle = np.count_nonzero(values > 0.2 * full) - high
    return bool(high > 0 and high >= _DECIDED_SHARE * middle)


def _full_scale(dtype: np.dtype[Any]) -> float | None:
    return {"uint8": 255.0, "uint16": 65535.0, "bool": 1.0}.get(dtype.name)


def _probability(image: Image) -> tuple[ScoreMap, tuple[str, ...]]:
    pixels: npt.NDArray[Any] = image.pixels
    notes = image.notes
    if pixels.ndim == 3:
        if not (pixels == pixels[..., :1]).all():
            raise _refused(image, "has several channels, not one probability", _PLANES)
        pixels = pixels[..., 0]
    full = _full_scale(pixels.dtype)
    values = pixels.astype(np.float32)
    odd = ~np.isfinite(values)
    if odd.any():
        values[odd] = 0
        notes = (*notes, f"{np.count_nonzero(odd)} pixels that are no finite numbers got 0.")
    if full is not None and full > 1:
        values /= np.float32(full)
        notes = (*notes, f"Whole numbers that change gradually: probabilities, {full:.0f} is 1.")
    low, high = float(values.min()), float(values.max())
    if low < -_TOLERANCE or high > 1 + _TOLERANCE:
        raise _refused(
            image,
            f"holds values from {low:g} to {high:g}, not probabilities from 0 to 1",
            "Save it as numbers from 0 to 1, or as 8 or 16 bit.",
        )
    if high <= 0.5:
        notes = (*notes, f"No pixel is above 0.5; the largest is {high:.3g}.")
    step = 0.0 if full is None else 1 / full
    return ScoreMap(np.clip(values, 0, 1), PROBABILITY, step), notes


def _made(image: Image, program: str, meaning: Meaning, **parts: Any) -> ImportedDraft:
    path = image.path or Path(image.name)
    return ImportedDraft(meaning, path, image.sha256, program, **parts)


def _refused(image: Image, problem: str, remedy: str) -> ImageReadError:
    path = image.path or Path(image.name)
    return ImageReadError(ReadCode.UNSUPPORTED, path, f"{image.name} {problem}.", remedy)
