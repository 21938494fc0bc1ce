"""Pictures with their truth: pairs of files, and simulated ones that are never trained on."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from napari_fncells.core.errors import UserError
from napari_fncells.core.simulate import simulate
from napari_fncells.io.images import list_images, read_image
from napari_fncells.io.masks import load_labels
from napari_fncells.model.training.scenes import draw_scene

_IMAGE, _MASK = "_image", "_mask"
HELD_OUT_SEED = 900_000
"""Seeds from here on are of pictures that nothing is trained on."""


@dataclass(frozen=True, eq=False)
class Picture:
    """A picture with its truth.

    Attributes
    ----------
    name
        Of the file, without what all images' names end in.
    pixels
        (Y, X) or (Y, X, C), any real dtype.
    labels
        (Y, X) instances, 0 = background.
    """

    name: str
    pixels: NDArray[np.generic]
    labels: NDArray[np.integer]


def read_pictures(folder: Path) -> list[Picture]:
    """All pictures of a folder that have a mask.

    Parameters
    ----------
    folder
        With the subfolders `images` and `masks` that hold files of the same names, as FNC has
        them, or with `NAME_image.*` beside `NAME_mask.*`.

    Raises
    ------
    UserError
        There is no such pair, or a file cannot be read.
    """
    pairs = _in_subfolders(folder) if (folder / "images").is_dir() else _side_by_side(folder)
    if not pairs:
        raise UserError(
            f"{folder} holds no pictures with masks.",
            "Put them into 'images' and 'masks' under the same names, or name them "
            "NAME_image.png and NAME_mask.png.",
        )
    return [
        Picture(
            image.stem.removesuffix(_IMAGE), read_image(image).pixels, load_labels(mask).values
        )
        for image, mask in pairs
    ]


def simulated_pictures(count: int, seed: int = HELD_OUT_SEED) -> list[Picture]:
    """Pictures that are in no pool."""
    found = []
    for number in range(seed, seed + count):
        image, labels, _ = simulate(draw_scene(number), number)
        found.append(Picture(f"simulated {number}", image, labels))
    return found


def _in_subfolders(folder: Path) -> list[tuple[Path, Path]]:
    masks = {path.stem: path for path in list_images(folder / "masks")}
    images = list_images(folder / "images")
    return [(image, masks[image.stem]) for image in images if image.stem in masks]


def _side_by_side(folder: Path) -> list[tuple[Path, Path]]:
    files = {path.stem: path for path in list_images(folder)}
    return [
        (path, files[stem.removesuffix(_IMAGE) + _MASK])
        for stem, path in files.items()
        if stem.endswith(_IMAGE) and stem.removesuffix(_IMAGE) + _MASK in files
    ]
