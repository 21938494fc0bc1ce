"""The one error of getting a data set: a code, what happened, what to do."""

from __future__ import annotations

import errno
from enum import StrEnum
from pathlib import Path

from napari_fncells.core.errors import UserError


class DatasetCode(StrEnum):
    """Why a data set was not got."""

    OFFLINE = "offline"
    DROPPED = "dropped"
    NOT_FOUND = "not_found"
    SERVER = "server"
    WRONG_HASH = "wrong_hash"
    DAMAGED = "damaged"
    UNSAFE = "unsafe"
    WRONG_CONTENT = "wrong_content"
    NOT_A_DATASET = "not_a_dataset"
    DISK_FULL = "disk_full"
    NO_PERMISSION = "no_permission"
    IN_THE_WAY = "in_the_way"
    BUSY = "busy"
    IO = "io"


HAVE_IT = "choose 'I have the zip or folder already' (fncells fetch: --from)"
"""What helps whenever the network does not."""


class DatasetError(UserError):
    """A data set could not be downloaded, unpacked or recognised.

    Parameters
    ----------
    code
        The kind of failure, for programs.
    sentence
        What happened.
    remedy
        What to do about it.
    """

    def __init__(self, code: DatasetCode, sentence: str, remedy: str = "") -> None:
        super().__init__(sentence, remedy)
        self.code = code

    def __reduce__(self) -> tuple[type[DatasetError], tuple[DatasetCode, str, str]]:
        return type(self), (self.code, self.sentence, self.remedy)


def explain_disk(error: OSError, place: Path) -> DatasetError:
    """Say in plain words why the system refused to write.

    Parameters
    ----------
    error
        What the system raised.
    place
        The file or folder that was to be written.
    """
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return DatasetError(
            DatasetCode.DISK_FULL,
            f"The disk of {place.parent} is full.",
            "Free some space or choose a folder on another disk; what has come is kept.",
        )
    if error.errno in {errno.EACCES, errno.EPERM, errno.EROFS}:
        return DatasetError(
            DatasetCode.NO_PERMISSION,
            f"You may not write to {place.parent}.",
            "Choose another folder.",
        )
    return DatasetError(
        DatasetCode.IO,
        f"{place} could not be written: {error.strerror or error}.",
        "Check the disk, or choose another folder.",
    )
