"""The command line: `fncells`."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from napari_fncells import __version__
from napari_fncells.cli.annotator import simulate_annotator
from napari_fncells.cli.check import check
from napari_fncells.cli.draft import draft
from napari_fncells.cli.evaluate import evaluate
from napari_fncells.cli.export import export, import_, verify
from napari_fncells.cli.fetch import fetch
from napari_fncells.cli.models import import_weights, models
from napari_fncells.cli.options import BAD_INPUT
from napari_fncells.cli.patches import augment, patches
from napari_fncells.cli.train import train
from napari_fncells.cli.watching import say
from napari_fncells.cli.window import demo, open_
from napari_fncells.core.errors import UserError

app = typer.Typer(
    help="Turn draft cell masks into ground truth.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command()(train)
app.command()(fetch)
app.command()(export)
app.command()(verify)
app.command()(patches)
app.command()(augment)
app.command(name="import")(import_)
app.command()(check)
app.command()(simulate_annotator)
app.command()(draft)
app.command()(evaluate)
app.command(name="import-weights")(import_weights)
app.command()(models)
app.command(name="open")(open_)
app.command()(demo)


def main() -> None:
    """Run the command line; an error the user can mend is one sentence and exit code 2."""
    try:
        app()
    except UserError as error:
        say(f"fncells: {error}", style="red")
        sys.exit(BAD_INPUT)


@app.callback(invoke_without_command=True)
def _root(
    version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
) -> None:
    if version:
        print(__version__)
        raise typer.Exit
