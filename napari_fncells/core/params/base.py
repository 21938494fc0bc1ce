"""What all parameter classes have in common."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic.fields import FieldInfo

from napari_fncells.core.errors import ParameterError


class Params(BaseModel):
    """Base of all parameter classes: immutable, closed, free of NaN and infinity."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


Kind = TypeVar("Kind", bound=Params)


def validated(kind: type[Kind], tree: Mapping[str, Any]) -> Kind:
    """Parameters of a kind with these values.

    Raises
    ------
    ParameterError
        For a value outside its field's range, or values that do not go together.
    """
    try:
        return kind.model_validate(tree)
    except ValidationError as error:
        first = error.errors()[0]
        if first["type"] == "value_error":
            # A rule that joins several fields
            rule = str(first["ctx"]["error"])
            raise ParameterError(f"{rule[:1].upper()}{rule[1:]}.") from error
        place = ".".join(str(part) for part in first["loc"])
        raise ParameterError(
            f"{place} cannot be {first['input']!r}: {first['msg'].lower()}.",
            "Choose a value within the range.",
        ) from error


def field_facts(field: FieldInfo) -> dict[str, Any]:
    """What a field carries beside default and range.

    Returns
    -------
    dict
        'unit', 'units' by method where they differ, 'step', 'label', 'titles' of choices, 'form':
        False for one that forms leave out, and 'needs': the field beside it that must not be
        zero, or maps that field to the choices with which this one counts.
    """
    extra = field.json_schema_extra
    return dict(extra) if isinstance(extra, dict) else {}


def counts(params: Params, name: str) -> bool:
    """Whether a field has any effect beside the others as they are."""
    needs = field_facts(type(params).model_fields[name]).get("needs")
    if isinstance(needs, str):
        return bool(getattr(params, needs))
    return all(getattr(params, other) in choices for other, choices in (needs or {}).items())
