"""How many errors the attention check plants."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from napari_fncells.core.params.base import Params


class AttentionParams(Params):
    """Share of the cells, and how often a picture of few cells gets one nevertheless."""

    share: Annotated[
        float,
        Field(
            gt=0,
            le=0.2,
            description="Planted errors for each drafted cell: false cells put in and drafted "
            "cells hidden, about as many of either.",
            json_schema_extra={"step": 0.01},
        ),
    ] = 0.05
    at_least: Annotated[
        float,
        Field(
            ge=0,
            le=1,
            description="Share of the pictures with cells that get an error however few they "
            "have.",
            json_schema_extra={"step": 0.05},
        ),
    ] = 0.35
    false_cells: Annotated[
        float,
        Field(
            ge=0,
            le=1,
            description="Share of the errors that are false cells; the others are hidden ones.",
            json_schema_extra={"step": 0.1},
        ),
    ] = 0.5
