"""How many pixels are computed together, by the memory that is free."""

from __future__ import annotations

import psutil  # type: ignore[import-untyped]

BYTES_A_PIXEL = 600
"""What a network in float32 needs for each pixel that it sees; OpenVINO 510, torch up to 600."""
ONE_PIECE = 4 << 20
"""A picture of up to so many pixels is one part."""
LARGE_PART = 5 << 19
"""Pixels of the parts of larger pictures: below 2 GB."""
LEAST_PART = 384**2
"""What surrounds a part is already more than itself."""
_SHARE = 0.5


def free_memory() -> int:
    """Bytes of this machine's memory that programs may still use."""
    return int(psutil.virtual_memory().available)


def pixels_at_once(shape: tuple[int, int], free: int) -> int:
    """Most pixels of a part.

    Parameters
    ----------
    shape
        Rows and columns that the network sees.
    free
        Bytes, of which half may be used.
    """
    most = ONE_PIECE if shape[0] * shape[1] <= ONE_PIECE else LARGE_PART
    return max(LEAST_PART, min(most, int(free * _SHARE) // BYTES_A_PIXEL))
