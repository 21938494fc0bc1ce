"""What a patch looks like to a training that varies it, by albumentations."""

from __future__ import annotations

import importlib
import math
import os
import random
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from napari_fncells.core.errors import UserError
from napari_fncells.core.labels import Labels
from napari_fncells.core.params.augmentation import AugmentationParams
from napari_fncells.core.params.patches import PatchParams
from napari_fncells.core.patches import Patch, cut_patches
from napari_fncells.io.exporters.base import GroundTruth

Pixels = NDArray[Any]

_ELASTIC_SIGMA = 12.0
# Of noise smoothed by a Gaussian, what is almost never passed: three standard deviations
_ELASTIC_GAIN = 2 * math.sqrt(math.pi) * _ELASTIC_SIGMA / 3
_LEAST_BLUR = 0.3
_NO_UPDATE = "NO_ALBUMENTATIONS_UPDATE"


def preview(
    image: Pixels, labels: Labels, params: AugmentationParams, seed: int = 0, count: int = 8
) -> list[tuple[Pixels, Labels]]:
    """Vary a patch as a training would.

    Parameters
    ----------
    image
        (Y, X) or (Y, X, C), any real dtype.
    labels
        (Y, X) instance labels. They follow the picture pixel by pixel, never mixed.
    params
        What is varied, and how much.
    seed
        The same one gives the same variants.
    count
        How many.

    Returns
    -------
    list of tuple
        (image, labels) with shapes and dtypes as given. What is turned in from beyond the edge
        is the picture mirrored, with its cells.

    Raises
    ------
    UserError
        albumentations is not installed.
    """
    vary = _pipeline(params, seed)
    scale = _scale(image)
    source = image if image.dtype == np.uint8 else (image / scale).astype(np.float32)
    # OpenCV moves no 32-bit integers, and 32-bit floats hold every id below 2^24
    ids, numbers = np.unique(labels, return_inverse=True)
    places = numbers.reshape(labels.shape).astype(np.float32)
    found = []
    for _ in range(count):
        varied = vary(image=source, mask=places)
        moved = ids[varied["mask"].astype(np.int64)]
        found.append((_restored(varied["image"], image.dtype, scale), moved))
    return found


def first_patch(truths: Iterable[GroundTruth], params: PatchParams) -> Patch:
    """The patch with most cells in the first picture that has any.

    Raises
    ------
    UserError
        No picture has a cell.
    """
    for truth in truths:
        if truth.cells:
            pixels = truth.read_pixels().pixels
            patches = cut_patches(truth.name, pixels, truth.labels, params, truth.ignored)
            return max(patches, key=lambda patch: patch.cells)
    raise UserError("There is no picture with a cell to show.", "Choose a folder with masks.")


def _pipeline(params: AugmentationParams, seed: int) -> Any:
    library = _albumentations()
    border, often = cv2.BORDER_REFLECT_101, params.chance
    steps = []
    if params.flips:
        steps += [library.HorizontalFlip(p=0.5), library.VerticalFlip(p=0.5)]
    if params.rotation:
        limit = (-params.rotation, params.rotation)
        steps.append(library.Rotate(limit, cv2.INTER_LINEAR, border_mode=border, p=1.0))
    if params.elastic:
        steps.append(
            library.ElasticTransform(
                params.elastic * _ELASTIC_GAIN, _ELASTIC_SIGMA, border_mode=border, p=often
            )
        )
    if params.brightness or params.contrast:
        light = library.RandomBrightnessContrast
        steps.append(light(params.brightness, params.contrast, brightness_by_max=False, p=often))
    if params.blur:
        sigmas = min(_LEAST_BLUR, params.blur), params.blur
        steps.append(library.GaussianBlur(blur_limit=0, sigma_limit=sigmas, p=often))
    made = library.Compose(steps)
    # With `seed` every step would draw the same numbers: both flips or neither, angles to match
    made.set_random_state(np.random.default_rng(seed), random.Random(seed))
    return made


def _albumentations() -> Any:
    """The library, which is kept from asking the network for a newer one."""
    with _set(_NO_UPDATE, "1"):
        try:
            return importlib.import_module("albumentations")
        except ImportError as error:
            raise UserError(
                "The preview of augmentations needs albumentations, which is not installed.",
                "Install it with: pip install 'napari-fncells[patches]'",
            ) from error


@contextmanager
def _set(name: str, value: str) -> Iterator[None]:
    """An environment variable for a while."""
    before = os.environ.get(name)
    os.environ[name] = value
    try:
        yield
    finally:
        if before is None:
            del os.environ[name]
        else:
            os.environ[name] = before


def _scale(image: Pixels) -> float:
    """What is 1 for the library."""
    if image.dtype.kind in "ui":
        return float(np.iinfo(image.dtype).max)
    return max(float(np.nanmax(image)), 1e-12)


def _restored(varied: Pixels, dtype: np.dtype[Any], scale: float) -> Pixels:
    if varied.dtype == dtype == np.uint8:
        return varied
    values = varied.astype(np.float64) * scale
    if dtype.kind in "ui":
        values = np.clip(np.rint(values), 0, np.iinfo(dtype).max)
    return values.astype(dtype)
