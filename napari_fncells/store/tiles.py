"""Snapshots: pixels and objects at one point of the history, so that replay is short.

A snapshot is made from the edits alone, never from the document: nobody waits for it, and a
brush under way cannot get into it. Tiles are named by their content; one that no edit has
touched since the last snapshot is not written again.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256

import numpy as np

from napari_fncells.core.document import Base
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
    digests
        Tiles of the last snapshot, row by row.
    objects
        Every object known after the last edit of the tail.
    last_id
        The highest id ever given.
    edits
        Edits since.
    """

    shape: tuple[int, int]
    digests: list[bytes]
    objects: dict[int, CellObject]
    last_id: int
    edits: list[Edit]
    pixels: int = 0

    @classmethod
    def empty(cls, shape: tuple[int, int]) -> Tail:
        """The tail of a history that has not begun."""
        return cls(shape, [EMPTY] * len(list(tile_boxes(shape))), {}, 0, [])

    @property
    def costly(self) -> bool:
        """Whether replaying it would take long enough to make a snapshot worth while."""
        return len(self.edits) >= _MOST_EDITS or self.pixels > _MOST_PIXELS

    def add(self, edits: Iterable[Edit]) -> None:
        """Take in edits that were journalled."""
        for edit in edits:
            self.edits.append(edit)
            self.pixels += sum(p.box.height * p.box.width for p in edit.change.patches)
            for item in edit.change.objects:
                self.last_id = max(self.last_id, item.id)
                if item.after is None:
                    self.objects.pop(item.id, None)
                else:
                    self.objects[item.id] = item.after

    def cut(self, count: int, digests: list[bytes]) -> None:
        """Forget the first edits, which a snapshot of these tiles now holds."""
        self.digests = digests
        del self.edits[:count]
        self.pixels = sum(p.box.height * p.box.width for e in self.edits for p in e.change.patches)


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
    digests = list(tail.digests)
    boxes = list(tile_boxes(tail.shape))
    for number, patches in _by_tile(edits, tail.shape).items():
        digest, name, data = _draw(boxes[number], digests[number], patches, journal.tile, dtype)
        if digest != EMPTY:
            journal.add_tile(digest, name, data)
        digests[number] = digest
        yield
    sequence = edits[-1].sequence
    time = datetime.now(UTC).isoformat()
    joined = b"".join(digests)
    seal = _seal(chain, sequence, time, dtype, tail.shape, joined, objects)
    kept = set(digests)
    for other in journal.snapshots()[: KEPT - 1]:
        kept |= set(_split(other.tiles))
    journal.add_snapshot(
        SnapshotRow(sequence, time, dtype, joined, objects, seal),
        KEPT,
        journal.tile_digests() - kept,
    )
    tail.cut(len(edits), digests)


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
        if chain is not None and snapshot.digest != _seal(
            chain,
            snapshot.sequence,
            snapshot.time,
            snapshot.dtype,
            shape,
            snapshot.tiles,
            snapshot.objects,
        ):
            raise BrokenRowError("the snapshot is not as it was written")
        objects = decode_objects(zlib.decompress(snapshot.objects).decode())
        labels = np.zeros(shape, dtype=_unsigned(snapshot.dtype))
        boxes = tile_boxes(shape)
        for box, digest in zip(boxes, _split(snapshot.tiles), strict=True):
            if digest != EMPTY:
                labels[box.slices] = _unpack(digest, read(digest), box)
    except (zlib.error, TypeError, ValueError, AttributeError) as error:
        raise BrokenRowError(str(error)) from error
    return Base(snapshot.sequence, labels, objects)


def tile_boxes(shape: tuple[int, int]) -> Iterator[Box]:
    """Tiles of a picture, row by row."""
    for top in range(0, shape[0], TILE):
        for left in range(0, shape[1], TILE):
            yield Box(top, left, min(top + TILE, shape[0]), min(left + TILE, shape[1]))


def split_tiles(joined: bytes) -> list[bytes]:
    """Digests of a snapshot's tiles."""
    return list(_split(joined))


def _split(joined: bytes) -> Iterator[bytes]:
    return (joined[i : i + 32] for i in range(0, len(joined), 32))


def _by_tile(edits: Sequence[Edit], shape: tuple[int, int]) -> dict[int, list[Patch]]:
    """Patches in order, by the number of each tile they touch."""
    across = -(-shape[1] // TILE)
    touched: dict[int, list[Patch]] = {}
    for patch in (patch for edit in edits for patch in edit.change.patches):
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
    if name not in {"uint16", "uint32"}:
        raise BrokenRowError(f"labels of the kind {name!r}")
    return np.dtype(name)


def _tile_digest(dtype: str, data: bytes) -> bytes:
    return sha256(dtype.encode() + b"\n" + data).digest()


def _seal(
    chain: bytes,
    sequence: int,
    time: str,
    dtype: str,
    shape: tuple[int, int],
    tiles: bytes,
    objects: bytes,
) -> bytes:
    head = f"{sequence}\n{time}\n{dtype}\n{shape[0]},{shape[1]}\n{len(tiles)}\n".encode()
    return sha256(b"".join([chain, head, tiles, objects])).digest()
