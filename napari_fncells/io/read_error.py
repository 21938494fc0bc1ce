"""The one error of everything that is read: a code, the file, what is wrong, what to do."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path

from napari_fncells.core.errors import UserError
from napari_fncells.io.parts import Parts


class ReadCode(StrEnum):
    """Why a file was not read."""

    MISSING = "missing"
    NOT_A_FILE = "not_a_file"
    NO_PERMISSION = "no_permission"
    EMPTY = "empty"
    NOT_AN_IMAGE = "not_an_image"
    TRUNCATED = "truncated"
    DAMAGED = "damaged"
    TOO_LARGE = "too_large"
    UNSUPPORTED = "unsupported"
    UNSAFE = "unsafe"
    AMBIGUOUS = "ambiguous"
    NO_SUCH_PART = "no_such_part"
    IO = "io"


class ImageReadError(UserError):
    """An image, mask or label file could not be read, or could be read in several ways.

    Parameters
    ----------
    code
        The kind of failure, for programs.
    path
        The file.
    sentence
        What is wrong, naming the file.
    remedy
        What to do about it.
    parts
        What there is to choose from, where a choice was missing or wrong.
    """

    def __init__(
        self,
        code: ReadCode,
        path: Path,
        sentence: str,
        remedy: str = "",
        parts: Parts | None = None,
    ) -> None:
        super().__init__(sentence, remedy)
        self.code = code
        self.path = path
        self.parts = parts

    def __reduce__(
        self,
    ) -> tuple[type[ImageReadError], tuple[ReadCode, Path, str, str, Parts | None]]:
        return type(self), (self.code, self.path, self.sentence, self.remedy, self.parts)
