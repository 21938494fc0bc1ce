"""Snapshots: pixels and objects at one point of the history, so that replay is short.

A snapshot is made from the edits alone, never from the document: nobody waits for it, and a
brush under way cannot get into it. Tiles are named by their content; one that no edit has
touched since the last snapshot is not written again.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from hashlib import sha256

import numpy as np

from napari_fncells.core.cell_mask import Base
from napari_fncells.core.edits import Edit, Patch
from napari_fncells.core.geometry import Box
from napari_fncells.core.labels import Labels
from napari_fncells.core.objects import CellObject
from napari_fncells.store.codec import BrokenRowError, decode_objects, encode_objects
from napari_fncells.store.journal import Journal
from napari_fncells.store.rows import SnapshotRow

TILE = 512
KEPT = 2
EMPTY = bytes(32)
"""Digest of a tile that is all background; it has no row."""

# Replaying one costs some 0.1 ms a patch and 10 ns a pixel: well below 2 s with these
_MOST_EDITS = 500
_MOST_PIXELS = 16_000_000

ReadTile = Callable[[bytes], tuple[str, bytes] | None]


@dataclass
class Tail:
    """What was journalled since the last snapshot, and what that snapshot was made of.

    Attributes
    ----------
    shape
        (Y, X) of the picture.
    digests, ignored
        Tiles of the last snapshot, row by row: of the labels, and of the ignored regions.
    objects
        Every object known after the last edit of the tail.
    last_id
        The highest id ever given.
    edits
        Edits since.
    note
        On the picture, after the last edit of the tail.
    """

    shape: tuple[int, int]
    digests: list[bytes]
    ignored: list[bytes]
    objects: dict[int, CellObject]
    last_id: int
    edits: list[Edit]
    pixels: int = 0
    note: str = ""

    @classmethod
    def empty(cls, shape: tuple[int, int]) -> Tail:
        """The tail of a history that has not begun."""
        empty = [EMPTY] * len(list(tile_boxes(shape)))
        return cls(shape, empty, list(empty), {}, 0, [])

    @property
    def costly(self) -> bool:
        """Whether replaying it would take long enough to make a snapshot worth while."""
        return len(self.edits) >= _MOST_EDITS or self.pixels > _MOST_PIXELS

    def add(self, edits: Iterable[Edit]) -> None:
        """Take in edits that were journalled."""
        for edit in edits:
            self.edits.append(edit)
            self.pixels += _pixels(edit)
            said = edit.picture_note
            self.note = self.note if said is None else said
            for item in edit.change.objects:
                self.last_id = max(self.last_id, item.id)
                if item.after is None:
                    self.objects.pop(item.id, None)
                else:
                    self.objects[item.id] = item.after

    def cut(self, count: int, digests: list[bytes], ignored: list[bytes]) -> None:
        """Forget the first edits, which a snapshot of these tiles now holds."""
        self.digests, self.ignored = digests, ignored
        del self.edits[:count]
        self.pixels = sum(map(_pixels, self.edits))


def snapshot_steps(journal: Journal, tail: Tail, chain: bytes) -> Iterator[None]:
    """Write a snapshot of the last edit of a tail, a tile a step.

    Edits may be added to the tail and to the journal between the steps; they are not in it.

    Parameters
    ----------
    journal
        Where to.
    tail
        Is cut at the end.
    chain
        Hash of the tail's last edit.
    """
    edits = list(tail.edits)
    objects = zlib.compress(encode_objects(tail.objects.values()).encode(), 1)
    dtype = "uint16" if tail.last_id < np.iinfo(np.uint16).max else "uint32"
    # The tail may grow between the steps
    note = tail.note
    digests, ignored = list(tail.digests), list(tail.ignored)
    boxes = list(tile_boxes(tail.shape))
    cells = [patch for edit in edits for patch in edit.change.patches]
    regions = [patch for edit in edits for patch in edit.change.ignored]
    for of, patches, kind in ((digests, cells, dtype), (ignored, regions, "uint8")):
        for number, own in _by_tile(patches, tail.shape).items():
            digest, name, data = _draw(boxes[number], of[number], own, journal.tile, kind)
            if digest != EMPTY:
                journal.add_tile(digest, name, data)
            of[number] = digest
            yield
    row = SnapshotRow(
        edits[-1].sequence,
        datetime.now(UTC).isoformat(),
        dtype,
        b"".join(digests),
        objects,
        b"",
        b"".join(ignored) if any(digest != EMPTY for digest in ignored) else b"",
        note,
    )
    kept = {*digests, *ignored}
    for other in journal.snapshots()[: KEPT - 1]:
        kept |= {*_split(other.tiles), *_split(other.ignored)}
    sealed = replace(row, digest=_seal(chain, row, tail.shape))
    journal.add_snapshot(sealed, KEPT, journal.tile_digests() - kept)
    tail.cut(len(edits), digests, ignored)


def base_of(
    snapshot: SnapshotRow, shape: tuple[int, int], chain: bytes | None, read: ReadTile
) -> Base:
    """Pixels and objects of a snapshot.

    Parameters
    ----------
    snapshot
        As it is stored.
    shape
        (Y, X) of the picture.
    chain
        Hash of the edit it belongs to; None to go without that proof.
    read
        Gives a tile by its digest.

    Raises
    ------
    BrokenRowError
        Where anything of it is not as it was written.
    """
    try:
        if chain is not None and snapshot.digest != _seal(chain, snapshot, shape):
            raise BrokenRowError("the snapshot is not as it was written")
        objects = decode_objects(zlib.decompress(snapshot.objects).decode())
        labels = _assemble(snapshot.tiles, snapshot.dtype, shape, read)
        ignored = None
        if snapshot.ignored:
            ignored = _assemble(snapshot.ignored, "uint8", shape, read).astype(np.uint8)
    except (zlib.error, TypeError, ValueError, AttributeError) as error:
        raise BrokenRowError(str(error)) from error
    return Base(snapshot.sequence, labels, objects, ignored, snapshot.note)


def _assemble(tiles: bytes, dtype: str, shape: tuple[int, int], read: ReadTile) -> Labels:
    """Put the tiles of a plane together."""
    plane = np.zeros(shape, dtype=_unsigned(dtype))
    for box, digest in zip(tile_boxes(shape), _split(tiles), strict=True):
        if digest != EMPTY:
            plane[box.slices] = _unpack(digest, read(digest), box)
    return plane


def tile_boxes(shape: tuple[int, int]) -> Iterator[Box]:
    """Tiles of a picture, row by row."""
    for top in range(0, shape[0], TILE):
        for left in range(0, shape[1], TILE):
            yield Box(top, left, min(top + TILE, shape[0]), min(left + TILE, shape[1]))


def _pixels(edit: Edit) -> int:
    """Pixels in the boxes of an edit."""
    boxes = (p.box for patches in (edit.change.patches, edit.change.ignored) for p in patches)
    return sum(box.height * box.width for box in boxes)


def split_tiles(joined: bytes) -> list[bytes]:
    """Digests of a snapshot's tiles."""
    return list(_split(joined))


def _split(joined: bytes) -> Iterator[bytes]:
    return (joined[i : i + 32] for i in range(0, len(joined), 32))


def _by_tile(patches: Sequence[Patch], shape: tuple[int, int]) -> dict[int, list[Patch]]:
    """Patches in order, by the number of each tile they touch."""
    across = -(-shape[1] // TILE)
    touched: dict[int, list[Patch]] = {}
    for patch in patches:
        box = patch.box
        for row in range(box.top // TILE, (box.bottom - 1) // TILE + 1):
            for column in range(box.left // TILE, (box.right - 1) // TILE + 1):
                touched.setdefault(row * across + column, []).append(patch)
    return touched


def _draw(
    box: Box, digest: bytes, patches: Sequence[Patch], read: ReadTile, dtype: str
) -> tuple[bytes, str, bytes]:
    """Paint patches onto a tile; give its digest, dtype and packed labels."""
    tile = np.zeros((box.height, box.width), dtype=_unsigned(dtype))
    if digest != EMPTY:
        tile[...] = _unpack(digest, read(digest), box)
    for patch in patches:
        common = Box(
            max(box.top, patch.box.top),
            max(box.left, patch.box.left),
            min(box.bottom, patch.box.bottom),
            min(box.right, patch.box.right),
        )
        tile[common.within(box)] = patch.after[common.within(patch.box)]
    if not tile.any():
        return EMPTY, dtype, b""
    data = zlib.compress(tile.tobytes(), 1)
    return _tile_digest(dtype, data), dtype, data


def _unpack(digest: bytes, stored: tuple[str, bytes] | None, box: Box) -> Labels:
    if stored is None or _tile_digest(*stored) != digest:
        raise BrokenRowError("a tile of the snapshot is missing or damaged")
    flat = np.frombuffer(zlib.decompress(stored[1]), dtype=_unsigned(stored[0]))
    return flat.reshape(box.height, box.width)


def _unsigned(name: str) -> np.dtype[np.unsignedinteger]:
    if name not in {"uint8", "uint16", "uint32"}:
        raise BrokenRowError(f"labels of the kind {name!r}")
    return np.dtype(name)


def _tile_digest(dtype: str, data: bytes) -> bytes:
    return sha256(dtype.encode() + b"\n" + data).digest()


def _seal(chain: bytes, row: SnapshotRow, shape: tuple[int, int]) -> bytes:
    """Hash of all that a snapshot says, chained to its edit."""
    size = f"{shape[0]},{shape[1]}\n{len(row.tiles)}"
    head = f"{row.sequence}\n{row.time}\n{row.dtype}\n{size}\n".encode()
    parts = [chain, head, row.tiles, row.objects]
    # What journals of format 1 do not have comes last, where there is any
    if row.ignored or row.note:
        parts += [f"\n{len(row.ignored)}\n".encode(), row.ignored, row.note.encode()]
    return sha256(b"".join(parts)).digest()
