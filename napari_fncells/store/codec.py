"""Edits as rows of a journal, chained by their hashes.

The hash of an edit is the SHA-256 of the hash before it and of everything in its rows, so a
row that was changed, lost or put elsewhere shows.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from hashlib import sha256
from json.encoder import encode_basestring_ascii
from typing import Any, NamedTuple

from napari_fncells.core.edits import Action, Change, Edit, EditKind, ObjectChange, Patch
from napari_fncells.core.geometry import Box
from napari_fncells.core.objects import CellObject, Footprint, ObjectState, Origin
from napari_fncells.io.printable import printable

_ACTIONS = {action.value: action for action in Action}
_KINDS = {kind.value: kind for kind in EditKind}
_STATES = {state.value: state for state in ObjectState}
_ORIGINS = {origin.value: origin for origin in Origin}
_read_json = json.JSONDecoder().raw_decode
_DTYPES = {"uint8", "uint16", "uint32"}
_CELLS, _IGNORED = "cells", "ignored"
"""Planes that a patch is of."""


class BrokenRowError(ValueError):
    """A row does not say what was written: its hash is wrong, or it cannot be read."""


class EncodedEdit(NamedTuple):
    """An edit as it is written: its row, the rows of its patches, and its hash."""

    row: tuple[Any, ...]
    patches: list[tuple[Any, ...]]
    digest: bytes


class Known:
    """Objects and their changes by their texts, shared by the edits in which they come again.

    It saves the reading, and keeps the objects of a long history few: each of them costs time
    whenever Python searches for cycles.
    """

    def __init__(self) -> None:
        self.changes: dict[str, ObjectChange] = {}
        self._objects: dict[str, CellObject | None] = {}

    def object(self, text: str) -> CellObject | None:
        """The object of a text."""
        if text not in self._objects:
            self._objects[text] = decode_object(text)
        return self._objects[text]


def encode_edit(edit: Edit, previous: bytes) -> EncodedEdit:
    """Turn an edit into rows.

    Parameters
    ----------
    edit
        The edit.
    previous
        Hash of the edit before it.
    """
    change = edit.change
    row = (
        edit.sequence,
        edit.action.value,
        change.kind.value,
        printable(change.summary),
        encode_details(change.details),
        int(change.continues),
        edit.reverts,
        edit.time.isoformat(),
        printable(edit.author),
        "\n".join(
            [f"{encode_object(c.before)}\t{encode_object(c.after)}" for c in change.objects]
        ),
    )
    planes = [(patch, _CELLS) for patch in change.patches]
    planes += [(patch, _IGNORED) for patch in change.ignored]
    patches = [
        (edit.sequence, n, *patch.box, patch.dtype, patch.packed_before, patch.packed_after, plane)
        for n, (patch, plane) in enumerate(planes)
    ]
    digest = _digest(previous, row, patches)
    return EncodedEdit((*row, previous, digest), patches, digest)


def decode_edit(
    row: Sequence[Any],
    patches: Sequence[tuple[Any, ...]],
    previous: bytes,
    known: Known,
) -> Edit:
    """Turn rows into an edit.

    Parameters
    ----------
    row
        Columns of the table `edit`.
    patches
        Rows of its patches, in order.
    previous
        Hash of the edit before it.
    known
        What the edits before it held.

    Raises
    ------
    BrokenRowError
        Where the rows are not those that were written, or do not follow on `previous`.
    """
    try:
        if row[10] != previous or _digest(previous, row, patches) != row[11]:
            raise BrokenRowError(f"edit {row[0]} is not as it was written")
        return _decode(row, patches, known)
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        raise BrokenRowError(str(error)) from error


def _decode(row: Sequence[Any], patches: Sequence[tuple[Any, ...]], known: Known) -> Edit:
    seq, action, kind, summary, details, continues, reverts, time, author, objects = row[:10]
    items = []
    for line in objects.split("\n") if objects else ():
        item = known.changes.get(line)
        if item is None:
            item = known.changes[line] = ObjectChange(*map(known.object, line.split("\t")))
        items.append(item)
    change = Change(
        _KINDS[kind],
        tuple([_patch(part) for part in patches if part[9] == _CELLS]),
        tuple(items),
        summary,
        {} if details == "{}" else _read_json(details)[0],
        continues == 1,
        tuple([_patch(part) for part in patches if part[9] != _CELLS]),
    )
    return Edit(seq, _ACTIONS[action], change, reverts, datetime.fromisoformat(time), author)


def _digest(previous: bytes, row: Sequence[Any], patches: Iterable[tuple[Any, ...]]) -> bytes:
    seq, action, kind, summary, details, continues, reverts, time, author, objects = row[:10]
    # Free text as JSON strings: none of the fields can then hold the line break between them
    head = (
        f"{seq}\n{action}\n{kind}\n{encode_basestring_ascii(summary)}\n{details}\n{continues}\n"
        f"{reverts}\n{time}\n{encode_basestring_ascii(author)}\n"
        f"{len(objects)}\n{objects}\n"
    )
    parts = [previous, head.encode()]
    for _, n, top, left, bottom, right, dtype, before, after, plane in patches:
        size = f"{n},{top},{left},{bottom},{right},{dtype},{len(before)},{len(after)}"
        # Patches of labels as journals of format 1 have them
        size += "\n" if plane == _CELLS else f",{plane}\n"
        parts += (size.encode(), before, after)
    return sha256(b"".join(parts)).digest()


def _patch(row: tuple[Any, ...]) -> Patch:
    _, _, top, left, bottom, right, dtype, before, after, plane = row
    if dtype not in _DTYPES or plane not in (_CELLS, _IGNORED):
        raise BrokenRowError(f"{plane} of the kind {dtype!r}")
    return Patch(Box(top, left, bottom, right), dtype, before, after)


def encode_details(details: Mapping[str, Any]) -> str:
    """JSON of an edit's details; what is no JSON value is written as text, never refused."""
    if not details:
        return "{}"
    try:
        return json.dumps(dict(details), default=_plain, separators=(",", ":"))
    except (TypeError, ValueError):
        return json.dumps({"text": repr(dict(details))})


def _plain(value: Any) -> Any:
    if hasattr(value, "tolist"):
        return value.tolist()
    return sorted(value, key=repr) if isinstance(value, set | frozenset) else str(value)


def encode_object(item: CellObject | None) -> str:
    """JSON of one object: [id, state, origin, box, area, null or [box, base64 of the bits]].

    A note, where there is one, follows as the seventh part.
    """
    if item is None:
        return "null"
    footprint = item.footprint
    packed = footprint and [footprint.box, base64.b64encode(footprint.packed).decode()]
    parts = [item.id, item.state.value, item.origin.value, item.box, item.area, packed]
    if item.note:
        parts.append(printable(item.note))
    return json.dumps(parts, separators=(",", ":"))


def decode_object(text: str) -> CellObject | None:
    """Read what `encode_object` wrote.

    Raises
    ------
    LookupError, TypeError, ValueError
        Where it is no such text.
    """
    parts, _ = _read_json(text)
    if parts is None:
        return None
    i, state, origin, box, area, packed, *rest = parts
    footprint = packed and Footprint(Box(*packed[0]), base64.b64decode(packed[1]))
    note = "".join(rest)
    return CellObject(i, _STATES[state], _ORIGINS[origin], Box(*box), area, footprint, note)


def encode_objects(objects: Iterable[CellObject]) -> str:
    """Many objects, one a line."""
    # One by one, so that the interpreter is never held for long
    return "\n".join([encode_object(item) for item in objects])


def decode_objects(text: str) -> tuple[CellObject, ...]:
    """Read what `encode_objects` wrote.

    Raises
    ------
    BrokenRowError
        Where it is no such text.
    """
    try:
        found = map(decode_object, text.split("\n") if text else ())
        return tuple([item for item in found if item is not None])
    except (LookupError, TypeError, ValueError) as error:
        raise BrokenRowError(str(error)) from error
