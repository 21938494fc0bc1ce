"""How patches are varied in training."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from napari_fncells.core.params.base import Params

_Share = Annotated[float, Field(ge=0, le=1)]


class AugmentationParams(Params):
    """Greatest changes, each drawn anew for every patch; 0 changes nothing.

    Attributes
    ----------
    rotation
        By any angle up to this, to either side.
    flips
        Whether left and right, and top and bottom, are exchanged in half of the cases each.
    brightness, contrast
        What is added, as a share of the mean, and by how much all light is stronger or weaker.
    blur
        Sigma of a Gaussian.
    elastic
        Shift of pixels by a smooth random field, at the most.
    chance
        Of brightness with contrast, of the blur and of the elastic shift, each.

    Notes
    -----
    The kinds are those of the training of FNC v1 (Morelli et al. 2021); how strong they were
    there is not published.
    """

    rotation: Annotated[
        float,
        Field(
            ge=0, le=180, description="Greatest angle.", json_schema_extra={"unit": "°", "step": 5}
        ),
    ] = 180.0
    flips: Annotated[bool, Field(description="Mirror in half of the cases.")] = True
    brightness: Annotated[
        _Share,
        Field(
            description="Greatest light added or taken, of the mean.",
            json_schema_extra={"unit": "share", "step": 0.05},
        ),
    ] = 0.3
    contrast: Annotated[
        _Share,
        Field(
            description="Greatest gain or loss of all light.",
            json_schema_extra={"unit": "share", "step": 0.05},
        ),
    ] = 0.3
    blur: Annotated[
        float,
        Field(
            ge=0,
            le=20,
            description="Greatest sigma of the blur.",
            json_schema_extra={"unit": "px", "step": 0.5},
        ),
    ] = 2.0
    elastic: Annotated[
        float,
        Field(
            ge=0,
            le=50,
            description="Greatest shift of pixels.",
            json_schema_extra={"unit": "px", "step": 1},
        ),
    ] = 8.0
    chance: Annotated[
        _Share,
        Field(
            description="How often each of light, blur and elastic shift is changed.",
            json_schema_extra={"unit": "share", "step": 0.1},
        ),
    ] = 0.5
