"""Long jobs on the command line: a bar while they run, a word when they are interrupted."""

from __future__ import annotations

from collections.abc import Generator
from typing import TypeVar

import typer
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn

from napari_fncells.cli.options import ERRORS
from napari_fncells.core.steps import finish
from napari_fncells.io.printable import printable

Result = TypeVar("Result")

_INTERRUPTED = 130


def watched(steps: Generator[str, None, Result], stopped: str, *, quiet: bool) -> Result:
    """Run a job to its end, with a bar; an interrupt stops it where it is.

    Parameters
    ----------
    steps
        The job; what it yields may carry a `share` of the whole.
    stopped
        What to say of an interrupt.
    quiet
        Whether to show no bar.
    """
    bar = Progress(
        TextColumn("{task.description}", markup=False), BarColumn(), TaskProgressColumn(),
        console=ERRORS, transient=True, disable=quiet,
    )  # fmt: skip
    try:
        with bar:
            task = bar.add_task("Beginning", total=None)

            def show(step: str) -> None:
                share = getattr(step, "share", None)
                total = None if share is None else 1.0
                bar.update(task, description=str(step), total=total, completed=share or 0.0)

            return finish(steps, show)
    except KeyboardInterrupt:
        steps.close()
        say(stopped)
        raise typer.Exit(_INTERRUPTED) from None


def say(words: object, style: str | None = None) -> None:
    """Say something beside the outcome."""
    ERRORS.print(printable(str(words)), style=style, highlight=False, markup=False, soft_wrap=True)
