"""Score maps from outside: who makes the one of a model that parameters name."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any, Protocol

from numpy.typing import NDArray

from napari_fncells.core.errors import ParameterError
from napari_fncells.core.params import DraftParams
from napari_fncells.core.score import ScoreMap


class Scorer(Protocol):
    """Makes the score map of a picture by the model that parameters name.

    This package holds no models: whoever drafts with one hands its scorer in.
    """

    def __call__(self, image: NDArray[Any], params: DraftParams) -> Generator[str, None, ScoreMap]:
        """Score a picture, yielding in words what comes next.

        Parameters
        ----------
        image
            (Y, X) or (Y, X, C), any real dtype; read, never written.
        params
            Name the model.

        Returns
        -------
        ScoreMap
            Probabilities; `source` says of which model.

        Raises
        ------
        UserError
            The model or what runs it is missing.
        """


def model_steps(
    image: NDArray[Any], params: DraftParams, scorer: Scorer | None
) -> Generator[str, None, ScoreMap]:
    """Score a picture by the model that parameters name, in steps.

    Raises
    ------
    ParameterError
        There is nobody who has models.
    """
    if scorer is None:
        raise ParameterError(
            f"A draft by the model {params.model!r} needs somebody who runs it.",
            "Hand in a scorer, or leave the model out.",
        )
    return (yield from scorer(image, params))
