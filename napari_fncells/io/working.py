"""The working files of a picture: its labels and everything known about its cells.

`<folder>/fncells/<name.ext>.labels.tif`, `<name.ext>.json` and, where there are ignored regions,
`<name.ext>.ignored.png` are a complete copy of the work, to be read with tifffile, json and any
reader of PNG. They are written whole or not at all; what somebody else changed meanwhile is kept
beside them.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any, Self

import numpy as np
import tifffile
from numpy.typing import NDArray
from pydantic import ValidationError

from napari_fncells.core.errors import UserError
from napari_fncells.core.geometry import Box
from napari_fncells.core.labels import Labels, boxes
from napari_fncells.core.notes import tidy
from napari_fncells.core.objects import CellCounts, CellObject, ObjectState, Origin
from napari_fncells.io.atomic import write_atomic
from napari_fncells.io.printable import printable
from napari_fncells.io.region_file import decode_regions, encode_regions
from napari_fncells.io.save_error import explain_os_error
from napari_fncells.io.working_record import (
    WorkingIgnored,
    WorkingImage,
    WorkingLabels,
    WorkingRecord,
    WorkingSummary,
    WorkState,
    cell_object,
    cell_record,
)

_START = 4096
_ENDS = (".labels.tif", ".json", ".ignored.png")
_MADE = re.compile(rb'"time": "([^"]+)",\s*"annotator": ("(?:[^"\\]|\\.)*")')
_LAST = re.compile(rb'"done": (true|false),\s*"edits": (\d+),\s*"journal": "(\w*)"')
_SUMMARY = re.compile(rb',\s*"summary": (?=\{)')


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
    ignored
        (Y, X) bool regions; None where there are none.
    note
        On the picture.
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
    ignored: NDArray[np.bool_] | None = None
    note: str = ""


@dataclass(frozen=True)
class WorkingFiles:
    """Names of the files of one picture and annotator."""

    labels: Path
    record: Path
    ignored: Path

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
        return cls(*(folder / f"{stem}{end}" for end in _ENDS))

    @property
    def paths(self) -> tuple[Path, Path, Path]:
        """The three, in the order in which `hashes` has them."""
        return self.labels, self.record, self.ignored

    @property
    def hashes(self) -> tuple[str, ...]:
        """Hashes of labels, record and regions as they are on the disk; '' where there is none."""
        return tuple(map(_hash_of, self.paths))


def working_regions(labels: Path) -> Path | None:
    """File of the ignored regions beside a working file of labels; None for any other file."""
    if not labels.name.endswith(_ENDS[0]):
        return None
    return labels.with_name(f"{labels.name.removesuffix(_ENDS[0])}{_ENDS[2]}")


def is_regions(path: Path) -> bool:
    """Whether a file is one of ignored regions, by its name."""
    return path.name.endswith(_ENDS[2])


def working_stem(name: str, annotator: str = "") -> str:
    """Start of the names of a picture's working files."""
    return f"{name}.{_plain_name(annotator)}" if annotator else name


@dataclass(frozen=True)
class Encoded:
    """The bytes of the files, and their hashes; no regions where there never were any."""

    labels: bytes
    record: bytes
    ignored: bytes = b""

    @property
    def hashes(self) -> tuple[str, ...]:
        """SHA-256 of each, as `WorkingFiles.hashes` has them."""
        return tuple(map(_sha256, (self.labels, self.record, self.ignored)))


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
            sha256=_sha256(labels),
            dtype=state.labels.dtype.name,
        ),
        ignored=WorkingIgnored(name=printable(files.ignored.name), sha256=_sha256(regions))
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
    for path in files.paths:
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
    end = dict(zip(files.paths, _ENDS, strict=True))[path]
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
    regions = _read_regions(files.ignored, shape)
    if record is None:
        trouble = trouble or f"{files.record.name} is missing"
        return _made_up(files, labels, regions.pixels, trouble)
    changed = [] if record.labels.sha256 == _sha256(data) else [files.labels]
    if (record.ignored.sha256 if record.ignored is not None else "") != regions.sha256:
        changed.append(files.ignored)
    if changed or regions.trouble:
        return _mended(files, labels, regions, record, changed)
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
        regions.pixels,
        tidy(record.note),
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
        summary = None if found is None else _summary_at(start[found.end() :])
    except ValueError:
        return None
    return Glance(last[3].decode(), int(last[2]), time, last[1] == b"true", author, summary)


def _summary_at(text: bytes) -> WorkingSummary:
    """The summary that a part of a record begins with."""
    values, _ = json.JSONDecoder().raw_decode(text.decode("utf-8", "ignore"))
    return WorkingSummary.model_validate(values)


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


@dataclass(frozen=True)
class _Regions:
    """What the file of ignored regions holds: nothing where there is none."""

    pixels: NDArray[np.bool_] | None = None
    sha256: str = ""
    trouble: str = ""


def _read_regions(path: Path, shape: tuple[int, int]) -> _Regions:
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return _Regions()
    except OSError as error:
        return _Regions(trouble=f"{path.name} could not be read: {error.strerror or error}.")
    try:
        pixels = decode_regions(data, shape)
    except ValueError as error:
        # The cells can be read: they are not kept back for it
        return _Regions(None, _sha256(data), f"{path.name} could not be read: {error}.")
    return _Regions(pixels if pixels.any() else None, _sha256(data))


def _mended(
    files: WorkingFiles,
    labels: Labels,
    regions: _Regions,
    record: WorkingRecord,
    changed: list[Path],
) -> ReadBack:
    """Pixels that are newer or older than their record: cells that still fit keep their state."""
    known = {cell.id: cell_object(cell) for cell in record.cells}
    objects = {i: item for i, item in known.items() if not item.alive}
    for item in _objects_of(labels):
        old = known.get(item.id)
        same = old is not None and old.alive and (old.box, old.area) == (item.box, item.area)
        known_as = item if old is None else replace(item, note=old.note)
        objects[item.id] = old if same and old is not None else known_as
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
        None,
        regions.pixels,
        tidy(record.note),
    )
    return ReadBack(state, time, _what_happened(files, regions, changed))


def _what_happened(files: WorkingFiles, regions: _Regions, changed: list[Path]) -> str:
    """Say how the files came not to fit together."""
    if regions.trouble:
        return f"{regions.trouble} The ignored regions are lost."
    if files.ignored in changed and not regions.sha256:
        return f"{files.ignored.name} is missing: the ignored regions are lost."
    names = " and ".join(path.name for path in changed)
    was = "was" if len(changed) == 1 else "were"
    return f"{names} {was} changed after {files.record.name}."


def _made_up(
    files: WorkingFiles, labels: Labels, ignored: NDArray[np.bool_] | None, trouble: str
) -> ReadBack:
    height, width = labels.shape
    image = WorkingImage(name="", sha256="", height=height, width=width)
    objects = tuple(_objects_of(labels))
    state = WorkingState(labels, objects, False, 0, "", image, ignored=ignored)
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
        return _sha256(path.read_bytes())
    except OSError:
        return ""


def _sha256(data: bytes) -> str:
    """Hash of a file's content; '' for none."""
    return hashlib.sha256(data).hexdigest() if data else ""
