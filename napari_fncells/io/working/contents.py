"""The content of each working file by itself, and what is wrong with it."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import tifffile
from numpy.typing import NDArray
from pydantic import ValidationError

from napari_fncells.core.errors import UserError
from napari_fncells.core.labels import Labels
from napari_fncells.io.json_error import first_problem
from napari_fncells.io.region_file import decode_regions
from napari_fncells.io.working.files import sha256_of
from napari_fncells.io.working_record import WorkingRecord


class WorkingFileError(UserError):
    """Working files are there but cannot be read, or do not belong to the picture."""


def read_record(path: Path) -> tuple[WorkingRecord | None, str]:
    """The record, or None and why it could not be read; no reason where there is none."""
    try:
        return WorkingRecord.model_validate_json(path.read_bytes()), ""
    except FileNotFoundError:
        return None, ""
    except OSError as error:
        return None, f"{path.name} could not be read: {error.strerror or error}"
    except ValidationError as error:
        return None, f"{path.name} could not be read: {first_problem(error)}"


def read_labels(path: Path, shape: tuple[int, int]) -> tuple[bytes, Labels]:
    """Bytes and pixels of the labels."""
    try:
        data = path.read_bytes()
        with tifffile.TiffFile(io.BytesIO(data)) as tif:
            page = tif.pages[0]
            found, dtype = page.shape, page.dtype
            if tuple(found) != shape or dtype not in (np.uint16, np.uint32):
                raise ValueError(f"it holds {found} of {dtype}, the picture has {shape}")
            labels = np.ascontiguousarray(page.asarray())
    except Exception as error:
        # tifffile and the codecs raise whatever they like on a damaged file
        raise WorkingFileError(
            f"The mask file {path} could not be read: {error or type(error).__name__}.",
            "It is kept when a new one is written.",
        ) from error
    return data, labels


@dataclass(frozen=True)
class Regions:
    """What the file of ignored regions holds: nothing where there is none."""

    pixels: NDArray[np.bool_] | None = None
    sha256: str = ""
    trouble: str = ""


def read_regions(path: Path, shape: tuple[int, int]) -> Regions:
    """The ignored regions, and why they could not be read."""
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return Regions()
    except OSError as error:
        return Regions(trouble=f"{path.name} could not be read: {error.strerror or error}.")
    try:
        pixels = decode_regions(data, shape)
    except ValueError as error:
        # The cells can be read: they are not kept back for it
        return Regions(None, sha256_of(data), f"{path.name} could not be read: {error}.")
    return Regions(pixels if pixels.any() else None, sha256_of(data))
