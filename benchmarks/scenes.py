"""Drafted pictures of any size, made of one crowded tile, with the places of gestures in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from napari_fncells.core.binary import touching_pairs
from napari_fncells.core.document import Document
from napari_fncells.core.objects import CellObject
from napari_fncells.core.segment import draft
from napari_fncells.core.simulate import simulate_image
from napari_fncells.io.images import Image
from napari_fncells.session.image import ImageSession, Outcome

Point = tuple[float, float]
Path = list[Point]

SHAPES = ((1200, 1600), (4096, 4096), (10_000, 10_000), (16_000, 16_000), (20_000, 20_000))
BASE = SHAPES[0]
"""The picture that larger ones are compared with, and the tile they are made of."""

_LEFT_OUT = 7  # so many cells of the draft are missing from it, to be added
_AWAY = 40  # px from the rim of the tile that a gesture stays inside
_SIGHT = 130
"""px that growing a cell looks at around a click: nearer to the rim, the next tile would count."""
_LASSO = 5


@dataclass(frozen=True)
class Tile:
    """A crowded picture, its draft, and where each gesture finds something to do.

    Attributes
    ----------
    pixels, labels
        (1200, 1600, 3) uint8 and (1200, 1600) uint16.
    cells, grounds, clumps, rough
        A pixel of cells to remove, of missing ones, of cells that can be split and smoothed.
    cuts, joins, lassos, traces
        Paths of drags.
    """

    pixels: NDArray[np.uint8]
    labels: NDArray[np.uint16]
    cells: list[Point]
    grounds: list[Point]
    clumps: list[Point]
    rough: list[Point]
    cuts: list[Path]
    joins: list[Path]
    lassos: list[Path]
    traces: list[Path]


@cache
def tile() -> Tile:
    """The tile; places are kept where a trial of the gesture makes an edit."""
    pixels, _ = simulate_image("crowded", seed=4)
    labels = draft(pixels).labels.astype(np.uint16)
    for first, second in touching_pairs(labels)[::2]:
        labels[labels == second] = first
    missing = np.unique(labels)[1:][::_LEFT_OUT]
    whole = session_of(pixels, labels).document
    grounds = [
        _inside(whole, whole.objects[int(i)])
        for i in missing
        if _far_from_rim(whole.objects[int(i)], _SIGHT)
    ]
    labels[np.isin(labels, missing)] = 0
    session = session_of(pixels, labels)
    cells = [cell for cell in session.document.cells if _far_from_rim(cell)]
    ids = {_inside(session.document, cell): cell.id for cell in cells}

    def works(act: Callable[[], Outcome]) -> bool:
        done = act().edit is not None
        if done:
            session.document.undo()
        return done

    return Tile(
        pixels,
        labels,
        cells=list(ids),
        grounds=[p for p in grounds if works(lambda p=p: session.fix_at(*_whole(p)))],
        clumps=[p for p, i in ids.items() if works(lambda i=i: session.split(i))],
        rough=[p for p, i in ids.items() if works(lambda i=i: session.smooth(i))],
        cuts=[p for p in map(_cut, cells) if works(lambda p=p: session.cut_or_join(p))],
        joins=[p for p in _joins(session.document, cells)
               if works(lambda p=p: session.cut_or_join(p))],
        lassos=[p for p in _lassos(cells) if _takes_five(session, p)],
        traces=[p for p in map(_ring, grounds) if works(lambda p=p: session.trace(p))],
    )  # fmt: skip


def tiled(shape: tuple[int, int]) -> tuple[NDArray[np.uint8], NDArray[np.uint16]]:
    """A picture of one channel and its draft, of a size, with an id for every cell."""
    base = tile()
    light = np.ascontiguousarray(base.pixels[..., 0])
    pixels = np.empty(shape, np.uint8)
    labels = np.empty(shape, np.uint16)
    count = int(base.labels.max())
    for number, (top, left) in enumerate(corners(shape)):
        rows, columns = min(BASE[0], shape[0] - top), min(BASE[1], shape[1] - left)
        here = slice(top, top + rows), slice(left, left + columns)
        pixels[here] = light[:rows, :columns]
        part = base.labels[:rows, :columns]
        labels[here] = np.where(part, part + number * count, 0)
    return pixels, labels


def corners(shape: tuple[int, int]) -> Iterator[tuple[int, int]]:
    """Upper left pixel of every tile of a picture, those cut by its rim included."""
    for top in range(0, shape[0], BASE[0]):
        for left in range(0, shape[1], BASE[1]):
            yield top, left


def middle_corner(shape: tuple[int, int]) -> tuple[int, int]:
    """Upper left pixel of a whole tile near the middle of a picture."""
    row, column = (
        max(min(size // 2 // side, size // side - 1), 0) * side
        for size, side in zip(shape, BASE, strict=True)
    )
    return row, column


def moved(path: Path, corner: tuple[int, int]) -> Path:
    """A path of the tile, in a picture whose tile lies at a corner."""
    return [(row + corner[0], column + corner[1]) for row, column in path]


def session_of(pixels: NDArray[np.generic], labels: NDArray[np.integer]) -> ImageSession:
    """A picture with labels taken over as its draft."""
    session = ImageSession(Image(pixels, name="scene.png"))
    session.adopt(labels, "scene")
    return session


def _whole(point: Point) -> tuple[int, int]:
    return round(point[0]), round(point[1])


def _inside(document: Document, cell: CellObject) -> Point:
    """The pixel of a cell nearest to its centre of gravity."""
    pixels = np.argwhere(document.labels[cell.box.slices] == cell.id)
    nearest = np.hypot(*(pixels - pixels.mean(axis=0)).T).argmin()
    row, column = pixels[nearest]
    return float(row + cell.box.top), float(column + cell.box.left)


def _far_from_rim(cell: CellObject, away: int = _AWAY) -> bool:
    box = cell.box.padded(away)
    return box.clip(BASE) == box


def _cut(cell: CellObject) -> Path:
    """A stroke through the middle of a cell, across its longer side."""
    row, column = cell.box.centre
    if cell.box.height > cell.box.width:
        reach = cell.box.width / 2 + 6
        return [(row, column + reach * step) for step in np.linspace(-1, 1, 8)]
    reach = cell.box.height / 2 + 6
    return [(row + reach * step, column) for step in np.linspace(-1, 1, 8)]


def _joins(document: Document, cells: list[CellObject]) -> Iterator[Path]:
    """Strokes from each cell to the one nearest to it."""
    places = np.array([_inside(document, cell) for cell in cells])
    for place in places:
        away = np.hypot(*(places - place).T)
        other = places[np.argsort(away)[1]]
        yield [tuple(place + (other - place) * part) for part in np.linspace(0, 1, 8)]


def _lassos(cells: list[CellObject]) -> Iterator[Path]:
    """Circles around each cell and those nearest to it."""
    centres = np.array([cell.box.centre for cell in cells])
    for centre in centres:
        nearest = np.argsort(np.hypot(*(centres - centre).T))[:_LASSO]
        boxes = [cells[int(k)].box.padded(3) for k in nearest]
        whole = boxes[0]
        for box in boxes[1:]:
            whole = whole.union(box)
        (top, left, bottom, right) = whole.clip(BASE)
        row, column = (top + bottom) / 2, (left + right) / 2
        turn = np.linspace(0, 2 * np.pi, 24)
        height, width = (bottom - top) / 2**0.5, (right - left) / 2**0.5
        path = np.stack([row + height * np.sin(turn), column + width * np.cos(turn)], axis=1)
        yield [tuple(point) for point in np.clip(path, 1, np.array(BASE) - 2)]


def _takes_five(session: ImageSession, path: Path) -> bool:
    edit = session.remove_inside(path).edit
    if edit is None:
        return False
    session.document.undo()
    return len(edit.change.objects) == _LASSO


def _ring(point: Point) -> Path:
    """A circle of the size of a cell."""
    turn = np.linspace(0, 2 * np.pi, 24)
    return [(point[0] + 14 * np.sin(a), point[1] + 14 * np.cos(a)) for a in turn]
