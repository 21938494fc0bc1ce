"""Plain values come out of a pickle; nothing else does, and nothing in it runs."""

from __future__ import annotations

import collections
import os
import pathlib
import pickle
import struct
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from napari_fncells.io import safe_pickle
from napari_fncells.io.images import ImageReadError, ReadCode
from napari_fncells.io.safe_pickle import Limits, read_plain

MANY = settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=25
)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "x.pkl"


def same(a: Any, b: Any) -> bool:
    if isinstance(b, np.ndarray):
        return a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()
    if isinstance(b, dict):
        return list(a) == list(b) and all(same(a[key], b[key]) for key in b)
    if isinstance(b, list | tuple):
        return type(a) is type(b) and len(a) == len(b) and all(map(same, a, b))
    return type(a) is type(b) and (a == b or a != a)


PLAIN = {
    "masks": np.arange(12, dtype=np.uint16).reshape(3, 4),
    "columns first": np.asfortranarray(np.arange(6.0).reshape(2, 3)),
    "big-endian": np.arange(3, dtype=">i4"),
    "bool": np.eye(3, dtype=bool),
    "empty": np.zeros((0, 3), np.float32),
    "text": np.array(["a", "häß"]),
    "half": np.float16([1.5, 2]),
    "nested": [(1, None, True, "ü\ud800"), {"a": [b"\0\xff", -(2**40), 1e300, float("nan")]}],
}


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_plain_values(file: Path, protocol: int) -> None:
    file.write_bytes(pickle.dumps(PLAIN, protocol))
    assert same(read_plain(file), PLAIN)


def test_what_becomes_plain(file: Path) -> None:
    found = {
        "scalars": [np.float32(3.5), np.int64(-3), np.bool_(True), np.str_("x")],
        "path": pathlib.PurePosixPath("/a/b"),
        "ordered": collections.OrderedDict(b=1, a=2),
        "objects": np.array([[1], None, np.arange(2)], dtype=object),
    }
    file.write_bytes(pickle.dumps(found))
    expected = {
        "scalars": [3.5, -3, True, "x"],
        "path": os.path.join("/", "a", "b"),  # noqa: PTH118 - as text
        "ordered": {"b": 1, "a": 2},
        "objects": [[1], None, np.arange(2)],
    }
    assert same(read_plain(file), expected)


def test_names_of_both_numpys(file: Path) -> None:
    data = pickle.dumps(np.arange(3, dtype=np.uint8), 2)
    assert b"numpy._core.multiarray" in data
    for name in (b"numpy.core.multiarray", b"numpy._core.multiarray"):
        file.write_bytes(data.replace(b"numpy._core.multiarray", name))
        np.testing.assert_array_equal(read_plain(file), [0, 1, 2])


@MANY
@given(
    hnp.arrays(
        st.sampled_from(["u1", "u2", "<u4", ">i8", "f4", "f8", "?"]),
        hnp.array_shapes(min_dims=0, max_dims=3, min_side=0),
    )
)
def test_any_array(tmp_path: Path, array: np.ndarray) -> None:
    file = tmp_path / "x.pkl"
    file.write_bytes(pickle.dumps({"a": array}))
    expected = array if array.ndim else array[()].item()
    assert same(read_plain(file)["a"], expected)


def test_it_begins_where_told(file: Path) -> None:
    file.write_bytes(b"header" + pickle.dumps([1]))
    assert read_plain(file, offset=6) == [1]


# -- what is refused ---------------------------------------------------------------------------


class Reduced:
    """Pickles as a call."""

    def __init__(self, call: Any, *args: Any) -> None:
        self.call, self.args = call, args

    def __reduce__(self) -> Any:
        return self.call, self.args


def canaries(trap: Path) -> dict[str, Any]:
    touch = f"touch '{trap}'"
    code = f"open({str(trap)!r}, 'w').close()"
    hidden = np.empty((), dtype=object)
    hidden[()] = {"masks": Reduced(os.system, touch)}
    several = np.empty(2, dtype=object)
    several[:] = [1, Reduced(eval, code)]
    return {
        "os.system": Reduced(os.system, touch),
        "eval": Reduced(eval, code),
        "exec": Reduced(exec, code),
        "open": Reduced(open, str(trap), "w"),
        "subprocess": Reduced(subprocess.check_call, ["touch", str(trap)]),
        "getattr": Reduced(getattr, pathlib.Path(trap), "touch"),
        "import": Reduced(__import__, "antigravity"),
        "pathlib's method": Reduced(pathlib.Path.touch, pathlib.PurePosixPath(trap)),
        "nested in a list": [1, [2, {"a": Reduced(os.system, touch)}]],
        "as an argument": Reduced(collections.OrderedDict, Reduced(os.system, touch)),
        "in a dictionary's key": {Reduced(os.system, touch): 1},
        "in an object array": hidden,
        "in a list of objects": several,
        "numpy's own eval": Reduced(np.lib.format.descr_to_dtype, "f4"),
        "numpy.load": Reduced(np.load, str(trap)),
        "complex": 1j,
        "a set": {1, 2},
        "a class": Path,
        "a function": len,
        "a date type": np.datetime64("2020-01-01"),
        "a structured array": np.zeros(2, [("a", "i4")]),
        "a whole number too large": 2**70,
    }


@pytest.mark.parametrize("name", canaries(Path("x")))
def test_nothing_else_comes_out_and_nothing_runs(tmp_path: Path, name: str) -> None:
    trap, file = tmp_path / "trap", tmp_path / "x.pkl"
    file.write_bytes(pickle.dumps(canaries(trap)[name]))
    with pytest.raises(ImageReadError, match=r"x\.pkl .*was not opened\.") as caught:
        read_plain(file)
    assert caught.value.code is ReadCode.UNSAFE
    assert caught.value.sentence.count("\n") == 0
    assert not trap.exists()


def opcodes(*parts: bytes) -> bytes:
    return b"".join((b"\x80\x04", *parts, b"."))


def name_of(module: str, name: str) -> bytes:
    return b"".join(b"\x8c" + bytes([len(n)]) + n.encode() for n in (module, name)) + b"\x93"


HAND_MADE = {
    # state that would replace methods of what reads: BUILD on an allowed name
    "changing a name": opcodes(name_of("numpy", "dtype"), b"N}\x8c\x05_makeNs\x86b"),
    "a persistent name": opcodes(b"\x8c\x03abcQ"),
    "an extension code": opcodes(b"\x82\x01"),
    "dotted names": opcodes(name_of("numpy", "ndarray.__class__")),
    "bytes from a number": opcodes(name_of("builtins", "bytes"), b"J\xff\xff\xff\x7f\x85R"),
    "hostile dtype": opcodes(name_of("numpy", "dtype"), b"\x8c\x04V999\x85R"),
    "instance by INST": b"(S'touch x'\nios\nsystem\n.",
    "array without state": opcodes(name_of("numpy", "ndarray"), b")R"),
}


@pytest.mark.parametrize("name", HAND_MADE)
def test_hand_made_pickles(file: Path, name: str) -> None:
    file.write_bytes(HAND_MADE[name])
    with pytest.raises(ImageReadError):
        read_plain(file)


def array_pickle(shape: tuple[int, ...], code: str, data: bytes) -> bytes:
    """An array whose parts need not go together."""
    dtype = name_of("numpy", "dtype") + b"\x8c" + bytes([len(code)]) + code.encode() + b"\x85R"
    parts = b"(K\x01" + pickle.dumps(shape, 2)[2:-1] + dtype + b"\x89"
    payload = b"B" + struct.pack("<I", len(data)) + data
    return opcodes(name_of("numpy._core.multiarray", "_reconstruct"), b")R", parts, payload, b"tb")


def test_an_array_whose_bytes_do_not_fit(file: Path) -> None:
    file.write_bytes(array_pickle((2, 2), "u2", bytes(8)))
    assert read_plain(file).shape == (2, 2)
    for shape, code, data in [
        ((2, 2), "u2", bytes(7)),
        ((2**39, 2**39), "u2", bytes(8)),
        ((-1,), "u2", bytes(8)),
        ((2, 2), "O8", bytes(8)),
        ((2, 2), "u3", bytes(12)),
    ]:
        file.write_bytes(array_pickle(shape, code, data))
        with pytest.raises(ImageReadError):
            read_plain(file)


def test_a_truncated_file(file: Path) -> None:
    whole = pickle.dumps(PLAIN)
    for length in range(0, len(whole) - 1, 97):
        file.write_bytes(whole[:length])
        with pytest.raises(ImageReadError) as caught:
            read_plain(file)
        assert caught.value.code in (ReadCode.TRUNCATED, ReadCode.DAMAGED)


def test_what_contains_itself(file: Path) -> None:
    endless: list[Any] = []
    endless.append(endless)
    deep: list[Any] = []
    for _ in range(400):
        deep = [deep]
    for value in (endless, deep):
        file.write_bytes(pickle.dumps(value))
        with pytest.raises(ImageReadError, match="nested more than"):
            read_plain(file)


def test_nesting_that_overflows_the_stack_ends_the_child_alone(file: Path) -> None:
    # A tuple in a tuple ... as a key: hashing it recurses in C without a limit
    file.write_bytes(opcodes(b"}", b")", b"\x85" * 3_000_000, b"Ns"))
    with pytest.raises(ImageReadError):
        read_plain(file)


def test_a_bomb_by_references(file: Path) -> None:
    bomb: list[Any] = ["x" * 10]
    for _ in range(40):
        bomb = [bomb, bomb]
    file.write_bytes(pickle.dumps(bomb))
    with pytest.raises(ImageReadError, match="more than 1,000,000 values"):
        read_plain(file)


def test_memory_bombs(file: Path) -> None:
    copies = name_of("collections", "OrderedDict") + b"h\x00\x85R"
    pairs = pickle.dumps([(n, n) for n in range(20_000)], 2)[2:-1]
    for data in (
        # a memo that would take 64 GB; each copy of the dictionary costs 30 bytes here
        opcodes(b"Nr\xff\xff\xff\xff"),
        opcodes(pairs, b"q\x00(", copies * 5_000, b"t"),
    ):
        file.write_bytes(data)
        with pytest.raises(ImageReadError) as caught:
            read_plain(file)
        assert caught.value.code is ReadCode.TOO_LARGE


def test_memory_is_watched_where_the_system_does_not_limit_it(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(safe_pickle, "_memory_of", lambda _process: 1 << 40)
    slow_child(file.parent, monkeypatch)
    file.write_bytes(pickle.dumps(1))
    with pytest.raises(ImageReadError, match="more memory than it may"):
        read_plain(file)


def test_time_is_limited(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    slow_child(file.parent, monkeypatch)
    file.write_bytes(pickle.dumps(1))
    with pytest.raises(ImageReadError, match="too long"):
        read_plain(file, limits=Limits(seconds=0))


def slow_child(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script = folder / "sleeper.py"
    script.write_text("import time\ntime.sleep(60)\n")
    monkeypatch.setattr(safe_pickle, "_CHILD", script)


def test_a_file_too_large(file: Path) -> None:
    file.write_bytes(pickle.dumps(bytes(5000)))
    with pytest.raises(ImageReadError, match="too many"):
        read_plain(file, limits=Limits(file_bytes=4000))


def test_a_child_that_fails_or_talks_nonsense(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file.write_bytes(pickle.dumps(1))
    script = file.parent / "child.py"
    monkeypatch.setattr(safe_pickle, "_CHILD", script)
    for code in ("raise SystemExit(3)", "print('no JSON')", 'print(\'{"value": ["array"]}\')'):
        script.write_text(code)
        with pytest.raises(ImageReadError):
            read_plain(file)


def test_a_program_without_a_python_refuses(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Starting it again with our words would open a second window."""
    file.write_bytes(pickle.dumps(1))
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    with pytest.raises(ImageReadError, match="built without a Python"):
        read_plain(file)


def test_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(ImageReadError, match=r"gone\.pkl"):
        read_plain(tmp_path / "gone.pkl")


def test_the_child_may_open_start_and_import_nothing(tmp_path: Path) -> None:
    """The second wall: even a hole in the first leads nowhere."""
    trap = tmp_path / "trap"
    for deed in (
        f"open({str(trap)!r}, 'w')",
        f"os.system('touch {trap}')",
        "import socket; socket.socket()",
        "exec('1')",
    ):
        code = (
            "import os, sys\nfrom napari_fncells.io import unpickler\n"
            "unpickler.confine(1 << 31, 60)\n"
            f"try:\n    {deed}\n"
            "except unpickler.RefusedError:\n    os.write(1, b'refused')\n"
            "os._exit(0)\n"
        )
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, timeout=60, check=False
        )
        assert done.stdout == b"refused", (deed, done.stderr)
    assert not trap.exists()
