"""The one error of everything that is written: a code, the file, what happened, what to do."""

from __future__ import annotations

import errno
from enum import StrEnum
from pathlib import Path

from napari_fncells.core.errors import UserError


class SaveCode(StrEnum):
    """Why a file was not saved."""

    EXISTS = "exists"
    DISK_FULL = "disk_full"
    TOO_LARGE = "too_large"
    NO_PERMISSION = "no_permission"
    READ_ONLY = "read_only"
    MISSING_FOLDER = "missing_folder"
    NOT_A_FILE = "not_a_file"
    BAD_NAME = "bad_name"
    IN_USE = "in_use"
    VERIFY_FAILED = "verify_failed"
    IO = "io"


class SaveError(UserError):
    """A file could not be saved; what was there before is unchanged unless the sentence says so.

    Parameters
    ----------
    code
        The kind of failure, for programs.
    path
        The file that was to be written.
    sentence
        What happened, naming the file.
    remedy
        What to do about it.
    """

    def __init__(self, code: SaveCode, path: Path, sentence: str, remedy: str = "") -> None:
        super().__init__(sentence, remedy)
        self.code = code
        self.path = path

    def __reduce__(self) -> tuple[type[SaveError], tuple[SaveCode, Path, str, str]]:
        return type(self), (self.code, self.path, self.sentence, self.remedy)


_REASONS: dict[int, tuple[SaveCode, str, str]] = {
    errno.EEXIST: (
        SaveCode.EXISTS,
        "a file of that name exists",
        "Choose another name, or allow replacing it.",
    ),
    errno.ENOSPC: (SaveCode.DISK_FULL, "the disk is full", "Free some space, then save again."),
    errno.EDQUOT: (
        SaveCode.DISK_FULL,
        "your disk quota is used up",
        "Free some space, then save again.",
    ),
    errno.EFBIG: (
        SaveCode.TOO_LARGE,
        "the file is larger than this disk allows",
        "Save to another disk.",
    ),
    errno.EACCES: (
        SaveCode.NO_PERMISSION,
        "you may not write there",
        "Choose a folder that you may write to, or ask for the right.",
    ),
    errno.EROFS: (SaveCode.READ_ONLY, "the disk is read-only", "Save to another disk."),
    errno.ENOENT: (
        SaveCode.MISSING_FOLDER,
        "its folder does not exist",
        "Make the folder, or choose another one.",
    ),
    errno.EISDIR: (SaveCode.NOT_A_FILE, "a folder has that name", "Choose another name."),
    errno.ENAMETOOLONG: (SaveCode.BAD_NAME, "the name is too long", "Choose a shorter name."),
    errno.EBUSY: (
        SaveCode.IN_USE,
        "another program is using the file",
        "Close it there, then save again.",
    ),
}
_REASONS[errno.EPERM] = _REASONS[errno.EACCES]
_REASONS[errno.ENOTDIR] = _REASONS[errno.ENOENT]


def explain_os_error(error: OSError, final: Path) -> SaveError:
    """Say in plain words why the system refused to write a file.

    Parameters
    ----------
    error
        What the system raised.
    final
        The file that was to be written.
    """
    number = error.errno or 0
    if getattr(error, "winerror", None) in {32, 33}:
        number = errno.EBUSY
    code, reason, remedy = _REASONS.get(
        number, (SaveCode.IO, error.strerror or str(error) or "the disk reported an error", "")
    )
    remedy = remedy or "Save again, or to another disk."
    return SaveError(code, final, f"{final} was not saved: {reason}.", remedy)
