"""Which errors are planted in a picture: chosen by a seed, the same for the same picture."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from napari_fncells.core.attention.clean import as_hidden
from napari_fncells.core.attention.plants import HIDDEN, PLANTED
from napari_fncells.core.document import Document
from napari_fncells.core.edits import Change, EditKind, ObjectChange, Patch, patches_between
from napari_fncells.core.geometry import Box, grouped
from napari_fncells.core.objects import CellObject, ObjectState, Origin
from napari_fncells.core.params.attention import AttentionParams
from napari_fncells.core.pixels import writable

_TRIES = 80
_ENOUGH = 8  # places among which the most plausible one is taken
_APART = 4  # px between a false cell and whatever else there is
_DIM = 0.1  # of the way from the ground's score to that of the cells: no cell is fainter
_FEWEST = 3  # cells without which none is hidden


@dataclass(frozen=True)
class Planting:
    """How a picture is planted.

    Attributes
    ----------
    seed
        Of all choices; see `seed_of`.
    params
        How many errors.
    """

    seed: int
    params: AttentionParams


def seed_of(*names: str) -> int:
    """A seed that is the same for the same names, such as folder, picture and annotator."""
    text = "\0".join(names).encode("utf-8", "surrogateescape")
    return int.from_bytes(hashlib.sha256(text).digest()[:8], "big")


def is_due(document: Document) -> bool:
    """Whether errors may be planted: the mask is a draft, just made, that nobody has touched."""
    # Another step would take away what can be redone
    if document.read_only or document.redo_summary is not None:
        return False
    newest = next(document.newest_in_force, None)
    return newest is not None and newest.change.kind is EditKind.DRAFT


def plant(
    document: Document,
    score: NDArray[np.floating] | NDArray[np.integer],
    seed: int,
    params: AttentionParams | None = None,
) -> Change | None:
    """Choose errors for a picture that was just drafted.

    False cells are outlines of cells of the picture, turned, on ground where the score is low,
    nothing was removed and nothing is ignored. Cells that are hidden are those of a high score.

    Parameters
    ----------
    document
        Read, not written; `is_due` is to be true.
    score
        (Y, X), higher = more cell-like; the intensity will do.
    seed
        Of all choices.
    params
        How many.

    Returns
    -------
    Change or None
        Continues the draft, with which it is undone; None where nothing is planted.
    """
    params = params or AttentionParams()
    rng = np.random.default_rng(seed)
    ignored = document.ignored_cells
    drafted = sorted(
        (c for c in document.cells if not c.touched and c.id not in ignored), key=lambda c: c.id
    )
    false, hide = _numbers(len(drafted), params, rng)
    if not false + hide:
        return None
    hidden = _to_hide(document, drafted, score, hide, rng)
    placed = _false_cells(document, drafted, score, false, rng) if false else []
    if not hidden and not placed:
        return None
    return _change(document, hidden, placed)


def _numbers(cells: int, params: AttentionParams, rng: np.random.Generator) -> tuple[int, int]:
    """How many false cells and how many hidden ones; on average what the parameters say."""
    luck, chance = rng.random(), rng.random()
    count = int(params.share * cells + luck)
    if not count and cells and chance < params.at_least:
        count = 1
    false = int(rng.binomial(count, params.false_cells))
    if cells < _FEWEST:
        return count if params.false_cells else 0, 0
    return false, count - false


def _to_hide(
    document: Document,
    cells: list[CellObject],
    score: NDArray[np.generic],
    count: int,
    rng: np.random.Generator,
) -> list[tuple[CellObject, NDArray[np.bool_]]]:
    """Cells of the best third by their score: those that are cells, in all likelihood."""
    if not count:
        return []
    masks = {c.id: document.labels[c.box.slices] == c.id for c in cells}
    means = {c.id: float(score[c.box.slices][masks[c.id]].mean()) for c in cells}
    better = sorted(cells, key=lambda c: -means[c.id])[: max(1, len(cells) // 3)]
    chosen = rng.choice(len(better), size=min(count, len(better)), replace=False)
    return [(better[n], masks[better[n].id]) for n in sorted(chosen.tolist())]


def _false_cells(
    document: Document,
    cells: list[CellObject],
    score: NDArray[np.generic],
    count: int,
    rng: np.random.Generator,
) -> list[tuple[Box, NDArray[np.bool_]]]:
    """Outlines of cells of the picture, on ground where there is none."""
    if not cells:
        return []
    taken = _taken(document)
    limit = _limit(document, score)
    placed: list[tuple[Box, NDArray[np.bool_]]] = []
    for _ in range(count):
        found: list[tuple[float, Box, NDArray[np.bool_]]] = []
        for _ in range(_TRIES):
            if len(found) == _ENOUGH:
                break
            model = cells[int(rng.integers(len(cells)))]
            mask = document.labels[model.box.slices] == model.id
            mask = np.rot90(mask, int(rng.integers(4)))
            mask = mask[::-1] if rng.random() < 0.5 else mask
            box = _somewhere(mask.shape, document.shape, rng)
            if box is None or (taken[box.slices] & mask).any():
                continue
            mean = float(score[box.slices][mask].mean())
            if mean < limit:
                found.append((mean, box, mask))
        if found:
            _, box, mask = max(found, key=lambda each: each[0])
            placed.append((box, mask))
            _keep_apart(taken, box, mask)
    return placed


def _somewhere(
    size: tuple[int, ...], shape: tuple[int, int], rng: np.random.Generator
) -> Box | None:
    rows, columns = shape[0] - size[0], shape[1] - size[1]
    if rows < 0 or columns < 0:
        return None
    top, left = int(rng.integers(rows + 1)), int(rng.integers(columns + 1))
    return Box(top, left, top + size[0], left + size[1])


def _limit(document: Document, score: NDArray[np.generic]) -> float:
    """Score below which ground holds no cell."""
    cells = document.labels > 0
    # An even sample will do: a median of a large picture takes seconds
    every = max(1, int(np.sqrt(score.size / 250_000)))
    part, inside = score[::every, ::every].astype(np.float64), cells[::every, ::every]
    if not inside.any() or inside.all():
        return float(np.median(part))
    ground, within = float(np.median(part[~inside])), float(np.median(part[inside]))
    return ground + _DIM * max(within - ground, 0.0)


def _taken(document: Document) -> NDArray[np.bool_]:
    """Pixels too near to a cell, to where one was removed, or to ignored ground."""
    plane = ((document.labels > 0) | (document.ignored > 0)).astype(np.uint8)
    for item in document.objects.values():
        if item.footprint is not None:
            plane[item.footprint.box.slices] |= item.footprint.mask
    side = 2 * _APART + 1
    near = cv2.dilate(plane, np.ones((side, side), np.uint8))
    return np.asarray(near.reshape(plane.shape) > 0)


def _keep_apart(taken: NDArray[np.bool_], box: Box, mask: NDArray[np.bool_]) -> None:
    wide = box.padded(_APART).clip(taken.shape)
    plane = np.zeros((wide.height, wide.width), np.uint8)
    plane[box.within(wide)] = mask
    side = 2 * _APART + 1
    taken[wide.slices] |= cv2.dilate(plane, np.ones((side, side), np.uint8)) > 0


def _change(
    document: Document,
    hidden: list[tuple[CellObject, NDArray[np.bool_]]],
    placed: list[tuple[Box, NDArray[np.bool_]]],
) -> Change:
    """One change that takes the ones out and puts the others in."""
    first = document.next_id
    boxes = {n: box for n, (box, _) in enumerate(placed)}
    boxes |= {len(placed) + n: cell.box for n, (cell, _) in enumerate(hidden)}
    patches: list[Patch] = []
    for area, members in grouped(boxes):
        before = writable(document, area, len(placed))
        after = before.copy()
        for n in members:
            if n < len(placed):
                after[placed[n][0].within(area)][placed[n][1]] = first + n
            else:
                cell, mask = hidden[n - len(placed)]
                after[cell.box.within(area)][mask] = 0
        patches += patches_between(area, before, after)
    objects = [ObjectChange(cell, as_hidden(cell, mask)) for cell, mask in hidden]
    objects += [ObjectChange(None, _planted(first + n, *each)) for n, each in enumerate(placed)]
    return Change(
        EditKind.PLANT,
        tuple(patches),
        tuple(objects),
        next(document.newest_in_force).change.summary,  # as whose part it is undone
        {
            PLANTED: list(range(first, first + len(placed))),
            HIDDEN: [cell.id for cell, _ in hidden],
        },
        continues=True,
    )


def _planted(i: int, box: Box, mask: NDArray[np.bool_]) -> CellObject:
    return CellObject(i, ObjectState.DRAFT, Origin.PLANT, box, int(np.count_nonzero(mask)))
