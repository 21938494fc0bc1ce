"""What several commands share: options, and where they complain."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console

JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON for a machine.")]
ERRORS = Console(stderr=True)
