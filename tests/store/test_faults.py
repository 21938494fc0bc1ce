"""Whatever call fails, and whenever: nothing is lost, and nothing unsaved is called saved."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import tifffile

from napari_fncells.core.document import Document
from napari_fncells.io.images import Image
from napari_fncells.io.save_error import SaveCode, SaveError
from napari_fncells.session.keeping import Keeper
from tests.store.faults import KINDS, Faults, faulty
from tests.store.scribble import picture, same, scribble

TOO_MANY = 400


def opened(image: Image, root: Path) -> Keeper | None:
    try:
        return Keeper.open(image, "Ada", root)
    except KeyboardInterrupt:
        return None


def work(keeper: Keeper, seed: int, edits: int = 8) -> None:
    scribble(keeper.document, np.random.default_rng(seed), edits)


def files_are_whole(folder: Path, states: list[np.ndarray]) -> bool:
    """Whether the labels on the disk are those of one of the states, or none."""
    file = folder / "fncells" / "cells.png.Ada.labels.tif"
    if not file.exists():
        return True
    found = tifffile.imread(file)
    return any(np.array_equal(found, state) for state in states)


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("kind", KINDS)
def test_any_call_may_fail_while_working(
    quick_disk: Path, monkeypatch: pytest.MonkeyPatch, kind: str, after: bool
) -> None:
    """Of a new journal: made, appended to, snapshot, files, closed."""
    failed = set()
    for n in range(1, TOO_MANY):
        folder = quick_disk / str(n)
        image = picture(folder / "pictures")
        keeper = Keeper.open(image, "Ada", folder / "data")
        with faulty(monkeypatch, Faults(n, kind, after=after)) as faults:
            work(keeper, 1)
            first = keeper.document.labels.copy()
            keeper.flush(20)
            state = keeper.state
            assert state.settled or state.error is not None
            work(keeper, 2)
            closed = close(keeper)
        assert files_are_whole(folder / "pictures", [first, keeper.document.labels])
        if not closed:
            keeper.retry()
            assert keeper.flush(20), keeper.state
            assert keeper.close(20)
        check(keeper.document, image, folder / "data")
        if not faults.failed:
            break
        failed.add(faults.failed)
    else:
        pytest.fail("the sweep never came to an end")
    assert {"COMMIT", "BEGIN IMMEDIATE", "mkdir", "open", "rename", "fsync"} <= failed
    assert len(failed) > 20, failed


def close(keeper: Keeper) -> bool:
    """Close, and close again where the mask files or an interrupt were in the way."""
    try:
        return keeper.close(20)
    except (SaveError, KeyboardInterrupt):
        # The journal is closed in an orderly way even so
        return keeper.close(20)


def check(document: Document, image: Image, root: Path) -> None:
    again = Keeper.open(image, "Ada", root)
    assert same(document, again.document), (again.notes, again.state)
    assert again.state.settled
    assert again.close(20)


@pytest.mark.parametrize("kind", KINDS)
def test_any_call_may_fail_while_opening(
    quick_disk: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    image = picture(quick_disk / "pictures")
    keeper = Keeper.open(image, "Ada", quick_disk / "data")
    work(keeper, 1, 20)
    assert keeper.close()
    document = keeper.document
    for n in range(1, TOO_MANY):
        with faulty(monkeypatch, Faults(n, kind)) as faults:
            keeper_or_none = opened(image, quick_disk / "data")
        if keeper_or_none is not None:
            found = keeper_or_none.document
            assert np.array_equal(found.labels, document.labels)
            state = keeper_or_none.state
            assert same(document, found) or state.read_only
            if state.read_only:
                assert keeper_or_none.notes
            assert keeper_or_none.close(20), (n, faults.failed, keeper_or_none.state)
        check(document, image, quick_disk / "data")
        if not faults.failed:
            break
    else:
        pytest.fail("the sweep never came to an end")
    assert not list((quick_disk / "data").rglob("*corrupt*"))


@pytest.mark.parametrize("kind", ["ENOSPC", "EIO"])
def test_a_disk_that_stays_full(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    image = picture(tmp_path / "pictures")
    keeper = Keeper.open(image, "Ada", tmp_path / "data")
    work(keeper, 1)
    assert keeper.flush(20)
    saved = keeper.state.saved
    # The connection in use is a sound one; the file goes, so that it must be opened anew
    keeper.state.place.rename(tmp_path / "away")
    with faulty(monkeypatch, Faults(1, kind, last=False)):
        work(keeper, 2, 100)
        assert not keeper.flush(20)
        state = keeper.state
        assert state.error is not None
        assert state.error.code is (SaveCode.DISK_FULL if kind == "ENOSPC" else SaveCode.IO)
        assert state.error.remedy
        assert state.saved <= saved < state.issued
        with pytest.raises(SaveError):
            keeper.save_files()
        assert not keeper.close(5)
    assert keeper.flush(20)
    assert keeper.state.settled
    assert keeper.close(20)
    check(keeper.document, image, tmp_path / "data")


LIMITED = """
import resource, signal, sys
from pathlib import Path
import numpy as np
from napari_fncells.io.images import read_image
from napari_fncells.session.keeping import Keeper
from tests.store.scribble import scribble

image, root = read_image(sys.argv[1]), Path(sys.argv[2])
keeper = Keeper.open(image, "Ada", root)
scribble(keeper.document, np.random.default_rng(1), 5)
assert keeper.flush(20), keeper.state
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
size = keeper.state.place.with_name(keeper.state.place.name + "-wal").stat().st_size
if len(sys.argv) > 3:
    filler = open(sys.argv[3], "wb", buffering=0)
    try:
        while True:
            filler.write(bytes(1024))
    except OSError:
        pass
else:
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))
scribble(keeper.document, np.random.default_rng(2), 300)
print(keeper.flush(20), keeper.state.error.code, keeper.state.saved >= 5, keeper.state.settled)
if len(sys.argv) > 3:
    filler.close(); Path(sys.argv[3]).unlink()
else:
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
keeper.retry()
print(keeper.flush(20), keeper.state.settled, keeper.close(20))
again = Keeper.open(image, "Ada", root)
print(again.document.history == keeper.document.history, again.notes)
"""


def run_limited(*args: str | Path, prefix: tuple[str, ...] = ()) -> list[str] | None:
    done = subprocess.run(
        [*prefix, *map(str, args)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        cwd=Path(__file__).parents[2],
    )
    if done.returncode == 77:
        return None
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX limits")
def test_a_real_limit_on_file_size(tmp_path: Path) -> None:
    image = picture(tmp_path / "pictures")
    lines = run_limited(sys.executable, "-c", LIMITED, str(image.path), tmp_path / "data")
    assert lines is not None
    assert lines[0].split()[0] == "False"
    assert lines[0].split()[2:] == ["True", "False"]
    assert lines[1:] == ["True True True", "True ()"]


REALLY_FULL = """
mount -t tmpfs -o size=3m none "$1" || exit 77
exec "$2" -c "$3" "$4" "$1/data" "$1/filler"
"""


@pytest.mark.skipif(sys.platform != "linux", reason="needs user namespaces")
def test_a_disk_that_is_really_full(tmp_path: Path) -> None:
    image = picture(tmp_path / "pictures")
    (tmp_path / "disk").mkdir()
    try:
        lines = run_limited(
            "sh", "-c", REALLY_FULL, "sh", tmp_path / "disk", sys.executable, LIMITED,
            str(image.path), prefix=("unshare", "-rm"),
        )  # fmt: skip
    except (FileNotFoundError, AssertionError) as error:
        if "unshare" not in str(error):
            raise
        lines = None
    if lines is None:
        pytest.skip("no private mounts here")
    assert lines[0].split() == ["False", "disk_full", "True", "False"]
    assert lines[1:] == ["True True True", "True ()"]
