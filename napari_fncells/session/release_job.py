"""The steps of exporting a set: write, read back, report. None of them gives it its name."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence, Sized
from concurrent.futures import Executor, Future
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from napari_fncells.core.errors import UserError
from napari_fncells.core.params.card import CardParams
from napari_fncells.core.params.export import ExportParams
from napari_fncells.io.atomic import write_atomic
from napari_fncells.io.datasets.progress import Progress
from napari_fncells.io.exporters.base import Exporter
from napari_fncells.io.printable import printable
from napari_fncells.io.proof import VerificationError
from napari_fncells.io.report import (
    PAGE_NAME,
    REPORT_NAME,
    SEAL_NAME,
    ComparisonFacts,
    FileFacts,
    FormatFacts,
    LeftOut,
    PictureFacts,
    ReleaseReport,
    seal_of,
)
from napari_fncells.io.report_page import Thumbnails, page_of
from napari_fncells.io.save_error import explain_os_error
from napari_fncells.io.set_files import facts_of, hash_of
from napari_fncells.session.card import CardPicture, Work, card_files
from napari_fncells.session.curated import Curated
from napari_fncells.session.publishing import Stage
from napari_fncells.session.release_facts import facts_of_picture, notes_on, totals_of
from napari_fncells.session.release_formats import Proving, Writing, folder_of
from napari_fncells.session.shelf import Shelf

IMAGES = "images"
"""Folder of the pictures in a set."""

_WRITTEN, _PROVED = 0.6, 0.9  # share of the whole that is done by then
_TRUTHS = ".truths"

Result = TypeVar("Result")
Steps = Generator[str, None, Result]


class ProofError(UserError):
    """An exported set does not hold what it should; it was not published.

    Attributes
    ----------
    problems
        One sentence for each picture and format that failed.
    """

    def __init__(self, problems: Sequence[str]) -> None:
        more = f" (and {len(problems) - 1:,} more)" if len(problems) > 1 else ""
        super().__init__(
            f"The export was not proved. {problems[0]}{more}",
            "Nothing was published; a set that was there is as it was. Check the disk, or leave "
            "the format out.",
        )
        self.problems = tuple(problems)


@dataclass
class ReleaseJob:
    """One export under way.

    Attributes
    ----------
    stage
        Where it is written.
    forms
        Formats.
    params
        What they are asked.
    images
        Whether the pictures are copied, too.
    card
        What its makers say of the set; None for one without a card.
    work
        What each picture has cost, by name, for the card.
    source, annotator
        For the report.
    """

    stage: Stage
    forms: Sequence[Exporter]
    params: ExportParams
    images: bool = False
    card: CardParams | None = None
    work: Mapping[str, Work] = field(default_factory=dict)
    source: str = ""
    annotator: str = ""
    _card: list[CardPicture] = field(default_factory=list)
    _facts: list[PictureFacts] = field(default_factory=list)
    _left_out: list[LeftOut] = field(default_factory=list)
    _areas: list[NDArray[np.int64]] = field(default_factory=list)
    _found: list[dict[str, ComparisonFacts]] = field(default_factory=list)
    _thumbnails: Thumbnails = field(default_factory=Thumbnails)

    def __post_init__(self) -> None:
        self._shelf = Shelf(self.stage.folder / _TRUTHS)

    def write(self, pictures: Iterable[Curated | LeftOut], pool: Executor) -> Steps[None]:
        """Write every format, picture by picture."""
        total = len(pictures) if isinstance(pictures, Sized) else 0
        self._thumbnails.expect(total)
        yield Progress("Looking at the pictures", 0.0)
        with _explained(self.stage.folder):
            (self.stage.folder / _TRUTHS).mkdir()
        writing = [Writing(form, self.stage.folder, self.params) for form in self.forms]
        pending: list[Future[None]] = []
        for number, each in enumerate(pictures, 1):
            name = each.name if isinstance(each, LeftOut) else each.truth.name
            _wait(pending)
            pending = []
            yield _told("Writing", number, total, printable(name), 0.0, _WRITTEN)
            if isinstance(each, LeftOut):
                self._left_out.append(each)
                continue
            # The formats are at it while the next picture is read
            pending = [pool.submit(format_.add, each.truth) for format_ in writing]
            self._note(each)
        _wait(pending)
        if not self._facts:
            raise UserError(
                "There is nothing to export: no picture has a mask that was asked for.",
                "Work on the pictures first, or take those without a mask, too.",
            )
        for format_ in writing:
            yield Progress(f"Finishing {format_.form.title}", _WRITTEN)
            format_.close()

    def prove(self, pool: Executor) -> Steps[None]:
        """Read every file back and compare it with what was to be written.

        Raises
        ------
        ProofError
            Something is not there as it should be.
        """
        proving = [Proving(form, self.stage.folder, self.params) for form in self.forms]
        problems = []
        for number, facts in enumerate(self._facts):
            total = len(self._facts)
            yield _told("Reading back", number + 1, total, facts.name, _WRITTEN, _PROVED)
            with _explained(self.stage.folder):
                truth = self._shelf.take(number)
            found = [(each.form, pool.submit(each.compare, truth)) for each in proving]
            told = {form.name: ComparisonFacts.of(future.result()) for form, future in found}
            self._found.append(told)
            problems += [f"{facts.name}, {n}: {f.problem}" for n, f in told.items() if f.problem]
        if problems:
            raise ProofError(problems)

    def report(self) -> Steps[ReleaseReport]:
        """Write the report, its page and its seal."""
        yield Progress("Writing the report", _PROVED)
        folder = self.stage.folder
        with _explained(folder):
            shutil.rmtree(folder / _TRUTHS)
            _remove_empty(folder)
        yield Progress("Looking at the set that is replaced, if there is one", _PROVED)
        with _explained(folder):
            self.stage.look_at_former()
        areas = np.concatenate(self._areas)
        report = self._report(areas)
        write_atomic(folder / PAGE_NAME, page_of(report, areas, self._thumbnails), replace=False)
        files: list[FileFacts] = []
        with _explained(folder):
            for each in facts_of(folder):
                if len(files) % 50 == 0:
                    yield Progress("Noting the SHA-256 of every file", _PROVED)
                files.append(each)
        files += self._written_card(report, files)
        report = report.model_copy(update={"files": tuple(files)})
        data = report.to_bytes()
        write_atomic(folder / REPORT_NAME, data, replace=False)
        write_atomic(folder / SEAL_NAME, seal_of(data), replace=False)
        return report

    def _written_card(self, report: ReleaseReport, files: list[FileFacts]) -> list[FileFacts]:
        """Write the card, which tells of the files that are there, and tell of its own."""
        if self.card is None:
            return []
        made = card_files(self._card, self.card, report.formats, files, report.notes)
        for name, data in made.items():
            write_atomic(self.stage.folder / name, data, replace=False)
        return [
            FileFacts(name=name, size=len(data), sha256=hashlib.sha256(data).hexdigest())
            for name, data in made.items()
        ]

    def _report(self, areas: NDArray[np.int64]) -> ReleaseReport:
        facts = tuple(
            each.model_copy(update={"formats": found})
            for each, found in zip(self._facts, self._found, strict=True)
        )
        return ReleaseReport(
            source=printable(self.source),
            annotator=printable(self.annotator),
            params=self.params.model_dump(mode="json"),
            formats=tuple(FormatFacts.of(form, folder_of(form)) for form in self.forms),
            images=self.images,
            pictures=facts,
            left_out=tuple(self._left_out),
            notes=(*notes_on(facts, self._left_out), *map(printable, self.stage.notes)),
            totals=totals_of(facts, areas),
        )

    def _note(self, each: Curated) -> None:
        """Keep what the proof and the report need of a picture."""
        with _explained(self.stage.folder):
            self._shelf.put(each.truth, each.path, each.sha256)
            if self.images:
                _copy(each, self.stage.folder / IMAGES)
        self._areas.append(np.array([cell.area for cell in each.truth.cells], dtype=np.int64))
        self._thumbnails.add(each.truth)
        if self.card is not None:
            work = self.work.get(each.truth.name)
            self._card.append(CardPicture.of(each.truth, str(each.state), work))
        self._facts.append(facts_of_picture(each))


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    """What the system refuses, in a sentence."""
    try:
        yield
    except OSError as error:
        raise explain_os_error(error, path) from error


def _copy(each: Curated, folder: Path) -> None:
    """Copy a picture byte for byte, and read the copy back."""
    if each.path is None:
        raise UserError(f"{each.truth.name} has no file to copy.", "Export without the pictures.")
    folder.mkdir(exist_ok=True)
    copy = folder / each.path.name
    with each.path.open("rb") as source, copy.open("xb") as sink:
        shutil.copyfileobj(source, sink, 1 << 20)
    if hash_of(copy) != each.sha256:
        raise VerificationError(f"The copy of {each.path.name} is not equal to the picture.")


def _wait(pending: Iterable[Future[None]]) -> None:
    for future in pending:
        future.result()


def _told(doing: str, number: int, total: int, name: str, begin: float, end: float) -> Progress:
    if not total:
        return Progress(f"{doing} {number:,}: {name}")
    share = begin + (end - begin) * (number - 1) / total
    return Progress(f"{doing} {number:,} of {total:,}: {name}", share)


def _remove_empty(folder: Path) -> None:
    """Remove folders without a file: a format that had nothing to write."""
    for place, _, _ in os.walk(folder, topdown=False):
        if Path(place) != folder and not any(Path(place).iterdir()):
            Path(place).rmdir()
