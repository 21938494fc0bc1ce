"""Files that nobody trusts, read within bounds: bytes, JSON and the numbers in it."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_fncells.io.images import default_max_bytes
from napari_fncells.io.importers.annotations.base import refused
from napari_fncells.io.read_error import ImageReadError, ReadCode

MAX_BYTES = 1 << 29
MAX_COORDINATE = float(1 << 20)
_CHUNK = 1 << 20
# Lists and dictionaries take several times the room of their text
_GROWTH = 8
_AGAIN = "Copy the file again or save it again."
_SPLIT = "Save fewer pictures in one file."


def holds(path: Path, *markers: bytes) -> bool:
    """Whether an ordinary file holds all of some bytes, anywhere. Never raises."""
    missing = set(markers)
    overlap = max(map(len, markers)) - 1
    try:
        if not path.is_file():
            return False
        with path.open("rb") as stream:
            before = b""
            while missing and (chunk := stream.read(_CHUNK)):
                seen = before + chunk
                missing = {marker for marker in missing if marker not in seen}
                before = seen[-overlap:]
    except (OSError, ValueError):
        return False
    return not missing


def read_bytes(path: Path, limit: int = MAX_BYTES) -> bytes:
    """Bytes of an ordinary file that is not too large.

    Raises
    ------
    ImageReadError
        It is not there, no file, too large, or cannot be read.
    """
    try:
        if not path.exists():
            raise refused(path, "does not exist", "Check the name.", ReadCode.MISSING)
        if not path.is_file():
            raise refused(path, "is not a file", "Choose a file.", ReadCode.NOT_A_FILE)
        with path.open("rb") as stream:
            data = stream.read(limit + 1)
    except OSError as error:
        problem = f"could not be read: {error.strerror or error}"
        raise refused(path, problem, _AGAIN, ReadCode.IO) from error
    if len(data) > limit:
        problem = f"has more than {limit / 1e6:.0f} MB, too many"
        raise refused(path, problem, _SPLIT, ReadCode.TOO_LARGE)
    return data


def read_json(path: Path) -> Any:
    """What a JSON file holds; whole numbers may be large, none is NaN or infinite.

    Raises
    ------
    ImageReadError
        It cannot be read or is no JSON.
    """
    try:
        data = read_bytes(path, min(MAX_BYTES, default_max_bytes() // _GROWTH))
        return json.loads(data, parse_constant=_no_number)
    except RecursionError as error:
        raise refused(path, "nests too deep to be read", "", ReadCode.DAMAGED) from error
    except ValueError as error:
        raise refused(path, "is no JSON that can be read", _AGAIN, ReadCode.DAMAGED) from error


def _no_number(text: str) -> float:
    raise ValueError(text)


class Broken(Exception):  # noqa: N818 - no error of ours until it has a file
    """A value is not what the format says; the message goes on from the file's name."""


def broken(path: Path, error: Exception) -> ImageReadError:
    """The error for a file whose values are not what its format says."""
    problem = str(error) if isinstance(error, Broken) else "breaks the rules of its format"
    return refused(path, problem, _AGAIN, ReadCode.DAMAGED)


def number(value: Any, what: str) -> float:
    """A finite number that could be a coordinate.

    Raises
    ------
    Broken
        It is none.
    """
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Broken(f"gives no number for {what}")
    if not math.isfinite(value) or abs(value) > MAX_COORDINATE:
        raise Broken(f"gives {what} out of any picture")
    return float(value)


def numbers(values: Any, what: str) -> NDArray[np.float64]:
    """A list of finite numbers that could be coordinates, float64.

    Raises
    ------
    Broken
        It is none.
    """
    if not isinstance(values, list) or not set(map(type, values)) <= {int, float}:
        raise Broken(f"gives no list of numbers for {what}")
    try:
        array = np.asarray(values, dtype=np.float64)
    except OverflowError:
        array = np.array([np.inf])
    if not (np.abs(array) <= MAX_COORDINATE).all():
        raise Broken(f"gives {what} out of any picture")
    return array


def whole(value: Any, what: str, least: int = 0) -> int:
    """A whole number.

    Raises
    ------
    Broken
        It is none, or less than `least`.
    """
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise Broken(f"gives no whole number for {what}")
    return value


def entry(value: Any, key: str, kind: type, what: str) -> Any:
    """A value of a dictionary, of a kind.

    Raises
    ------
    Broken
        There is none, or of another kind.
    """
    found = value.get(key) if isinstance(value, dict) else None
    if not isinstance(found, kind):
        raise Broken(f"has no {key} in {what}")
    return found
