"""Who is at a picture of a shared folder: a small file beside the mask files says it.

The locks of `locks.py` are freed by the system, but only this computer sees them. This file is
seen by everybody who works on the folder. It only tells: what keeps work from being lost is that
each annotator has files of their own, and that files somebody else changed are kept.
"""

from __future__ import annotations

import os
import time
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from pathlib import Path

import psutil  # type: ignore[import-untyped]
from pydantic import Field, ValidationError

from napari_fncells.io.atomic import SaveError, write_atomic
from napari_fncells.io.save_error import SaveCode
from napari_fncells.store.locks import Owner

_SAME_START_S = 2.0  # the same process, asked twice when it began


@cache
def _started() -> float:
    return float(psutil.Process().create_time())


class Taker(Owner):
    """Who took a picture.

    Attributes
    ----------
    annotator
        Whose corrections.
    started
        When the process began, in s since 1970: its number alone may have been given again.
    """

    annotator: str = ""
    started: float = Field(default_factory=lambda: _started())

    @property
    def here(self) -> bool:
        """Whether it is a process of this computer."""
        return self.host == Owner().host

    @property
    def ours(self) -> bool:
        """Whether it is this process."""
        return self.here and self.pid == os.getpid() and self._same_start(_started())

    @property
    def gone(self) -> bool:
        """Whether it was a process of this computer that does not run any more."""
        if not self.here:
            return False
        try:
            return not self._same_start(float(psutil.Process(self.pid).create_time()))
        except psutil.NoSuchProcess:
            return True
        except psutil.Error:
            return False

    def _same_start(self, started: float) -> bool:
        return abs(self.started - started) < _SAME_START_S

    def sentence_part(self, seen: timedelta) -> str:  # type: ignore[override]
        """Who it is and since when, to follow 'open with'."""
        who = self.annotator or self.user or "somebody"
        machine = "this computer" if self.here else self.host
        words = f"{who} on {machine} since {self.since.astimezone():%H:%M on %d %B}"
        return words if seen < timedelta(minutes=2) else f"{words}, last saved {_ago(seen)}"


@dataclass(frozen=True)
class Taken:
    """A picture that somebody else took.

    Attributes
    ----------
    taker
        Who.
    seen
        How long ago the file was last written.
    """

    taker: Taker
    seen: timedelta

    @property
    def sentence_part(self) -> str:
        """Who it is, to follow 'open with'."""
        return self.taker.sentence_part(self.seen)


class Reservation:
    """The file that says who is at a picture.

    Parameters
    ----------
    working
        Folder of the mask files.
    name
        The picture's.
    annotator
        Whose corrections.
    """

    def __init__(self, working: Path, name: str, annotator: str = "") -> None:
        self.path = working / f"{name}.lock"
        self._annotator = annotator
        self._held = False

    @property
    def held(self) -> bool:
        """Whether it is ours."""
        return self._held

    def other(self) -> Taken | None:
        """Who else has the picture; nothing is written."""
        found = _read(self.path)
        if found is None or found.taker.ours or found.taker.gone:
            return None
        return found

    def left_by_dead(self) -> Taken | None:
        """A process of this computer that left it behind."""
        found = _read(self.path)
        return found if found is not None and found.taker.gone else None

    def take(self, *, over: bool = False) -> Taken | None:
        """Write it, unless somebody else has.

        One left by a process of this computer that is gone is replaced; with `over`, any.

        Returns
        -------
        Taken or None
            Who else has it, or None: it is ours, or nothing can be written there.
        """
        mine = Taker(annotator=self._annotator).model_dump_json().encode()
        try:
            write_atomic(self.path, mine, replace=False)
        except SaveError as error:
            if error.code is not SaveCode.EXISTS:
                return None
            other = self.other()
            if other is not None and not over:
                return other
            with suppress(SaveError):
                write_atomic(self.path, mine, replace=True)
        self._held = True
        return None

    def touch(self) -> None:
        """Show that one is still at work."""
        if self._held:
            with suppress(OSError):
                os.utime(self.path)

    def release(self) -> None:
        """Remove it, where it is ours still, or one left by a dead process: that was told."""
        held, self._held = self._held, False
        found = _read(self.path)
        if found is not None and ((held and found.taker.ours) or found.taker.gone):
            with suppress(OSError):
                self.path.unlink()


def _read(path: Path) -> Taken | None:
    try:
        seen = timedelta(seconds=max(0.0, time.time() - path.stat().st_mtime))
        return Taken(Taker.model_validate_json(path.read_bytes()), seen)
    except FileNotFoundError:
        return None
    except (OSError, ValidationError):
        return None


def _ago(age: timedelta) -> str:
    minutes = round(age.total_seconds() / 60)
    if minutes < 120:
        return f"{minutes} min ago"
    hours = round(minutes / 60)
    return f"{hours} h ago" if hours < 48 else f"{round(hours / 24)} days ago"
