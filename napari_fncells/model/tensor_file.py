"""Files of safetensors: read with sizes bounded, written with all their values."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_fncells.model.refusal import refused, required
from napari_fncells.model.values import Values

_LENGTH_BYTES = 8
_HEADER_BYTES = 1 << 20


def is_safetensors(head: bytes) -> bool:
    """Tell by the first bytes of a file."""
    return len(head) > _LENGTH_BYTES and head[_LENGTH_BYTES : _LENGTH_BYTES + 1] == b"{"


def read_safetensors(data: bytes, file: str) -> dict[str, NDArray[Any]]:
    """Arrays by name, of a whole file.

    Raises
    ------
    ModelError
        It breaks the rules of its format, or its header is far longer than any network needs.
    """
    length = int.from_bytes(data[:_LENGTH_BYTES], "little")
    if length > _HEADER_BYTES:
        raise refused(file, f"announces a header of {length:,} bytes")
    library = required("safetensors.numpy")
    try:
        arrays: dict[str, NDArray[Any]] = library.load(data)
    except Exception as error:  # its own errors, and those of kinds numpy does not know
        raise refused(file, "is damaged or cut short, or holds numbers of a rare kind") from error
    return arrays


def write_safetensors(values: Values, *, half: bool = False) -> bytes:
    """A file of values.

    Parameters
    ----------
    values
        By the names of the layout.
    half
        Whether kernels are rounded to 16 bits. Normalisations and biases, which are few and of
        which some are tiny, keep 32.
    """
    library = required("safetensors.numpy")
    kept = {
        name: value.astype(np.float16) if half and value.ndim > 1 else value
        for name, value in values.items()
    }
    data: bytes = library.save(kept, metadata={"format": "np"})
    return data
