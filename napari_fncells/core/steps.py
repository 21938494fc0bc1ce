"""Long jobs as generators that yield, in words, what they do next."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import TypeVar

Words = TypeVar("Words", bound=str)
Result = TypeVar("Result")


def finish(
    steps: Generator[Words, None, Result], tell: Callable[[Words], object] | None = None
) -> Result:
    """Run a job to its end at once and return its result.

    Parameters
    ----------
    steps
        The job.
    tell
        Called with what it yields.
    """
    while True:
        try:
            words = next(steps)
        except StopIteration as finished:
            result: Result = finished.value
            return result
        if tell is not None:
            tell(words)
