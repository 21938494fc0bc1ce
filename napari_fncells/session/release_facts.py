"""What the report of a set says of its pictures, and of all of them together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from napari_fncells.core.binary import binary_mask, component_count, touching_pairs
from napari_fncells.io.printable import printable
from napari_fncells.io.report import LeftOut, PictureFacts, Totals
from napari_fncells.session.curated import Curated
from napari_fncells.session.entry import UNTOUCHED, EntryState

_RANKS = (0, 5, 50, 95, 100)


def facts_of_picture(each: Curated) -> PictureFacts:
    """What is told of one picture, before its formats are compared."""
    truth = each.truth
    return PictureFacts(
        name=printable(truth.name),
        stem=printable(truth.stem),
        sha256=each.sha256,
        size=each.size,
        height=truth.shape[0],
        width=truth.shape[1],
        pixel_size_um=truth.pixel_size,
        split=truth.split,
        state=str(each.state),
        annotator=printable(each.annotator),
        cells=len(truth.cells),
        states=dict(Counter(str(cell.state) for cell in truth.cells)),
        ignored=0 if truth.ignored is None else int(np.count_nonzero(truth.ignored)),
        components=component_count(binary_mask(truth.labels)),
        touching=len(touching_pairs(truth.labels)),
        planted_found=each.attention.found,
        planted_missed=each.attention.missed,
        notes=each.notes,
    )


def totals_of(facts: Sequence[PictureFacts], areas: NDArray[np.integer]) -> Totals:
    """Sums; `areas` are those of all cells, (N,) in px²."""
    cell_states: Counter[str] = Counter()
    for each in facts:
        cell_states.update(each.states)
    found = np.percentile(areas, _RANKS).tolist() if areas.size else []
    return Totals(
        pictures=len(facts),
        empty=sum(each.cells == 0 for each in facts),
        cells=sum(each.cells for each in facts),
        components=sum(each.components for each in facts),
        touching=sum(each.touching for each in facts),
        ignored=sum(each.ignored for each in facts),
        planted_found=sum(each.planted_found for each in facts),
        planted_missed=sum(each.planted_missed for each in facts),
        states=dict(Counter(each.state for each in facts)),
        cell_states=dict(cell_states),
        areas={f"p{rank}": float(area) for rank, area in zip(_RANKS, found, strict=False)},
    )


def notes_on(facts: Sequence[PictureFacts], left_out: Sequence[LeftOut]) -> tuple[str, ...]:
    """What there is to know first, in sentences."""
    failed = sum(each.failed for each in left_out)
    states = [EntryState(each.state) for each in facts]
    told = (
        (failed, "picture", "could not be read and {is} not in the set"),
        (len(left_out) - failed, "picture", "of the folder {was} not taken into the set"),
        (sum(s in UNTOUCHED for s in states), "picture", "{has} a mask that nobody has reviewed"),
        (states.count(EntryState.UNSURE), "picture", "{is} marked as unsure"),
        (sum(each.states.get("unsure", 0) for each in facts), "cell", "{is} marked as unsure"),
    )
    return tuple(_sentence(count, what, words) for count, what, words in told if count)


def _sentence(count: int, what: str, words: str) -> str:
    one = count == 1
    verbs = {"is": "is" if one else "are", "was": "was" if one else "were"}
    verbs["has"] = "has" if one else "have"
    return f"{count:,} {what}{'' if one else 's'} {words.format(**verbs)}."
