"""Drafts of large pictures, tile by tile: the same as `segment.draft` makes of the whole."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from napari_fncells.core.cutoff import cutoff_of
from napari_fncells.core.distribution import Readable
from napari_fncells.core.errors import ParameterError
from napari_fncells.core.geometry import Box
from napari_fncells.core.labels import unsigned
from napari_fncells.core.params import DraftParams
from napari_fncells.core.tiling.blocks import Blocks
from napari_fncells.core.tiling.cells import CellTable, filtered, find_cells, table_of
from napari_fncells.core.tiling.fields import Held
from napari_fncells.core.tiling.masks import Masking
from napari_fncells.core.tiling.passes import Writable, tiles_of
from napari_fncells.core.tiling.reliefs import write_scores
from napari_fncells.core.tiling.scores import Scoring
from napari_fncells.core.tiling.work import Steps, each

TILE = 2048
"""px; side of a tile."""


@dataclass(frozen=True)
class TiledDraft:
    """A draft whose arrays may lie on disk.

    Attributes
    ----------
    labels
        (Y, X) uint16 or uint32, 0 = background, cells 1..count in reading order.
    scores
        (Y, X) float32 that it was cut from.
    cutoff
        The score above which a pixel belongs to a cell.
    count
        Number of cells.
    """

    labels: Writable
    scores: Writable
    cutoff: float
    count: int


def draft_tiles(
    image: Readable,
    params: DraftParams,
    *,
    score_out: Writable | None = None,
    labels_out: Writable | None = None,
    tile: int = TILE,
) -> Steps[TiledDraft]:
    """Propose a mask for a picture of any size, in steps.

    Yields in words what is done, tile by tile; where the generator is closed, nothing further
    is begun. Beside what is read and written it holds masks of a bit a pixel, packed labels,
    reduced pictures and the windows of two workers; see docs/drafts.md. A piece of the mask is
    cut and measured in one window that holds it, however large it is.

    Parameters
    ----------
    image
        (Y, X) or (Y, X, C), any real dtype: a NumPy or dask array, a memory map, a zarr store.
    params
        Sizes in px.
    score_out
        (Y, X) float32 array for the scores: a NumPy array, a memory map, a zarr store; one in
        memory where omitted. Of a store, its chunks should fit into tiles, as two workers write.
    labels_out
        (Y, X) array for the labels, of an integer type that holds the number of cells.
    tile
        Side of a tile in px.

    Returns
    -------
    TiledDraft
        Scores and labels are, bit by bit, those of `segment.draft`.

    Raises
    ------
    ParameterError
        For an array that is no picture, outputs of another shape or too small a type, a model,
        whose scores `cut_tiles` takes, or the cutoff method 'likeness', which judges pieces of
        the whole picture.
    """
    if params.by_model:
        raise ParameterError("Tiles of grey values are no probabilities.", "Leave the model out.")
    if params.by_likeness:
        raise ParameterError(
            "Pieces cannot be judged by their likeness to a cell part by part.",
            "Choose another cutoff method, for example 'mean + SD'.",
        )
    shape = (image.shape[0], image.shape[1]) if len(image.shape) > 1 else (0, 0)
    _refuse_other_shape("score map", score_out, shape)
    _refuse_other_shape("labels", labels_out, shape)
    scores: Writable = np.empty(shape, np.float32) if score_out is None else score_out
    yield from write_scores(Scoring(scores, tile), image, params.score, params.cutoff)
    return (yield from cut_tiles(scores, params, labels_out=labels_out, tile=tile))


def cut_tiles(
    scores: Writable,
    params: DraftParams,
    *,
    labels_out: Writable | None = None,
    tile: int = TILE,
) -> Steps[TiledDraft]:
    """Cut scores of a picture of any size into cells, in steps; see `draft_tiles`.

    Parameters
    ----------
    scores
        (Y, X) float32, against the surroundings for local methods; read, not written.
    params, labels_out, tile
        As there.
    """
    shape = (scores.shape[0], scores.shape[1])
    _refuse_other_shape("labels", labels_out, shape)
    cutoff = cutoff_of(scores, params.cutoff)
    held, masking = Held(scores), Masking(tile)
    mask = yield from masking.threshold(held, cutoff, params.cutoff)
    pieces = yield from masking.pieces(mask, params.clean_up)
    cells = yield from find_cells(pieces, held, params.clean_up, tile)
    table = yield from table_of(cells, tile)
    table = yield from filtered(cells, table, params.clean_up, tile)
    labels = _labels_for(labels_out, shape, table.ids.size)
    yield from _write(cells, table, labels, tile)
    return TiledDraft(labels, scores, cutoff, table.ids.size)


def _refuse_other_shape(name: str, out: Writable | None, shape: tuple[int, int]) -> None:
    if out is not None and tuple(out.shape) != shape:
        raise ParameterError(
            f"The array for the {name} has the shape {out.shape}, the picture {shape}."
        )


def _labels_for(given: Writable | None, shape: tuple[int, int], count: int) -> Writable:
    if given is None:
        return np.zeros(shape, unsigned(count))
    if given.dtype.kind not in "iu" or count > np.iinfo(given.dtype).max:
        raise ParameterError(
            f"{count} cells cannot be numbered in {given.dtype.name}.",
            "Hand in an array of uint32.",
        )
    return given


def _write(cells: Blocks, table: CellTable, labels: Writable, side: int) -> Steps[None]:
    """Number the cells in reading order."""
    rank = np.zeros(int(table.ids.max(initial=0)) + 1, labels.dtype)
    rank[table.ids] = np.arange(1, table.ids.size + 1)

    def act(tile: Box) -> None:
        numbers = cells.read(tile)
        # Cells left out may have numbers above all that are kept
        numbers[numbers >= rank.size] = 0
        labels[tile.slices] = rank[numbers]

    yield from each(tiles_of(cells.shape, side), act, "Writing the labels")
