"""Patches of pictures on their way into a folder."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Generator, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from napari_fncells.core.errors import UserError
from napari_fncells.core.params.patches import PatchParams
from napari_fncells.core.patches import Patch, cut_patches
from napari_fncells.io.datasets.progress import Progress
from napari_fncells.io.exporters.base import GroundTruth
from napari_fncells.io.patches import PatchForm, PatchRow
from napari_fncells.io.patches.base import Contents
from napari_fncells.io.patches.index import PATCHES_NAME, SPLITS_NAME, SplitRow, table
from napari_fncells.io.patches.manifest import SplitFacts
from napari_fncells.io.patches.plain_file import write_plain
from napari_fncells.session.patch_proof import digest_of
from napari_fncells.session.splitting import Candidate, Division

_AT_ONCE = 16
"""Patches in memory."""
CUT_FROM, PROVED_FROM, PROVED = 0.1, 0.6, 0.95
"""Shares of the whole that are done when cutting begins, when it is done, and after the proof."""


@dataclass
class Looked:
    """What is known of the pictures after the first look, by name."""

    candidates: dict[str, Candidate] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)
    """SHA-256 of the files."""


@dataclass
class PatchWork:
    """Cuts and writes, and keeps what is needed to prove it.

    Attributes
    ----------
    params
        Where patches lie.
    form
        What they are written as.
    folder
        Where to.
    division
        The split of each picture.
    looked
        The pictures as they were when they were divided.
    rows, digests
        The index, and what each patch holds.
    """

    params: PatchParams
    form: PatchForm
    folder: Path
    division: Division
    looked: Looked
    rows: list[PatchRow] = field(default_factory=list)
    digests: dict[str, bytes] = field(default_factory=dict)
    _stems: set[str] = field(default_factory=set)
    _undecided: bool = False

    def write(self, truths: Iterable[GroundTruth]) -> Generator[str, None, None]:
        """Cut and write all, then the tables."""
        total, threads, number = len(self.looked.candidates), os.cpu_count() or 1, 0
        with closing(self.form.writer(self.folder)) as writer, ThreadPoolExecutor(threads) as pool:
            for number, truth in enumerate(truths, 1):
                yield told("Cutting", truth.name, number, total, (CUT_FROM, PROVED_FROM))
                patches = self._cut(truth)
                while batch := list(islice(patches, _AT_ONCE)):
                    encode = partial(_encoded, self.form)
                    for row, digest, contents in pool.map(encode, batch):
                        file = writer.add(row, contents)
                        self.rows.append(replace(row, file=file))
                        self.digests[row.patch] = digest
        if number != total:
            raise _changed("Something")
        if not self.rows:
            raise UserError(
                "No patch was kept: none has a cell.", "Keep a share of those without cells."
            )
        self._write_tables()

    def facts_of(self, split: str) -> SplitFacts:
        """What a split holds."""
        rows = [row for row in self.rows if row.split == split]
        return SplitFacts(
            pictures=sum(each == split for each in self.division.splits.values()),
            patches=len(rows),
            empty=sum(not row.cells for row in rows),
            cells=sum(row.cells for row in rows),
        )

    def total(self, what: str) -> int:
        """Sum over the patches."""
        return sum(getattr(row, what) for row in self.rows)

    @property
    def notes(self) -> tuple[str, ...]:
        """What there is to know, in sentences."""
        notes = list(self.division.notes)
        cut, dropped = self.total("cut"), self.total("dropped")
        padded = len({row.picture for row in self.rows if row.padded_rows or row.padded_columns})
        value = self.params.ignore_value
        ignored = f"the value {value}" if value else "background"
        if cut:
            notes.append(f"{cut:,} cells are cut by the edge of their patch.")
        if dropped:
            notes.append(
                f"{dropped:,} cells of which too little lies in a patch are {ignored} in its mask."
            )
        if padded:
            notes.append(
                f"{padded:,} pictures are smaller than a patch: what lies beyond them is black, "
                f"{ignored} in the mask."
            )
        if self._undecided:
            notes.append(f"Ignored regions are {ignored} in the masks.")
        return tuple(notes)

    def _cut(self, truth: GroundTruth) -> Iterator[tuple[PatchRow, Patch]]:
        image = truth.read_pixels()
        identity = identity_of(image.pixels)
        known = self.looked.candidates.get(truth.name)
        if known is None or (known.identity, known.cells) != (identity, len(truth.cells)):
            raise _changed(truth.name)
        self._undecided = self._undecided or truth.ignored is not None
        stem = self._stem(truth.stem)
        patches = cut_patches(
            truth.name, plain(image.pixels), truth.labels, self.params, truth.ignored
        )
        for patch in patches:
            box = patch.box
            yield (
                PatchRow(
                    patch=f"{stem}_y{box.top:05d}_x{box.left:05d}",
                    split=self.division.splits[truth.name],
                    file="",
                    picture=truth.name,
                    group=self.division.groups[truth.name],
                    identity=identity,
                    top=box.top,
                    left=box.left,
                    height=box.height,
                    width=box.width,
                    padded_rows=patch.padded[0],
                    padded_columns=patch.padded[1],
                    cells=patch.cells,
                    cut=patch.cut,
                    dropped=patch.dropped,
                ),
                patch,
            )

    def _stem(self, stem: str) -> str:
        """Start of the patches' names: without dots, at which shards part names, and unique."""
        safe = re.sub(r"[^\w\-+() ]", "_", stem)
        found, number = safe, 1
        while found.casefold() in self._stems:
            number += 1
            found = f"{safe}-{number}"
        self._stems.add(found.casefold())
        return found

    def _write_tables(self) -> None:
        counts = Counter(row.picture for row in self.rows)
        pictures = [
            SplitRow(
                picture=each.name,
                split=self.division.splits[each.name],
                group=self.division.groups[each.name],
                cells=each.cells,
                patches=counts[each.name],
                sha256=self.looked.files[each.name],
                identity=each.identity,
            )
            for each in self.looked.candidates.values()
        ]
        write_plain(self.folder / PATCHES_NAME, table(PatchRow, self.rows))
        write_plain(self.folder / SPLITS_NAME, table(SplitRow, pictures))


def told(doing: str, name: str, number: int, total: int, part: tuple[float, float]) -> Progress:
    """What is being done, and how far the whole is; a total of 0 is not known."""
    if not total:
        return Progress(f"{doing} {name} ({number:,})")
    share = part[0] + (part[1] - part[0]) * (number - 1) / total
    return Progress(f"{doing} {name} ({number:,} of {total:,})", min(share, part[1]))


def identity_of(pixels: NDArray[Any]) -> str:
    """SHA-256 of a picture's pixels: equal however the file holds them."""
    return digest_of({"": plain(pixels)}).hex()


def plain(pixels: NDArray[Any]) -> NDArray[Any]:
    """A single channel has no axis of its own."""
    return pixels[..., 0] if pixels.ndim == 3 and pixels.shape[2] == 1 else pixels


def _changed(what: str) -> UserError:
    return UserError(f"{what} changed while patches were made.", "Make the patches again.")


def _encoded(form: PatchForm, made: tuple[PatchRow, Patch]) -> tuple[PatchRow, bytes, Contents]:
    row, patch = made
    arrays = patch.arrays
    return row, digest_of(arrays), form.encode(row, arrays)
