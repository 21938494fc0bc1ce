"""Repairs of what the gate found, in the picture on the screen and in others."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from napari_fncells.core.document import Document
from napari_fncells.core.edits import Edit
from napari_fncells.core.errors import UserError
from napari_fncells.core.judge import finish
from napari_fncells.core.params.quality import QualityParams
from napari_fncells.core.provenance import draft_labels
from napari_fncells.core.quality import Finding, QualityWatch, Repair, SizeLimits
from napari_fncells.core.repair import repair
from napari_fncells.io.chosen import read_chosen
from napari_fncells.io.images import Image
from napari_fncells.io.masks import load_labels
from napari_fncells.session.gate.picture import PictureCheck, check_document
from napari_fncells.session.given import GIVEN
from napari_fncells.session.image import ImageSession
from napari_fncells.session.keeping import Keeper
from napari_fncells.session.summary import summary_of
from napari_fncells.session.turns import Turns

_TURN_S = 3.0
"""How long one waits for a picture that was left just now and is being put away."""


@dataclass
class Mended:
    """What came of repairs in many pictures; filled while it goes on.

    Attributes
    ----------
    checks
        What is found now, by name, in pictures that were mended.
    cells
        Cells mended.
    passed_over
        Names of pictures that are in other hands, or have nothing of it any more.
    problems
        Why others were not mended, by name.
    """

    checks: dict[str, PictureCheck] = field(default_factory=dict)
    cells: int = 0
    passed_over: list[str] = field(default_factory=list)
    problems: dict[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        count = len(self.checks)
        words = (
            f"Mended {self.cells:,} cell{'' if self.cells == 1 else 's'} in {count:,} other "
            f"picture{'' if count == 1 else 's'}; Ctrl+Z takes it back in each"
        )
        if self.passed_over:
            words += f"; left {len(self.passed_over):,} as they are"
        if self.problems:
            name, problem = next(iter(self.problems.items()))
            words += f"; {len(self.problems):,} could not be mended ({name}: {problem})"
        return f"{words}."


def mend(
    document: Document, findings: Iterable[Finding], how: Repair, params: QualityParams
) -> Edit | None:
    """Mend findings of a document in one step; None where there is nothing to mend any more.

    A picture that was done stays so: the repair is the expert's word on it, too.

    Raises
    ------
    ReadOnlyError
        Where the document may not be changed.
    """
    change = repair(document, findings, how, params)
    if change is None:
        return None
    done = document.done
    edit = document.commit(change)
    again = finish(document) if done else None
    if again is not None:
        document.commit(replace(again, continues=True))
    return edit


def mend_steps(
    wanted: Mapping[Path, Sequence[Finding]],
    how: Repair,
    params: QualityParams,
    author: str,
    result: Mended,
    *,
    limits: SizeLimits | None = None,
    given: Mapping[Path, Path] | None = None,
    turns: Turns | None = None,
    root: Path | None = None,
) -> Generator[str, None, Mended]:
    """Mend findings in pictures that nobody looks at, each in one step of its own history.

    Parameters
    ----------
    wanted
        Findings by picture.
    how
        In which way.
    params, limits
        By which they were found.
    author
        The annotator.
    result
        Filled picture by picture, so that what was done is known when it is stopped.
    given
        The masks from which work begins, by picture.
    turns
        Who has which picture in this window; one that is taken is passed over.
    root
        The data folder, where it is not the usual one.
    """
    turns = turns or Turns()
    for number, (path, findings) in enumerate(wanted.items(), 1):
        yield f"Mending {number:,} of {len(wanted):,}: {path.name}"
        turn = path.parent.resolve() / path.name
        if not turns.take(turn, _TURN_S):
            result.passed_over.append(path.name)
            continue
        try:
            image = read_chosen(path)
            keeper = Keeper.open(image, author, root)
            try:
                job = _Job(keeper, image, path, how, params, limits, (given or {}).get(path))
                job.run(findings, result)
            finally:
                keeper.close(abandon=True)
        except UserError as error:
            result.problems[path.name] = str(error)
        finally:
            turns.give(turn)
    return result


@dataclass(frozen=True)
class _Job:
    """Repairs in one picture."""

    keeper: Keeper
    image: Image
    path: Path
    how: Repair
    params: QualityParams
    limits: SizeLimits | None
    given: Path | None

    def run(self, findings: Sequence[Finding], result: Mended) -> None:
        document = self.keeper.document
        if document.read_only:
            raise UserError(document.read_only)
        if document.untouched and self.given is not None:
            _begin_from(document, self.image, self.given)
        watch = QualityWatch(document, self.params, draft_labels(document))
        try:
            # The mask may have changed since it was looked at
            keys = {finding.key for finding in findings}
            there = [f for f in watch.findings(self.limits) if f.key in keys]
            edit = mend(document, there, self.how, self.params)
            if edit is None:
                result.passed_over.append(self.path.name)
                return
            result.cells += len({i for finding in there for i in finding.cells})
            state = summary_of(document, 0.0).state
            name, digest = self.path.name, self.image.sha256 or ""
            result.checks[name] = check_document(name, digest, watch, state)
        finally:
            watch.close()


def _begin_from(document: Document, image: Image, given: Path) -> None:
    """Begin with the mask that was there before, as when the picture is opened.

    Raises
    ------
    UserError
        Where it cannot be read, or does not fit.
    """
    labels = load_labels(given).values
    if labels.shape != document.shape:
        raise UserError(f"{given.name} does not fit the picture.")
    ImageSession(image, document.author, document).adopt(labels, GIVEN, file=str(given))
