"""Settings that suit the expert: what was decided on pictures, and what drafts would leave to do.

Long calls are generators that yield, in words, what they do next.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from napari_fncells.core.errors import UserError
from napari_fncells.core.evidence import Case, Evidence, evidence_of
from napari_fncells.core.gestures import Gestures
from napari_fncells.core.meter import predicted_gestures
from napari_fncells.core.params import DraftParams
from napari_fncells.core.scorer import Scorer
from napari_fncells.core.segment import draft_steps
from napari_fncells.io.chosen import read_chosen
from napari_fncells.io.images import Image, list_images
from napari_fncells.io.working import WorkingFiles, glance, read
from napari_fncells.session.image import ImageSession
from napari_fncells.store.working_folder import WORKING_FOLDER

Item = TypeVar("Item")
MOST_PICTURES = 12
"""Finished pictures of a folder that are looked at; of more, as many from all over the list."""


def picture_case(session: ImageSession) -> Case:
    """What the expert has decided on the picture so far."""
    return _case(session.image, evidence_of(session.document))


def truth_case(image: Image, truth: NDArray[np.integer]) -> Case:
    """A picture with its true mask.

    Raises
    ------
    UserError
        For a mask of another shape.
    """
    if truth.shape != image.pixels.shape[:2]:
        rows, columns = image.pixels.shape[:2]
        raise UserError(
            f"The mask is {' x '.join(map(str, truth.shape))} pixels, the picture {rows} x "
            f"{columns}.",
            "Choose the mask that belongs to the picture.",
        )
    return _case(image, Evidence.finished(truth))


def finished_pictures(folder: Path, author: str = "") -> list[Path]:
    """Pictures of a folder that an annotator has finished, by their working files."""
    return [path for path in list_images(folder) if _is_done(path, author)]


def folder_cases_steps(
    folder: Path, author: str = "", current: ImageSession | None = None
) -> Generator[str, None, list[Case]]:
    """Collect the finished pictures of a folder, `MOST_PICTURES` at most.

    Parameters
    ----------
    folder
        Where the pictures lie, their masks in its working files.
    author
        The annotator, as part of the names of the working files.
    current
        The picture that is worked on: it counts as it is at this call, where it is finished,
        whatever its files say. To be called in the thread that edits it; the steps may be taken
        in any.

    Returns
    -------
    list of Case
        In the order of the folder; pictures whose files cannot be read are left out.
    """
    if current is None:
        return _folder_cases(folder, author, None, None)
    live = picture_case(current) if current.document.done else None
    return _folder_cases(folder, author, current.image.path, live)


def _folder_cases(
    folder: Path, author: str, open_path: Path | None, live: Case | None
) -> Generator[str, None, list[Case]]:
    found: list[Path | Case] = []
    for path in list_images(folder):
        if open_path is not None and _same(path, open_path):
            found += [] if live is None else [live]
        elif _is_done(path, author):
            found.append(path)
    cases = []
    for item in _spread(found):
        if isinstance(item, Case):
            cases.append(item)
            continue
        yield f"Reading {item.name}"
        case = _read_case(item, author)
        if case is not None:
            cases.append(case)
    return cases


def evidence_steps(session: ImageSession, author: str = "") -> Generator[str, None, list[Case]]:
    """Collect all that is known: the finished pictures of the folder, and the open one.

    To be called in the thread that edits the open picture; the steps may be taken in any.
    """
    path = session.image.path
    # A finished picture of a folder is among the others
    here = [] if session.document.done and path is not None else [picture_case(session)]
    others = folder_cases_steps(path.parent, author, session) if path is not None else None

    def steps() -> Generator[str, None, list[Case]]:
        cases = [] if others is None else (yield from others)
        return [*cases, *here]

    return steps()


def meter_steps(
    cases: Sequence[Case],
    settings: Mapping[str, DraftParams | str],
    scorer: Scorer | None = None,
) -> Generator[str, None, dict[str, Gestures]]:
    """Predict for each of several settings how many gestures the pictures would take.

    Parameters
    ----------
    cases
        Pictures with their truth or what is known of it.
    settings
        By name: parameters, or the name of a preset.
    scorer
        Runs the models that parameters name.

    Returns
    -------
    dict
        Sums over the pictures, by the same names.

    Raises
    ------
    ParameterError
        For an unknown preset, or sizes in µm and a picture that does not tell the size of its
        pixels.
    """
    found = dict.fromkeys(settings, Gestures())
    for case in cases:
        for name, params in settings.items():
            draft = yield from draft_steps(case.image, params, case.pixel_size, scorer=scorer)
            yield f"Measuring {name}"
            found[name] += predicted_gestures(draft.labels, case.evidence)
    return found


def _case(image: Image, evidence: Evidence) -> Case:
    return Case(image.pixels, evidence, image.pixel_size, image.name)


def _read_case(path: Path, author: str) -> Case | None:
    """A finished picture, or None where its files are gone or damaged, or it is open again."""
    try:
        image = read_chosen(path)
        rows, columns = image.pixels.shape[:2]
        kept = read(_files(path, author), (rows, columns), image.sha256)
    except UserError:
        return None
    if kept is None or not kept.state.done:
        return None
    state = kept.state
    evidence = Evidence.of(state.labels, state.objects, done=True, ignored=state.ignored)
    return _case(image, evidence)


def _is_done(path: Path, author: str) -> bool:
    seen = glance(_files(path, author))
    return seen is not None and seen.done


def _files(path: Path, author: str) -> WorkingFiles:
    return WorkingFiles.of(path.parent / WORKING_FOLDER, path.name, author)


def _spread(items: Sequence[Item]) -> list[Item]:
    """As many as are looked at, from all over the list."""
    if len(items) <= MOST_PICTURES:
        return list(items)
    places = np.linspace(0, len(items) - 1, MOST_PICTURES).round().astype(int)
    return [items[place] for place in places.tolist()]


def _same(path: Path, other: Path) -> bool:
    try:
        return path.samefile(other)
    except OSError:
        return path == other
