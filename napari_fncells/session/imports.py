"""A draft that another program made, put under the expert's corrections."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_fncells.core.cutoff import cutoff_of
from napari_fncells.core.edits import Edit
from napari_fncells.core.errors import UserError
from napari_fncells.core.labels import in_reading_order
from napari_fncells.core.params import CleanUpParams, CutoffParams, DraftParams
from napari_fncells.core.relief import relief
from napari_fncells.core.segment import Draft, cells_of
from napari_fncells.core.steps import finish
from napari_fncells.io.images import Image
from napari_fncells.io.importers import ImportedDraft, Meaning, read_draft
from napari_fncells.io.importers.matching import find_drafts
from napari_fncells.io.ngff import is_ngff
from napari_fncells.session.image import ImageSession

IMPORTED_PROBABILITY = "imported probability"

PROBABILITY_PARAMS = DraftParams(
    cutoff=CutoffParams(method="value", amount=0.5),
    clean_up=CleanUpParams(hole_area=100, min_area=30),
)
"""How probabilities become cells where nothing else is said: above one half; a light clean-up, as
the size of cells is not known."""


@dataclass(frozen=True, eq=False)
class Prepared:
    """A draft of another program that fits the picture, ready to be put in its place.

    Attributes
    ----------
    imported
        What was read.
    draft
        What became of its probabilities; None for labels.
    """

    imported: ImportedDraft
    draft: Draft | None = None

    def put(self, session: ImageSession) -> Edit:
        """Make it the draft, as one step; cells the expert touched stay as they are."""
        source = self.imported.source
        if self.draft is not None:
            return session.apply(self.draft, source=source)
        labels, ignored = self.imported.labels, self.imported.ignored
        assert labels is not None
        return session.adopt(labels, self.imported.program, ignored, source=source)


def prepare_steps(
    image: Image,
    place: Path,
    meaning: Meaning | None = None,
    params: DraftParams | None = None,
) -> Generator[str, None, Prepared]:
    """Read a draft for a picture, yielding in words what comes next.

    Parameters
    ----------
    image
        The picture.
    place
        The draft's file, or a folder in which it is found by the picture's name.
    meaning
        What its numbers say; by the content where None.
    params
        Cutoff and clean-up of probabilities; `PROBABILITY_PARAMS` where omitted. Labels stay as
        they are.

    Raises
    ------
    UserError
        It cannot be read, is not for this picture or is the picture itself.
    """
    path = place
    if place.is_dir() and not is_ngff(place):
        yield f"Looking for the draft of {image.name}"
        named = image.path or Path(image.name)
        path = find_drafts([named], place).draft_of(named)
    yield f"Reading {path.name}"
    rows, columns = image.pixels.shape[:2]
    imported = read_draft(path, meaning, (image.name, (rows, columns)))
    _check_fit(image, imported)
    if imported.score is None:
        return Prepared(imported)
    yield "Cutting and cleaning up"
    return Prepared(imported, _cut(imported, params or PROBABILITY_PARAMS, image.pixel_size))


def take_draft(
    session: ImageSession,
    place: Path,
    meaning: Meaning | None = None,
    params: DraftParams | None = None,
) -> tuple[Prepared, Edit]:
    """Read a draft and put it in place at once; see `prepare_steps`."""
    prepared = finish(prepare_steps(session.image, place, meaning, params))
    return prepared, prepared.put(session)


def _check_fit(image: Image, imported: ImportedDraft) -> None:
    name, shape = imported.path.name, image.pixels.shape[:2]
    if imported.shape != shape:
        raise UserError(
            f"{name} is {imported.shape[0]} x {imported.shape[1]} pixels, the picture "
            f"{shape[0]} x {shape[1]}.",
            "Choose the draft that belongs to the picture.",
        )
    same_file = imported.sha256 is not None and imported.sha256 == image.sha256
    if same_file or (imported.score is not None and _shows(image.pixels, imported.score.values)):
        raise UserError(
            f"{name} is the picture {image.name} itself, not a draft of it.",
            "Choose a mask, a label image or a probability map.",
        )


def _shows(pixels: NDArray[Any], values: NDArray[np.float32]) -> bool:
    """Whether probabilities are but the grey values of a picture, by some factor."""
    planes = pixels[..., np.newaxis] if pixels.ndim == 2 else pixels
    for channel in range(planes.shape[2]):
        plane = planes[..., channel].astype(np.float32)
        top, most = float(plane.max()), float(values.max())
        if top > 0 and most > 0 and np.allclose(plane / top, values / most, atol=1e-3):
            return True
    return False


def _cut(imported: ImportedDraft, params: DraftParams, pixel_size: float | None) -> Draft:
    score = imported.score
    assert score is not None
    sized = params.in_pixels(pixel_size)
    measured = relief(score, sized.cutoff)
    cutoff = cutoff_of(measured.values, sized.cutoff)
    labels = in_reading_order(cells_of(measured, cutoff, sized))
    return Draft(labels, measured, cutoff, IMPORTED_PROBABILITY, params)
