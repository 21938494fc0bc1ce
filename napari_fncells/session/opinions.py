"""A second opinion on a picture: what a draft of another kind makes of it."""

from __future__ import annotations

from collections.abc import Generator

from napari_fncells.core.candidates import Look, look_steps
from napari_fncells.core.errors import UserError
from napari_fncells.core.params import AUTO, DraftParams, preset
from napari_fncells.core.scorer import Scorer
from napari_fncells.core.segment import LARGE
from napari_fncells.io.images import Image
from napari_fncells.model.library import DEFAULT_MODEL, find_model
from napari_fncells.model.weights import read_card

MOST_UNASKED = 16_000_000
"""Pixels of a picture that a model looks at without being asked: some seconds on two cores."""


def looks_steps(
    image: Image,
    draft: DraftParams,
    scorer: Scorer | None = None,
    made: DraftParams | None = None,
) -> Generator[str, None, Look]:
    """Look for missed cells in the scores of a draft, and in those of one of another kind.

    Drafts by a model or a threshold are set beside the automatic one; that beside the model that
    the picture was drafted with, else the one of the package, or beside none where no model can
    be run.

    Parameters
    ----------
    image
        The picture.
    draft
        Parameters of the draft in force.
    scorer
        Runs models.
    made
        Parameters of a draft by a model that was made before, where there is one.

    Raises
    ------
    UserError
        The scores of the draft in force cannot be made again.
    """
    size = image.pixel_size
    own = yield from look_steps(image.pixels, draft, size, scorer=scorer)
    try:
        second = _second(image, draft, made, asked=scorer is not None)
        if second is None:
            return own
        other = yield from look_steps(image.pixels, second, size, scorer=scorer)
    except UserError:
        # Nobody asked for it: without a second opinion, then
        return own
    return own.with_second(other)


def _second(
    image: Image, draft: DraftParams, made: DraftParams | None, *, asked: bool
) -> DraftParams | None:
    """Parameters of the draft that another one is set beside; None for none."""
    pixels = image.pixels.shape[0] * image.pixels.shape[1]
    if not draft.by_likeness:
        return preset(AUTO) if pixels <= LARGE else None
    if not asked:
        return None
    if made is not None:
        return made
    return read_card(find_model(DEFAULT_MODEL)).draft_params if pixels <= MOST_UNASKED else None
