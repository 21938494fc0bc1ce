"""How pictures are cut into patches to train on."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from napari_fncells.core.params.base import Params


class WeightParams(Params):
    """What each pixel counts in training.

    Attributes
    ----------
    cell_weight
        Factor of the pixels of cells.
    sigma
        Fall of the weight with the distance from a cell.
    reach
        Farther from a cell than this it adds nothing.

    Notes
    -----
    As in the training of FNC v1 (Morelli et al. 2021, section 'Weight maps').
    """

    cell_weight: Annotated[
        float,
        Field(ge=0.1, le=100, description="Factor of the pixels of cells."),
    ] = 1.5
    sigma: Annotated[
        float,
        Field(
            gt=0,
            le=200,
            description="Fall of the weight with the distance from a cell.",
            json_schema_extra={"unit": "px"},
        ),
    ] = 25.0
    reach: Annotated[
        float,
        Field(
            ge=0,
            le=1000,
            description="Farther from a cell than this it adds nothing.",
            json_schema_extra={"unit": "px"},
        ),
    ] = 75.0


class PatchParams(Params):
    """Where patches lie, which are kept and what they hold.

    Attributes
    ----------
    scheme
        'fnc' has the windows of the training of FNC v1: 512 px, each 400 px on from the last and
        reaching back over 112 px of it; 12 in a picture of 1200 x 1600. 'grid' has windows of
        `size` that overlap by `overlap`.
    empties
        Share of the patches without a cell that are kept: 1 keeps all, 0 only those with cells.
    min_share
        Cells of which less than this share lies in a patch are no cells of it; their pixels are
        ignored.
    gap
        Whether binary masks keep touching cells apart by a line one pixel wide.
    ignore_value
        Grey value in binary masks of pixels that do not count.
    weights
        Of each pixel; None where patches hold none.
    """

    scheme: Annotated[
        Literal["grid", "fnc"],
        Field(
            description="Windows side by side, or those of the training of FNC v1.",
            json_schema_extra={"titles": {"grid": "any size", "fnc": "FNC v1 (12 of 512 px)"}},
        ),
    ] = "grid"
    size: Annotated[
        int,
        Field(
            ge=8,
            le=8192,
            description="Side of a patch.",
            json_schema_extra={"unit": "px", "needs": {"scheme": ["grid"]}},
        ),
    ] = 512
    overlap: Annotated[
        int,
        Field(
            ge=0,
            le=8191,
            description="What a patch has in common with the next, at least.",
            json_schema_extra={"unit": "px", "needs": {"scheme": ["grid"]}},
        ),
    ] = 0
    empties: Annotated[
        float,
        Field(
            ge=0,
            le=1,
            description="Share of the patches without a cell that are kept.",
            json_schema_extra={"unit": "share"},
        ),
    ] = 1.0
    min_share: Annotated[
        float,
        Field(
            ge=0,
            le=1,
            description="Cells of which less lies in a patch are ignored in it.",
            json_schema_extra={"unit": "share"},
        ),
    ] = 0.0
    gap: Annotated[
        bool, Field(description="Keep touching cells apart in binary masks by a line of 1 px.")
    ] = False
    ignore_value: Annotated[
        int,
        Field(
            ge=0,
            le=254,
            description="Grey value in binary masks of pixels that do not count; 0 is background.",
        ),
    ] = 0
    seed: Annotated[
        int, Field(ge=0, le=2**31 - 1, description="Of the choice among patches without cells.")
    ] = 0
    weights: WeightParams | None = None

    @model_validator(mode="after")
    def _moving_on(self) -> Self:
        if self.scheme == "grid" and self.overlap >= self.size:
            raise ValueError(f"patches of {self.size} px cannot overlap by {self.overlap} px")
        if self.scheme == "fnc" and (self.size, self.overlap) != (512, 0):
            raise ValueError("size and overlap go with the scheme 'grid'")
        return self
