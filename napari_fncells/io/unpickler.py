"""The child process of `safe_pickle`: an unpickler that can make plain values and nothing else.

Run as a file by a Python without site packages; it imports the standard library alone. No class
or function that a pickle names is ever looked up: the few allowed names stand for inert objects
of this module, which keep what they are given. numpy's own reconstruction, which is not made for
hostile states, is not used: arrays are told to the parent as dtype, shape and bytes.

The pickle comes in on stdin. On stdout goes one line of JSON, a tree of tagged values or why
there is none, then the bytes of all arrays one after another.
"""

from __future__ import annotations

import io
import json
import os
import pickle
import re
import sys
from collections.abc import Callable
from typing import Any, BinaryIO

MAX_DEPTH = 50
MAX_VALUES = 1_000_000
MAX_WHOLE = 2**64
_CODE = re.compile(r"(b1|[iu][1248]|f[248]|[SU][1-9][0-9]{0,5})")
_QUIET_EVENTS = ("builtins.id", "object.__getattr__", "gc.", "time.")


class RefusedError(Exception):
    """The pickle holds what is not plain; the message goes on from 'the file'."""

    def __init__(self, problem: str, code: str = "unsafe") -> None:
        super().__init__(problem)
        self.problem = problem
        self.code = code


class _Inert:
    """Made by an allowed name; takes the state that a pickle gives it and does nothing."""

    __slots__ = ("state",)

    def __init__(self) -> None:
        self.state: Any = None

    def __setstate__(self, state: Any) -> None:
        self.state = state


class Dtype(_Inert):
    """Stands for numpy.dtype."""

    __slots__ = ("code",)

    def __init__(self, code: Any) -> None:
        super().__init__()
        self.code = code

    def text(self) -> str:
        """Byte order and code, such as '<u2'; '|O' for objects."""
        code = self.code
        if code in ("O8", "O4", "O"):
            return "|O"
        if not isinstance(code, str) or not _CODE.fullmatch(code):
            raise RefusedError("holds arrays of an uncommon kind")
        state = self.state
        order = state[1] if isinstance(state, tuple) and len(state) > 1 else "|"
        if order not in ("<", ">", "|", "=") or (state is not None and state[2:5] != (None,) * 3):
            raise RefusedError("holds arrays of an uncommon kind")
        return f"{'<' if order == '=' else order}{code}"


class Array(_Inert):
    """Stands for numpy.ndarray; its state comes by BUILD."""

    __slots__ = ()


class Buffered:
    """An array or a scalar given as bytes."""

    __slots__ = ("data", "dtype", "fortran", "shape")

    def __init__(self, data: Any, dtype: Any, shape: Any, fortran: bool) -> None:
        self.data, self.dtype, self.shape, self.fortran = data, dtype, shape, fortran


class _Maker:
    """An allowed name: may be called, cannot be changed."""

    __slots__ = ("_make",)

    def __init__(self, make: Callable[..., Any]) -> None:
        self._make = make

    def __call__(self, *args: Any) -> Any:
        return self._make(*args)

    def __setstate__(self, _state: Any) -> None:
        raise RefusedError("tries to change what it is read with")


def _array(*_args: Any) -> Array:
    return Array()


def _dtype(code: Any, *_flags: Any) -> Dtype:
    return Dtype(code)


def _scalar(dtype: Any, data: Any = None) -> Buffered:
    return Buffered(data, dtype, (), False)


def _from_buffer(data: Any, dtype: Any, shape: Any, order: Any = "C", *_axes: Any) -> Buffered:
    return Buffered(data, dtype, shape, order == "F")


def _encode(text: Any, encoding: Any = "latin1", *_errors: Any) -> bytes:
    """What pickles of old protocols write bytes by."""
    if not isinstance(text, str) or encoding != "latin1":
        raise RefusedError("holds text in an uncommon encoding")
    return text.encode("latin1")


def _empty_bytes(*args: Any) -> bytes:
    if args:
        raise RefusedError("holds bytes in an uncommon form")
    return b""


def _mapping(pairs: Any = ()) -> dict[Any, Any]:
    if not isinstance(pairs, list | tuple):
        raise RefusedError("holds a dictionary in an uncommon form")
    return dict(pairs)


def _path(*parts: Any) -> str:
    """A path becomes text; nothing is done with it."""
    if not all(isinstance(part, str) for part in parts):
        raise RefusedError("holds a path in an uncommon form")
    return os.path.join(*parts) if parts else ""  # noqa: PTH118 - text, not a place


def _names() -> dict[tuple[str, str], _Maker]:
    allowed: dict[tuple[str, str], Callable[..., Any]] = {
        ("numpy", "ndarray"): _array,
        ("numpy", "dtype"): _dtype,
        ("_codecs", "encode"): _encode,
        ("collections", "OrderedDict"): _mapping,
    }
    for core in ("numpy.core", "numpy._core"):
        allowed[f"{core}.multiarray", "_reconstruct"] = _array
        allowed[f"{core}.multiarray", "scalar"] = _scalar
        allowed[f"{core}.numeric", "_frombuffer"] = _from_buffer
    for module in ("builtins", "__builtin__"):
        allowed[module, "bytes"] = _empty_bytes
    for module in ("pathlib", "pathlib._local"):
        for kind in ("Path", "PosixPath", "WindowsPath", "PurePosixPath", "PureWindowsPath"):
            allowed[module, kind] = _path
    return {name: _Maker(make) for name, make in allowed.items()}


class Unpickler(pickle.Unpickler):
    """Knows the allowed names and no others."""

    _names = _names()

    def find_class(self, module: str, name: str) -> Any:
        """The inert stand-in of a name.

        Raises
        ------
        RefusedError
            For any other name.
        """
        found = self._names.get((module, name))
        if found is None:
            raise RefusedError(f"asks for {module}.{name}"[:120])
        return found

    def persistent_load(self, _pid: Any) -> Any:
        """Nothing outside the file is loaded."""
        raise RefusedError("refers to objects outside of it")


class Teller:
    """Turns what was unpickled into JSON, and gathers the bytes of arrays.

    Attributes
    ----------
    blobs
        Bytes of arrays, each once, in the order of their numbers in the tree.
    """

    def __init__(self) -> None:
        self.blobs: list[Any] = []
        self._numbers: dict[int, int] = {}
        self._values = 0

    def tell(self, value: Any, depth: int = 0) -> Any:
        """JSON of a value: plain ones as they are, others as [tag, ...]."""
        self._values += 1
        if depth > MAX_DEPTH:
            raise RefusedError(f"is nested more than {MAX_DEPTH} deep, or contains itself")
        if self._values > MAX_VALUES:
            raise RefusedError(f"holds more than {MAX_VALUES:,} values")
        kind = type(value)
        if value is None or kind in (bool, str, float):
            return value
        if kind is int and abs(value) < MAX_WHOLE:
            return value
        if kind in (bytes, bytearray):
            return ["bytes", self._blob(value)]
        if kind in (list, tuple):
            return [kind.__name__, [self.tell(item, depth + 1) for item in value]]
        if kind is dict:
            pairs = [[self._key(k), self.tell(v, depth + 1)] for k, v in value.items()]
            return ["dict", pairs]
        if kind in (Array, Buffered):
            return self._array(value, depth)
        raise RefusedError("holds something that is no plain value")

    def _key(self, key: Any) -> Any:
        if type(key) in (str, bool, float) or (type(key) is int and abs(key) < MAX_WHOLE):
            return key
        raise RefusedError("has dictionary keys that are neither text nor numbers")

    def _array(self, value: Array | Buffered, depth: int) -> Any:
        data, dtype, shape, fortran = _parts(value)
        if not isinstance(dtype, Dtype) or not _is_shape(shape):
            raise RefusedError("holds a damaged array", "damaged")
        text = dtype.text()
        if text == "|O":
            return self._objects(data, shape, depth)
        if not isinstance(data, bytes | bytearray):
            raise RefusedError("holds a damaged array", "damaged")
        return ["array", text, list(shape), bool(fortran), self._blob(data)]

    def _objects(self, items: Any, shape: tuple[int, ...], depth: int) -> Any:
        """An array of objects: the object itself where it has no axis, else a list."""
        if type(items) is not list or len(shape) > 1 or len(items) != (shape or (1,))[0]:
            raise RefusedError("holds an array of objects in an uncommon form")
        return self.tell(items if shape else items[0], depth + 1)

    def _blob(self, data: Any) -> list[int]:
        number = self._numbers.setdefault(id(data), len(self.blobs))
        if number == len(self.blobs):
            self.blobs.append(data)
        return [number, len(data)]


def _parts(value: Array | Buffered) -> tuple[Any, Any, Any, Any]:
    """Data, dtype, shape and whether the first axis runs fastest."""
    if isinstance(value, Buffered):
        return value.data, value.dtype, value.shape, value.fortran
    state = value.state
    if not isinstance(state, tuple) or len(state) not in (4, 5):
        raise RefusedError("holds a damaged array", "damaged")
    shape, dtype, fortran, data = state[-4:]
    return data, dtype, shape, fortran


def _is_shape(shape: Any) -> bool:
    if not isinstance(shape, tuple) or len(shape) > 8:
        return False
    return all(type(side) is int and 0 <= side < 2**40 for side in shape)


def confine(memory: int, seconds: int) -> None:
    """Take from this process what it does not need: memory, time, files, events.

    Parameters
    ----------
    memory
        Bytes of address space, where the system can limit them.
    seconds
        Of processor time, likewise.
    """
    try:
        import resource
    except ImportError:  # Windows: the parent watches memory and time
        pass
    else:
        limits = {
            "RLIMIT_CORE": 0,
            "RLIMIT_AS": memory,
            "RLIMIT_CPU": seconds,
            "RLIMIT_NPROC": 0,
            "RLIMIT_NOFILE": 3,
        }
        for name, most in limits.items():
            number = getattr(resource, name, None)
            if number is not None:
                try:
                    resource.setrlimit(number, (most, most))
                except (ValueError, OSError):  # a system that does not limit this one
                    continue
    sys.addaudithook(_deny)


def _deny(event: str, _args: Any) -> None:
    """A second wall: no file, process, socket, import or code from here on."""
    if not event.startswith(_QUIET_EVENTS):
        raise RefusedError(f"tries to do what it may not ({event})")


def read(stream: BinaryIO) -> tuple[dict[str, Any], list[Any]]:
    """Read a pickle.

    Returns
    -------
    dict
        `value`, the tree, or `refused` and `code`.
    list
        Bytes of the arrays.
    """
    teller = Teller()
    try:
        return {"value": teller.tell(Unpickler(stream).load())}, teller.blobs
    except RefusedError as error:
        return {"refused": error.problem, "code": error.code}, []
    except MemoryError:
        return {"refused": "asks for more memory than it may", "code": "too_large"}, []
    except EOFError:
        return {"refused": "ends before its data do", "code": "truncated"}, []
    except pickle.UnpicklingError as error:
        short = "truncated" in str(error) or "ran out" in str(error)
        if short:
            return {"refused": "ends before its data do", "code": "truncated"}, []
        return {"refused": "breaks the rules of its format", "code": "damaged"}, []
    except Exception:  # whatever a hostile file can make it raise
        return {"refused": "breaks the rules of its format", "code": "damaged"}, []


def main() -> None:
    """Read stdin under the limits given on the command line, answer on stdout."""
    memory, seconds = int(sys.argv[1]), int(sys.argv[2])
    stdin, stdout = sys.stdin.buffer, sys.stdout.buffer
    if not isinstance(stdin, io.BufferedReader):
        raise SystemExit(1)
    # The parent watches the clock; this one is for where it cannot
    confine(memory, seconds + 5)
    answer, blobs = read(stdin)
    answer["sizes"] = [len(blob) for blob in blobs]
    stdout.write(json.dumps(answer).encode("ascii") + b"\n")
    for blob in blobs:
        stdout.write(blob)
    stdout.flush()
    # Values of a hostile file are not taken apart one by one: that may take for ever
    os._exit(0)


if __name__ == "__main__":
    main()
