"""What is wrong with JSON that is not of the form it should have."""

from __future__ import annotations

from pydantic import ValidationError


def first_problem(error: ValidationError) -> str:
    """The first thing that is wrong, as 'place in the file, problem'."""
    first = error.errors()[0]
    place = ".".join(str(part) for part in first["loc"]) or "the file"
    return f"{place}, {first['msg']}"
