"""All parameters of a draft, by name and in any unit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, Field, model_validator

from napari_fncells.core.errors import ParameterError
from napari_fncells.core.params.base import Params, counts, field_facts, validated
from napari_fncells.core.params.clean_up import CleanUpParams
from napari_fncells.core.params.cutoff import CutoffParams
from napari_fncells.core.params.score import ScoreParams

Unit = Literal["px", "um"]
_POWERS = {"px": 1, "px²": 2}
_WITH_LIKENESS = frozenset(
    {
        "score.channel",
        "cutoff.method",
        "cutoff.amount",
        "clean_up.outline_offset",
        "clean_up.min_area",
        "clean_up.max_area",
        "clean_up.roundness",
        "clean_up.border",
    }
)
_WITH_MODEL = frozenset({"cutoff.amount", "cutoff.hysteresis", "cutoff.half_maximum"})


class DraftParams(Params):
    """All parameters of a draft by threshold or by a model."""

    score: ScoreParams = ScoreParams()
    cutoff: CutoffParams = CutoffParams()
    clean_up: CleanUpParams = CleanUpParams()
    unit: Annotated[
        Unit,
        Field(
            description="Whether sizes are in pixels or in µm, for pictures that tell the size of "
            "their pixels.",
            json_schema_extra={"titles": {"px": "pixels", "um": "µm"}},
        ),
    ] = "px"
    model: Annotated[
        str,
        Field(
            max_length=200,
            description="Name of the model whose probabilities are cut; none where empty.",
            json_schema_extra={"form": False},
        ),
    ] = ""

    @property
    def by_likeness(self) -> bool:
        """Whether pieces are judged by their likeness to a cell, not cut from a score map."""
        return self.cutoff.method == "likeness"

    @property
    def by_model(self) -> bool:
        """Whether the probabilities of a model are cut, not filtered grey values."""
        return bool(self.model)

    @property
    def idle(self) -> frozenset[str]:
        """Names of the fields, with their group, that have no effect beside the others."""
        groups = {"score": self.score, "cutoff": self.cutoff, "clean_up": self.clean_up}
        return frozenset(
            f"{group}.{name}"
            for group, part in groups.items()
            for name in type(part).model_fields
            if not counts(part, name)
            or (self.by_likeness and f"{group}.{name}" not in _WITH_LIKENESS)
            or (self.by_model and group != "clean_up" and f"{group}.{name}" not in _WITH_MODEL)
        )

    def in_pixels(self, pixel_size: float | None) -> Self:
        """Parameters with all sizes in pixels; see `in_unit`."""
        return self.in_unit("px", pixel_size)

    def in_unit(self, unit: Unit, pixel_size: float | None) -> Self:
        """Parameters with the same sizes in another unit.

        Parameters
        ----------
        unit
            'px' or 'um'.
        pixel_size
            Side of a pixel in µm; None where it is not known.

        Raises
        ------
        ParameterError
            Where the unit changes and the side of a pixel is not known, or a size is out of
            range in the other unit.
        """
        if self.unit == unit:
            return self
        if not pixel_size:
            raise ParameterError(
                "Sizes in µm need the size of a pixel, which the picture does not tell.",
                "Set them in pixels.",
            )
        factor = pixel_size if unit == "um" else 1 / pixel_size
        settings: dict[str, Any] = {"unit": unit}
        for group in ("score", "cutoff", "clean_up"):
            part: BaseModel = getattr(self, group)
            for name, field in type(part).model_fields.items():
                power = _POWERS.get(field_facts(field).get("unit", ""))
                if power is not None:
                    value = getattr(part, name) * factor**power
                    settings[f"{group}.{name}"] = (
                        round(value) if field.annotation is int else value
                    )
        return self.with_settings(settings)

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
            (tree if group is None else tree[group])[field] = value
        return validated(type(self), tree)

    @model_validator(mode="after")
    def _fits_model(self) -> Self:
        if not self.by_model:
            return self
        if self.cutoff.method != "value":
            raise ValueError("with a model the cutoff is a fixed value, a probability")
        if not 0 <= self.cutoff.amount <= 1:
            raise ValueError("with a model the cutoff is a probability, between 0 and 1")
        return self


def _locate(name: str, tree: Mapping[str, Any]) -> tuple[str | None, str]:
    """Find the group, None for those of no group, and field that a setting's name means."""
    known: dict[str, tuple[str | None, str]] = {}
    for group, fields in tree.items():
        if isinstance(fields, Mapping):
            known |= {f"{group}.{field}": (group, field) for field in fields}
        else:
            known[group] = (None, group)
    matches = [pair for path, pair in known.items() if name in (path, pair[1])]
    if len(matches) != 1:
        raise ParameterError(
            f"There is no setting named {name!r}.", f"Known are: {', '.join(known)}."
        )
    return matches[0]
