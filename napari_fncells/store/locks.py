"""Who works on a picture: one window at a time, freed by the system when a process dies."""

from __future__ import annotations

import getpass
import os
import socket
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from filelock import FileLock, Timeout
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        return ""


class Owner(BaseModel):
    """The window that holds a lock.

    Attributes
    ----------
    user, host, pid
        Whose process it is.
    since
        When it took the lock.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    user: str = Field(default_factory=_user)
    host: str = Field(default_factory=socket.gethostname)
    pid: int = Field(default_factory=os.getpid)
    since: AwareDatetime = Field(default_factory=lambda: datetime.now(UTC))

    @property
    def sentence_part(self) -> str:
        """Who it is, to follow 'open in'."""
        if self.pid == 0:
            return "another window"
        time = f"{self.since.astimezone():%H:%M}"
        return f"another window (of {self.user or 'somebody'} on {self.host}, since {time})"


_UNKNOWN = Owner(user="", host="", pid=0)


class Claim:
    """A lock on one file name.

    Parameters
    ----------
    path
        The lock file; its folder is made where it is missing.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = FileLock(path, timeout=0, thread_local=False)

    @property
    def held(self) -> bool:
        """Whether it is ours."""
        return bool(self._lock.is_locked)

    def take(self) -> Owner | None:
        """Take it, without waiting.

        Returns
        -------
        Owner or None
            Who holds it, or None: we do.

        Raises
        ------
        OSError
            Where no lock can be made there.
        """
        if self.held:
            return None
        self.path.parent.mkdir(parents=True, exist_ok=True)
        try:
            self._lock.acquire(timeout=0)
        except Timeout:
            return self._read_owner()
        with suppress(OSError):
            self._owner_file.write_text(Owner().model_dump_json(), encoding="utf-8")
        return None

    def release(self) -> None:
        """Give it up, and leave no file behind."""
        if not self.held:
            return
        try:
            with suppress(OSError):
                self._owner_file.unlink(missing_ok=True)
            if os.name != "nt":
                # While it is held: whoever waits for it then sees that this file guards no name
                with suppress(OSError):
                    self.path.unlink(missing_ok=True)
        finally:
            with suppress(OSError):
                self._lock.release()
        if os.name == "nt":
            with suppress(OSError):
                self.path.unlink(missing_ok=True)

    @property
    def _owner_file(self) -> Path:
        return self.path.with_name(f"{self.path.name}.json")

    def _read_owner(self) -> Owner:
        try:
            return Owner.model_validate_json(self._owner_file.read_bytes())
        except (OSError, ValidationError):
            return _UNKNOWN
