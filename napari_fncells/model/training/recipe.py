"""How pictures are seen in trainings, and what cards say of them."""

from __future__ import annotations

from napari_fncells.core.params import CleanUpParams
from napari_fncells.model.card import NOT_STATED, ModelCard, Normalisation

NORMALISATION = Normalisation(method="percentile", percentile=99.5, floor=0.1)
"""The floor keeps dark pictures without cells dark."""
CLEAN_UP = CleanUpParams(hole_area=600, min_area=200, split="distance", split_depth=4.0)
REDUCTION = 2
"""Half resolution was as good on FNC pictures, and takes a quarter of the time."""


def card_of(
    name: str,
    real: int,
    simulated: int,
    licence: str | None = None,
    begun: ModelCard | None = None,
) -> ModelCard:
    """The card of weights that are to be trained.

    Parameters
    ----------
    name
        Of the model.
    real, simulated
        How many pictures it is trained on.
    licence
        Of the weights, where it was stated.
    begun
        Card of the weights that it begins with: pictures go on to be seen as these see them.
    """
    data = f"{simulated:,} simulated pictures, {real:,} real ones"
    if begun is None:
        seen = {"normalisation": NORMALISATION, "reduction": REDUCTION, "clean_up": CLEAN_UP}
    else:
        seen = {part: getattr(begun, part) for part in ("normalisation", "reduction", "clean_up")}
        data += f"; begun with {begun.name!r}, trained on: {begun.training_data}"
    return ModelCard.model_validate(
        {
            **seen,
            "name": name,
            "channels": "stained",
            "training_data": data,
            "licence": licence or (begun.licence if begun else NOT_STATED),
            "sha256": "0" * 64,
        }
    )
