from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from napari_fncells.core.document import Document
from napari_fncells.core.edits import Action, Change, Edit, EditKind
from napari_fncells.store.codec import (
    BrokenRowError,
    Known,
    decode_edit,
    decode_objects,
    encode_details,
    encode_edit,
    encode_objects,
)
from tests.store.scribble import SHAPE, scribble

GENESIS = bytes(32)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text() | st.floats(-1e9, 1e9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@settings(deadline=None, max_examples=30)
@given(seed=st.integers(0, 2**32 - 1))
def test_edits_of_every_kind_come_back_equal(seed: int) -> None:
    document = Document(SHAPE, "Ada")
    scribble(document, np.random.default_rng(seed), 60)
    digest = GENESIS
    known = Known()
    for edit in document.history:
        encoded = encode_edit(edit, digest)
        assert decode_edit(encoded.row, encoded.patches, digest, known) == edit
        digest = encoded.digest
    objects = tuple(document.objects.values())
    assert decode_objects(encode_objects(objects)) == objects


def edit(summary: str = "x", details: Any = None, author: str = "") -> Edit:
    change = Change(EditKind.JUDGE, (), (), summary, details or {})
    return Edit(1, Action.DO, change, None, datetime.now(UTC), author)


@given(st.text(), st.text(), st.dictionaries(st.text(), json_values, max_size=4))
def test_any_words_and_details(summary: str, author: str, details: dict[str, Any]) -> None:
    given_edit = edit(summary, details, author)
    encoded = encode_edit(given_edit, GENESIS)
    assert decode_edit(encoded.row, [], GENESIS, Known()) == given_edit


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (np.float32(0.5), "0.5"),
        (np.int64(3), "3"),
        (np.arange(3), "[0,1,2]"),
        ((1, 2), "[1,2]"),
        ({"b", "a"}, '["a","b"]'),
        (Path("a/b"), '"a/b"'),
    ],
)
def test_details_that_are_no_json_are_written_all_the_same(value: Any, expected: str) -> None:
    assert encode_details({"a": value}) == f'{{"a":{expected}}}'


def test_details_that_cannot_be_written_are_described() -> None:
    endless: dict[str, Any] = {}
    endless["self"] = endless
    assert "self" in encode_details(endless)
    assert "1" in encode_details({(1, 2): 3})  # type: ignore[dict-item]


def test_words_that_are_no_unicode_are_written_out() -> None:
    encoded = encode_edit(edit("caf\udce9", author="\ud800"), GENESIS)
    back = decode_edit(encoded.row, [], GENESIS, Known())
    assert back.change.summary == "caf\\udce9"
    assert back.author == "\\ud800"


def test_every_field_is_in_the_hash() -> None:
    document = Document(SHAPE, "Ada")
    scribble(document, np.random.default_rng(3), 30)
    several = next(e for e in document.history if e.change.patches and e.change.objects)
    encoded = encode_edit(several, GENESIS)
    for n, value in enumerate(encoded.row[:10]):
        if isinstance(value, str):
            other: Any = value + " "
        else:
            other = (value or 0) + 1
        row = (*encoded.row[:n], other, *encoded.row[n + 1 :])
        with pytest.raises(BrokenRowError):
            decode_edit(row, encoded.patches, GENESIS, Known())
    for n, value in enumerate(encoded.patches[0][1:], start=1):
        other = value + {bytes: b"x", str: "x", int: 1}[type(value)]
        patch = (*encoded.patches[0][:n], other, *encoded.patches[0][n + 1 :])
        with pytest.raises(BrokenRowError):
            decode_edit(encoded.row, [patch, *encoded.patches[1:]], GENESIS, Known())
    with pytest.raises(BrokenRowError):
        decode_edit(encoded.row, encoded.patches[1:], GENESIS, Known())
    with pytest.raises(BrokenRowError):
        decode_edit(encoded.row, encoded.patches, bytes([1] * 32), Known())


def test_a_line_break_cannot_pass_for_the_end_of_a_field() -> None:
    one = encode_edit(edit('x"\n{}', author="y"), GENESIS)
    other = encode_edit(replace(edit("x"), author='{}\n"y'), GENESIS)
    assert one.digest != other.digest
