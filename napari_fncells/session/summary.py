"""What a list of pictures shows of a mask."""

from __future__ import annotations

from dataclasses import asdict

from napari_fncells.core.attention.clean import CleanMask, attention_of
from napari_fncells.core.document import Document
from napari_fncells.core.edits import EditKind
from napari_fncells.io.working_record import WorkingSummary, WorkState
from napari_fncells.session.given import GIVEN


def summary_of(document: Document, seconds: float) -> WorkingSummary:
    """What a list of pictures shows of a mask, as it goes into files.

    Parameters
    ----------
    document
        The mask.
    seconds
        Time at work on it.
    """
    clean, attention = CleanMask(document), attention_of(document)
    return WorkingSummary(
        state=_state_of(document),
        active_seconds=round(seconds, 3),
        note=WorkingSummary.excerpt(document.note),
        noted=clean.noted,
        planted_found=attention.found,
        planted_missed=attention.missed,
        **asdict(clean.counts),
    )


def _state_of(document: Document) -> WorkState:
    if document.untouched:
        return WorkState.NEW
    if document.mark in (WorkState.DONE, WorkState.UNSURE):
        return WorkState(document.mark)
    if not document.drafted_only:
        return WorkState.IN_WORK
    drafts = (e.change for e in document.newest_in_force if e.change.kind is not EditKind.PLANT)
    details = next(drafts).details
    given = GIVEN in (details.get("method"), details.get("state"))
    return WorkState.GIVEN if given else WorkState.DRAFT
