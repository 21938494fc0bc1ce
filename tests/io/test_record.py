from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from napari_fncells import __version__
from napari_fncells.core.effort import Effort
from napari_fncells.core.errors import UserError
from napari_fncells.core.objects import CellCounts
from napari_fncells.io.record import (
    FORMAT,
    DraftFacts,
    ImageFacts,
    MaskFacts,
    Record,
    SoftwareFacts,
)


def record(**changes: Any) -> Record:
    facts: dict[str, Any] = {
        "annotator": "Ada Lovelace-Åström",
        "image": ImageFacts(
            name="zelle µ.tif", sha256="ab", height=3, width=4, channels=1, dtype="uint16",
            pixel_size_um=0.3135, notes=("16 bits kept.",),
        ),
        "draft": DraftFacts(
            method="auto", params={"score": {"smoothing": 2.5}}, cutoff=31.25,
            time=datetime(2024, 5, 6, tzinfo=UTC),
        ),
        "cells": CellCounts(
            drafted=3, removed=1, added=2, edited=0, accepted=0, unsure=0, untouched=2, final=4
        ),
        "edits": 9,
        "mask": MaskFacts(name="m.png", sha256="cd", gap=True, components=4, touching_pairs=0),
    }  # fmt: skip
    return Record(**(facts | changes))


EFFORT = Effort(active_seconds=12.5, visits=2, gestures={"fix": 3}, removed=1, added=2)


@pytest.mark.parametrize("changes", [{}, {"draft": None}, {"annotator": ""}, {"effort": EFFORT}])
def test_round_trip(changes: dict[str, Any]) -> None:
    before = record(**changes)
    data = before.to_bytes()
    assert Record.from_bytes(data) == before
    assert data.endswith(b"}\n")
    assert "µ" in data.decode("utf-8")


def test_plain_json_for_other_programs() -> None:
    facts = json.loads(record().to_bytes())
    assert facts["format"] == FORMAT == "fncells-record/4"
    assert facts["mask"]["background"] == 0
    assert facts["mask"]["foreground"] == 255
    assert facts["cells"]["final"] == 4
    assert facts["draft"]["params"]["score"]["smoothing"] == 2.5
    assert datetime.fromisoformat(facts["time"]).tzinfo is not None
    assert facts["software"]["fncells"] == __version__


def test_records_of_the_first_format_are_read() -> None:
    facts = json.loads(record(effort=EFFORT).to_bytes())
    assert facts["effort"]["gestures"] == {"fix": 3}
    del facts["effort"]
    facts["format"] = "fncells-record/1"
    read = Record.from_bytes(json.dumps(facts).encode())
    assert read.effort is None
    assert read.cells == record().cells


def test_records_of_the_second_format_are_read() -> None:
    facts = json.loads(record(effort=EFFORT, note="dim").to_bytes())
    assert facts["note"] == "dim"
    del facts["note"], facts["cells"]["ignored"]
    facts["format"] = "fncells-record/2"
    read = Record.from_bytes(json.dumps(facts).encode())
    assert (read.note, read.cells) == ("", record().cells)


def test_software() -> None:
    facts = SoftwareFacts.current()
    assert {"numpy", "scikit-image", "opencv-python-headless"} <= set(facts.packages)


def broken(path: tuple[str, ...], value: Any) -> bytes:
    facts = json.loads(record().to_bytes())
    place = facts
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    return json.dumps(facts).encode()


@pytest.mark.parametrize(
    ("data", "place"),
    [
        (b"", "file"),
        (b"not json", "file"),
        (b"\xff\xfe\x00", "file"),
        (b"[]", "file"),
        (b"{}", "image"),
        (record().to_bytes()[:-30], "file"),
        (broken(("format",), "fncells-record/5"), "format"),
        (broken(("format",), "labelme"), "format"),
        (broken(("surprise",), 1), "surprise"),
        (broken(("mask", "surprise"), 1), "mask.surprise"),
        (broken(("cells", "final"), "many"), "cells.final"),
        (broken(("time",), "2024-05-06T00:00:00"), "time"),
    ],
)
def test_what_is_no_record_is_refused_by_name(data: bytes, place: str) -> None:
    with pytest.raises(UserError, match=place) as caught:
        Record.from_bytes(data)
    assert FORMAT in caught.value.remedy
