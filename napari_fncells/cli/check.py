"""`fncells check`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from pydantic.fields import FieldInfo
from rich.console import Console
from rich.table import Table
from rich.text import Text

from napari_fncells.cli.options import ERRORS, JsonOption
from napari_fncells.core.errors import ParameterError, UserError
from napari_fncells.core.params.base import field_facts, validated
from napari_fncells.core.params.quality import QualityParams
from napari_fncells.core.steps import finish

if TYPE_CHECKING:
    from napari_fncells.session.gate import Found, GateReport

_FOUND = 1


def _in_words(name: str, field: FieldInfo) -> str:
    unit = field_facts(field).get("unit", "")
    return f"{name} ({field.default:g} {unit})"


_SETTINGS = ", ".join(_in_words(n, field) for n, field in QualityParams.model_fields.items())


def check(
    folder: Annotated[Path, typer.Argument(help="Folder of pictures, or of a data set.")],
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="NAME=VALUE", help=f"Change a limit: {_SETTINGS}."),
    ] = None,
    annotator: Annotated[
        str | None, typer.Option(help="Whose masks; yours where omitted.")
    ] = None,
    accepted: Annotated[
        bool, typer.Option("--accepted", help="Tell of what was accepted as it is, too.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Check pictures and masks before an export; nothing is changed.

    Exit code 0: nothing found, 1: something was found, 2: bad input.
    """
    from napari_fncells.session.annotator import checked_name, known_annotator
    from napari_fncells.session.gate import check_folder

    if not folder.is_dir():
        raise UserError(f"{folder} is no folder.", "Give the folder of the pictures.")
    params = validated(QualityParams, _values(settings or []))
    whose = (known_annotator() or "") if annotator is None else checked_name(annotator)
    steps = check_folder(folder, annotator=whose, params=params)
    with ERRORS.status("Checking") as status:
        if as_json:
            status.stop()
        report = finish(steps, status.update)
    if as_json:
        print(json.dumps(report.facts, indent=2))
    else:
        _show(report, report.found if accepted else report.open)
    if report.open:
        raise typer.Exit(_FOUND)


def _values(settings: list[str]) -> dict[str, Any]:
    """Values by name of `name=value` settings."""
    values = {}
    for setting in settings:
        name, equals, value = setting.partition("=")
        if not equals or name.strip() not in QualityParams.model_fields:
            raise ParameterError(f"{setting!r} is no limit.", f"Those there are: {_SETTINGS}.")
        values[name.strip()] = value.strip()
    return values


def _show(report: GateReport, found: tuple[Found, ...]) -> None:
    if found:
        table = Table()
        for column in ("kind", "picture", "what"):
            table.add_column(column, overflow="fold")
        for item in found:
            words = item.finding.sentence + (" (accepted)" if item.accepted else "")
            table.add_row(item.finding.kind.value, Text(item.picture), Text(words))
        Console().print(table)
    print(report)
