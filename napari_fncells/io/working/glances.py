"""What a record tells of a picture without its cells."""

from __future__ import annotations

import json
import os
import re
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from napari_fncells.core.objects import CellCounts, ObjectState
from napari_fncells.io.working.contents import read_record
from napari_fncells.io.working.files import WorkingFiles
from napari_fncells.io.working_record import WorkingSummary, WorkState, cell_object

_START = 4096
_MADE = re.compile(rb'"time": "([^"]+)",\s*"annotator": ("(?:[^"\\]|\\.)*")')
_LAST = re.compile(rb'"done": (true|false),\s*"edits": (\d+),\s*"journal": "(\w*)"')
_SUMMARY = re.compile(rb',\s*"summary": (?=\{)')


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
    read, _ = read_record(record)
    if read is None:
        return None
    counts = CellCounts.of(cell_object(cell) for cell in read.cells)
    touched = any(cell.state is not ObjectState.DRAFT for cell in read.cells)
    state = WorkState.DONE if read.done else WorkState.IN_WORK if touched else WorkState.DRAFT
    seconds = sum(float(visit.get("active_seconds", 0.0)) for visit in read.effort)
    summary = WorkingSummary(state=state, active_seconds=seconds, **asdict(counts))
    return Glance(read.journal, read.edits, read.time, read.done, read.annotator, summary)
