"""Drafting and evaluating many pictures without a window."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from napari_fncells.core.errors import UserError
from napari_fncells.core.evaluate import PictureScore, score_picture
from napari_fncells.core.params import DraftParams
from napari_fncells.core.scorer import Scorer
from napari_fncells.core.segment import draft
from napari_fncells.core.steps import finish
from napari_fncells.io.chosen import read_chosen
from napari_fncells.io.images import list_images
from napari_fncells.io.importers import ImportedDraft, Meaning
from napari_fncells.io.importers.matching import Matching
from napari_fncells.io.masks import load_labels
from napari_fncells.io.region_file import decode_regions
from napari_fncells.io.working import is_regions, working_regions
from napari_fncells.session.export import ExportReport, export_mask
from napari_fncells.session.image import ImageSession
from napari_fncells.session.imports import take_draft
from napari_fncells.session.seen_weights import note_steps


@dataclass(frozen=True)
class Drafted:
    """What came of one picture.

    Attributes
    ----------
    path
        The picture.
    report
        What was written, or None where it failed.
    error
        Why it failed, or None.
    source
        The file that the draft was taken from, where it was not computed.
    notes
        What was assumed of that file, or is to be known of the draft, in plain words.
    """

    path: Path
    report: ExportReport | None
    error: UserError | None = None
    source: Path | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Pairing:
    """Predicted and true masks that belong together, by stem."""

    pairs: tuple[tuple[Path, Path], ...]
    unpaired: tuple[Path, ...]


def expand(paths: Iterable[Path]) -> list[Path]:
    """Files as given, and the pictures of each folder; each file once.

    Raises
    ------
    UserError
        For a folder without pictures.
    """
    found: list[Path] = []
    for path in paths:
        if not path.is_dir():
            found.append(path)
            continue
        inside = list_images(path)
        if not inside:
            raise UserError(f"There are no pictures in {path}.", "Choose another folder.")
        found.extend(inside)
    return list({path.resolve(): path for path in reversed(found)}.values())[::-1]


def draft_files(
    paths: Sequence[Path],
    folder: Path,
    params: DraftParams | str,
    *,
    gap: bool = False,
    replace: bool = False,
    scorer: Scorer | None = None,
) -> Iterator[Drafted]:
    """Draft a mask for each picture and write it with its record; yields one by one.

    A picture that fails is told of and passed over; the others go on. Of pictures from
    several folders that have the same name, the first is drafted. `scorer` runs the model that
    the parameters name.
    """
    words: dict[Path, str] = {}

    def compute(path: Path, session: ImageSession) -> None:
        image = session.image
        made = draft(image.pixels, params, image.pixel_size, scorer=scorer)
        if made.score.source:
            words[path] = finish(note_steps(made, path.parent)).words
        session.apply(made)

    for result in _export_each(paths, folder, compute, gap=gap, replace=replace):
        said = words.pop(result.path, "")
        yield dataclasses.replace(result, notes=(said,)) if said else result


def adopt_files(
    paths: Sequence[Path],
    drafts: Matching,
    folder: Path,
    params: DraftParams,
    *,
    meaning: Meaning | None = None,
    gap: bool = False,
    replace: bool = False,
) -> Iterator[Drafted]:
    """Write masks as `draft_files` does, from the drafts that another program made.

    Parameters
    ----------
    paths, folder, gap, replace
        As for `draft_files`.
    drafts
        Which file belongs to which picture. One that has none fails.
    params
        Cutoff and clean-up of probabilities.
    meaning
        What the numbers of the files say; by their content where None.
    """
    taken: dict[Path, ImportedDraft] = {}

    def take(path: Path, session: ImageSession) -> None:
        prepared, _ = take_draft(session, drafts.draft_of(path), meaning, params)
        taken[path] = prepared.imported

    for result in _export_each(paths, folder, take, gap=gap, replace=replace):
        imported = taken.pop(result.path, None)
        if imported is None:
            yield result
        else:
            yield dataclasses.replace(result, source=imported.path, notes=imported.notes)


def _export_each(
    paths: Sequence[Path],
    folder: Path,
    begin: Callable[[Path, ImageSession], None],
    *,
    gap: bool,
    replace: bool,
) -> Iterator[Drafted]:
    """Begin a mask for each picture and write it, or tell why not."""
    names = [path.name for path in paths]
    first = {path.name: path for path in reversed(paths)}
    for path in paths:
        try:
            if first[path.name] != path:
                raise UserError(
                    f"{path}: {first[path.name]} has the same name, so their masks would, too.",
                    "Draft them into different folders.",
                )
            session = ImageSession(read_chosen(path))
            begin(path, session)
            report = export_mask(
                session.image, session.document, folder, gap=gap, replace=replace, siblings=names
            )
        except UserError as error:
            yield Drafted(path, None, error)
        else:
            yield Drafted(path, report)


def regions_beside(labels: Path, shape: tuple[int, ...]) -> NDArray[np.bool_] | None:
    """Ignored regions that belong to the working file of labels; None where there are none.

    Raises
    ------
    UserError
        Where their file cannot be read.
    """
    regions = working_regions(labels)
    if regions is None or not regions.exists():
        return None
    try:
        return decode_regions(regions.read_bytes(), (shape[0], shape[1]))
    except (OSError, ValueError) as error:
        raise UserError(
            f"{regions.name} could not be read: {error}.", "Put it right, or move it away."
        ) from error


def pair_masks(predicted: Path, true: Path) -> Pairing:
    """Pair two files, or the masks of two folders by their stems.

    Of masks in a folder whose stems are alike, the one that has the same whole name as its
    partner is taken; the others stay unpaired.

    Raises
    ------
    UserError
        Where one is a file and the other a folder, or nothing pairs.
    """
    for path in (predicted, true):
        if not path.exists():
            raise UserError(f"{path} does not exist.", "Check the name.")
    if predicted.is_dir() != true.is_dir():
        raise UserError(
            f"{predicted} and {true} are a file and a folder.", "Give two files or two folders."
        )
    if not predicted.is_dir():
        return Pairing(((predicted, true),), ())
    left, right = (
        [path for path in list_images(folder) if not is_regions(path)]
        for folder in (predicted, true)
    )
    exact = {path.name: path for path in right}
    pairs = {path: exact[path.name] for path in left if path.name in exact}
    free = {path.stem: path for path in reversed(right) if path not in pairs.values()}
    for path in left:
        if path not in pairs and path.stem in free:
            pairs[path] = free.pop(path.stem)
    if not pairs:
        raise UserError(
            f"No mask in {predicted} has the name of one in {true}.",
            "Masks are paired by their names without suffix.",
        )
    paired = {*pairs, *pairs.values()}
    return Pairing(
        tuple((path, pairs[path]) for path in left if path in pairs),
        tuple(path for path in left + right if path not in paired),
    )


def evaluate_files(pairs: Iterable[tuple[Path, Path]]) -> Iterator[PictureScore]:
    """Compare pairs of mask files, binary or of instances; yields one by one.

    Where the true mask is a working file, the ignored regions beside it count for nothing.

    Raises
    ------
    UserError
        Where a file cannot be read or the two differ in shape.
    """
    for predicted, true in pairs:
        labels = load_labels(predicted).values, load_labels(true).values
        try:
            yield score_picture(true.stem, *labels, regions_beside(true, labels[1].shape))
        except UserError as error:
            raise UserError(f"{predicted}: {error.sentence}", error.remedy) from error
