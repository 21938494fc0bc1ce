"""Work on pictures that nobody looks at: drafting a whole queue, mask files that are behind."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from napari_fncells.core.errors import UserError
from napari_fncells.core.params import DraftParams
from napari_fncells.core.scorer import Scorer
from napari_fncells.core.segment import Draft, draft_steps
from napari_fncells.io.chosen import read_chosen
from napari_fncells.io.images import Image
from napari_fncells.io.working_record import WorkingSummary
from napari_fncells.session.image import ImageSession
from napari_fncells.session.keeping import Keeper
from napari_fncells.session.summary import summary_of
from napari_fncells.session.turns import Turns

Drafter = Callable[[Image], Generator[str, None, Draft]]
"""Drafts a picture in steps."""


@dataclass
class Drafted:
    """What came of drafting many pictures; filled while it goes on.

    Attributes
    ----------
    summaries
        Of each picture that was drafted.
    passed_over
        Names of pictures with work on them, or in other hands.
    problems
        Why others were not drafted, by name.
    """

    summaries: dict[str, WorkingSummary] = field(default_factory=dict)
    passed_over: list[str] = field(default_factory=list)
    problems: dict[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        count = len(self.summaries)
        words = f"Drafted {count:,} picture{'' if count == 1 else 's'}"
        if self.passed_over:
            words += f", left {len(self.passed_over):,} with work on them as they are"
        if self.problems:
            words += f"; {len(self.problems):,} could not be drafted"
        return f"{words}."


def drafter_of(params: DraftParams | str, scorer: Scorer | None = None) -> Drafter:
    """What drafts with these settings; `scorer` runs the model that they name."""
    return lambda image: draft_steps(
        image.pixels, params, pixel_size=image.pixel_size, scorer=scorer
    )


def draft_all_steps(
    paths: Iterable[Path],
    draft: Drafter,
    author: str,
    result: Drafted,
    *,
    turns: Turns | None = None,
    root: Path | None = None,
) -> Generator[str, None, Drafted]:
    """Draft pictures one by one into their journals and mask files, so that they open at once.

    A picture that an expert has put work into stays as it is, whatever the list said of it.

    Parameters
    ----------
    paths
        The pictures.
    draft
        What drafts one.
    author
        The annotator.
    result
        Filled picture by picture, so that what was done is known when it is stopped.
    turns
        Who has which picture in this window; one that is taken is passed over.
    root
        The data folder, where it is not the usual one.
    """
    turns = turns or Turns()
    wanted = list(paths)
    for number, path in enumerate(wanted, 1):
        title = f"Drafting {number:,} of {len(wanted):,}: {path.name}"
        yield title
        try:
            image = read_chosen(path)
            drafted = yield from _titled(draft(image), title)
            summary = _put(image, path, drafted, author, turns, root)
        except UserError as error:
            result.problems[path.name] = str(error)
            continue
        if summary is None:
            result.passed_over.append(path.name)
        else:
            result.summaries[path.name] = summary
    return result


def _titled(steps: Generator[str, None, Draft], title: str) -> Generator[str, None, Draft]:
    """The same steps, of which only the title is told."""
    while True:
        try:
            next(steps)
        except StopIteration as finished:
            drafted: Draft = finished.value
            return drafted
        yield title


def _put(
    image: Image, path: Path, draft: Draft, author: str, turns: Turns, root: Path | None
) -> WorkingSummary | None:
    """Put a draft into the journal of a picture; None where that is not ours to do."""
    if not turns.take(path):
        return None
    try:
        keeper = Keeper.open(image, author, root)
        try:
            document = keeper.document
            free = document.untouched or document.drafted_only
            if document.read_only or not free or any(c.touched for c in document.objects.values()):
                return None
            ImageSession(image, author, document).apply(draft)
            return summary_of(document, 0.0)
        finally:
            keeper.close(abandon=True)
    finally:
        turns.give(path)


def write_mask_files(
    path: Path, author: str, turns: Turns | None = None, root: Path | None = None
) -> WorkingSummary | None:
    """Write the mask files of a picture that are behind its journal.

    Returns
    -------
    WorkingSummary or None
        What is in them now; None where the picture is in other hands.

    Raises
    ------
    UserError
        Where the picture cannot be read, or the files not be written.
    """
    turns = turns or Turns()
    if not turns.take(path):
        return None
    try:
        keeper = Keeper.open(read_chosen(path), author, root)
        try:
            keeper.save_files()
            seconds = sum(float(visit["active_seconds"]) for visit in keeper.efforts)
            return None if keeper.state.read_only else summary_of(keeper.document, seconds)
        finally:
            keeper.close(files=False)
    finally:
        turns.give(path)
