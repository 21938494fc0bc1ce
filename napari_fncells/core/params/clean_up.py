"""What is done to the thresholded mask before its pieces become cells."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from napari_fncells.core.params.base import Params

SplitMethod = Literal["none", "distance", "intensity", "fnc_v1"]


class CleanUpParams(Params):
    """Holes, thin processes, splitting, outlines, and which pieces are cells at all."""

    hole_area: Annotated[
        int,
        Field(
            ge=0,
            le=1_000_000,
            description="Holes smaller than this are filled.",
            json_schema_extra={"unit": "px²", "step": 50},
        ),
    ] = 0
    opening: Annotated[
        int,
        Field(
            ge=0,
            le=50,
            description="Radius of the disk that cuts off thin processes; 0 cuts nothing.",
            json_schema_extra={"unit": "px", "step": 1},
        ),
    ] = 0
    closing: Annotated[
        int,
        Field(
            ge=0,
            le=50,
            description="Radius of the disk that closes gaps and dents; 0 closes nothing.",
            json_schema_extra={"unit": "px", "step": 1},
        ),
    ] = 0
    split: Annotated[
        SplitMethod,
        Field(
            description="Cut clumps of touching cells at their necks, at the dim lines between "
            "bright cores, as FNC v1 did, or never.",
            json_schema_extra={
                "titles": {
                    "none": "never",
                    "distance": "at necks",
                    "intensity": "at dim lines",
                    "fnc_v1": "as FNC v1",
                }
            },
        ),
    ] = "none"
    split_depth: Annotated[
        float,
        Field(
            ge=0,
            le=50,
            description="How deep a neck must be, against the narrower part, to be cut.",
            json_schema_extra={"unit": "px", "step": 0.5, "needs": {"split": ["distance"]}},
        ),
    ] = 3.0
    split_contrast: Annotated[
        float,
        Field(
            ge=0,
            le=1,
            description="How much dimmer a line must be, as a share of the dimmer core's height "
            "above the ground, to be cut.",
            json_schema_extra={"unit": "share", "step": 0.05, "needs": {"split": ["intensity"]}},
        ),
    ] = 0.15
    outline_offset: Annotated[
        float,
        Field(
            ge=-10,
            le=10,
            description="Moves every outline outwards, or inwards where negative. 'Match my "
            "outlines' finds what your corrections in this picture ask for.",
            json_schema_extra={"unit": "px", "step": 0.5},
        ),
    ] = 0.0
    min_area: Annotated[
        int,
        Field(
            ge=0,
            le=1_000_000,
            description="Pieces smaller than this are dropped.",
            json_schema_extra={"unit": "px²", "step": 50},
        ),
    ] = 0
    max_area: Annotated[
        int,
        Field(
            ge=0,
            le=100_000_000,
            description="Pieces larger than this are dropped; 0 drops none.",
            json_schema_extra={"unit": "px²", "step": 500},
        ),
    ] = 0
    roundness: Annotated[
        float,
        Field(
            ge=0,
            le=1,
            description="Pieces less round than this are dropped: 1 is a disk, 0.3 a fibre.",
            json_schema_extra={"unit": "share", "step": 0.05},
        ),
    ] = 0.0
    border: Annotated[
        bool,
        Field(
            description="Drop pieces that the picture's border cuts.",
            json_schema_extra={"label": "drop at border"},
        ),
    ] = False

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.max_area and self.min_area > self.max_area:
            raise ValueError("min_area cannot be above max_area")
        return self
