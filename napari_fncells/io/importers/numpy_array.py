"""Drafts as numpy arrays: .npy without objects, .npz with a single array."""

from __future__ import annotations

import hashlib
import io
import math
import os
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, TypeVar, cast

import numpy as np
import numpy.typing as npt

from napari_fncells.io.images import Image, default_max_bytes
from napari_fncells.io.importers.base import ImportedDraft, Meaning, head_of
from napari_fncells.io.importers.content import to_draft
from napari_fncells.io.read_error import ImageReadError, ReadCode

NPY_MAGIC = b"\x93NUMPY"
_ZIP_MAGIC = b"PK\x03\x04"
_KINDS = "buif"
Result = TypeVar("Result")
_ONE_ARRAY = "Save the one array with the cells with numpy.save."
_AGAIN = "Copy the file again or save it again."


@dataclass(frozen=True)
class NumpyImporter:
    """Reads arrays of numbers; never an object."""

    name: str = "numpy"
    title: str = "NumPy array"
    suffixes: tuple[str, ...] = (".npy", ".npz")

    def sniff(self, path: Path) -> bool:
        """Tell by the first bytes, or by the suffix where those are damaged."""
        magic = head_of(path, 6)
        zipped = path.suffix.lower() == ".npz" and magic.startswith(_ZIP_MAGIC)
        return magic == NPY_MAGIC or zipped or path.suffix.lower() in self.suffixes

    def read(self, path: Path, meaning: Meaning | None = None) -> ImportedDraft:
        """Read an array; see `to_draft` for what it is taken for."""
        pixels, digest = _guarded(path, _array_of)
        return to_draft(Image(pixels, path, path.name, digest), self.title, meaning)


def object_offset(path: Path) -> int | None:
    """Where the pickle of a .npy file begins; None for other files and arrays of numbers.

    Raises
    ------
    ImageReadError
        The file cannot be read.
    """
    return _guarded(path, _object_offset)


def _object_offset(path: Path) -> int | None:
    with path.open("rb") as stream:
        if stream.read(len(NPY_MAGIC)) != NPY_MAGIC:
            return None
        stream.seek(0)
        _shape, _fortran, dtype = _header(stream)
        return stream.tell() if dtype.hasobject else None


def _guarded(path: Path, read: Callable[[Path], Result]) -> Result:
    """Read, with every failure as the one error of everything that is read."""
    try:
        if not path.exists():
            raise _error(path, ReadCode.MISSING, "does not exist", "Check the name.")
        if not path.is_file():
            raise _error(path, ReadCode.NOT_A_FILE, "is not a file", "Choose a file.")
        return read(path)
    except ImageReadError:
        raise
    except OSError as error:
        reason = error.strerror or str(error)
        raise _error(path, ReadCode.IO, f"could not be read: {reason}", _AGAIN) from error
    except MemoryError as error:
        raise _error(path, ReadCode.TOO_LARGE, "does not fit into the memory", "") from error
    except Exception as error:
        # zipfile and numpy raise whatever they like on hostile files
        raise _error(path, ReadCode.DAMAGED, "breaks the rules of its format", _AGAIN) from error


def _array_of(path: Path) -> tuple[npt.NDArray[Any], str]:
    limit = default_max_bytes()
    with path.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
        stream.seek(0)
        if stream.read(len(_ZIP_MAGIC)) == _ZIP_MAGIC:
            return _zipped(path, stream, limit), digest
        stream.seek(0)
        size = os.fstat(stream.fileno()).st_size
        return _numbers(path, stream, min(size, limit), limit), digest


def _zipped(path: Path, stream: io.BufferedReader, limit: int) -> npt.NDArray[Any]:
    with zipfile.ZipFile(stream) as archive:
        members = archive.infolist()
        if len(members) != 1:
            names = ", ".join(member.filename for member in members[:5]) or "nothing"
            problem = f"holds {len(members)} arrays ({names})"
            raise _error(path, ReadCode.AMBIGUOUS, problem, _ONE_ARRAY)
        try:
            with archive.open(members[0]) as member:
                return _numbers(path, member, members[0].file_size, limit)
        except (zlib.error, zipfile.BadZipFile, EOFError) as error:
            raise _error(path, ReadCode.DAMAGED, "is a damaged archive", _AGAIN) from error


def _numbers(path: Path, stream: IO[bytes], available: int, limit: int) -> npt.NDArray[Any]:
    """Read an array after its header was checked against the limit and the file."""
    shape, fortran, dtype = _header(stream)
    if dtype.hasobject:
        problem = "holds Python objects, not an array of numbers"
        raise _error(path, ReadCode.UNSAFE, problem, _ONE_ARRAY)
    if dtype.kind not in _KINDS or dtype.fields or dtype.itemsize > 8:
        problem = f"holds values of the kind {dtype}, not plain numbers"
        raise _error(path, ReadCode.UNSUPPORTED, problem, _ONE_ARRAY)
    needed = math.prod(shape) * dtype.itemsize
    if needed > limit:
        problem = f"declares {needed / 1e9:.1f} GB, more than may be read"
        raise _error(path, ReadCode.TOO_LARGE, problem, "Cut the picture into parts.")
    # Not more than there is: nothing is reserved for what a header merely says
    data = stream.read(needed) if needed <= available else b""
    if len(data) != needed:
        raise _error(path, ReadCode.TRUNCATED, "ends before its array does", _AGAIN)
    if not needed:
        raise _error(path, ReadCode.UNSUPPORTED, f"holds no pixel (its shape is {shape})", "")
    array = np.frombuffer(data, dtype).reshape(shape, order="F" if fortran else "C")
    native: npt.NDArray[Any] = array.astype(dtype.newbyteorder("="), order="C", copy=False)
    return native


def _header(stream: IO[bytes]) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    formats = np.lib.format
    version = formats.read_magic(cast("Any", stream))
    if version == (1, 0):
        return formats.read_array_header_1_0(cast("Any", stream))
    if version == (2, 0):
        return formats.read_array_header_2_0(cast("Any", stream))
    raise ValueError(f"version {version}")


def _error(path: Path, code: ReadCode, problem: str, remedy: str) -> ImageReadError:
    return ImageReadError(code, path, f"{path.name} {problem}.", remedy)


NUMPY = NumpyImporter()
