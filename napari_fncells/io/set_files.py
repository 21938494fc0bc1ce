"""The files of an exported set as they lie on the disk, against what its report says."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from napari_fncells.core.errors import UserError
from napari_fncells.core.steps import finish
from napari_fncells.io.datasets.progress import Progress
from napari_fncells.io.printable import printable
from napari_fncells.io.report import (
    LARGEST,
    REPORT_NAME,
    SEAL_NAME,
    FileFacts,
    ReleaseReport,
    seal_of,
)

_CHUNK = 1 << 20
_THREADS = 4  # for the disk's answers, not for the hashing
_OWN = (REPORT_NAME, SEAL_NAME)


@dataclass(frozen=True)
class Inspection:
    """What became of the files of a set.

    Attributes
    ----------
    report
        The report; None where it cannot be read.
    equal
        Files that are as the report says, as their paths in the set.
    changed, missing
        Files that are not; names as the report has them.
    extra
        What the report does not know.
    problems
        What is wrong with the report itself, in sentences.
    """

    report: ReleaseReport | None
    equal: tuple[Path, ...] = ()
    changed: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    extra: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()

    @property
    def sentences(self) -> tuple[str, ...]:
        """Every difference, a sentence each."""
        return (
            *self.problems,
            *(f"{name} was changed." for name in self.changed),
            *(f"{name} is missing." for name in self.missing),
            *(f"{name} was added." for name in self.extra),
        )

    @property
    def holds(self) -> bool:
        """Whether the set is, byte for byte, as it was exported."""
        return not self.sentences


def inspect(folder: Path) -> Inspection:
    """Compare every file of a set with its report; see `inspect_steps`."""
    return finish(inspect_steps(folder))


def inspect_steps(folder: Path) -> Generator[str, None, Inspection]:
    """Compare every file of a set with its report, yielding which comes next.

    Parameters
    ----------
    folder
        The set. Names in its report are compared with those on the disk, never opened.

    Raises
    ------
    OSError
        The folder cannot be listed.
    """
    report, problems = _read_report(folder)
    if report is None:
        return Inspection(None, problems=problems)
    told: dict[str, FileFacts] = {file.name: file for file in report.files}
    holding = {parent for name in told for parent in _parents(name)}
    equal: list[Path] = []
    changed: list[Path] = []
    extra: list[str] = []
    seen: set[str] = set()
    for path, plain, is_folder in walk(folder):
        name = name_of(path)
        if name in _OWN or (is_folder and name in holding):
            continue
        facts = told.get(name) if name not in seen else None
        if facts is None:
            extra.append(name)
            continue
        seen.add(name)
        yield Progress(f"Reading {name}", len(seen) / len(told))
        same = plain is not None and plain == facts.size and _matches(folder / path, facts)
        (equal if same else changed).append(path)
    return Inspection(
        report,
        tuple(equal),
        tuple(name_of(path) for path in changed),
        tuple(name for name in told if name not in seen),
        tuple(extra),
        problems,
    )


def facts_of(folder: Path) -> Iterator[FileFacts]:
    """Size and hash of every file of a set that has no report yet, as they are on the disk.

    The disk has acknowledged each by then: not every library waits for that.
    """
    files = [(path, size) for path, size, _ in walk(folder) if size is not None]
    with ThreadPoolExecutor(_THREADS, thread_name_prefix="fncells-hash") as pool:
        hashes = pool.map(lambda file: hash_of(folder / file[0], sync=True), files)
        for (path, size), digest in zip(files, hashes, strict=True):
            yield FileFacts(name=name_of(path), size=size, sha256=digest)


def walk(folder: Path) -> Iterator[tuple[Path, int | None, bool]]:
    """Everything in a folder and its folders, in order; links are not followed.

    Yields
    ------
    tuple
        Path in the folder; the size of a plain file, None for folders, links and the like; and
        whether it is a folder.
    """
    waiting = [Path()]
    while waiting:
        here = waiting.pop()
        with os.scandir(folder / here) as entries:
            found = sorted(entries, key=lambda entry: entry.name)
        inside = []
        for entry in found:
            path = here / entry.name
            facts = entry.stat(follow_symlinks=False)
            plain = facts.st_size if stat.S_ISREG(facts.st_mode) else None
            is_folder = entry.is_dir(follow_symlinks=False)
            yield path, plain, is_folder
            if is_folder:
                inside.append(path)
        waiting += reversed(inside)


def hash_of(path: Path, *, sync: bool = False) -> str:
    """SHA-256 of a file; with `sync` the disk has acknowledged it."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            digest.update(chunk)
        if sync and os.name != "nt":  # where a file must be open for writing to be synced
            os.fsync(stream.fileno())
    return digest.hexdigest()


def name_of(path: Path) -> str:
    """Name of a file in the report."""
    return printable(path.as_posix())


def is_set(folder: Path) -> bool:
    """Whether a folder holds a report that can be read, be the files as they may."""
    return _read_report(folder)[0] is not None


def report_of(folder: Path) -> ReleaseReport | None:
    """The report of the set in a folder, or None where there is none that can be read."""
    return _read_report(folder)[0]


def _read_report(folder: Path) -> tuple[ReleaseReport | None, tuple[str, ...]]:
    try:
        data = _plain_bytes(folder / REPORT_NAME)
    except OSError as error:
        return None, (f"There is no {REPORT_NAME} in {folder} ({error.strerror or error}).",)
    problems = []
    try:
        seal: bytes | None = _plain_bytes(folder / SEAL_NAME)
    except OSError:
        seal = None
        problems.append(f"{SEAL_NAME} is missing.")
    if seal is not None and seal != seal_of(data):
        problems.append(f"{REPORT_NAME} or {SEAL_NAME} was changed.")
    try:
        return ReleaseReport.from_bytes(data), tuple(problems)
    except UserError as error:
        return None, (*problems, str(error))


def _plain_bytes(path: Path) -> bytes:
    """Content of a plain file, links and pipes refused."""
    facts = path.lstat()
    if not stat.S_ISREG(facts.st_mode):
        raise OSError(None, "it is no plain file")
    if facts.st_size > LARGEST:
        raise OSError(None, "it is too large")
    return path.read_bytes()


def _parents(name: str) -> Iterator[str]:
    while "/" in name:
        name = name.rpartition("/")[0]
        yield name


def _matches(path: Path, facts: FileFacts) -> bool:
    try:
        return hash_of(path) == facts.sha256
    except OSError:
        return False
