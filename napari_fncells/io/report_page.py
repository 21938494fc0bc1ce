"""The report of an exported set as a page for people: one file that needs no other.

Names come from the disk and from annotation files: everything is escaped, and the page itself
forbids its reader to load or run anything.
"""

from __future__ import annotations

import re
import unicodedata
from base64 import b64encode
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from contextlib import suppress
from html import escape

import cv2
import numpy as np
from numpy.typing import NDArray

from napari_fncells.core.errors import UserError
from napari_fncells.io.exporters.base import GroundTruth
from napari_fncells.io.report import ComparisonFacts, LeftOut, PictureFacts, ReleaseReport
from napari_fncells.io.report_plots import count_plot, size_plot
from napari_fncells.io.report_style import STYLE
from napari_fncells.io.small_picture import small_jpeg

_MOST_PICTURES = 400
_MOST_BYTES = 6 << 20
_MOST_NAMES = 30


class Thumbnails:
    """Small pictures for the page, evenly chosen where there are many; bounded in all."""

    def __init__(self) -> None:
        self._step = 1
        self._seen = 0
        self._bytes = 0
        self.jpegs: dict[int, bytes] = {}

    def expect(self, total: int) -> None:
        """Say how many pictures there will be at most."""
        self._step = max(1, -(-total // _MOST_PICTURES))

    def add(self, truth: GroundTruth) -> None:
        """Take the next picture of the set in."""
        number, self._seen = self._seen, self._seen + 1
        if number % self._step or self._bytes > _MOST_BYTES:
            return
        # A page without a small picture is a page still
        with suppress(UserError, cv2.error, OSError, ValueError):
            data = small_jpeg(truth.read_pixels().pixels, truth.labels, truth.ignored)
            self._bytes += len(data)
            self.jpegs[number] = data


def page_of(
    report: ReleaseReport, areas: NDArray[np.integer], thumbnails: Thumbnails | None = None
) -> bytes:
    """Make the page.

    Parameters
    ----------
    report
        What it tells.
    areas
        (N,) areas of all cells in px².
    thumbnails
        Small pictures by the picture's place in the report.

    Returns
    -------
    bytes
        HTML in UTF-8.
    """
    jpegs = thumbnails.jpegs if thumbnails is not None else {}
    title = f"Export of {report.source}" if report.source else "Export"
    body = "".join(
        (
            _head(report, title),
            _notes(report),
            _cards(report),
            _formats(report),
            _plots(report, areas),
            _grid(report.pictures, jpegs),
            _table(report),
            _left_out(report.left_out),
            _foot(report),
        )
    )
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; '
        "img-src data:; style-src 'unsafe-inline'\">"
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{_e(title)}</title><style>{STYLE}</style></head><body><main>{body}</main>"
        "</body></html>\n"
    ).encode()


def _head(report: ReleaseReport, title: str) -> str:
    made = f"{report.time.astimezone():%Y-%m-%d %H:%M %Z}"
    by = f", annotator {_e(report.annotator)}" if report.annotator else ""
    return (
        f"<header><h1>{_e(title)}</h1>"
        f'<p class="proved">✓ {_e(report.sentence)}</p>'
        f"<p>{made}{by}, by napari-fncells {_e(report.software.fncells)}</p></header>"
    )


def _notes(report: ReleaseReport) -> str:
    lines = [_e(note) for note in report.notes]
    lines += [_e(each.reason) for each in report.failed[:_MOST_NAMES]]
    lines += _format_notes(report)
    if not lines:
        return ""
    items = "".join(f"<li>{line}</li>" for line in lines)
    return f'<section class="notes"><h2>To know first</h2><ul>{items}</ul></section>'


def _format_notes(report: ReleaseReport) -> list[str]:
    """What formats cannot hold; sentences that differ by figures only are told once."""
    lines = []
    for form in report.formats:
        examples: dict[str, str] = {}
        pictures: Counter[str] = Counter()
        for picture in report.pictures:
            for note in picture.formats[form.name].notes:
                kind = re.sub(r"\d[\d.,]*", "#", note)
                examples.setdefault(kind, note)
                pictures[kind] += 1
        for kind, count in pictures.most_common(_MOST_NAMES):
            where = f"in {count:,} picture{'s' * (count != 1)}"
            lead = "e.g. " if count > 1 and "#" in kind else ""
            lines.append(f"<b>{_e(form.title)}</b>, {where}: {lead}{_e(examples[kind])}")
    return lines


def _cards(report: ReleaseReport) -> str:
    totals = report.totals
    cards = [
        (f"{totals.pictures:,}", "pictures", _states(totals.states)),
        (f"{totals.cells:,}", "cells", _states(totals.cell_states)),
        (f"{totals.empty:,}", "without cells", "negative samples"),
        (f"{totals.touching:,}", "touching pairs", f"{totals.components:,} separate pieces"),
    ]
    if totals.areas:
        median = totals.areas["p50"]
        spread = f"{totals.areas['p5']:,.0f} to {totals.areas['p95']:,.0f} for nine in ten"
        cards.append((f"{median:,.0f}", "px², median area", spread))
    planted = totals.planted_found + totals.planted_missed
    if planted:
        share = f"{100 * totals.planted_found / planted:.0f} %"
        told = f"{totals.planted_found:,} of {planted:,}, by the attention check"
        cards.append((share, "of planted errors found", told))
    if totals.ignored:
        cards.append((f"{totals.ignored:,}", "px ignored", "left undecided"))
    return (
        '<section class="cards">'
        + "".join(
            f"<div><strong>{value}</strong> {_e(what)}<small>{_e(more)}</small></div>"
            for value, what, more in cards
        )
        + "</section>"
    )


def _states(states: dict[str, int]) -> str:
    return ", ".join(f"{count:,} {state}" for state, count in sorted(states.items()))


def _formats(report: ReleaseReport) -> str:
    rows = []
    for form in report.formats:
        found = [picture.formats[form.name] for picture in report.pictures]
        ious = [each.iou for each in found if each.iou is not None]
        cells = (
            sum(each.found for each in found),
            sum(len(each.lost) for each in found),
            sum(len(each.changed) for each in found),
            sum(len(each.renumbered) for each in found),
        )
        exact = sum(each.exact for each in found)
        least = f"{min(ious):.4f}" if ious else "–"
        rows.append(
            f"<tr><th>{_e(form.title)}<small>{_e(form.about)}</small></th>"
            f"<td><code>{_e(form.folder)}/</code></td>"
            + "".join(f"<td>{value:,}</td>" for value in cells)
            + f"<td>{_share(exact, len(found))}</td><td>{least}</td></tr>"
        )
    return (
        "<section><h2>Formats, as read back</h2><table><thead><tr><th>Format</th><th>Folder</th>"
        "<th>Objects</th><th>Lost</th><th>Changed</th><th>Renumbered</th><th>Exact</th>"
        f"<th>Least IoU</th></tr></thead><tbody>{''.join(rows)}</tbody></table></section>"
    )


def _share(part: int, whole: int) -> str:
    return "all" if part == whole else f"{part:,} of {whole:,}"


def _plots(report: ReleaseReport, areas: NDArray[np.integer]) -> str:
    plots = [size_plot(areas), count_plot([picture.cells for picture in report.pictures])]
    titles = ("Sizes", "Counts")
    return (
        '<section class="plots">'
        + "".join(
            f"<figure><h2>{title}</h2>{plot}</figure>"
            for title, plot in zip(titles, plots, strict=True)
            if plot
        )
        + "</section>"
    )


def _grid(pictures: Sequence[PictureFacts], jpegs: dict[int, bytes]) -> str:
    if not jpegs:
        return ""
    figures = []
    for number, data in jpegs.items():
        facts = pictures[number]
        shown = b64encode(data).decode()
        words = f"{facts.cells} cell{'s' * (facts.cells != 1)}"
        figures.append(
            f'<figure><img alt="" src="data:image/jpeg;base64,{shown}">'
            f'<figcaption title="{_e(facts.name)}"><b>{_e(facts.name)}</b> {words}'
            f"<small>{_e(facts.state)}</small></figcaption></figure>"
        )
    some = f" ({len(jpegs):,} of {len(pictures):,})" if len(jpegs) < len(pictures) else ""
    return f'<section><h2>Pictures{some}</h2><div class="grid">{"".join(figures)}</div></section>'


def _table(report: ReleaseReport) -> str:
    rows = []
    for facts in report.pictures:
        told = [_e(note) for note in facts.notes]
        told += _differences(facts.formats)
        who = f"{facts.state}, {facts.annotator}" if facts.annotator else facts.state
        rows.append(
            f"<tr><th>{_e(facts.name)}</th><td>{_e(who)}</td><td>{facts.cells:,}</td>"
            f"<td>{facts.components:,}</td><td>{facts.touching:,}</td>"
            f'<td class="words">{"<br>".join(told)}</td></tr>'
        )
    return (
        "<section><h2>Every picture</h2><table><thead><tr><th>Picture</th><th>State</th>"
        "<th>Cells</th><th>Pieces</th><th>Touching</th><th>Lost, changed, notes</th></tr></thead>"
        f"<tbody>{''.join(rows)}</tbody></table></section>"
    )


def _differences(formats: dict[str, ComparisonFacts]) -> list[str]:
    """Cells lost and changed; formats that say the same stand together."""
    saying: dict[str, list[str]] = defaultdict(list)
    for name, found in formats.items():
        for what, ids in (("lost", found.lost), ("changed", found.changed)):
            if ids:
                saying[f"{what} {_listed(ids)}"].append(name)
    return [f"{_e(', '.join(names))}: {_e(words)}" for words, names in saying.items()]


def _listed(ids: Iterable[int]) -> str:
    found = [str(i) for i in ids]
    return ", ".join(found[:8]) + (f" and {len(found) - 8} more" if len(found) > 8 else "")


def _left_out(left_out: Sequence[LeftOut]) -> str:
    if not left_out:
        return ""
    reasons = [each.reason for each in left_out]
    items = "".join(f"<li>{_e(reason)}</li>" for reason in reasons[:_MOST_NAMES])
    if len(reasons) > _MOST_NAMES:
        items += f"<li>and {len(reasons) - _MOST_NAMES:,} more, in export-report.json</li>"
    return f"<section><h2>Not in the set</h2><ul>{items}</ul></section>"


def _foot(report: ReleaseReport) -> str:
    facts = ", ".join(f"{name} = {value}" for name, value in report.params.items())
    return (
        f"<footer><p>Settings: {_e(facts)}.</p><p><code>export-report.json</code> lists every "
        "file with its SHA-256 and, for each picture and format, what was lost, changed or "
        "renumbered. <code>fncells verify</code> on this folder finds every byte that was changed "
        "since.</p></footer>"
    )


def _e(text: object) -> str:
    """Escaped, with what would act on the page rather than be read written out."""
    plain = "".join(
        letter if letter.isprintable() or letter == " " else f"\\x{ord(letter):02x}"
        for letter in unicodedata.normalize("NFC", str(text))
    )
    return escape(plain, quote=True)
