"""How high a pixel's score must be to belong to a cell."""

from __future__ import annotations

from typing import Annotated, Literal, Self, get_args

from pydantic import Field, model_validator

from napari_fncells.core.params.base import Params

GlobalMethod = Literal[
    "likeness",
    "mean_sd",
    "background_sd",
    "median_mad",
    "percentile",
    "otsu",
    "triangle",
    "li",
    "yen",
    "isodata",
    "minimum",
    "value",
]
LocalMethod = Literal["local_gaussian", "local_mean", "local_median", "sauvola", "niblack"]
CutoffMethod = Literal[GlobalMethod, LocalMethod]
LOCAL_METHODS: tuple[str, ...] = get_args(LocalMethod)
AMOUNT_METHODS = ("likeness", "mean_sd", "background_sd", "median_mad", "percentile", "value")
"""Global methods in which the amount counts."""

TYPICAL_AMOUNTS: dict[str, float] = {
    "likeness": 0.5,
    "mean_sd": 3.0,
    "background_sd": 6.0,
    "median_mad": 6.0,
    "percentile": 97.0,
    "local_gaussian": 6.0,
    "local_mean": 6.0,
    "local_median": 6.0,
    "niblack": 2.0,
    "sauvola": -1.0,
}
"""Amounts to begin with; what is much for one method is little for another."""


class CutoffParams(Params):
    """One cutoff for the picture, found from its own scores, or one for each place in it."""

    method: Annotated[
        CutoffMethod,
        Field(
            description="likeness: of the pieces at any level those that look like a cell, 0 to "
            "1. Else mean, ground or median of this picture's scores + amount x their spread; the "
            "percentile 'amount'; a rule by the histogram; the value 'amount' itself; or a cutoff "
            "for each place from the window around it, + amount x spread.",
            json_schema_extra={
                "titles": {
                    "likeness": "likeness to a cell",
                    "mean_sd": "mean + SD",
                    "background_sd": "ground + SD",
                    "median_mad": "median + MAD",
                    "percentile": "percentile",
                    "otsu": "Otsu",
                    "triangle": "triangle",
                    "li": "Li",
                    "yen": "Yen",
                    "isodata": "isodata",
                    "minimum": "valley between two peaks",
                    "value": "fixed value",
                    "local_gaussian": "local, Gaussian",
                    "local_mean": "local, mean",
                    "local_median": "local, median",
                    "sauvola": "local, Sauvola",
                    "niblack": "local, Niblack",
                }
            },
        ),
    ] = "mean_sd"
    amount: Annotated[
        float,
        Field(
            ge=-1e6,
            le=1e6,
            description="Numbers of spreads, the percentile, the fixed value, or Sauvola's and "
            "Niblack's k; the rules by the histogram need none.",
            json_schema_extra={
                "unit": "SD or %",
                "units": {
                    **dict.fromkeys(("mean_sd", "background_sd", "median_mad"), "SD"),
                    **dict.fromkeys(("local_gaussian", "local_mean", "local_median"), "SD"),
                    "percentile": "%",
                },
                "step": 0.1,
                "needs": {"method": [*AMOUNT_METHODS, *LOCAL_METHODS]},
            },
        ),
    ] = 4.0
    window: Annotated[
        float,
        Field(
            ge=3,
            le=2000,
            description="Side of the window of local cutoffs; a few cells wide.",
            json_schema_extra={
                "unit": "px",
                "step": 10.0,
                "needs": {"method": list(LOCAL_METHODS)},
            },
        ),
    ] = 151.0
    hysteresis: Annotated[
        float,
        Field(
            ge=0,
            le=1,
            description="Lets pieces reach down from the cutoff by this share of its height above "
            "the ground; what never reaches the cutoff stays out. 0 lets nothing.",
            json_schema_extra={"unit": "share", "step": 0.05},
        ),
    ] = 0.0
    half_maximum: Annotated[
        float,
        Field(
            ge=0,
            le=0.95,
            description="Draws each piece in to this share of its own peak above the ground (0.5 "
            "is the half-maximum), as bright cells spread wider; 0 leaves the outline.",
            json_schema_extra={"unit": "share", "step": 0.05},
        ),
    ] = 0.0

    @property
    def local(self) -> bool:
        """Whether each place has a cutoff of its own."""
        return self.method in LOCAL_METHODS

    @model_validator(mode="after")
    def _in_range(self) -> Self:
        if self.method == "percentile" and not 0 <= self.amount <= 100:
            raise ValueError("a percentile lies between 0 and 100")
        return self
