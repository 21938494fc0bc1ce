"""Working files written whole or not at all, the record last."""

from __future__ import annotations

import io
import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import tifffile

from napari_fncells.io.atomic import write_atomic
from napari_fncells.io.printable import printable
from napari_fncells.io.region_file import decode_regions, encode_regions
from napari_fncells.io.working.files import WorkingFiles, sha256_of
from napari_fncells.io.working.state import WorkingState
from napari_fncells.io.working_record import (
    WorkingIgnored,
    WorkingLabels,
    WorkingRecord,
    cell_record,
)


@dataclass(frozen=True)
class Encoded:
    """The bytes of the files, and their hashes; no regions where there never were any."""

    labels: bytes
    record: bytes
    ignored: bytes = b""

    @property
    def hashes(self) -> tuple[str, ...]:
        """SHA-256 of each, as `WorkingFiles.hashes` has them."""
        return tuple(map(sha256_of, (self.labels, self.record, self.ignored)))


def encode(state: WorkingState, files: WorkingFiles) -> Encoded:
    """Make the bytes of the files.

    Where there are no ignored regions, but a file of them from before, that is emptied rather
    than taken away: the record can then tell of every file whether it belongs to it.
    """
    stream = io.BytesIO()
    # zlib without predictor, one channel: ImageJ, QuPath and Fiji read it as it is
    tifffile.imwrite(
        stream,
        state.labels,
        photometric="minisblack",
        compression="zlib",
        compressionargs={"level": 1},
        metadata=None,
        software="napari-fncells",
    )
    labels = stream.getvalue()
    regions = b""
    if state.ignored is not None or os.path.lexists(files.ignored):
        empty = np.zeros(state.labels.shape, bool)
        regions = encode_regions(empty if state.ignored is None else state.ignored)
    record = WorkingRecord(
        annotator=state.annotator,
        image=state.image,
        labels=WorkingLabels(
            name=printable(files.labels.name),
            sha256=sha256_of(labels),
            dtype=state.labels.dtype.name,
        ),
        ignored=WorkingIgnored(name=printable(files.ignored.name), sha256=sha256_of(regions))
        if regions
        else None,
        note=state.note,
        done=state.done,
        edits=state.edits,
        journal=state.journal,
        summary=state.summary,
        effort=state.effort,
        cells=tuple(cell_record(item) for item in state.objects),
    )
    return Encoded(labels, (record.model_dump_json(indent=1) + "\n").encode(), regions)


def write(encoded: Encoded, files: WorkingFiles, state: WorkingState) -> None:
    """Write the files, each whole or not at all, the record last.

    Raises
    ------
    SaveError
        Where one could not be written or did not read back equal; it then is as it was.
    """

    def check(path: Path) -> None:
        if not np.array_equal(tifffile.imread(path), state.labels):
            raise ValueError("the labels read back differ")

    def check_regions(path: Path) -> None:
        found = decode_regions(path.read_bytes(), (state.labels.shape[0], state.labels.shape[1]))
        if found.any() if state.ignored is None else not np.array_equal(found, state.ignored):
            raise ValueError("the ignored regions read back differ")

    write_atomic(files.labels, encoded.labels, replace=True, verify=check)
    if encoded.ignored:
        write_atomic(files.ignored, encoded.ignored, replace=True, verify=check_regions)
    write_atomic(files.record, encoded.record, replace=True)
