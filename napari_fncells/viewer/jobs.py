"""Long jobs as generators, and who runs them."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from pathlib import Path
from typing import Any

from napari.utils.notifications import show_error, show_info

from napari_fncells.core.errors import UserError
from napari_fncells.core.steps import finish
from napari_fncells.io.chosen import read_chosen
from napari_fncells.io.images import Image

Steps = Generator[str, None, Any]
"""Yields in words what it does next; returns its result."""

Runner = Callable[[str, Steps, Callable[[Any], None]], None]
"""Called with a title, the steps, and what to do with their result."""


def run_now(_title: str, steps: Steps, done: Callable[[Any], None]) -> None:
    """Run a job to its end at once; windows inject a runner that uses a thread."""
    done(finish(steps))


def outcome_of(steps: Steps) -> Steps:
    """Run a job to (result, None), or to (None, error) for an error that the user can mend."""
    try:
        return (yield from steps), None
    except UserError as error:
        return None, error


def read_all(paths: Sequence[Path]) -> Steps:
    """Read pictures one by one; an error takes the place of the picture."""
    found: list[Image | UserError] = []
    for path in paths:
        yield f"Reading {path.name}"
        try:
            found.append(read_chosen(path))
        except UserError as error:
            found.append(error)
    return found


def readable(found: Sequence[Image | UserError]) -> list[Image]:
    """The pictures among what `read_all` returned; tells of the errors and of every note."""
    for result in found:
        if isinstance(result, UserError):
            show_error(str(result))
            continue
        for note in result.notes:
            show_info(f"{result.name}: {note}")
    return [result for result in found if isinstance(result, Image)]
