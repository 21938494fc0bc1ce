"""How large a packed part of a zarr array becomes, before it is unpacked: bombs are refused.

Blosc, Zstandard and numcodecs' LZ4 say it in their heads, and their decoders take that for true;
zlib and gzip are unpacked up to the limit.
"""

from __future__ import annotations

import zlib
from pathlib import Path

_BLOSC_HEAD = 16
_ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"
_PIECE = 1 << 20
# zlib's or gzip's head, whichever is there
_EITHER = 32 + zlib.MAX_WBITS

PACKINGS = frozenset({"blosc", "zstd", "lz4", "zlib", "gzip"})


def exceeds(path: Path, packing: str, most: int) -> bool:
    """Whether a file unpacks to more than so many bytes, or does not tell.

    Parameters
    ----------
    path
        The file.
    packing
        One of `PACKINGS`.
    most
        The most that it should have.

    Raises
    ------
    OSError
        It cannot be read.
    """
    with path.open("rb") as stream:
        if packing in {"zlib", "gzip"}:
            return _unpacks_beyond(stream.read(), most)
        head = stream.read(_BLOSC_HEAD + 2)
    size = _DECLARED[packing](head)
    return size is None or size > most


def _unpacks_beyond(data: bytes, most: int) -> bool:
    left, total = data, 0
    try:
        while left:  # gzip may have several members
            packed = zlib.decompressobj(_EITHER)
            while not packed.eof:
                piece = packed.decompress(left, _PIECE)
                left = packed.unconsumed_tail
                total += len(piece)
                if total > most:
                    return True
                if not piece and not left:
                    return False  # cut short: its decoder says so
            left = packed.unused_data
    except zlib.error:
        return False  # no such file: its decoder says so
    return False


def _blosc_size(head: bytes) -> int | None:
    return int.from_bytes(head[4:8], "little") if len(head) >= _BLOSC_HEAD else None


def _lz4_size(head: bytes) -> int | None:
    return int.from_bytes(head[:4], "little") if len(head) >= 4 else None


def _zstd_size(head: bytes) -> int | None:
    """Of the first frame, see RFC 8878, 3.1.1.1; None where it does not tell."""
    if not head.startswith(_ZSTD_MAGIC) or len(head) < 6:
        return None
    flags = head[4]
    single, kind = bool(flags & 0x20), flags >> 6
    length = (1 if single else 0, 2, 4, 8)[kind]
    start = 5 + (0 if single else 1) + (0, 1, 2, 4)[flags & 3]
    if not length or len(head) < start + length:
        return None
    return int.from_bytes(head[start : start + length], "little") + (256 if length == 2 else 0)


_DECLARED = {"blosc": _blosc_size, "lz4": _lz4_size, "zstd": _zstd_size}
