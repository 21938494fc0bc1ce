"""Long jobs as generators that yield, in words, what they do next."""

from __future__ import annotations

from collections.abc import Generator
from typing import TypeVar

Result = TypeVar("Result")


def finish(steps: Generator[str, None, Result]) -> Result:
    """Run a job to its end at once and return its result."""
    while True:
        try:
            next(steps)
        except StopIteration as finished:
            result: Result = finished.value
            return result
