"""The working files of a picture: its labels and everything known about its cells.

`<folder>/fncells/<name.ext>.labels.tif`, `<name.ext>.json` and, where there are ignored regions,
`<name.ext>.ignored.png` are a complete copy of the work, to be read with tifffile, json and any
reader of PNG. They are written whole or not at all; what somebody else changed meanwhile is kept
beside them.
"""

from __future__ import annotations

from napari_fncells.io.working.conflicts import keep_conflict
from napari_fncells.io.working.contents import WorkingFileError
from napari_fncells.io.working.files import WorkingFiles, is_regions, working_regions, working_stem
from napari_fncells.io.working.glances import Glance, glance, glance_at, look_through
from napari_fncells.io.working.reading import ReadBack, read
from napari_fncells.io.working.state import WorkingState
from napari_fncells.io.working.writing import Encoded, encode, write

__all__ = [
    "Encoded",
    "Glance",
    "ReadBack",
    "WorkingFileError",
    "WorkingFiles",
    "WorkingState",
    "encode",
    "glance",
    "glance_at",
    "is_regions",
    "keep_conflict",
    "look_through",
    "read",
    "working_regions",
    "working_stem",
    "write",
]
