"""Parameters of a draft: one definition for the window, the command line and the record.

Each class is a frozen pydantic model. A field carries its default, range, unit and help, from
which the form in the window, the `--set` option and the saved provenance are all made.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from napari_fncells.core.errors import ParameterError

Channel = Literal["auto", "luminance", "maximum", "red", "green", "blue"]
CutoffMethod = Literal["percentile", "mean_sd", "background_sd"]
SplitMethod = Literal["none", "distance"]


class Params(BaseModel):
    """Base of all parameter classes: immutable, closed, free of NaN and infinity."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class ScoreParams(Params):
    """How a picture becomes a score map: which intensity, smoothed how, above which ground."""

    channel: Annotated[
        Channel,
        Field(
            description="Which intensity to look at. auto takes the brightest channel.",
            json_schema_extra={"titles": {"auto": "automatic"}},
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
            description="Sigma of the wide Gaussian taken as ground and subtracted; 0 leaves it.",
            json_schema_extra={"unit": "px", "step": 10.0},
        ),
    ] = 0.0


class CutoffParams(Params):
    """How high a pixel's score must be to belong to a cell."""

    method: Annotated[
        CutoffMethod,
        Field(
            description="percentile of this picture's scores; mean + amount x SD of all scores; "
            "or the same of the ground alone (background_sd), found by clipping bright pixels.",
            json_schema_extra={
                "titles": {
                    "percentile": "percentile",
                    "mean_sd": "mean + SD",
                    "background_sd": "ground + SD",
                }
            },
        ),
    ] = "mean_sd"
    amount: Annotated[
        float,
        Field(
            ge=0,
            le=100,
            description="The percentile, or the number of standard deviations.",
            json_schema_extra={"unit": "% or SD", "step": 0.1},
        ),
    ] = 4.0


class CleanUpParams(Params):
    """What is done to the thresholded mask before its pieces become cells."""

    opening: Annotated[
        int,
        Field(
            ge=0,
            le=50,
            description="Radius of the disk that cuts off thin processes; 0 cuts nothing.",
            json_schema_extra={"unit": "px", "step": 1},
        ),
    ] = 0
    hole_area: Annotated[
        int,
        Field(
            ge=0,
            le=1_000_000,
            description="Holes smaller than this are filled.",
            json_schema_extra={"unit": "px²", "step": 50},
        ),
    ] = 0
    min_area: Annotated[
        int,
        Field(
            ge=0,
            le=1_000_000,
            description="Pieces smaller than this are dropped.",
            json_schema_extra={"unit": "px²", "step": 50},
        ),
    ] = 0
    split: Annotated[
        SplitMethod,
        Field(
            description="Cut clumps of touching cells at their necks (distance), or never.",
            json_schema_extra={"titles": {"none": "never", "distance": "at necks"}},
        ),
    ] = "none"
    split_depth: Annotated[
        float,
        Field(
            ge=0,
            le=50,
            description="How deep a neck must be, against the narrower part, to be cut.",
            json_schema_extra={"unit": "px", "step": 0.5},
        ),
    ] = 3.0
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


class DraftParams(Params):
    """All parameters of a draft by threshold."""

    score: ScoreParams = ScoreParams()
    cutoff: CutoffParams = CutoffParams()
    clean_up: CleanUpParams = CleanUpParams()

    def with_settings(self, settings: Mapping[str, Any]) -> Self:
        """Return a copy with some fields changed by name.

        Parameters
        ----------
        settings
            Maps a field (`amount`, or with its group: `cutoff.amount`) to a value. Text is
            converted to the field's type.

        Raises
        ------
        ParameterError
            For a name that no field has, or a value outside the field's range.
        """
        tree = self.model_dump()
        for name, value in settings.items():
            group, field = _locate(name, tree)
            tree[group][field] = value
        try:
            return type(self).model_validate(tree)
        except ValidationError as error:
            first = error.errors()[0]
            place = ".".join(str(part) for part in first["loc"])
            raise ParameterError(
                f"{place} cannot be {first['input']!r}: {first['msg'].lower()}.",
                "Choose a value within the range.",
            ) from error


def _locate(name: str, tree: Mapping[str, Mapping[str, Any]]) -> tuple[str, str]:
    """Find the group and field that a setting's name means."""
    known = {
        f"{group}.{field}": (group, field) for group, fields in tree.items() for field in fields
    }
    matches = [pair for path, pair in known.items() if name in (path, pair[1])]
    if len(matches) != 1:
        raise ParameterError(
            f"There is no setting named {name!r}.", f"Known are: {', '.join(known)}."
        )
    return matches[0]


FNC_V1_DRAFT = "fnc-v1-draft"
AUTO = "auto"

PRESETS: dict[str, DraftParams] = {
    AUTO: DraftParams(
        score=ScoreParams(channel="auto", smoothing=2.5),
        cutoff=CutoffParams(method="mean_sd", amount=3.0),
        clean_up=CleanUpParams(
            opening=7, hole_area=600, min_area=300, split="distance", split_depth=2.5
        ),
    ),
    FNC_V1_DRAFT: DraftParams(
        score=ScoreParams(channel="luminance", smoothing=7.0),
        cutoff=CutoffParams(method="percentile", amount=97.0),
    ),
}
"""Named drafts. 'fnc-v1-draft' is the recipe of the data set's authors (Clissa 2022, p. 310):
Gaussian sigma 7, then the 97th percentile of the picture's grey values, no clean-up."""

PRESET_TITLES: dict[str, str] = {
    AUTO: "Auto (recommended)",
    FNC_V1_DRAFT: "FNC v1 draft (the authors' recipe)",
}


def preset(name: str) -> DraftParams:
    """Return the parameters of a named draft.

    Raises
    ------
    ParameterError
        For a name that no preset has.
    """
    try:
        return PRESETS[name]
    except KeyError:
        raise ParameterError(
            f"There is no draft method named {name!r}.", f"Known are: {', '.join(PRESETS)}."
        ) from None
