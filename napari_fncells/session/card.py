"""The card of a set: README.md and Croissant metadata, made of what is known of its pictures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from napari_fncells.core.params.card import CardParams
from napari_fncells.io.card import README_NAME, made_in_words, readme
from napari_fncells.io.card_facts import CardPicture, Work
from napari_fncells.io.croissant import CROISSANT_NAME, croissant
from napari_fncells.io.printable import printable
from napari_fncells.io.report import FileFacts, FormatFacts
from napari_fncells.session.curated import Selection

__all__ = ["CardPicture", "Work", "card_files", "work_on"]


def card_files(
    pictures: Sequence[CardPicture],
    params: CardParams | None = None,
    formats: Sequence[FormatFacts] = (),
    files: Sequence[FileFacts] = (),
    notes: Sequence[str] = (),
) -> dict[str, bytes]:
    """The files of a card, by name; the same for the same facts.

    Parameters
    ----------
    pictures
        Each looked at as it was exported; at least one.
    params
        What people say of the set.
    formats
        What it is written in.
    files
        Files that are in the set already, with their hashes; the card describes them.
    notes
        What else is to be known of the set, in sentences.

    Raises
    ------
    VerificationError
        The metadata is not valid.
    """
    params = params or CardParams()
    protocol = [*made_in_words(pictures), *notes]
    return {
        README_NAME: readme(pictures, params, formats, notes),
        CROISSANT_NAME: croissant(pictures, params, files, protocol),
    }


def work_on(pictures: Selection) -> Mapping[str, Work]:
    """What pictures have cost, by name, as far as it is known."""
    found = pictures.summaries.items()
    return {name: Work.of(summary, printable(pictures.annotator)) for name, summary in found}
