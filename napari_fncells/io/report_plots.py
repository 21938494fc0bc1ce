"""Histograms for the report's page, as SVG that stands in the page itself."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import numpy as np
from numpy.typing import NDArray

_WIDTH, _HEIGHT = 460, 190
_LEFT, _RIGHT, _TOP, _BOTTOM = 44, 10, 12, 40
_MOST_BARS = 30
_LOG_BARS = 24


def size_plot(areas: NDArray[np.integer], unit: str = "px²") -> str:
    """Cells by area, on a logarithmic axis; empty where there are none.

    Parameters
    ----------
    areas
        (N,) areas of cells, above 0.
    unit
        Theirs.
    """
    if not areas.size:
        return ""
    low, high = float(areas.min()), float(areas.max())
    if high <= low * 1.02:
        low, high = low * 0.8, high * 1.25
    edges = np.geomspace(low, high, _LOG_BARS + 1)
    edges[0], edges[-1] = min(edges[0], areas.min()), max(edges[-1], areas.max())
    counts = np.histogram(areas, edges)[0].tolist()
    marks = [(place, _short(edges[place])) for place in range(0, _LOG_BARS + 1, 6)]
    return _bars(counts, marks, f"area of a cell ({unit})", "cells")


def count_plot(counts: Sequence[int]) -> str:
    """Pictures by their number of cells; empty where there are none."""
    if not counts:
        return ""
    most = max(counts)
    step = max(1, -(-(most + 1) // _MOST_BARS))
    bars = [0] * (most // step + 1)
    for count in counts:
        bars[count // step] += 1
    every = max(1, len(bars) // 6)
    if step == 1:
        marks = [(place + 0.5, str(place)) for place in range(0, len(bars), every)]
    else:
        marks = [(float(place), str(place * step)) for place in range(0, len(bars) + 1, every)]
    return _bars(bars, marks, "cells in a picture", "pictures")


def _bars(
    heights: Sequence[int], marks: Sequence[tuple[float, str]], below: str, beside: str
) -> str:
    """Bars beside each other; marks at places counted in bars."""
    wide, high = _WIDTH - _LEFT - _RIGHT, _HEIGHT - _TOP - _BOTTOM
    most = max(1, *heights)
    width = wide / len(heights)
    floor = _TOP + high
    parts = []
    for share in (0.5, 1.0) if most % 2 == 0 else (1.0,):
        y = floor - high * share
        parts.append(f'<line class="rule" x1="{_LEFT}" x2="{_LEFT + wide}" y1="{y}" y2="{y}"/>')
        parts.append(_text(_LEFT - 6, y + 4, _short(most * share), "end"))
    parts += [
        f'<rect class="bar" x="{_LEFT + n * width:.2f}" y="{floor - high * count / most:.2f}" '
        f'width="{max(0.5, width - 1):.2f}" height="{high * count / most:.2f}">'
        f"<title>{count}</title></rect>"
        for n, count in enumerate(heights)
        if count
    ]
    parts.append(
        f'<line class="axis" x1="{_LEFT}" x2="{_LEFT + wide}" y1="{floor}" y2="{floor}"/>'
    )
    for place, words in marks:
        anchor = "end" if place == len(heights) else "middle"
        parts.append(_text(_LEFT + place * width, floor + 15, words, anchor))
    parts.append(_text(_LEFT + wide / 2, _HEIGHT - 6, below, "middle"))
    middle = _TOP + high / 2
    parts.append(
        f'<text x="11" y="{middle}" text-anchor="middle" transform="rotate(-90 11 {middle})">'
        f"{escape(beside)}</text>"
    )
    return (
        f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="{escape(below)}">'
        f"{''.join(parts)}</svg>"
    )


def _text(x: float, y: float, words: str, anchor: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(words)}</text>'


def _short(value: float) -> str:
    return f"{value:.0f}" if value >= 10 or value == int(value) else f"{value:.1f}"
