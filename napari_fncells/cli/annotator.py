"""`fncells simulate-annotator`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from napari_fncells.cli.options import ERRORS, JsonOption
from napari_fncells.core.annotator.params import AnnotatorParams
from napari_fncells.core.errors import ParameterError
from napari_fncells.core.params import AUTO, PRESETS
from napari_fncells.core.params.base import validated
from napari_fncells.core.steps import finish

if TYPE_CHECKING:
    from napari_fncells.core.annotator.tally import AnnotatorReport, Cost
    from napari_fncells.io.images import Image

MODEL = "model"
_DEFAULT = AnnotatorParams()


def simulate_annotator(
    image: Annotated[Path, typer.Argument(help="The picture; it is read only.")],
    truth: Annotated[Path, typer.Argument(help="Its true mask, or labels.")],
    strategy: Annotated[
        str,
        typer.Option(
            help="queue: cell by cell, then candidates; sweep: part by part; both: the one, then "
            "the other."
        ),
    ] = "queue",
    draft: Annotated[
        str,
        typer.Option(help=f"What is corrected: {', '.join((*PRESETS, MODEL))}, or a mask file."),
    ] = AUTO,
    weights: Annotated[
        str | None, typer.Option(help="Model of --draft model, by its name or file.")
    ] = None,
    errors: Annotated[
        float, typer.Option(help="Share of what is wrong that is not noticed.")
    ] = _DEFAULT.errors,
    alarms: Annotated[
        float, typer.Option(help="Share of what is right that is taken for wrong.")
    ] = _DEFAULT.alarms,
    seed: Annotated[int, typer.Option(help="Of what is left to chance.")] = _DEFAULT.seed,
    as_json: JsonOption = False,
) -> None:
    """Let a simulated annotator correct a draft, by our gestures and by those of others.

    It sees what is on its screen and no more; the picture's folder is not touched.
    """
    from napari_fncells.io.images import read_image
    from napari_fncells.io.masks import load_labels
    from napari_fncells.viewer import annotator

    known = annotator.known_strategy(strategy)
    params = validated(AnnotatorParams, {"errors": errors, "alarms": alarms, "seed": seed})
    picture, true = read_image(image), load_labels(truth).values
    with ERRORS.status("Correcting") as status:
        if as_json:
            status.stop()
        made, scorer = _draft(picture, draft, weights)
        ours = annotator.simulate_annotator(
            picture,
            true,
            made,
            known,
            params,
            scorer,
        )
        others = annotator.by_other_schemes(true, made, params)
    if as_json:
        facts = {
            "picture": picture.name,
            "draft": draft,
            "params": params.model_dump(),
            "reports": [report.summary() for report in (ours, *others)],
        }
        print(json.dumps(facts, indent=2))
        return
    _show(ours, others)


def _draft(image: Image, draft: str, weights: str | None) -> tuple[Any, Any]:
    """What is corrected, and what runs its model."""
    from napari_fncells.core.segment import draft_steps
    from napari_fncells.io.masks import load_labels

    if weights is not None and draft != MODEL:
        raise ParameterError("--weights names a model.", "Add --draft model.")
    if draft in PRESETS:
        return finish(draft_steps(image.pixels, draft, image.pixel_size)), None
    if draft != MODEL:
        return load_labels(Path(draft)).values, None
    from napari_fncells.model.library import DEFAULT_MODEL
    from napari_fncells.session.scoring import chosen_model

    scorer, params = chosen_model(weights or DEFAULT_MODEL)
    return finish(draft_steps(image.pixels, params, image.pixel_size, scorer=scorer)), scorer


def _show(ours: AnnotatorReport, others: tuple[AnnotatorReport, ...]) -> None:
    console = Console()
    errors = ours.errors
    console.print(f"The draft has {errors.total} errors: {errors}.", highlight=False)
    table = Table()
    for name in ("by", "F1"):
        table.add_column(name)
    for name in ("gestures", "moves", "looks"):
        table.add_column(name, justify="right")
        table.add_column("of which", overflow="fold")
    for report in (ours, *others):
        for goal, cost in report.reached.items():
            _add_row(table, f"{report.scheme}, {report.strategy}", goal, cost)
        _add_row(table, "", f"{_figure(report.end.f1)} at the end", report.end)
        table.add_section()
    console.print(table)
    for report in (ours, *others):
        left = f"{report.after.fp} false and {report.after.fn} missed cells left"
        each = "-" if report.per_error is None else f"{report.per_error:.2f}"
        console.print(
            f"{report.scheme}, {report.strategy}: {each} gestures per error; {left}.",
            highlight=False,
        )


def _add_row(table: Table, by: str, goal: str, cost: Cost | None) -> None:
    if cost is None:
        table.add_row(by, goal, "not reached")
        return
    cells = []
    for kinds in (cost.corrections, cost.moves, cost.looks):
        cells += [str(sum(kinds.values())), ", ".join(f"{n} {kind}" for kind, n in kinds.items())]
    table.add_row(by, goal, *cells)


def _figure(f1: float | None) -> str:
    return "-" if f1 is None else f"{f1:.3f}"
