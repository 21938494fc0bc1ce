"""Patches read back from their files and compared, and looked through for leaks."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Generator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_fncells.core.errors import UserError
from napari_fncells.core.params.split import SplitBy
from napari_fncells.core.splits import SplitPicture, leaks
from napari_fncells.io.patches import PatchForm, PatchRow
from napari_fncells.io.patches.base import Arrays
from napari_fncells.io.patches.index import PATCHES_NAME, SPLITS_NAME, SplitRow, read_table
from napari_fncells.io.proof import VerificationError

_AT_ONCE = 16
"""Patches in memory."""
_TELLING = 256
"""Pixels unlike the rest that make it no chance that two patches are equal."""
_PROMISED: tuple[SplitBy, ...] = ("slice", "animal", "pattern")
"""Divisions in which no group is in two splits."""


def prove(
    form: PatchForm, folder: Path, rows: Sequence[PatchRow], digests: Mapping[str, bytes]
) -> Generator[tuple[int, str], None, None]:
    """Compare every patch with what it was, yielding how many were, and words.

    Parameters
    ----------
    form
        What they are written as.
    folder
        Where they lie, with the tables.
    rows
        The index as it should be.
    digests
        Of the arrays, by patch; see `digest_of`.

    Raises
    ------
    VerificationError
        A file does not hold what it should.
    UserError
        Two splits hold the same.
    """
    if read_table(PatchRow, folder / PATCHES_NAME) != list(rows):
        raise VerificationError(f"{PATCHES_NAME} does not read back as it was written.")
    found: dict[bytes, PatchRow] = {}
    with closing(form.reader(folder)) as reader, ThreadPoolExecutor(os.cpu_count()) as pool:
        look = partial(_look, reader.read)
        for start in range(0, len(rows), _AT_ONCE):
            yield start, f"Reading back patch {start + 1:,} of {len(rows):,}"
            batch = rows[start : start + _AT_ONCE]
            for row, (digest, image) in zip(batch, pool.map(look, batch), strict=True):
                if digest != digests[row.patch]:
                    raise VerificationError(f"{row.file} does not read back as {row.patch}.")
                _check_alone(row, image, found)


def check_splits(folder: Path, rows: Sequence[PatchRow], by: SplitBy) -> None:
    """Look for leaks in what the tables say, and in where the files lie.

    Raises
    ------
    VerificationError
        A patch is in another split than its picture.
    UserError
        Identical pictures, or a group that was to stay together, are in two splits.
    """
    written = read_table(SplitRow, folder / SPLITS_NAME)
    splits = {row.picture: row.split for row in written}
    pictures = [SplitPicture(row.picture, row.group, row.cells, row.identity) for row in written]
    for leak in leaks(pictures, splits):
        if leak.kind == "identical" or by in _PROMISED:
            raise UserError(leak.in_words, "The patches were not kept.")
    for row in rows:
        if row.split != splits.get(row.picture) or not row.file.startswith(row.split):
            raise VerificationError(f"{row.patch} is in another split than {row.picture}.")


def digest_of(arrays: Arrays) -> bytes:
    """SHA-256 of names, types, shapes and values."""
    digest = hashlib.sha256()
    for name, array in arrays.items():
        digest.update(f"{name} {array.dtype.str} {array.shape} ".encode())
        digest.update(np.ascontiguousarray(array).data)
    return digest.digest()


def _look(read: Callable[[PatchRow], Arrays], row: PatchRow) -> tuple[bytes, bytes | None]:
    """What a patch holds in its files, and its image, unless that is nearly empty."""
    try:
        arrays = read(row)
    except (OSError, ValueError) as error:
        raise VerificationError(f"{row.file} does not read back: {error}.") from error
    if "image" not in arrays:
        raise VerificationError(f"{row.file} does not read back as {row.patch}.")
    image: NDArray[Any] = arrays["image"]
    usual = np.median(image[::8, ::8])
    telling = np.count_nonzero(image != usual) >= _TELLING
    return digest_of(arrays), digest_of({"image": image}) if telling else None


def _check_alone(row: PatchRow, image: bytes | None, found: dict[bytes, PatchRow]) -> None:
    """Refuse a patch whose picture is in another split, too, under whatever name."""
    if image is None:
        return  # nearly empty ones may well be equal
    other = found.setdefault(image, row)
    if other.split != row.split:
        raise UserError(
            f"{row.picture} in {row.split} and {other.picture} in {other.split} show the same.",
            "Remove one of them.",
        )
