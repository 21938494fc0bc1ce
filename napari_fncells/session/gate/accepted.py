"""What somebody found to be right as it is: kept with the masks, never told of again.

`fncells/check.json` lies beside the mask files, so it goes where they go. What is accepted
is a thing at a place, whatever the history says: it stays so after undo and redo. Another
annotator's masks are another matter.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from napari_fncells.core.errors import UserError
from napari_fncells.io.atomic import write_atomic
from napari_fncells.io.save_error import explain_os_error
from napari_fncells.io.working import working_stem
from napari_fncells.store.mask_files import one_at_a_time

FILE = "check.json"

FORMAT: Literal["fncells-check/1"] = "fncells-check/1"

_MOST_BYTES = 64 << 20


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class AcceptedFinding(_Part):
    """One finding that was accepted."""

    mask: str
    """Start of the names of the mask files: the picture's, and the annotator's."""
    key: str
    """The finding's."""
    by: str = ""
    time: AwareDatetime = Field(default_factory=lambda: datetime.now(UTC))


class _File(_Part):
    format: Literal["fncells-check/1"] = FORMAT
    accepted: tuple[AcceptedFinding, ...] = ()


class Accepted:
    """What was accepted in the masks of a folder.

    Parameters
    ----------
    folder
        The folder of the mask files; None keeps it in memory alone.
    annotator
        Whose masks.

    Attributes
    ----------
    changes
        How often something was accepted, or that taken back.
    trouble
        Why it could not be read, in a sentence; empty where it could.
    """

    def __init__(self, folder: Path | None, annotator: str = "") -> None:
        self._path = None if folder is None else folder / FILE
        self._annotator = annotator
        self.changes = 0
        self.trouble = ""
        self._keys: set[tuple[str, str]] = set()
        try:
            self._take(self._read())
        except UserError as error:
            self.trouble = str(error)

    def holds(self, picture: str, key: str) -> bool:
        """Whether the finding of this key in this picture was accepted."""
        return (working_stem(picture, self._annotator), key) in self._keys

    def accept(self, keys: Iterable[tuple[str, str]]) -> None:
        """Accept findings, by the picture's name and their key.

        Raises
        ------
        UserError
            Where that cannot be kept.
        """
        fresh = [
            AcceptedFinding(mask=mask, key=key, by=self._annotator)
            for mask, key in self._stems(keys)
        ]
        self._change(fresh, set())

    def withdraw(self, keys: Iterable[tuple[str, str]]) -> None:
        """Take back that findings were accepted.

        Raises
        ------
        UserError
            Where that cannot be kept.
        """
        self._change([], set(self._stems(keys)))

    def _stems(self, keys: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
        return [(working_stem(picture, self._annotator), key) for picture, key in keys]

    def _change(self, fresh: list[AcceptedFinding], gone: set[tuple[str, str]]) -> None:
        if self._path is None:
            self._keys = (self._keys | {(item.mask, item.key) for item in fresh}) - gone
            self.changes += 1
            return
        try:
            self._path.parent.mkdir(exist_ok=True)
        except OSError as error:
            raise explain_os_error(error, self._path) from error
        with one_at_a_time(self._path):
            # What others accepted meanwhile stays
            known = {(item.mask, item.key): item for item in self._read().accepted}
            for item in fresh:
                known.setdefault((item.mask, item.key), item)
            kept = _File(accepted=tuple(item for key, item in known.items() if key not in gone))
            data = (kept.model_dump_json(indent=1) + "\n").encode()
            write_atomic(self._path, data, replace=True)
        self._take(kept)

    def _take(self, file: _File) -> None:
        self.changes += 1
        self._keys = {(item.mask, item.key) for item in file.accepted}

    def _read(self) -> _File:
        if self._path is None:
            return _File()
        try:
            if self._path.stat().st_size > _MOST_BYTES:
                raise _unreadable(self._path, "it is too large")
            return _File.model_validate_json(self._path.read_bytes())
        except FileNotFoundError:
            return _File()
        except OSError as error:
            raise _unreadable(self._path, error.strerror or str(error)) from error
        except ValidationError as error:
            raise _unreadable(self._path, error.errors()[0]["msg"]) from error


def _unreadable(path: Path, why: str) -> UserError:
    return UserError(
        f"{path} could not be read, so what was accepted is told of again: {why}.",
        "Move it away to begin anew; it is not written over.",
    )
