"""`fncells draft`."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import typer
from rich.progress import track

from napari_fncells.cli.options import BAD_INPUT, ERRORS, JsonOption, pairs
from napari_fncells.cli.watching import say
from napari_fncells.core.errors import ParameterError
from napari_fncells.core.params import AUTO, PRESETS, DraftParams, preset
from napari_fncells.core.steps import finish

MODEL = "model"
"""Method of drafts by a model."""


def draft(
    images: Annotated[list[Path], typer.Argument(help="Pictures, or folders of them.")],
    output: Annotated[Path, typer.Option("-o", "--output", help="Folder for the masks.")],
    method: Annotated[str, typer.Option(help=f"One of: {', '.join((*PRESETS, MODEL))}.")] = AUTO,
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="NAME=VALUE", help="Change a setting of the method."),
    ] = None,
    source: Annotated[
        Path | None,
        typer.Option(
            "--from",
            help="Take another program's drafts, matched by name, instead: label images, masks, "
            "probability maps (PNG, TIFF, npy, npz), Cellpose _seg.npy, annotations (COCO, VIA, "
            "Pascal VOC). A folder, or one file.",
        ),
    ] = None,
    content: Annotated[
        str | None,
        typer.Option("--as", help="What --from holds: labels, mask, probability or boxes."),
    ] = None,
    ending: Annotated[
        str | None,
        typer.Option(help="Take only drafts whose names end so before the suffix: _cp_masks."),
    ] = None,
    weights: Annotated[
        str | None,
        typer.Option(help="Model of --method model, by its name (see: fncells models) or file."),
    ] = None,
    device: Annotated[
        str | None, typer.Option(help="Where the model runs: auto, cuda, mps or cpu.")
    ] = None,
    precision: Annotated[
        str | None, typer.Option(help="What it computes in: auto, float32, half or int8.")
    ] = None,
    gap: Annotated[bool, typer.Option("--gap", help="1-px gap between touching cells.")] = False,
    replace: Annotated[bool, typer.Option("--replace", help="Replace earlier masks.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Draft a mask for each picture: 0/255 PNG with a JSON record, read back."""
    from napari_fncells.session.batch import draft_files, expand
    from napari_fncells.session.export import prepare_folder

    paths = expand(images)
    run = _Run(weights, device, precision)
    if source is not None:
        paths, begin = _drafts_from(source, paths, content, ending, (method, run), settings or [])
    elif content or ending:
        raise ParameterError("--as and --ending go with --from.", "Say where the drafts are.")
    else:
        begin = partial(draft_files, **_drafting(method, run, settings or []))
    steps = begin(paths, folder=prepare_folder(output), gap=gap, replace=replace)
    results = list(track(steps, "Drafting", total=len(paths), console=ERRORS, disable=as_json))
    if as_json:
        print(json.dumps([_drafted_facts(result) for result in results], indent=2))
    else:
        for result in results:
            if result.report is not None:
                print(f"{result.path.name}: {result.report.sentence}")
            for note in result.notes:
                about = result.source or result.path
                ERRORS.print(f"{about.name}: {note}", highlight=False, markup=False)
    failed = [result for result in results if result.error is not None]
    for result in failed:
        say(f"fncells: {result.error}", style="red")
    if failed:
        raise typer.Exit(BAD_INPUT)


def _chosen(method: str, settings: list[str]) -> DraftParams | str:
    """Parameters of a method with `name=value` settings; the bare name where there are none."""
    params = preset(method)
    return params.with_settings(pairs(settings)) if settings else method


class _Run(NamedTuple):
    """How a model is to run; None where it was not said."""

    weights: str | None = None
    device: str | None = None
    precision: str | None = None


def _drafting(method: str, run: _Run, settings: list[str]) -> dict[str, Any]:
    """What `draft_files` needs to draft by a method."""
    if method != MODEL and run != _Run():
        raise ParameterError(
            "--weights, --device and --precision say how a model runs.", "Add --method model."
        )
    if method != MODEL:
        return {"params": _chosen(method, settings)}
    from napari_fncells.model.library import DEFAULT_MODEL
    from napari_fncells.session.scoring import Place, chosen_model

    place = Place(run.device or "auto", run.precision or "auto")
    scorer, params = chosen_model(run.weights or DEFAULT_MODEL, place)
    # One refusal, not one for each picture
    finish(scorer.load_steps(params.model))
    return {"params": params.with_settings(pairs(settings)), "scorer": scorer}


def _drafts_from(
    source: Path,
    paths: list[Path],
    content: str | None,
    ending: str | None,
    computed: tuple[str, _Run],
    settings: list[str],
) -> tuple[list[Path], Callable[..., Iterator[Any]]]:
    """Pictures, and what writes their masks from another program's drafts."""
    from napari_fncells.io.importers import Meaning
    from napari_fncells.io.importers.matching import find_drafts, without_drafts
    from napari_fncells.session.batch import adopt_files
    from napari_fncells.session.imports import PROBABILITY_PARAMS

    if computed != (AUTO, _Run()):
        raise ParameterError(
            "--method computes a draft, --from takes one that is there.", "Give one of them."
        )
    if content is not None and content not in set(Meaning):
        raise ParameterError(
            f"--as cannot be {content!r}.", f"Choose one of: {', '.join(Meaning)}."
        )
    params = PROBABILITY_PARAMS.with_settings(pairs(settings))
    pictures = without_drafts(paths)
    drafts = find_drafts(pictures, source, ending=ending)
    meaning = None if content is None else Meaning(content)
    return pictures, partial(adopt_files, drafts=drafts, params=params, meaning=meaning)


def _drafted_facts(result: Any) -> dict[str, Any]:
    if result.report is None:
        return {"image": str(result.path), "error": str(result.error)}
    report = result.report
    source = {"source": str(result.source)} if result.source else {}
    notes = {"notes": list(result.notes)} if result.source or result.notes else {}
    return (
        source
        | notes
        | {
            "image": str(result.path),
            "mask": str(report.mask),
            "record": str(report.record),
            "cells": report.cells,
            "components": report.components,
            "touching_pairs": report.touching,
        }
    )
