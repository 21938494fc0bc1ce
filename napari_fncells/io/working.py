"""The working files of a picture: its labels and everything known about its cells.

`<folder>/fncells/<name.ext>.labels.tif` and `<name.ext>.json` are a complete copy of the work,
to be read with tifffile and json alone. They are written whole or not at all; what somebody
else changed meanwhile is kept beside them.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any, Self

import numpy as np
import tifffile
from pydantic import ValidationError

from napari_fncells.core.errors import UserError
from napari_fncells.core.geometry import Box
from napari_fncells.core.labels import Labels, boxes
from napari_fncells.core.objects import CellCounts, CellObject, ObjectState, Origin
from napari_fncells.io.atomic import write_atomic
from napari_fncells.io.save_error import explain_os_error
from napari_fncells.io.working_record import (
    WorkingImage,
    WorkingLabels,
    WorkingRecord,
    WorkingSummary,
    WorkState,
    cell_object,
    cell_record,
)

_START = 4096
_MADE = re.compile(rb'"time": "([^"]+)",\s*"annotator": ("(?:[^"\\]|\\.)*")')
_LAST = re.compile(rb'"done": (true|false),\s*"edits": (\d+),\s*"journal": "(\w*)"')
_SUMMARY = re.compile(rb',\s*"summary": (\{[^}]*\})')


class WorkingFileError(UserError):
    """Working files are there but cannot be read, or do not belong to the picture."""


@dataclass(frozen=True)
class WorkingState:
    """What the files hold of a picture's mask at one moment.

    Attributes
    ----------
    labels
        (Y, X) uint16 or uint32.
    objects
        Every known object, removed ones included.
    done
        Whether the picture is finished.
    edits
        Number of the last edit.
    journal
        Identity of the history.
    image
        The picture.
    annotator
        Whose corrections.
    effort
        Visits to the picture, as JSON values.
    summary
        What a list of pictures shows of it.
    """

    labels: Labels
    objects: tuple[CellObject, ...]
    done: bool
    edits: int
    journal: str
    image: WorkingImage
    annotator: str = ""
    effort: tuple[dict[str, Any], ...] = ()
    summary: WorkingSummary | None = None


@dataclass(frozen=True)
class WorkingFiles:
    """Names of the two files of one picture and annotator."""

    labels: Path
    record: Path

    @classmethod
    def of(cls, folder: Path, name: str, annotator: str = "") -> Self:
        """Files of a picture.

        Parameters
        ----------
        folder
            The folder of working files.
        name
            The picture's name with its suffix.
        annotator
            Part of the names where it is set.
        """
        stem = working_stem(name, annotator)
        return cls(folder / f"{stem}.labels.tif", folder / f"{stem}.json")

    @property
    def hashes(self) -> tuple[str, str]:
        """Hashes of the two as they are on the disk; empty where there is none."""
        return _hash_of(self.labels), _hash_of(self.record)


def working_stem(name: str, annotator: str = "") -> str:
    """Start of the names of a picture's working files."""
    return f"{name}.{_plain_name(annotator)}" if annotator else name


@dataclass(frozen=True)
class Encoded:
    """The bytes of the two files, and their hashes."""

    labels: bytes
    record: bytes

    @property
    def hashes(self) -> tuple[str, str]:
        """SHA-256 of each."""
        return hashlib.sha256(self.labels).hexdigest(), hashlib.sha256(self.record).hexdigest()


@dataclass(frozen=True)
class ReadBack:
    """What was read from working files.

    Attributes
    ----------
    state
        Pixels and objects.
    time
        When they were written.
    note
        What had to be mended, in a sentence; empty for files that fit together.
    """

    state: WorkingState
    time: datetime
    note: str = ""


def encode(state: WorkingState, files: WorkingFiles) -> Encoded:
    """Make the bytes of the two files."""
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
    record = WorkingRecord(
        annotator=state.annotator,
        image=state.image,
        labels=WorkingLabels(
            name=files.labels.name.encode("utf-8", "backslashreplace").decode(),
            sha256=hashlib.sha256(labels).hexdigest(),
            dtype=state.labels.dtype.name,
        ),
        done=state.done,
        edits=state.edits,
        journal=state.journal,
        summary=state.summary,
        effort=state.effort,
        cells=tuple(cell_record(item) for item in state.objects),
    )
    return Encoded(labels, (record.model_dump_json(indent=1) + "\n").encode())


def write(encoded: Encoded, files: WorkingFiles, labels: Labels) -> None:
    """Write both files, each whole or not at all, the labels first.

    Raises
    ------
    SaveError
        Where one could not be written or did not read back equal; it then is as it was.
    """

    def check(path: Path) -> None:
        if not np.array_equal(tifffile.imread(path), labels):
            raise ValueError("the labels read back differ")

    write_atomic(files.labels, encoded.labels, replace=True, verify=check)
    write_atomic(files.record, encoded.record, replace=True)


def keep_conflict(files: WorkingFiles, stamp: str) -> list[Path]:
    """Copy the files on the disk to names of their own, before others take their place.

    Parameters
    ----------
    files
        The files in the way.
    stamp
        Tells the copies apart, e.g. host and time.

    Returns
    -------
    list of Path
        The copies.

    Raises
    ------
    SaveError
        Where one could not be copied.
    """
    found = {}
    for path in (files.labels, files.record):
        try:
            found[path] = path.read_bytes()
        except FileNotFoundError:
            continue
        except OSError as error:
            raise explain_os_error(error, path) from error
    stamp = _plain_name(stamp)
    for number in count(1):
        numbered = stamp if number == 1 else f"{stamp}-{number}"
        copies = {path: _conflict_name(path, files, numbered) for path in found}
        # Kept within the same second: neither may take the place of the other
        if not any(os.path.lexists(copy) for copy in copies.values()):
            break
    for path, data in found.items():
        write_atomic(copies[path], data, replace=False)
    return list(copies.values())


def _conflict_name(path: Path, files: WorkingFiles, stamp: str) -> Path:
    end = ".labels.tif" if path == files.labels else ".json"
    return path.with_name(f"{path.name.removesuffix(end)}.conflict-{stamp}{end}")


def read(files: WorkingFiles, shape: tuple[int, int], sha256: str | None) -> ReadBack | None:
    """Read the working files of a picture.

    Labels count for more than the record: where the record is missing, damaged or of another
    moment, cells are made up from the labels.

    Parameters
    ----------
    files
        Which.
    shape
        (Y, X) of the picture.
    sha256
        Hash of the picture, None where it need not be the same.

    Returns
    -------
    ReadBack or None
        None where there are none.

    Raises
    ------
    WorkingFileError
        Where they are there but hold no mask of this picture that can be read.
    """
    record, trouble = _read_record(files.record)
    if record is not None and sha256 is not None and record.image.sha256 != sha256:
        raise WorkingFileError(
            f"The mask files {files.labels.name} and {files.record.name} belong to another "
            "content of the picture and were not used.",
            "They are kept when new ones are written.",
        )
    if not files.labels.exists():
        if record is None and not trouble:
            return None
        raise WorkingFileError(f"The mask file {files.labels} is missing.", "Put it back there.")
    data, labels = _read_labels(files.labels, shape)
    if record is None:
        return _made_up(files, labels, trouble or f"{files.record.name} is missing")
    if record.labels.sha256 != hashlib.sha256(data).hexdigest():
        return _mended(files, labels, record)
    state = WorkingState(
        labels,
        tuple(cell_object(cell) for cell in record.cells),
        record.done,
        record.edits,
        record.journal,
        record.image,
        record.annotator,
        record.effort,
        record.summary,
    )
    return ReadBack(state, record.time)


@dataclass(frozen=True)
class Glance:
    """What a record says at its start.

    Attributes
    ----------
    journal, edits
        The history that the files were made from, and the number of its last edit.
    time
        When.
    done
        Whether the picture is finished.
    annotator
        Whose corrections.
    summary
        State, counts and time; None in a record of the first format.
    """

    journal: str
    edits: int
    time: datetime
    done: bool
    annotator: str = ""
    summary: WorkingSummary | None = None


def glance(files: WorkingFiles) -> Glance | None:
    """Read only the start of a record, which costs the same whatever the number of cells."""
    return glance_at(files.record)


def glance_at(record: str | os.PathLike[str]) -> Glance | None:
    """Do what `glance` does, for the path of a record."""
    try:
        with open(record, "rb", buffering=0) as stream:  # noqa: PTH123
            start = stream.read(_START)
    except OSError:
        return None
    made = _MADE.search(start)
    last = _LAST.search(start)
    if made is None or last is None:
        return None
    try:
        time = datetime.fromisoformat(made[1].decode())
        author = json.loads(made[2])
        found = _SUMMARY.match(start, last.end())
        summary = None if found is None else WorkingSummary.model_validate_json(found[1])
    except ValueError:
        return None
    return Glance(last[3].decode(), int(last[2]), time, last[1] == b"true", author, summary)


def look_through(record: Path) -> Glance | None:
    """Read a whole record for what its start does not tell: one of the first format."""
    read, _ = _read_record(record)
    if read is None:
        return None
    counts = CellCounts.of(cell_object(cell) for cell in read.cells)
    touched = any(cell.state is not ObjectState.DRAFT for cell in read.cells)
    state = WorkState.DONE if read.done else WorkState.IN_WORK if touched else WorkState.DRAFT
    seconds = sum(float(visit.get("active_seconds", 0.0)) for visit in read.effort)
    summary = WorkingSummary(state=state, active_seconds=seconds, **asdict(counts))
    return Glance(read.journal, read.edits, read.time, read.done, read.annotator, summary)


def _read_record(path: Path) -> tuple[WorkingRecord | None, str]:
    try:
        return WorkingRecord.model_validate_json(path.read_bytes()), ""
    except FileNotFoundError:
        return None, ""
    except OSError as error:
        return None, f"{path.name} could not be read: {error.strerror or error}"
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"]) or "the file"
        return None, f"{path.name} could not be read: {field}, {first['msg']}"


def _read_labels(path: Path, shape: tuple[int, int]) -> tuple[bytes, Labels]:
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


def _mended(files: WorkingFiles, labels: Labels, record: WorkingRecord) -> ReadBack:
    """Labels that are newer or older than their record: cells that still fit keep their state."""
    known = {cell.id: cell_object(cell) for cell in record.cells}
    objects = {i: item for i, item in known.items() if not item.alive}
    for item in _objects_of(labels):
        old = known.get(item.id)
        same = old is not None and old.alive and (old.box, old.area) == (item.box, item.area)
        objects[item.id] = old if same and old is not None else item
    time = datetime.fromtimestamp(files.labels.stat().st_mtime, UTC)
    state = WorkingState(
        labels,
        tuple(objects.values()),
        False,
        record.edits,
        "",
        record.image,
        record.annotator,
        record.effort,
    )
    return ReadBack(state, time, f"{files.labels.name} was changed after {files.record.name}.")


def _made_up(files: WorkingFiles, labels: Labels, trouble: str) -> ReadBack:
    height, width = labels.shape
    image = WorkingImage(name="", sha256="", height=height, width=width)
    state = WorkingState(labels, tuple(_objects_of(labels)), False, 0, "", image)
    time = datetime.fromtimestamp(files.labels.stat().st_mtime, UTC)
    return ReadBack(state, time, f"{trouble}: the states of the cells are lost.")


def _objects_of(labels: Labels) -> list[CellObject]:
    """Cells as the pixels show them, as drawn by hand."""
    found = []
    for i, slices in boxes(labels).items():
        area = int(np.count_nonzero(labels[slices] == i))
        found.append(CellObject(i, ObjectState.ADDED, Origin.HAND, Box.of(slices), area))
    return found


def _plain_name(text: str) -> str:
    return re.sub(r"[^\w@+-]", "_", text)[:60] or "_"


def _hash_of(path: Path) -> str:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return ""
