"""A mark in our label images, so that one with a single cell is not taken for a binary mask."""

from __future__ import annotations

from pathlib import Path

TIFF_KEY, TIFF_VALUE = "fncells", "labels"
PNG_KEY, PNG_VALUE = "napari-fncells", "labels"

_HEAD_BYTES = 4096
_PNG = b"\x89PNG\r\n\x1a\n", f"tEXt{PNG_KEY}\0{PNG_VALUE}".encode()
_TIFF = b"II*\0", f"{TIFF_KEY}={TIFF_VALUE}".encode()


def is_marked(path: Path) -> bool:
    """Whether a picture says of itself that its numbers are cells. Never raises."""
    try:
        if not path.is_file():
            return False
        with path.open("rb") as stream:
            head = stream.read(_HEAD_BYTES)
    except (OSError, ValueError):
        return False
    return any(head.startswith(start) and mark in head for start, mark in (_PNG, _TIFF))
