"""What the status bar says of cells and edits."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from napari_fncells.core.objects import CellObject, ObjectState
from napari_fncells.model.card import ModelCard

STATE_WORDS = {
    ObjectState.DRAFT: "draft",
    ObjectState.ACCEPTED: "accepted",
    ObjectState.ADDED: "added",
    ObjectState.EDITED: "edited",
    ObjectState.UNSURE: "unsure",
    ObjectState.REMOVED: "removed",
}
"""States as a person reads them."""


def cells_in_words(count: int) -> str:
    """Return 'no cell', '1 cell' or '5 cells'."""
    return "no cell" if count == 0 else f"{count} cell{'s' if count > 1 else ''}"


def ids_in_words(ids: Sequence[int]) -> str:
    """Return '17 and 52', or '17, 52 and 53'."""
    names = [str(i) for i in ids]
    return " and ".join([*([", ".join(names[:-1])] if len(names) > 1 else []), names[-1]])


def removed_in_words(cells: Sequence[CellObject]) -> str:
    """What was removed, and how it comes back."""
    if len(cells) == 1:
        return f"Removed cell {cells[0].id}. Ctrl+Z brings it back."
    return f"Removed {len(cells)} cells. Ctrl+Z brings them back."


def parts_in_words(verb: str, cell: int, pieces: Sequence[int]) -> str:
    """Return 'Cut cell 17 in two: 17 and 52.'."""
    number = "in two" if len(pieces) == 2 else f"into {len(pieces)}"
    return f"{verb} cell {cell} {number}: {ids_in_words(pieces)}."


def reverted_in_words(cell: CellObject, returned: Sequence[int], *, clipped: bool) -> str:
    """What a cell is now, and which cells that were joined into it are there again."""
    words = f"Cell {cell.id} is as its draft had it"
    if clipped:
        words += ", but for the ground of other cells"
    if len(returned) == 1:
        words += f"; cell {returned[0]} is back"
    elif returned:
        words += f"; cells {ids_in_words(returned)} are back"
    return f"{words}."


def redrawn_in_words(cell: int, absorbed: Sequence[int]) -> str:
    """Which cell has a new outline, and which others are part of it now."""
    words = f"Cell {cell} has the new outline"
    if absorbed:
        one = len(absorbed) == 1
        cells = f"cell{'' if one else 's'} {ids_in_words(absorbed)} {'is' if one else 'are'}"
        words += f"; {cells} part of it"
    return f"{words}."


def judged_already(cell: CellObject) -> str:
    """Why a cell is not accepted once more."""
    if cell.state in (ObjectState.ADDED, ObjectState.EDITED):
        return f"Cell {cell.id} was {STATE_WORDS[cell.state]} by hand, which accepts it."
    return f"Cell {cell.id} is {STATE_WORDS[cell.state]} already."


def done_in_words(accepted: int, cells: Iterable[CellObject]) -> str:
    """What marking a picture as done did."""
    rest = sum(cell.state is ObjectState.UNSURE for cell in cells)
    words = f"Done: accepted {cells_in_words(accepted)}."
    if rest:
        words += (
            f" {cells_in_words(rest).capitalize()} {'are' if rest > 1 else 'is'} still unsure."
        )
    return words


def figures_in_words(cell: CellObject, area_um2: float | None, mean: float, score: float) -> str:
    """Return 'Cell 17: edited, 1,136 px² (112 µm²), mean intensity 34.5, score 8.3 SD'."""
    size = f"{cell.area:,} px²" + ("" if area_um2 is None else f" ({area_um2:,.0f} µm²)")
    return (
        f"Cell {cell.id}: {STATE_WORDS[cell.state]}, {size}, "
        f"mean intensity {mean:,.4g}, score {score:.1f} SD"
    )


def card_in_words(card: ModelCard) -> list[tuple[str, str]]:
    """What a card says of a model: titles and words, those that say something."""
    figures = "; ".join(f"{name}: {value:.4g}" for name, value in card.metrics.items())
    source = card.source
    lines = [
        ("Trained on", card.training_data),
        ("Figures", figures),
        ("Cutoff", f"{card.cutoff:g}"),
        ("Licence", card.licence),
        ("Imported from", f"{source.file} ({source.kind})" if source is not None else ""),
        ("Notes", " ".join(card.notes)),
        ("SHA-256", card.sha256),
    ]
    return [(title, words) for title, words in lines if words]
