"""What counts as having been looked at."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from napari_fncells.core.params.base import Params


class CoverageParams(Params):
    """How near and how long a part of a picture has to be on the screen to count as seen."""

    zoom: Annotated[
        float,
        Field(
            gt=0,
            le=50,
            description="Seen from farther off than this, nothing counts as looked at.",
            json_schema_extra={"unit": "screen px per px", "step": 0.1},
        ),
    ] = 0.5
    seconds: Annotated[
        float,
        Field(
            gt=0,
            le=60,
            description="Time on the screen after which a part counts as looked at.",
            json_schema_extra={"unit": "s", "step": 0.5},
        ),
    ] = 1.0
    tile: Annotated[
        int,
        Field(
            ge=8,
            le=512,
            description="Side of the squares in which this is kept.",
            json_schema_extra={"unit": "px", "step": 8},
        ),
    ] = 50
    sweep_zoom: Annotated[
        float,
        Field(
            gt=0,
            le=50,
            description="Zoom at which the picture is swept, unless one is nearer already.",
            json_schema_extra={"unit": "screen px per px", "step": 0.1},
        ),
    ] = 1.0
    overlap: Annotated[
        float,
        Field(
            ge=0,
            le=0.5,
            description="Share of a part that the next one shows again.",
            json_schema_extra={"step": 0.05},
        ),
    ] = 0.1
