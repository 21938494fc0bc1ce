"""The orientation out of an EXIF block; nothing else of it is read."""

from __future__ import annotations

import struct

_ORIENTATION = 0x0112
_SHORT = 3


def orientation(block: bytes) -> int:
    """Give the orientation that an EXIF block states.

    Parameters
    ----------
    block
        The TIFF structure of the block, without the six bytes ``Exif`` that lead it.

    Returns
    -------
    int
        1 to 8; 1 where the block is damaged or does not say.
    """
    order = {b"II": "<", b"MM": ">"}.get(bytes(block[:2]))
    if order is None:
        return 1
    try:
        (start,) = struct.unpack_from(f"{order}I", block, 4)
        (count,) = struct.unpack_from(f"{order}H", block, start)
        for index in range(count):
            tag, kind, _, value = struct.unpack_from(f"{order}HHIH", block, start + 2 + 12 * index)
            if tag == _ORIENTATION and kind == _SHORT and 1 <= value <= 8:
                return int(value)
    except struct.error:
        return 1
    return 1
