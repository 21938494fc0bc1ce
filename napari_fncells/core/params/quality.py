"""What the check before an export looks for in a mask."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, model_validator

from napari_fncells.core.params.base import Params


class QualityParams(Params):
    """Limits beyond which a cell or a mask is told of."""

    min_area: Annotated[
        int,
        Field(
            ge=0,
            le=1_000_000,
            description="Cells smaller than this are told of, whatever the others are like.",
            json_schema_extra={"label": "smallest cell", "unit": "px²", "step": 5},
        ),
    ] = 8
    max_area: Annotated[
        int,
        Field(
            ge=0,
            le=100_000_000,
            description="Cells larger than this are told of, whatever the others are like; "
            "0 sets no limit.",
            json_schema_extra={"label": "largest cell", "unit": "px²", "step": 500},
        ),
    ] = 0
    spread: Annotated[
        float,
        Field(
            ge=0,
            le=20,
            description="Cells whose size lies further than this from the middle of the set's "
            "sizes, on a logarithmic scale, are told of; 0 tells of none.",
            json_schema_extra={"label": "unusual size", "unit": "SD", "step": 0.5},
        ),
    ] = 5.0
    hole_area: Annotated[
        int,
        Field(
            ge=0,
            le=1_000_000,
            description="Holes of at least this size are told of; 0 tells of none.",
            json_schema_extra={"label": "smallest hole", "unit": "px²", "step": 1},
        ),
    ] = 1
    crumb_area: Annotated[
        int,
        Field(
            ge=0,
            le=1_000_000,
            description="Pieces of a cell up to this size are crumbs, to be dropped; larger ones "
            "are fragments, which may be cells of their own.",
            json_schema_extra={"label": "largest crumb", "unit": "px²", "step": 5},
        ),
    ] = 20
    strip: Annotated[
        int,
        Field(
            ge=0,
            le=5,
            description="Cells cut off by a strip of background up to this wide along the "
            "picture's border are told of; 0 tells of none.",
            json_schema_extra={"label": "border strip", "unit": "px", "step": 1},
        ),
    ] = 2
    thread: Annotated[
        int,
        Field(
            ge=0,
            le=1_000,
            description="Parts of a cell one pixel wide and at least this long are told of: "
            "spurs, and bridges between two parts; 0 tells of none.",
            json_schema_extra={"label": "thread", "unit": "px", "step": 1},
        ),
    ] = 5

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.max_area and self.min_area > self.max_area:
            raise ValueError("min_area cannot be above max_area")
        return self
