"""A power cut at any moment: what was done to a folder is recorded, and every state that a disk
may hold afterwards is made again.

The disk is taken to promise as little as POSIX does: bytes count once their file was synced, names
once their folder was. Of what came later anything may be there or not, each for itself: no byte,
some, zeros in place of them; one renaming and not the one before it.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

Names = dict[str, bytes]
_MOST_PENDING = 12  # operations on names; more are not tried in every combination


@dataclass(frozen=True)
class Event:
    """What was done.

    Attributes
    ----------
    kind
        write, sync, create, link, rename, unlink, sync folder, or mark.
    file
        Number of the file, for those that concern one.
    name, other
        Names in the folder.
    data
        The bytes that it holds from now on.
    """

    kind: str
    file: int = -1
    name: str = ""
    other: str = ""
    data: bytes = b""


@dataclass
class Recorder:
    """Takes down what is done in a folder."""

    folder: Path
    events: list[Event] = field(default_factory=list)
    start: Names = field(default_factory=dict)
    names: dict[str, int] = field(default_factory=dict)
    known: dict[int, bytes] = field(default_factory=dict)
    handles: dict[int, str] = field(default_factory=dict)

    def mark(self, word: str) -> None:
        """Say that something counts as done from here on."""
        self.look()
        self.events.append(Event("mark", name=word))

    def name_of(self, path: Any) -> str | None:
        place = Path(os.fsdecode(path))
        return place.name if place.parent == self.folder else None

    def look(self) -> None:
        """Take down what was written to the files of the folder meanwhile."""
        for name, file in self.names.items():
            data = (self.folder / name).read_bytes()
            if self.known[file] != data:
                self.known[file] = data
                self.events.append(Event("write", file, data=data))

    def appeared(self, name: str) -> None:
        file = len(self.known)
        self.names[name], self.known[file] = file, b""
        self.events.append(Event("create", file, name))


_SHIMMED = ("open", "fsync", "replace", "rename", "link", "unlink")


class Shims:
    """Functions of `os` that take down what they do."""

    def __init__(self, log: Recorder) -> None:
        self._log = log
        self._real = {name: getattr(os, name) for name in _SHIMMED}

    def open(self, path: Any, flags: int, *args: Any, **kwargs: Any) -> int:
        log = self._log
        name = log.name_of(path)
        fresh = name is not None and not os.path.lexists(path)
        handle: int = self._real["open"](path, flags, *args, **kwargs)
        log.handles[handle] = str(log.folder) if Path(path) == log.folder else name or ""
        if fresh and name is not None:
            log.appeared(name)
        return handle

    def fsync(self, handle: int) -> None:
        log = self._log
        log.look()
        self._real["fsync"](handle)
        name = log.handles.get(handle, "")
        if name == str(log.folder):
            log.events.append(Event("sync folder"))
        elif name in log.names:
            log.events.append(Event("sync", log.names[name]))

    def replace(self, source: Any, target: Any, **kwargs: Any) -> None:
        log = self._log
        name, other = self._two_names("replace", source, target, kwargs)
        log.names[other] = log.names.pop(name)
        log.events.append(Event("rename", log.names[other], name, other))

    rename = replace

    def link(self, source: Any, target: Any, **kwargs: Any) -> None:
        log = self._log
        name, other = self._two_names("link", source, target, kwargs)
        log.names[other] = log.names[name]
        log.events.append(Event("link", log.names[name], name, other))

    def unlink(self, path: Any, **kwargs: Any) -> None:
        log = self._log
        log.look()
        self._real["unlink"](path, **kwargs)
        name = log.name_of(path)
        if name is not None:
            log.events.append(Event("unlink", log.names.pop(name), name))

    def _two_names(
        self, act: str, source: Any, target: Any, options: dict[str, Any]
    ) -> tuple[str, str]:
        self._log.look()
        self._real[act](source, target, **options)
        name, other = self._log.name_of(source), self._log.name_of(target)
        assert name is not None
        assert other is not None
        return name, other


@contextmanager
def recorded(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Recorder]:
    """Record what is done to the files of a folder."""
    log = Recorder(folder)
    for path in sorted(folder.iterdir()):
        if path.is_file():
            file = len(log.known)
            log.start[path.name] = log.known[file] = path.read_bytes()
            log.names[path.name] = file
    shims = Shims(log)
    with monkeypatch.context() as patch:
        for name in _SHIMMED:
            patch.setattr(os, name, getattr(shims, name))
        yield log
        log.look()


def states_after_a_cut(log: Recorder) -> Iterator[tuple[frozenset[str], Names]]:
    """Everything that the folder may hold after a cut, with the marks passed before it."""
    seen: set[tuple[frozenset[str], frozenset[tuple[str, bytes]]]] = set()
    for moment in range(len(log.events) + 1):
        passed = log.events[:moment]
        marks = frozenset(event.name for event in passed if event.kind == "mark")
        for names in _names(log.start, passed):
            for state in _contents(log.start, passed, names):
                key = marks, frozenset(state.items())
                if key not in seen:
                    seen.add(key)
                    yield marks, state


def _names(start: Names, events: list[Event]) -> Iterator[dict[str, int]]:
    """Which names may lead to which files."""
    last = max((n for n, e in enumerate(events) if e.kind == "sync folder"), default=-1)
    names = {name: number for number, name in enumerate(start)}
    for event in events[: last + 1]:
        _apply(names, event)
    pending = [e for e in events[last + 1 :] if e.kind in {"create", "link", "rename", "unlink"}]
    assert len(pending) <= _MOST_PENDING
    for chosen in itertools.product((False, True), repeat=len(pending)):
        found = dict(names)
        for event, done in zip(pending, chosen, strict=True):
            if done:
                _apply(found, event)
        yield found


def _apply(names: dict[str, int], event: Event) -> None:
    if event.kind in {"rename", "unlink"}:
        names.pop(event.name, None)
    if event.kind in {"rename", "link"}:
        names[event.other] = event.file
    if event.kind == "create":
        names[event.name] = event.file


def _contents(start: Names, events: list[Event], names: Mapping[str, int]) -> Iterator[Names]:
    """What these files may hold."""
    durable = dict(enumerate(start.values()))
    latest = dict(durable)
    for event in events:
        if event.kind == "write":
            latest[event.file] = event.data
        elif event.kind == "sync":
            durable[event.file] = latest.get(event.file, b"")
    files = sorted(set(names.values()))
    choices = []
    for file in files:
        safe, data = durable.get(file, b""), latest.get(file, b"")
        half = len(data) // 2
        torn = [safe, data, data[:half], bytes(len(data)), data[:half] + bytes(len(data) - half)]
        choices.append([safe] if safe == data else torn)
    for picked in itertools.product(*choices):
        held = dict(zip(files, picked, strict=True))
        yield {name: held[file] for name, file in names.items()}


def lay_out(folder: Path, state: Names) -> None:
    """Make a folder hold just this."""
    for path in folder.iterdir():
        path.unlink()
    for name, data in state.items():
        (folder / name).write_bytes(data)
