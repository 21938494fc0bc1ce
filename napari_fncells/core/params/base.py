"""What all parameter classes have in common."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict
from pydantic.fields import FieldInfo


class Params(BaseModel):
    """Base of all parameter classes: immutable, closed, free of NaN and infinity."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


def field_facts(field: FieldInfo) -> dict[str, Any]:
    """What a field carries beside default and range: unit, step, titles of choices."""
    extra = field.json_schema_extra
    return dict(extra) if isinstance(extra, dict) else {}
