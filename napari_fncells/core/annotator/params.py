"""How exact a simulated annotator sees and points."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from napari_fncells.core.params.base import Params


class AnnotatorParams(Params):
    """Rates of errors and the unsteadiness of the hand."""

    errors: Annotated[
        float,
        Field(
            ge=0,
            le=1,
            description="Share of what is wrong that is not noticed when it is looked at.",
        ),
    ] = 0.05
    alarms: Annotated[
        float,
        Field(
            ge=0,
            le=1,
            description="Share of right cells that are taken for wrong, and of candidates that "
            "are no cells that are taken for some.",
        ),
    ] = 0.01
    jitter: Annotated[
        float,
        Field(
            ge=0,
            le=50,
            description="SD of where a click lands, to each side.",
            json_schema_extra={"unit": "screen px"},
        ),
    ] = 2.0
    wobble: Annotated[
        float,
        Field(
            ge=0,
            le=20,
            description="SD by which a stroke of the hand strays, to each side.",
            json_schema_extra={"unit": "screen px"},
        ),
    ] = 1.5
    notches: Annotated[
        int,
        Field(ge=0, le=30, description="Turns of the wheel after which one traces instead."),
    ] = 4
    lasso: Annotated[
        int,
        Field(
            ge=2,
            le=100,
            description="So many cells to be removed side by side are worth a lasso.",
        ),
    ] = 3
    seed: Annotated[int, Field(ge=0, description="Of all that is left to chance.")] = 0
