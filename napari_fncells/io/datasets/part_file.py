"""What has come of a download so far, and what is needed to go on with it."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True)
class Origin:
    """Which file of a server a part belongs to.

    Attributes
    ----------
    url
        Its address.
    validator
        What the server names this very content by; empty where it names nothing.
    total
        Bytes of the whole; None where the server does not say.
    """

    url: str
    validator: str = ""
    total: int | None = None


class PartFile:
    """A file that grows until the download is whole.

    Parameters
    ----------
    path
        Of the finished download; the part lies beside it.

    Attributes
    ----------
    path
        Of the part.
    """

    def __init__(self, path: Path) -> None:
        self.path = path.with_name(f"{path.name}.part")
        self._note = path.with_name(f"{path.name}.part.json")

    @property
    def size(self) -> int:
        """Bytes that have come."""
        try:
            return self.path.stat().st_size
        except OSError:
            return 0

    def origin(self, url: str) -> Origin | None:
        """What the part is of; None where there is none of this address."""
        try:
            noted = json.loads(self._note.read_text("utf-8"))
            origin = Origin(str(noted["url"]), str(noted["validator"]), noted["total"])
        except (OSError, ValueError, KeyError, TypeError):
            return None
        whole = origin.total is None or isinstance(origin.total, int)
        return origin if whole and origin.url == url and self.size else None

    def begin(self, origin: Origin) -> None:
        """Throw away what has come and note what comes now.

        Raises
        ------
        OSError
            It cannot be written.
        """
        self.discard()
        self._note.write_text(json.dumps(asdict(origin)), "utf-8")

    def finish(self, path: Path) -> None:
        """Give the part, which is whole, its final name.

        Raises
        ------
        OSError
            It cannot be renamed.
        """
        self.path.replace(path)
        self.discard()

    def discard(self) -> None:
        """Throw away what has come."""
        for path in (self.path, self._note):
            with suppress(OSError):
                path.unlink(missing_ok=True)
