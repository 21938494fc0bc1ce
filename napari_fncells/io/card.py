"""The card of a data set for people: README.md."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from napari_fncells.core.params.card import CardParams
from napari_fncells.io.card_facts import CardPicture, Work
from napari_fncells.io.markdown import paragraphs, plain, table, verbatim
from napari_fncells.io.report import FormatFacts

README_NAME = "README.md"

_ORDER = ("train", "trainval", "val", "test", "")
_RANKS = (5, 25, 50, 75, 95)
_MINUTE = 60


def readme(
    pictures: Sequence[CardPicture],
    params: CardParams,
    formats: Sequence[FormatFacts] = (),
    notes: Sequence[str] = (),
) -> bytes:
    """The card, in Markdown; the same for the same facts.

    Parameters
    ----------
    pictures
        At least one.
    params
        What people say of the set.
    formats
        What it is written in.
    notes
        What else is to be known, in sentences.
    """
    parts = [
        f"# {plain(params.title)}",
        paragraphs(params.description),
        _held(pictures),
        _sizes(pictures),
        _lights(pictures),
        _made(pictures, notes),
        _files(formats),
        _rights(params),
    ]
    return ("\n\n".join(part for part in parts if part) + "\n").encode("utf-8")


def _held(pictures: Sequence[CardPicture]) -> str:
    splits = sorted({p.split for p in pictures}, key=_rank)
    head = ("split", "pictures", "without cells", "cells", "cells a picture (median, range)")
    rows = [_row(split or "all", [p for p in pictures if p.split == split]) for split in splits]
    if len(splits) > 1:
        rows.append(_row("all", pictures))
    sizes = Counter(f"{p.height} x {p.width} px, {_kind(p)}" for p in pictures)
    kinds = "; ".join(f"{size} ({number:,})" for size, number in sorted(sizes.items()))
    scales = sorted({round(p.pixel_size, 4) for p in pictures if p.pixel_size})
    told = f"Sizes (height x width): {kinds}."
    if scales:
        told += f" Pixels of {' and '.join(f'{scale:g}' for scale in scales)} µm."
    else:
        told += " The size of a pixel is not known."
    return f"## What it holds\n\n{table(head, rows)}\n\n{told}"


def _rank(split: str) -> tuple[int, str]:
    return (_ORDER.index(split) if split in _ORDER else len(_ORDER)), split


def _kind(picture: CardPicture) -> str:
    channels = "grey" if picture.channels == 1 else f"{picture.channels} channels"
    return f"{channels}, {picture.dtype}"


def _row(name: str, pictures: Sequence[CardPicture]) -> tuple[str, ...]:
    counts = [p.cells for p in pictures]
    return (
        plain(name),
        f"{len(counts):,}",
        f"{counts.count(0):,}",
        f"{sum(counts):,}",
        f"{statistics.median(counts):g} ({min(counts)} to {max(counts)})",
    )


def _sizes(pictures: Sequence[CardPicture]) -> str:
    areas = np.array([area for p in pictures for area in p.areas], dtype=np.float64)
    if not areas.size:
        return ""
    head = ("area of cells", "mean", *[f"p{rank}" for rank in _RANKS], "largest")
    rows = [_areas("px²", areas)]
    scaled = [(p.areas, p.pixel_size) for p in pictures if p.cells]
    if all(size for _, size in scaled):
        squared = [area * size**2 for areas_, size in scaled if size for area in areas_]
        rows.append(_areas("µm²", np.array(squared)))
    return f"## Cells\n\n{table(head, rows)}"


def _areas(unit: str, areas: NDArray[np.float64]) -> tuple[str, ...]:
    figures = [areas.mean(), *np.percentile(areas, _RANKS), areas.max()]
    return (unit, *(f"{figure:,.0f}" for figure in figures))


def _lights(pictures: Sequence[CardPicture]) -> str:
    told: tuple[tuple[str, Callable[[CardPicture], float | None]], ...] = (
        ("1st percentile", lambda p: p.light.low),
        ("mean", lambda p: p.light.mean),
        ("99th percentile", lambda p: p.light.high),
        ("mean in cells", lambda p: p.light.cells),
        ("mean elsewhere", lambda p: p.light.around),
    )
    rows = []
    for name, look in told:
        found = [value for p in pictures if (value := look(p)) is not None]
        if found:
            middle = statistics.median(found)
            rows.append((name, f"{middle:.4g}", f"{min(found):.4g}", f"{max(found):.4g}"))
    head = ("intensity of a picture", "median", "least", "greatest")
    return (
        f"## Intensities\n\n{table(head, rows)}\n\n"
        "Of the brightest channel of each pixel, in the values of the files."
    )


def _made(pictures: Sequence[CardPicture], notes: Sequence[str]) -> str:
    lines = [*made_in_words(pictures), *notes]
    return "## How it was made\n\n" + "\n".join(f"- {plain(line)}" for line in lines)


def made_in_words(pictures: Sequence[CardPicture]) -> list[str]:
    """How a set was drafted and corrected, in sentences."""
    lines = []
    works = [p.work for p in pictures if p.work is not None]
    states = Counter(p.state for p in pictures if p.state)
    if states:
        told = ", ".join(f"{number:,} {state}" for state, number in sorted(states.items()))
        lines.append(f"State of the pictures: {told}.")
    if not works:
        return [*lines, "How the masks were drafted and corrected is not known."]
    if len(works) < len(pictures):
        lines.append(f"What follows is known of {len(works):,} of {len(pictures):,} pictures.")
    lines += [*_corrections(works), *_attention(works), *_effort(works)]
    ignored = sum(p.ignored > 0 for p in pictures)
    if ignored:
        lines.append(f"{ignored:,} pictures have regions that were left undecided.")
    return lines


def _corrections(works: Sequence[Work]) -> list[str]:
    drafted, removed, added = (
        sum(getattr(work, name) for work in works) for name in ("drafted", "removed", "added")
    )
    edited, untouched = (sum(getattr(w, name) for w in works) for name in ("edited", "untouched"))
    if not drafted:
        return [f"Nothing was drafted: {added:,} cells were marked by hand."]
    final = sum(work.final for work in works)
    lines = [
        f"A draft proposed {drafted:,} cells; the experts removed {removed:,} of them as false "
        f"positives ({_share(removed, drafted)}) and changed the outlines of {edited:,}.",
        f"{added:,} cells that the draft had missed were added "
        f"({_share(added, final)} of those in the masks).",
    ]
    if untouched:
        lines.append(f"{untouched:,} drafted cells were neither changed nor confirmed.")
    unsure = sum(work.unsure for work in works)
    if unsure:
        lines.append(f"{unsure:,} cells are marked as unsure.")
    return lines


def _attention(works: Sequence[Work]) -> list[str]:
    found = sum(work.planted_found for work in works)
    planted = found + sum(work.planted_missed for work in works)
    if not planted:
        return []
    return [
        f"Attention check: of {planted:,} errors planted under the drafts and taken out again, "
        f"the experts found {found:,} ({_share(found, planted)})."
    ]


def _effort(works: Sequence[Work]) -> list[str]:
    lines = []
    times = [work.seconds for work in works if work.seconds > 0]
    if times:
        low, high = min(times), max(times)
        lines.append(
            f"Time at work on a picture: median {_time(statistics.median(times))}, "
            f"{_time(low)} to {_time(high)}; {_time(sum(times))} in all, over {len(times):,} "
            "pictures; pauses are left out."
        )
    names = sorted({work.annotator for work in works if work.annotator})
    if names:
        number = len(names)
        lines.append(f"{number} annotator{'s' * (number != 1)}: {', '.join(names)}.")
    return lines


def _files(formats: Sequence[FormatFacts]) -> str:
    if not formats:
        return ""
    rows = [(f"{plain(f.folder)}/", f"{plain(f.title)}. {plain(f.about)}") for f in formats]
    lines = [f"- {folder}: {words}" for folder, words in rows]
    return "## Files\n\n" + "\n".join(lines)


def _rights(params: CardParams) -> str:
    parts = []
    if params.licence:
        parts.append(f"## Licence\n\n[{plain(params.licence)}]({params.licence_url})")
    else:
        parts.append("## Licence\n\nNone was chosen: ask the authors before you use it.")
    cited = [paragraphs(", ".join(params.authors)), verbatim(params.citation)]
    cited = [part for part, given in zip(cited, (params.authors, params.citation), strict=True)
             if given]  # fmt: skip
    if params.page:
        cited.append(f"<{params.page}>")
    cited.append(f"Version {params.version}{f', {params.date}' if params.date else ''}.")
    parts.append("## How to cite\n\n" + "\n\n".join(cited))
    return "\n\n".join(parts)


def _share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f} %" if whole else "–"


def _time(seconds: float) -> str:
    if seconds < _MINUTE:
        return f"{seconds:.0f} s"
    minutes = seconds / _MINUTE
    return f"{minutes:.1f} min" if minutes < _MINUTE else f"{minutes / _MINUTE:.1f} h"
