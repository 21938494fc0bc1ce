"""How a picture becomes a score map."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from napari_fncells.core.params.base import Params

Channel = Literal["auto", "luminance", "maximum", "pca", "red", "green", "blue"]
GroundMethod = Literal["gaussian", "rolling_ball", "top_hat"]
BlobMethod = Literal["none", "dog", "log"]


class ScoreParams(Params):
    """Which intensity, smoothed how, above which ground, at which scales."""

    channel: Annotated[
        Channel,
        Field(
            description="Which intensity to look at. automatic takes the channel that stands out "
            "most; colour axis the mixture of channels that varies most (PCA).",
            json_schema_extra={"titles": {"auto": "automatic", "pca": "colour axis"}},
        ),
    ] = "auto"
    smoothing: Annotated[
        float,
        Field(
            ge=0,
            le=50,
            description="Gaussian sigma; larger ignores finer detail.",
            json_schema_extra={"unit": "px", "step": 0.5},
        ),
    ] = 2.0
    background: Annotated[
        float,
        Field(
            ge=0,
            le=1000,
            description="Size of what counts as ground and is subtracted: sigma of the wide "
            "Gaussian, radius of the ball or of the disk; larger than a cell. 0 leaves it.",
            json_schema_extra={"unit": "px", "step": 10.0},
        ),
    ] = 0.0
    ground: Annotated[
        GroundMethod,
        Field(
            description="How the ground is found: wide Gaussian with the cells clipped away, "
            "rolling ball, or white top-hat (what a disk does not fit into).",
            json_schema_extra={
                "titles": {
                    "gaussian": "wide Gaussian",
                    "rolling_ball": "rolling ball",
                    "top_hat": "top-hat",
                },
                "needs": "background",
            },
        ),
    ] = "gaussian"
    contrast: Annotated[
        float,
        Field(
            ge=0,
            le=1000,
            description="Sigma of the window whose own spread each score is divided by, so that "
            "dim parts of a picture count as much as bright ones; 0 does not divide.",
            json_schema_extra={"unit": "px", "step": 10.0},
        ),
    ] = 0.0
    blobs: Annotated[
        BlobMethod,
        Field(
            description="Looks for round spots of a size: difference of Gaussians or Laplacian of "
            "Gaussian, the strongest answer of all sizes between the two below.",
            json_schema_extra={
                "titles": {
                    "none": "no",
                    "dog": "difference of Gaussians",
                    "log": "Laplacian of Gaussian",
                }
            },
        ),
    ] = "none"
    blob_min: Annotated[
        float,
        Field(
            ge=1,
            le=500,
            description="Diameter of the smallest spots looked for.",
            json_schema_extra={"unit": "px", "step": 1.0, "needs": {"blobs": ["dog", "log"]}},
        ),
    ] = 20.0
    blob_max: Annotated[
        float,
        Field(
            ge=1,
            le=500,
            description="Diameter of the largest spots looked for.",
            json_schema_extra={"unit": "px", "step": 1.0, "needs": {"blobs": ["dog", "log"]}},
        ),
    ] = 60.0

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.blob_min > self.blob_max:
            raise ValueError("blob_min cannot be above blob_max")
        return self
