"""Drafts by Cellpose: `_seg.npy`, a pickled dictionary, read by the allow-listed unpickler.

`masks` are instance labels as corrected there. `flows[4]`, where it is there, holds the flows in
y and x and, last, the logit of the cell probability; `flows[1]` is that stretched for display
and no probability.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from napari_fncells.io.images import Image
from napari_fncells.io.importers.base import ImportedDraft, Meaning, head_of
from napari_fncells.io.importers.content import to_draft
from napari_fncells.io.importers.numpy_array import NPY_MAGIC, object_offset
from napari_fncells.io.read_error import ImageReadError, ReadCode
from napari_fncells.io.safe_pickle import read_plain

_RAW_FLOWS = 4
_REMEDY = "Save the masks from Cellpose as TIFF or PNG."


@dataclass(frozen=True)
class CellposeImporter:
    """Reads masks, or the cell probability where that is asked for."""

    name: str = "cellpose"
    title: str = "Cellpose _seg.npy"
    suffixes: tuple[str, ...] = (".npy",)

    def sniff(self, path: Path) -> bool:
        """Tell an array of objects from one of numbers by the header."""
        head = head_of(path, 128)
        return head.startswith(NPY_MAGIC) and b"'descr': '|O'" in head

    def read(self, path: Path, meaning: Meaning | None = None) -> ImportedDraft:
        """Read the masks; with `Meaning.PROBABILITY` the cell probability."""
        offset = object_offset(path)
        if offset is None:
            raise _error(path, "is no file of Cellpose")
        found = read_plain(path, offset=offset)
        if not isinstance(found, dict) or not isinstance(found.get("masks"), np.ndarray):
            raise _error(path, "holds no masks of Cellpose")
        masks: npt.NDArray[Any] = np.squeeze(found["masks"])
        if masks.ndim != 2 or masks.dtype.kind not in "uib":
            raise _error(path, f"holds masks of the shape {found['masks'].shape}, not one plane")
        with path.open("rb") as stream:
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
        pixels = masks
        if meaning is Meaning.PROBABILITY:
            pixels = _cell_probability(path, found.get("flows"), masks.shape)
        image = Image(pixels, path, path.name, digest)
        # Masks with a single cell look binary, yet each number is a cell here
        return to_draft(image, self.title, meaning or Meaning.LABELS)


def _cell_probability(path: Path, flows: Any, shape: tuple[int, ...]) -> npt.NDArray[Any]:
    raw = flows[_RAW_FLOWS] if isinstance(flows, list | tuple) and len(flows) > 4 else None
    plane = raw[-1].squeeze() if isinstance(raw, np.ndarray) and raw.ndim >= 3 else None
    if plane is None or plane.dtype.kind != "f" or plane.shape != shape:
        raise _error(path, "holds no cell probability in the size of its masks")
    probability: npt.NDArray[Any] = 1 / (1 + np.exp(-np.clip(plane.astype(np.float32), -80, 80)))
    return probability


def _error(path: Path, problem: str) -> ImageReadError:
    return ImageReadError(ReadCode.UNSUPPORTED, path, f"{path.name} {problem}.", _REMEDY)


CELLPOSE = CellposeImporter()
