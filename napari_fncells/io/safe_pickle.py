"""Plain values out of a pickle that nobody trusts: read by a child process that can do no harm.

`unpickler.py` is that child: it knows the names of plain numpy arrays and a few others, all of
which stand for inert objects, in a Python without site packages, with little memory, time and no
right to open files. This process sees its answer alone: JSON, and bytes of arrays.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from multiprocessing import spawn
from pathlib import Path
from typing import IO, Any, cast

import numpy as np

from napari_fncells.io.read_error import ImageReadError, ReadCode

__all__ = ["Limits", "read_plain"]

Plain = Any
"""None, bool, int, float, str, bytes, ndarray, or a list, tuple or dict of these."""

_CHILD = Path(__file__).with_name("unpickler.py")
_REMEDY = "Export the masks as a TIFF or PNG label image from the program that made the file."
_STARTING_BYTES = 256 << 20
_POLL_S = 0.02


@dataclass(frozen=True)
class Limits:
    """What the child may take.

    Attributes
    ----------
    file_bytes
        Largest file that is read at all.
    memory_bytes
        Memory of the child beyond three times the file.
    seconds
        Time, by the clock and of the processor.
    """

    file_bytes: int = 2 << 30
    memory_bytes: int = _STARTING_BYTES
    seconds: int = 60


def read_plain(
    path: str | os.PathLike[str], *, offset: int = 0, limits: Limits | None = None
) -> Plain:
    """Read a pickle of plain values without running anything in it.

    Read are None, bool, int, float, str, bytes, list, tuple, dict, numpy arrays and scalars of
    bool, integers, floats and text, arrays of objects with at most one axis (as their object, or
    as a list) and paths (as text). An OrderedDict becomes a dict.

    Parameters
    ----------
    path
        An ordinary file.
    offset
        Where in it the pickle begins, in bytes.
    limits
        What it may take; the defaults of `Limits` where omitted.

    Returns
    -------
    None, bool, int, float, str, bytes, ndarray, list, tuple or dict
        The value; arrays are read-only.

    Raises
    ------
    ImageReadError
        The file cannot be read, holds anything else, or takes too much time or memory.
    """
    file = Path(path)
    limits = limits or Limits()
    try:
        with file.open("rb", buffering=0) as stream, tempfile.TemporaryFile() as answer:
            size = os.fstat(stream.fileno()).st_size
            if size > limits.file_bytes:
                raise _refused(file, f"has {size / 1e9:.1f} GB, too many", "too_large")
            # The child gets the open file itself: it opens nothing
            os.lseek(stream.fileno(), offset, os.SEEK_SET)
            _run_child(file, stream, answer, limits.memory_bytes + 3 * size, limits.seconds)
            answer.seek(0)
            return _understand(file, cast("IO[bytes]", answer))
    except OSError as error:
        raise ImageReadError(
            ReadCode.IO, file, f"{file.name} could not be read: {error.strerror or error}."
        ) from error


def _run_child(file: Path, stream: Any, answer: Any, memory: int, seconds: int) -> None:
    """Let the child read the stream and write its answer, or say why it could not."""
    command = [_interpreter(file), "-I", "-S", str(_CHILD), str(memory), str(seconds)]
    flags = getattr(subprocess, "CREATE_NO_WINDOW", 0)
    child = subprocess.Popen(
        command, stdin=stream, stdout=answer, stderr=subprocess.DEVNULL, creationflags=flags
    )
    try:
        problem = _watch(child, memory, time.monotonic() + seconds)
    finally:
        if child.poll() is None:
            child.kill()
        child.wait()
    if problem is not None:
        raise _refused(file, problem, "too_large")
    if child.returncode != 0:
        raise _refused(file, "cannot be read safely: the process that read it failed", "unsafe")


def _watch(child: subprocess.Popen[bytes], memory: int, end: float) -> str | None:
    """Wait for the child; return what it took too much of, if it did."""
    watched = _process(child.pid)
    while True:
        try:
            child.wait(_POLL_S)
        except subprocess.TimeoutExpired:
            if time.monotonic() > end:
                return "takes too long to read"
            # Not all systems limit the memory of a process by themselves
            if watched is not None and _memory_of(watched) > memory:
                return "asks for more memory than it may"
        else:
            return None


def _process(pid: int) -> Any:
    try:
        import psutil  # type: ignore[import-untyped]

        return psutil.Process(pid)
    except Exception:  # gone already, or not to be watched
        return None


def _memory_of(process: Any) -> int:
    try:
        return sum(int(each.memory_info().rss) for each in (process, *process.children()))
    except Exception:  # it has just ended
        return 0


def _interpreter(file: Path) -> str:
    """Python, as `multiprocessing` would start it, which embedding programs set."""
    found = os.fsdecode(spawn.get_executable() or "")
    frozen = getattr(sys, "frozen", False) and found == sys.executable
    if not found or frozen or not _CHILD.is_file():
        raise _refused(
            file, "cannot be read safely here: this program was built without a Python", "unsafe"
        )
    return found


def _understand(file: Path, answer: IO[bytes]) -> Plain:
    """The value that the child told."""
    try:
        told = json.loads(answer.readline())
        if "refused" in told:
            raise _refused(file, told["refused"], told["code"])
        blobs = [answer.read(size) for size in told["sizes"]]
        return _value(told["value"], blobs)
    except (ValueError, TypeError, LookupError) as error:
        # Shapes and bytes that do not go together
        raise _refused(file, "holds a damaged array", "damaged") from error


def _value(told: Any, blobs: list[bytes]) -> Plain:
    if not isinstance(told, list):
        return told
    tag, *rest = told
    if tag == "dict":
        return {key: _value(item, blobs) for key, item in rest[0]}
    if tag in ("list", "tuple"):
        items = [_value(item, blobs) for item in rest[0]]
        return items if tag == "list" else tuple(items)
    if tag == "bytes":
        return blobs[rest[0][0]]
    dtype, shape, fortran, (number, _size) = rest
    flat = np.frombuffer(blobs[number], dtype=np.dtype(dtype))
    array = flat.reshape(shape, order="F" if fortran else "C")
    return array if shape else array[()].item()


def _refused(file: Path, problem: str, code: str) -> ImageReadError:
    unsafe = code == ReadCode.UNSAFE
    sentence = (
        f"{file.name} {problem}; it was not opened." if unsafe else f"{file.name} {problem}."
    )
    return ImageReadError(ReadCode(code), file, sentence, _REMEDY)
