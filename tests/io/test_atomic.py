"""Whatever fails, and whenever: the old file or the new one, whole, and nothing else."""

from __future__ import annotations

import errno
import os
import pickle
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import pytest
import tifffile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from napari_fncells.io import atomic
from napari_fncells.io.atomic import SaveCode, SaveError, write_atomic

OLD = b"the old file" * 100
NEW = b"the new file, another length" * 5000
POSIX = pytest.mark.skipif(os.name == "nt", reason="POSIX file semantics")


class CountedCalls:
    """Makes the n-th of all system calls that the module makes fail, and no other."""

    def __init__(self, fail_at: int, error: Callable[[], BaseException]) -> None:
        self.fail_at = fail_at
        self.error = error
        self.count = 0
        self.failed: str | None = None

    def step(self, name: str) -> None:
        self.count += 1
        if self.count == self.fail_at:
            self.failed = name
            raise self.error()

    def wrap(self, name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            self.step(name)
            return real(*args, **kwargs)

        return call


class CountedStream:
    """A stream whose write, read, flush and close count as system calls too."""

    def __init__(self, stream: BinaryIO, calls: CountedCalls) -> None:
        self._stream = stream
        self._calls = calls

    def __getattr__(self, name: str) -> Any:
        attribute = getattr(self._stream, name)
        if name in {"write", "read", "flush", "fileno"}:
            return self._calls.wrap(name, attribute)
        return attribute

    def __enter__(self) -> CountedStream:
        return self

    def __exit__(self, *_: object) -> None:
        try:
            self._calls.step("close")
        finally:
            self._stream.close()


OS_CALLS = ("open", "fsync", "link", "unlink", "replace", "rename", "close")


@contextmanager
def failing_at(
    monkeypatch: pytest.MonkeyPatch, n: int, error: Callable[[], BaseException]
) -> Iterator[CountedCalls]:
    calls = CountedCalls(n, error)
    with monkeypatch.context() as patch:
        for name in OS_CALLS:
            patch.setattr(os, name, calls.wrap(name, getattr(os, name)))

        def opened(*args: Any, **kwargs: Any) -> CountedStream:
            return CountedStream(open(*args, **kwargs), calls)  # noqa: PTH123

        patch.setattr(atomic, "open", opened, raising=False)
        yield calls


ERRORS: dict[str, Callable[[], BaseException]] = {
    "ENOSPC": lambda: OSError(errno.ENOSPC, "No space left on device"),
    "EIO": lambda: OSError(errno.EIO, "Input/output error"),
    "EACCES": lambda: PermissionError(errno.EACCES, "Permission denied"),
    "EROFS": lambda: OSError(errno.EROFS, "Read-only file system"),
    "EDQUOT": lambda: OSError(errno.EDQUOT, "Quota exceeded"),
    "EPERM": lambda: PermissionError(errno.EPERM, "Operation not permitted"),
    "interrupt": KeyboardInterrupt,
    "memory": MemoryError,
}


def by_stream(stream: BinaryIO) -> None:
    half = len(NEW) // 2
    stream.write(NEW[:half])
    stream.write(NEW[half:])


@POSIX
@pytest.mark.parametrize("kind", ERRORS)
@pytest.mark.parametrize("data", [NEW, by_stream], ids=["bytes", "writer"])
@pytest.mark.parametrize("replace", [True, False])
def test_every_single_call_may_fail(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, data: Any, replace: bool
) -> None:
    failed: list[str] = []
    for n in range(1, 60):
        folder = tmp_path / str(n)
        folder.mkdir()
        target = folder / "mask.png"
        if replace:
            target.write_bytes(OLD)
        with failing_at(monkeypatch, n, ERRORS[kind]) as calls:
            outcome: BaseException | None = None
            try:
                write_atomic(target, data, replace=replace, verify=Path.stat)
            except BaseException as error:
                outcome = error
        content = target.read_bytes() if target.exists() else None
        assert content in ({OLD, NEW} if replace else {None, NEW})
        assert [p.name for p in folder.iterdir()] in ([target.name], [])
        if outcome is None:
            assert content == NEW
        elif kind == "interrupt":
            assert isinstance(outcome, KeyboardInterrupt)
        else:
            assert isinstance(outcome, SaveError)
            assert target.name in outcome.sentence
        if calls.failed is None:
            break
        failed.append(calls.failed)
    else:
        pytest.fail("the sweep never reached a write without a fault")
    expected = {"open", "write", "flush", "fsync", "close", "read", "unlink"}
    expected.add("replace" if replace else "link")
    if data is not NEW:
        expected.discard("read")
    assert expected <= set(failed)


@pytest.mark.parametrize("data", [NEW, by_stream], ids=["bytes", "writer"])
def test_writes_new_and_replaces(tmp_path: Path, data: Any) -> None:
    target = tmp_path / "a.bin"
    write_atomic(target, data, replace=False)
    assert target.read_bytes() == NEW
    write_atomic(str(target), OLD, replace=True)
    assert target.read_bytes() == OLD
    assert list(tmp_path.iterdir()) == [target]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(st.binary(max_size=5000), min_size=1, max_size=5))
def test_the_last_write_is_what_is_read(tmp_path: Path, contents: list[bytes]) -> None:
    target = tmp_path / "x"
    for content in contents:
        write_atomic(target, content, replace=True)
    assert target.read_bytes() == contents[-1]


def test_content_longer_than_one_comparison(tmp_path: Path) -> None:
    content = np.arange(700_000, dtype=np.uint32).tobytes()
    write_atomic(tmp_path / "x", content, replace=False)
    assert (tmp_path / "x").read_bytes() == content


def test_never_overwrites_without_leave(tmp_path: Path) -> None:
    target = tmp_path / "a.bin"
    target.write_bytes(OLD)
    with pytest.raises(SaveError) as caught:
        write_atomic(target, NEW, replace=False)
    assert caught.value.code is SaveCode.EXISTS
    assert target.read_bytes() == OLD
    assert list(tmp_path.iterdir()) == [target]


@POSIX
@pytest.mark.parametrize("links", [True, False], ids=["links", "no links"])
def test_never_overwrites_a_file_that_appears_meanwhile(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, links: bool
) -> None:
    if not links:
        forbid_links(monkeypatch)
    target = tmp_path / "a.bin"

    def somebody_else_was_faster(_: Path) -> None:
        target.write_bytes(OLD)

    with pytest.raises(SaveError) as caught:
        write_atomic(target, NEW, replace=False, verify=somebody_else_was_faster)
    assert caught.value.code is SaveCode.EXISTS
    assert target.read_bytes() == OLD
    assert list(tmp_path.iterdir()) == [target]


def test_a_dangling_link_counts_as_taken(tmp_path: Path) -> None:
    target = tmp_path / "a.bin"
    try:
        target.symlink_to(tmp_path / "nowhere")
    except OSError:
        pytest.skip("no symbolic links here")
    with pytest.raises(SaveError, match="exists"):
        write_atomic(target, NEW, replace=False)
    assert not (tmp_path / "nowhere").exists()


def forbid_links(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "link", refuse)


@POSIX
def test_disks_without_hard_links(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    forbid_links(monkeypatch)
    target = tmp_path / "a.bin"
    write_atomic(target, NEW, replace=False)
    assert target.read_bytes() == NEW
    assert list(tmp_path.iterdir()) == [target]


@POSIX
@pytest.mark.parametrize("error", [OSError(errno.EIO, "broken"), KeyboardInterrupt()])
def test_a_reserved_name_is_given_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    forbid_links(monkeypatch)

    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(os, "replace", fail)
    with pytest.raises((SaveError, KeyboardInterrupt)):
        write_atomic(tmp_path / "a.bin", NEW, replace=False)
    assert list(tmp_path.iterdir()) == []


def test_bytes_are_compared_before_publishing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "a.bin"
    target.write_bytes(OLD)
    monkeypatch.setattr(atomic, "_sync_file", lambda fd: os.pwrite(fd, b"#", 7))
    with pytest.raises(SaveError) as caught:
        write_atomic(target, NEW, replace=True)
    assert caught.value.code is SaveCode.VERIFY_FAILED
    assert target.read_bytes() == OLD
    assert list(tmp_path.iterdir()) == [target]


@pytest.mark.parametrize("change", [lambda b: b[:-1], lambda b: b + b"x"])
def test_a_wrong_length_is_noticed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: Callable[[bytes], bytes]
) -> None:
    real = atomic._check

    def spoil(temporary: Path, *args: Any) -> None:
        temporary.write_bytes(change(temporary.read_bytes()))
        real(temporary, *args)

    monkeypatch.setattr(atomic, "_check", spoil)
    with pytest.raises(SaveError, match="read back differs"):
        write_atomic(tmp_path / "a.bin", NEW, replace=True)
    assert list(tmp_path.iterdir()) == []


def test_decoded_content_can_be_checked(tmp_path: Path) -> None:
    labels = np.arange(12, dtype=np.uint16).reshape(3, 4)

    def equal(path: Path) -> None:
        np.testing.assert_array_equal(tifffile.imread(path), labels)

    def write(wrong: int) -> Callable[[BinaryIO], None]:
        return lambda stream: tifffile.imwrite(stream, labels + np.uint16(wrong))

    target = tmp_path / "labels.tif"
    write_atomic(target, write(0), replace=False, verify=equal)
    whole = target.read_bytes()
    with pytest.raises(SaveError) as caught:
        write_atomic(target, write(1), replace=True, verify=equal)
    assert caught.value.code is SaveCode.VERIFY_FAILED
    assert target.read_bytes() == whole


def test_the_check_sees_the_file_under_a_hidden_name_in_the_same_folder(tmp_path: Path) -> None:
    seen: list[Path] = []
    write_atomic(tmp_path / "a.bin", NEW, replace=False, verify=seen.append)
    (temporary,) = seen
    assert temporary.parent == tmp_path
    assert temporary.name.startswith(".")
    assert temporary.suffix == ".tmp"
    assert len(temporary.name) < 60


def test_temporary_names_differ(tmp_path: Path) -> None:
    seen: set[Path] = set()
    for _ in range(20):
        write_atomic(tmp_path / "a.bin", b"", replace=True, verify=seen.add)
    assert len(seen) == 20


def test_a_writer_that_gives_up_half_way(tmp_path: Path) -> None:
    target = tmp_path / "a.bin"
    target.write_bytes(OLD)

    def give_up(stream: BinaryIO) -> None:
        stream.write(NEW[:1000])
        raise ValueError("the encoder failed")

    with pytest.raises(SaveError, match="the encoder failed"):
        write_atomic(target, give_up, replace=True)
    assert target.read_bytes() == OLD
    assert list(tmp_path.iterdir()) == [target]


@POSIX
@pytest.mark.parametrize(("mask", "mode"), [(0o022, 0o644), (0o077, 0o600), (0o002, 0o664)])
def test_the_mode_is_what_the_umask_gives(tmp_path: Path, mask: int, mode: int) -> None:
    before = os.umask(mask)
    try:
        write_atomic(tmp_path / "a", NEW, replace=False)
        write_atomic(tmp_path / "b", by_stream, replace=True)
    finally:
        os.umask(before)
    assert {stat.S_IMODE((tmp_path / n).stat().st_mode) for n in "ab"} == {mode}


@POSIX
def test_file_and_folder_are_synced_in_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    events: list[str] = []
    sync, replace = os.fsync, os.replace

    def logged_sync(fd: int) -> None:
        events.append("folder" if stat.S_ISDIR(os.fstat(fd).st_mode) else "file")
        sync(fd)

    def logged_replace(*args: Any, **kwargs: Any) -> None:
        events.append("replace")
        replace(*args, **kwargs)

    monkeypatch.setattr(os, "fsync", logged_sync)
    monkeypatch.setattr(os, "replace", logged_replace)
    write_atomic(tmp_path / "a", NEW, replace=True)
    assert events == ["file", "replace", "folder"]


@POSIX
@pytest.mark.parametrize("number", [errno.EINVAL, errno.ENOTSUP])
def test_folders_that_cannot_be_synced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    sync = os.fsync

    def refuse_folders(fd: int) -> None:
        if stat.S_ISDIR(os.fstat(fd).st_mode):
            raise OSError(number, os.strerror(number))
        sync(fd)

    monkeypatch.setattr(os, "fsync", refuse_folders)
    write_atomic(tmp_path / "a", NEW, replace=True)
    assert (tmp_path / "a").read_bytes() == NEW


class TestSharingErrorsOfWindows:
    @staticmethod
    def busy(code: int) -> OSError:
        error = PermissionError(errno.EACCES, "in use")
        error.winerror = code  # type: ignore[attr-defined]
        return error

    @pytest.mark.parametrize("code", [5, 32, 33])
    def test_waits_while_another_program_holds_the_file(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int
    ) -> None:
        slept: list[float] = []
        replace = os.replace

        def busy_twice(*args: Any, **kwargs: Any) -> None:
            if len(slept) < 2:
                raise self.busy(code)
            replace(*args, **kwargs)

        monkeypatch.setattr(os, "replace", busy_twice)
        monkeypatch.setattr(atomic.time, "sleep", slept.append)
        write_atomic(tmp_path / "a", NEW, replace=True)
        assert (tmp_path / "a").read_bytes() == NEW
        assert slept == [0.05, 0.1]

    def test_gives_up_in_bounded_time(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (tmp_path / "a").write_bytes(OLD)
        slept: list[float] = []

        def always_busy(*_: object, **__: object) -> None:
            raise self.busy(32)

        monkeypatch.setattr(os, "replace", always_busy)
        monkeypatch.setattr(atomic.time, "sleep", slept.append)
        with pytest.raises(SaveError) as caught:
            write_atomic(tmp_path / "a", NEW, replace=True)
        assert caught.value.code is SaveCode.IN_USE
        assert 2 < sum(slept) < 3
        assert (tmp_path / "a").read_bytes() == OLD
        assert [p.name for p in tmp_path.iterdir()] == ["a"]

    def test_other_errors_are_not_repeated(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def full(*_: object, **__: object) -> None:
            raise OSError(errno.ENOSPC, "full")

        monkeypatch.setattr(os, "replace", full)
        monkeypatch.setattr(atomic.time, "sleep", lambda _: pytest.fail("waited"))
        with pytest.raises(SaveError, match="disk is full"):
            write_atomic(tmp_path / "a", NEW, replace=True)


def test_missing_folder_and_folder_of_that_name(tmp_path: Path) -> None:
    with pytest.raises(SaveError) as caught:
        write_atomic(tmp_path / "no" / "a", NEW, replace=True)
    assert caught.value.code is SaveCode.MISSING_FOLDER
    (tmp_path / "taken").mkdir()
    with pytest.raises(SaveError):
        write_atomic(tmp_path / "taken", NEW, replace=True)
    assert [p.name for p in tmp_path.iterdir()] == ["taken"]


@POSIX
def test_a_name_that_is_too_long(tmp_path: Path) -> None:
    with pytest.raises(SaveError) as caught:
        write_atomic(tmp_path / ("x" * 300), NEW, replace=True)
    assert caught.value.code is SaveCode.BAD_NAME
    assert list(tmp_path.iterdir()) == []


FULL_DISK = """
import resource, signal, sys
from pathlib import Path
from napari_fncells.io.atomic import SaveError, write_atomic

target = Path(sys.argv[1])
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
try:
    write_atomic(target, bytes(100_000), replace=True)
except SaveError as error:
    print(error.code)
"""


@POSIX
def test_a_real_limit_on_file_size(tmp_path: Path) -> None:
    target = tmp_path / "a.bin"
    target.write_bytes(OLD)
    done = subprocess.run(
        [sys.executable, "-c", FULL_DISK, str(target)],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
        cwd=Path(__file__).parents[2],
    )
    assert done.stdout.strip() == SaveCode.TOO_LARGE
    assert target.read_bytes() == OLD
    assert list(tmp_path.iterdir()) == [target]


REALLY_FULL = """
mount -t tmpfs -o size=64k none "$1" || exit 77
"$2" -c "
import sys
from pathlib import Path
from napari_fncells.io.atomic import SaveError, write_atomic
target = Path(sys.argv[1]) / 'a.bin'
target.write_bytes(b'old')
try:
    write_atomic(target, bytes(200_000), replace=True)
except SaveError as error:
    print(error.code, target.read_bytes().decode(), len(list(target.parent.iterdir())))
" "$1"
"""


@pytest.mark.skipif(sys.platform != "linux", reason="needs user namespaces")
def test_a_disk_that_is_really_full(tmp_path: Path) -> None:
    with suppress(FileNotFoundError):
        done = subprocess.run(
            ["unshare", "-rm", "sh", "-c", REALLY_FULL, "sh", str(tmp_path), sys.executable],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
            cwd=Path(__file__).parents[2],
        )
        if done.returncode == 0:
            assert done.stdout.split() == ["disk_full", "old", "1"]
            return
    pytest.skip("no private mounts here")


def test_errors_survive_pickling() -> None:
    error = SaveError(SaveCode.IO, Path("a"), "a was not saved.", "Try again.")
    copy = pickle.loads(pickle.dumps(error))
    assert (copy.code, copy.path, str(copy)) == (error.code, error.path, str(error))
