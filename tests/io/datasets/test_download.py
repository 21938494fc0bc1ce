"""Downloads: whole, resumed, refused, stopped."""

from __future__ import annotations

import errno
import json
import shutil
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from napari_fncells.core.steps import finish
from napari_fncells.io.datasets import DatasetCode, DatasetError, Progress, Published
from napari_fncells.io.datasets.download import ResumingDownloader
from napari_fncells.io.datasets.fetch import RECORD_NAME, fetch, part_size
from napari_fncells.io.datasets.part_file import Origin, PartFile
from napari_fncells.io.datasets.places import find_here
from tests.io.datasets.archives import v1_files, write_zip
from tests.io.datasets.server import Served

Publish = Callable[..., Published]

CHUNK = 1 << 14  # read at a time; of a broken one nothing is kept


def left_in(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def failure(which: Published, folder: Path) -> DatasetError:
    with pytest.raises(DatasetError) as caught:
        finish(fetch(which, folder))
    assert caught.value.sentence
    assert caught.value.remedy
    return caught.value


def part_in(folder: Path, which: Published) -> PartFile:
    work = folder / f".{which.folder_name}.download"
    work.mkdir(parents=True)
    return PartFile(work / which.archive_name)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    original = ResumingDownloader.__init__

    def impatient(self: Any, *args: Any) -> None:
        original(self, *args, wait=0.001)

    monkeypatch.setattr(ResumingDownloader, "__init__", impatient)


@pytest.mark.parametrize("key", ["v1", "v2-green", "v2-red", "v2-yellow"])
def test_a_download(small: Publish, served: Served, folder: Path, key: str) -> None:
    which = small(key)
    steps = fetch(which, folder)
    said: list[Progress] = []
    while True:
        try:
            said.append(next(steps))
        except StopIteration as end:
            dataset = end.value
            break
    assert dataset.root.is_relative_to(folder / f"fnc-{key}")
    assert len(dataset.items) == 5
    assert left_in(folder) == {f"fnc-{key}"}
    assert any("MB" in step or "kB" in step for step in said)
    assert all(step.share is None or 0 <= step.share <= 1 for step in said)
    record = json.loads((folder / f"fnc-{key}" / RECORD_NAME).read_text())
    assert record["dataset"] == key
    assert record["licence"] == "CC BY-SA 4.0"
    if which.sha256 is not None:
        assert record["sha256"] == which.sha256
    assert len(record["sha256"]) == 64
    found = find_here(key)
    assert found is not None
    assert found.root == dataset.root
    # There now: no second download
    assert finish(fetch(which, folder)).root == dataset.root
    assert served.requests == [""]


@pytest.mark.usefixtures("no_waiting")
@pytest.mark.parametrize("ranges", [True, False])
@pytest.mark.parametrize("validator", ['"one"', ""])
def test_a_connection_that_breaks_is_taken_up_again(
    small: Publish, served: Served, folder: Path, ranges: bool, validator: str
) -> None:
    which = small("v2-red")
    served.ranges, served.validator = ranges, validator
    served.drop_after = [CHUNK + 5, 2 * CHUNK + 5]
    dataset = finish(fetch(which, folder))
    assert len(dataset.items) == 5
    assert served.requests[0] == ""
    second = 3 if ranges else 2
    assert served.requests[1:] == [f"bytes={CHUNK}-", f"bytes={second * CHUNK}-"]


@pytest.mark.usefixtures("no_waiting")
def test_a_download_goes_on_another_day(small: Publish, served: Served, folder: Path) -> None:
    which = small("v2-red")
    served.drop_after = [CHUNK, 0, 0, 0, 0, 0, 0]
    error = failure(which, folder)
    assert error.code is DatasetCode.DROPPED
    assert "What has come is kept" in error.remedy
    assert part_size(which, folder) == CHUNK
    assert not (folder / which.folder_name).exists()
    served.drop_after.clear()
    served.requests.clear()
    assert len(finish(fetch(which, folder)).items) == 5
    assert served.requests == [f"bytes={CHUNK}-"]
    assert left_in(folder) == {which.folder_name}


@pytest.mark.usefixtures("no_waiting")
def test_another_file_on_the_server_is_fetched_from_its_beginning(
    small: Publish, served: Served, folder: Path
) -> None:
    small("v1")
    old = served.content
    which = small("v1")
    served.content, served.drop_after = old + b"changed", [CHUNK, 0, 0, 0, 0, 0]
    failure(which, folder)
    served.content, served.validator = old, '"two"'
    served.drop_after.clear()
    assert len(finish(fetch(which, folder)).items) == 5


def test_a_part_that_is_whole_is_not_fetched_again(
    small: Publish, served: Served, folder: Path
) -> None:
    which = small("v1")
    part = part_in(folder, which)
    part.begin(Origin(which.url, '"one"', len(served.content)))
    part.path.write_bytes(served.content)
    assert len(finish(fetch(which, folder)).items) == 5
    assert served.requests == [f"bytes={len(served.content)}-"]


@pytest.mark.usefixtures("no_waiting")
def test_a_part_that_is_too_long_is_thrown_away(
    small: Publish, served: Served, folder: Path
) -> None:
    which = small("v1")
    part = part_in(folder, which)
    part.begin(Origin(which.url, '"one"', None))
    part.path.write_bytes(served.content + b"more")
    assert len(finish(fetch(which, folder)).items) == 5
    assert served.requests[-1] == ""


def test_a_part_of_unknown_origin_is_not_gone_on_with(
    small: Publish, served: Served, folder: Path
) -> None:
    which = small("v1")
    part = part_in(folder, which)
    part.path.write_bytes(b"PK something")
    for note in ("", "[]", '{"url": 1}', '{"url": "x", "validator": "", "total": "many"}'):
        part.path.with_name(part.path.name + ".json").write_text(note)
        assert part.origin(which.url) is None
    assert len(finish(fetch(which, folder)).items) == 5
    assert served.requests == [""]


def test_a_wrong_hash(small: Publish, folder: Path) -> None:
    which = small("v2-green", sha256="0" * 64)
    error = failure(which, folder)
    assert error.code is DatasetCode.WRONG_HASH
    assert "thrown away" in error.sentence
    assert left_in(folder) == set()


@pytest.mark.parametrize(
    ("status", "code"), [(404, "not_found"), (410, "not_found"), (403, "server"), (503, "server")]
)
def test_a_server_that_refuses(
    small: Publish, served: Served, folder: Path, status: int, code: str
) -> None:
    which = small("v1")
    served.status = status
    error = failure(which, folder)
    assert error.code == code
    assert str(status) in error.sentence
    assert "I have the zip" in error.remedy


def test_a_sign_in_page_is_no_archive(small: Publish, served: Served, folder: Path) -> None:
    which = small("v1")
    served.content, served.kind = b"<html>Please sign in</html>", "text/html; charset=utf-8"
    error = failure(which, folder)
    assert "a web page instead" in error.sentence
    served.content, served.kind = b"something", "application/zip"
    assert "something else instead" in failure(which, folder).sentence


def test_no_network(small: Publish, folder: Path) -> None:
    import socket

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    which = small("v1", url=f"http://127.0.0.1:{port}/x.zip")
    error = failure(which, folder)
    assert error.code is DatasetCode.OFFLINE
    assert error.sentence == "127.0.0.1 cannot be reached."
    assert "I have the zip or folder already" in error.remedy


def test_a_name_that_no_server_has(small: Publish, folder: Path) -> None:
    error = failure(small("v1", url="http://nowhere.invalid/x.zip"), folder)
    assert error.code is DatasetCode.OFFLINE


def test_a_download_that_is_not_whole_is_thrown_away(
    small: Publish, served: Served, folder: Path
) -> None:
    which = small("v1")
    served.content = served.content[:-200]
    error = failure(which, folder)
    assert error.code is DatasetCode.DAMAGED
    assert left_in(folder) == set()


def test_a_download_of_something_else_is_thrown_away(small: Publish, folder: Path) -> None:
    from napari_fncells.io.datasets import Split

    which = small("v1", pictures={Split.TRAINVAL: 200, Split.TEST: 70})
    error = failure(which, folder)
    assert error.code is DatasetCode.WRONG_CONTENT
    assert "should hold 270 known pictures" in error.sentence
    assert left_in(folder) == set()


class Usage(NamedTuple):
    total: int
    used: int
    free: int


def test_too_little_room_is_told_before_anything_is_written(
    small: Publish, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    which = small("v1")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(10**9, 10**9 - 1000, 1000))
    error = failure(which, folder)
    assert error.code is DatasetCode.DISK_FULL
    assert "are needed" in error.sentence
    assert left_in(folder) == set()


def test_a_disk_that_fills_up_keeps_what_came(
    small: Publish, served: Served, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    which = small("v1")
    original = Path.open

    class Full:
        def __init__(self, stream: Any) -> None:
            self.stream = stream

        def __enter__(self) -> Full:
            return self

        def __exit__(self, *_: object) -> None:
            self.stream.close()

        def write(self, data: bytes) -> None:
            self.stream.write(data[:1500])
            self.stream.flush()
            raise OSError(errno.ENOSPC, "No space left on device")

    def opened(self: Path, mode: str = "r", *args: Any, **kwargs: Any) -> Any:
        stream = original(self, mode, *args, **kwargs)
        return Full(stream) if mode == "ab" else stream

    monkeypatch.setattr(Path, "open", opened)
    error = failure(which, folder)
    assert error.code is DatasetCode.DISK_FULL
    assert part_size(which, folder) == 1500
    monkeypatch.setattr(Path, "open", original)
    assert len(finish(fetch(which, folder)).items) == 5
    assert served.requests[-1] == "bytes=1500-"


def test_stopping_keeps_what_came_and_no_half_folder(
    small: Publish, served: Served, folder: Path
) -> None:
    which = small("v1")
    served.content += b"\0" * 500_000
    served.gate = threading.Event()
    steps = fetch(which, folder)
    while part_size(which, folder) == 0:
        next(steps)
    steps.close()
    served.gate.set()
    came = part_size(which, folder)
    assert 0 < came < len(served.content)
    assert left_in(folder) == {f".{which.folder_name}.download"}
    served.gate = None
    with pytest.raises(DatasetError):  # not a zip with so much behind it
        finish(fetch(which, folder))
    assert served.requests[-1] == f"bytes={came}-"


def test_stopping_the_unpacking_leaves_the_archive_alone(
    small: Publish, served: Served, folder: Path
) -> None:
    which = small("v1")
    steps = fetch(which, folder)
    while not next(steps).startswith("Unpacking"):
        pass
    next(steps)
    steps.close()
    assert left_in(folder) == {f".{which.folder_name}.download"}
    assert len(finish(fetch(which, folder)).items) == 5
    assert served.requests == [""]
    assert left_in(folder) == {which.folder_name}


def test_what_a_killed_program_left_is_cleared_away(
    small: Publish, served: Served, folder: Path
) -> None:
    which = small("v1")
    work = part_in(folder, which).path.parent
    (work / "tmpabc").write_bytes(b"")
    half = folder / f".{which.folder_name}.unpacking-00ff"
    half.mkdir()
    finish(fetch(which, folder))
    assert left_in(folder) == {which.folder_name}
    # Killed between the last two steps: the archive is left beside the folder
    part_in(folder, which).path.write_bytes(served.content)
    finish(fetch(which, folder))
    assert left_in(folder) == {which.folder_name}


def test_two_at_once(small: Publish, served: Served, folder: Path) -> None:
    which = small("v1")
    first = fetch(which, folder)
    next(first)
    assert failure(which, folder).code is DatasetCode.BUSY
    assert len(finish(first).items) == 5


def test_something_else_in_its_place(small: Publish, served: Served, folder: Path) -> None:
    which = small("v1")
    (folder / which.folder_name).mkdir(parents=True)
    (folder / which.folder_name / "mine.txt").write_text("mine")
    assert failure(which, folder).code is DatasetCode.IN_THE_WAY
    assert (folder / which.folder_name / "mine.txt").read_text() == "mine"
    assert served.requests == []


def test_a_part_of_the_set_in_its_place(small: Publish, served: Served, folder: Path) -> None:
    which = small("v1")
    finish(fetch(which, folder))
    gone = folder / which.folder_name / "all_images" / "images" / "37_y.png"
    gone.unlink()
    error = failure(which, folder)
    assert error.code is DatasetCode.IN_THE_WAY
    assert "not the whole data set" in error.sentence
    assert served.requests == [""]


def test_a_folder_that_cannot_be_made(small: Publish, folder: Path) -> None:
    folder.write_text("a file")
    assert failure(small("v1"), folder).code is DatasetCode.IO


def test_a_folder_that_may_not_be_looked_into(
    small: Publish, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    which = small("v1")
    (folder / which.folder_name).mkdir(parents=True)

    def refuse(_self: Path) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(Path, "iterdir", refuse)
    assert failure(which, folder).code is DatasetCode.NO_PERMISSION


def test_a_server_that_sends_more_than_it_said(
    small: Publish, served: Served, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    which = small("v1")
    served.length = False
    monkeypatch.setattr("napari_fncells.io.datasets.download.MAX_BYTES", 1000)
    error = failure(which, folder)
    assert "more than the 1 kB" in error.sentence


def test_without_a_length_the_rest_is_in_the_archive(
    small: Publish, served: Served, folder: Path
) -> None:
    which = small("v1")
    served.length = False
    assert len(finish(fetch(which, folder)).items) == 5


def test_a_second_download_is_compared_with_the_first(
    small: Publish, served: Served, folder: Path, tmp_path: Path
) -> None:
    which = small("v1")
    assert not any("another one" in note for note in finish(fetch(which, folder)).notes)
    again = finish(fetch(which, tmp_path / "again"))
    assert not any("another one" in note for note in again.notes)
    files = v1_files()
    changed, *_ = (name for name in files if name.endswith("37_y.png"))
    files[changed] += b"more"
    files["all_images/readme.txt"] = b"new"
    served.content = write_zip(tmp_path / "other.zip", files).read_bytes()
    other = finish(fetch(which, tmp_path / "other"))
    (note,) = [note for note in other.notes if "another one" in note]
    assert f"of its files 1 changed ({changed}), 1 new (all_images/readme.txt)" in note
    record = json.loads((other.root / RECORD_NAME).read_text())
    assert note in record["notes"]
    third = finish(fetch(which, tmp_path / "third"))
    assert not any("another one" in note for note in third.notes), "told once"
