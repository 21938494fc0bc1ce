"""The mask files of a picture as one window writes them: never over somebody else's work."""

from __future__ import annotations

import json
import os
import secrets
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import zip_longest
from pathlib import Path
from typing import Self

from napari_fncells.io.save_error import SaveCode, SaveError
from napari_fncells.io.working import WorkingFiles, keep_conflict
from napari_fncells.store.opened import Opened
from napari_fncells.store.reservation import Taker

NOTE_KEY = "files"
"""Where the journal keeps the hashes of the mask files written lately."""

_REMEMBERED = 4

_WAIT_S = 15.0
_LOOK_S = 0.02
_STALE_S = 60.0


@dataclass(frozen=True)
class FilesKept:
    """What is known of the mask files on the disk.

    Attributes
    ----------
    time
        When they were written; None for never.
    edits
        Number of the last edit in them.
    hashes
        Of labels, record and ignored regions, as we wrote or read them lately.
    """

    time: datetime | None
    edits: int
    hashes: tuple[tuple[str, ...], ...]

    @classmethod
    def of(cls, opened: Opened) -> Self:
        """What is known at the start."""
        hashes: list[tuple[str, ...]] = []
        with suppress(ValueError, TypeError):
            hashes = [tuple(map(str, known)) for known in json.loads(opened.known_files)]
        if opened.files_hashes is not None:
            hashes.append(opened.files_hashes)
        return cls(opened.files_time, opened.files_edits, tuple(hashes))

    def knows(self, found: tuple[str, ...]) -> bool:
        """Whether each of the files is missing, or one that we wrote or read."""
        # Of earlier versions there are no hashes of ignored regions
        known = zip_longest(*self.hashes, fillvalue="")
        kinds = zip_longest(found, known, fillvalue=())
        return all(not now or now in of_kind for now, of_kind in kinds)

    def about_to_write(self, hashes: tuple[str, ...]) -> FilesKept:
        """Know these, too: if the writing is cut short they are still ours."""
        return FilesKept(self.time, self.edits, (*self.hashes, hashes)[-_REMEMBERED:])

    def written(self, edits: int) -> FilesKept:
        """Know that the newest are on the disk."""
        return FilesKept(datetime.now(UTC), edits, self.hashes)

    @property
    def text(self) -> str:
        """What the journal notes."""
        return json.dumps(self.hashes)


@contextmanager
def one_at_a_time(first: Path) -> Iterator[None]:
    """Keep others, on whatever computer, from replacing files meanwhile.

    What is on the disk is looked at before it is replaced; nobody may come between. It is a file
    that only one can make; one that was left behind by a crash is passed over after a minute.

    Parameters
    ----------
    first
        One of the files, by which all are known.

    Raises
    ------
    SaveError
        Where another goes on writing for too long.
    """
    file = first.with_name(f".{first.name}.writing")
    limit = time.monotonic() + _WAIT_S
    while not _made(file):
        if _left_behind(file):
            with suppress(OSError):
                file.unlink()
            continue
        if time.monotonic() > limit:
            raise SaveError(
                SaveCode.IN_USE,
                first,
                f"{first.name} is being written by somebody else.",
                "It is tried again.",
            )
        time.sleep(_LOOK_S)
    _held.add(file)
    try:
        yield
    finally:
        _held.discard(file)
        with suppress(OSError):
            file.unlink()


_held: set[Path] = set()


def _made(file: Path) -> bool:
    """Make a file that says whose it is, unless it is there.

    True where none can be made, as then nobody can write, either.
    """
    draft = file.with_name(f"{file.name}-{secrets.token_hex(6)}")
    try:
        draft.write_bytes(Taker().model_dump_json().encode())
        try:
            # Whole or not at all: whoever finds it can read whose it is
            os.link(draft, file)
        except FileExistsError:
            return False
        except OSError:
            os.close(os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666))
    except FileExistsError:
        return False
    except OSError:
        return True
    finally:
        with suppress(OSError):
            draft.unlink()
    return True


def _left_behind(file: Path) -> bool:
    """Whether whoever made a file is gone, by all one can know."""
    try:
        if time.time() - file.stat().st_mtime > _STALE_S:
            return True
        taker = Taker.model_validate_json(file.read_bytes())
    except (OSError, ValueError):
        return False
    return taker.gone or (taker.ours and file not in _held)


def keep_foreign(names: WorkingFiles, kept: FilesKept) -> str:
    """Copy files that somebody else changed; a sentence saying so, empty where there are none.

    Raises
    ------
    SaveError
        Where they could not be copied.
    """
    if kept.knows(names.hashes):
        return ""
    copies = keep_conflict(names, f"{socket.gethostname()}-{datetime.now(UTC):%Y%m%dT%H%M%SZ}")
    return (
        f"{names.labels.name} was changed by somebody else: their version is kept as "
        f"{' and '.join(copy.name for copy in copies)}."
    )
