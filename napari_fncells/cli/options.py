"""What several commands share: options, and where they complain."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from napari_fncells.core.errors import ParameterError

FolderArgument = Annotated[Path, typer.Argument(help="The folder of pictures.")]
AnnotatorOption = Annotated[str | None, typer.Option(help="Whose work; yours where omitted.")]
OnlyDoneOption = Annotated[
    bool, typer.Option("--only-done", help="Leave out pictures not marked as done.")
]
WithoutMaskOption = Annotated[
    bool,
    typer.Option(
        "--without-mask",
        help="Take pictures that nobody has worked on for pictures without cells.",
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON for a machine.")]
ERRORS = Console(stderr=True)

BAD_INPUT = 2
"""Exit code where what was given cannot be used."""


def pairs(settings: list[str]) -> dict[str, str]:
    """Names and values of `name=value` settings.

    Raises
    ------
    ParameterError
        For one that is not written so.
    """
    found = {}
    for setting in settings:
        name, equals, value = setting.partition("=")
        if not equals:
            raise ParameterError(f"{setting!r} is no setting.", "Write it as name=value.")
        found[name.strip()] = value.strip()
    return found
