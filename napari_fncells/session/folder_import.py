"""Masks and annotations of other programs, put into the work on the pictures of a folder."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path

from napari_fncells.core.edits import EditKind, ObjectChange
from napari_fncells.core.errors import UserError
from napari_fncells.core.objects import ObjectState
from napari_fncells.core.params import DraftParams
from napari_fncells.core.redraft import apply_draft
from napari_fncells.core.steps import finish
from napari_fncells.io.chosen import read_chosen
from napari_fncells.io.datasets.progress import Progress
from napari_fncells.io.images import list_images
from napari_fncells.io.importers import Meaning
from napari_fncells.io.importers.matching import Matching, find_drafts, without_drafts
from napari_fncells.io.working_record import WorkState
from napari_fncells.session.annotator import known_annotator
from napari_fncells.session.image import ImageSession
from napari_fncells.session.imports import Prepared, prepare_steps
from napari_fncells.session.keeping import Keeper
from napari_fncells.session.pairs import picture_folder


class Standing(StrEnum):
    """What an imported mask counts for."""

    DRAFT = "draft"
    """To be corrected."""
    TRUTH = "truth"
    """Its cells are accepted and the picture is done."""


@dataclass(frozen=True)
class Taken:
    """What came of one picture.

    Attributes
    ----------
    picture
        The picture's file.
    source
        The file that its mask came from; None where there is none.
    cells
        Cells in its mask now; None where it was left as it is.
    reason
        Why it was left so, in a sentence.
    failed
        Whether it was because a file is bad.
    notes
        What was assumed of the file, in plain words.
    """

    picture: Path
    source: Path | None = None
    cells: int | None = None
    reason: str = ""
    failed: bool = False
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Import:
    """What came of a whole import.

    Attributes
    ----------
    pictures
        One for each picture of the folder.
    unused
        Files that belong to none of them.
    """

    pictures: tuple[Taken, ...]
    unused: tuple[Path, ...] = ()

    @property
    def taken(self) -> tuple[Taken, ...]:
        """Pictures that have the mask now."""
        return tuple(each for each in self.pictures if each.cells is not None)

    @property
    def failed(self) -> tuple[Taken, ...]:
        """Pictures whose file is bad."""
        return tuple(each for each in self.pictures if each.failed)


@dataclass(frozen=True)
class ImportOptions:
    """How masks are taken.

    Attributes
    ----------
    standing
        What they count for.
    meaning
        What the numbers of the files say; by their content where None.
    annotator
        Whose work they go into; that of this user where None.
    worked_on
        Whether also into pictures that somebody has worked on; what the expert touched stays.
    ending
        Only files whose names end so, without suffix.
    params
        Cutoff and clean-up of probabilities.
    """

    standing: Standing = Standing.DRAFT
    meaning: Meaning | None = None
    annotator: str | None = None
    worked_on: bool = False
    ending: str | None = None
    params: DraftParams | None = None


def import_steps(
    source: Path, folder: Path, options: ImportOptions | None = None, root: Path | None = None
) -> Generator[str, None, Import]:
    """Put masks of other programs into the work on a folder's pictures, each as one step.

    Parameters
    ----------
    source
        A folder of masks, or one file; they are matched to the pictures by name.
    folder
        The folder of pictures.
    options
        How.
    root
        The data folder, where it is not the usual one.

    Raises
    ------
    UserError
        There are no pictures, or there is no such source.
    """
    options = options or ImportOptions()
    if not folder.is_dir():
        raise UserError(f"{folder} is no folder.", "Give the folder of the pictures.")
    pictures = without_drafts(list_images(picture_folder(folder)))
    if not pictures:
        raise UserError(f"There are no pictures in {folder}.", "Choose another folder.")
    yield Progress("Matching names", 0.0)
    drafts = find_drafts(pictures, source, ending=options.ending)
    if not drafts.found and not drafts.ambiguous:
        raise UserError(
            f"Nothing in {source} belongs to a picture of {folder}.",
            "A mask has the picture's name, with or without an ending such as _mask.",
        )
    whose = options.annotator
    author = known_annotator(root) or "" if whose is None else whose
    taken = []
    for number, picture in enumerate(pictures):
        words = f"Importing {number + 1:,} of {len(pictures):,}: {picture.name}"
        yield Progress(words, number / len(pictures))
        taken.append(_take(picture, drafts, author, options, root))
    return Import(tuple(taken), drafts.unused)


def _take(
    picture: Path, drafts: Matching, author: str, options: ImportOptions, root: Path | None
) -> Taken:
    if picture in drafts.unmatched:
        return Taken(picture, reason=f"{picture.name}: there is no mask of that name.")
    try:
        file = drafts.draft_of(picture)
        image = read_chosen(picture)
        prepared = finish(prepare_steps(image, file, options.meaning, options.params))
        keeper = Keeper.open(image, author, root)
        try:
            reason = _why_not(keeper, picture, options)
            if reason:
                return Taken(picture, file, reason=reason)
            _put(prepared, ImageSession(image, author, keeper.document), options.standing)
            cells = keeper.document.counts.final
        finally:
            saved = keeper.close(abandon=True)
        if not saved:
            return Taken(picture, file, reason=f"{picture.name} could not be saved.", failed=True)
    except UserError as error:
        return Taken(picture, reason=_about(picture, str(error)), failed=True)
    return Taken(picture, file, cells, notes=(*prepared.imported.notes, *keeper.notes))


def _why_not(keeper: Keeper, picture: Path, options: ImportOptions) -> str:
    document = keeper.document
    if document.read_only:
        return document.read_only
    free = document.untouched or document.drafted_only
    if free and not any(cell.touched for cell in document.objects.values()):
        return ""
    if options.worked_on:
        return ""
    return f"{picture.name}: somebody has worked on it, so it was left as it is."


def _put(prepared: Prepared, session: ImageSession, standing: Standing) -> None:
    """Make it the mask, as one step that can be undone."""
    if standing is Standing.DRAFT:
        prepared.put(session)
        return
    document = session.document
    labels = prepared.imported.labels if prepared.draft is None else prepared.draft.labels
    assert labels is not None
    imported = prepared.imported
    details = {
        "method": imported.program,
        "params": {"source": imported.source},
        "cutoff": None if prepared.draft is None else prepared.draft.cutoff,
        "state": str(WorkState.DONE),
    }
    change = apply_draft(
        document, labels, details, summary="import ground truth", ignored=imported.ignored
    )
    document.commit(
        replace(change, kind=EditKind.REPLACE, objects=tuple(map(_accepted, change.objects)))
    )


def _accepted(item: ObjectChange) -> ObjectChange:
    cell = item.after
    if cell is None or cell.state is not ObjectState.DRAFT:
        return item
    return ObjectChange(item.before, replace(cell, state=ObjectState.ACCEPTED))


def _about(picture: Path, words: str) -> str:
    return words if picture.name in words else f"{picture.name}: {words}"
