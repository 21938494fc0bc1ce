"""The command line: `fncells`."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import typer
from rich.console import Console
from rich.progress import track
from rich.table import Table

from napari_fncells import __version__
from napari_fncells.cli.annotator import simulate_annotator
from napari_fncells.cli.check import check
from napari_fncells.cli.export import export, import_, verify
from napari_fncells.cli.fetch import fetch
from napari_fncells.cli.options import ERRORS, JsonOption, pairs
from napari_fncells.cli.patches import augment, patches
from napari_fncells.cli.train import train
from napari_fncells.core.errors import ParameterError, UserError
from napari_fncells.core.evaluate import RULES, Evaluation, detection_figures
from napari_fncells.core.params import AUTO, PRESETS, DraftParams, preset
from napari_fncells.core.steps import finish

MODEL = "model"
"""Method of drafts by a model."""
BAD_INPUT = 2

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


def main() -> None:
    """Run the command line; an error the user can mend is one sentence and exit code 2."""
    try:
        app()
    except UserError as error:
        _complain(error)
        sys.exit(BAD_INPUT)


@app.command()
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
        _complain(result.error)
    if failed:
        raise typer.Exit(BAD_INPUT)


@app.command()
def evaluate(
    pred: Annotated[Path, typer.Argument(help="Predicted mask, or a folder of them.")],
    truth: Annotated[Path, typer.Argument(help="True mask, or a folder of them.")],
    as_json: JsonOption = False,
) -> None:
    """Compare masks with true ones: detections by two matching rules, counts, Dice."""
    from napari_fncells.session.batch import evaluate_files, pair_masks

    pairing = pair_masks(pred, truth)
    steps = evaluate_files(pairing.pairs)
    scores = list(
        track(steps, "Comparing", total=len(pairing.pairs), console=ERRORS, disable=as_json)
    )
    evaluation = Evaluation(pictures=tuple(scores))
    unpaired = [str(path) for path in pairing.unpaired]
    if as_json:
        pictures = {
            score.name: {rule: detection_figures(score.detections[rule]) for rule in RULES}
            for score in scores
        }
        facts = {"summary": evaluation.summary(), "pictures": pictures, "unpaired": unpaired}
        print(json.dumps(facts, indent=2))
        return
    Console().print(_detection_table(evaluation))
    print(
        f"counts: MAE {evaluation.mae:.2f}, MedAE {evaluation.medae:.2f}, "
        f"MPE {evaluation.mpe:+.1f} %; pixels: Dice {_figure(evaluation.dice)}\n"
        f"gestures predicted to finish: {evaluation.gestures.total} ({evaluation.gestures})"
    )
    if unpaired:
        ERRORS.print(f"Not compared, for want of a partner: {', '.join(unpaired)}")


@app.command(name="import-weights")
def import_weights(
    file: Annotated[
        Path,
        typer.Argument(
            help="Weights of a c-ResUnet: a checkpoint of PyTorch or fastai, a Keras .h5, the "
            "authors' .pkl, or safetensors."
        ),
    ],
    name: Annotated[
        str | None, typer.Option(help="Name of the model; that of the file where omitted.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Take weights into your models, without running anything that is in the file."""
    from napari_fncells.model.library import add_model

    place, card = add_model(file, name)
    if as_json:
        facts = {"model": str(place), "card": card.model_dump(mode="json")}
        print(json.dumps(facts, indent=2))
        return
    kind = f" ({card.source.kind})" if card.source is not None else ""
    print(f"{file.name}{kind} is now your model '{card.name}': {place}")
    print(f"SHA-256 {card.sha256}; cutoff {card.cutoff:g}")
    for note in card.notes:
        print(note)


@app.command()
def models(as_json: JsonOption = False) -> None:
    """List the models there are, with what their cards say."""
    from napari_fncells.model.library import list_models
    from napari_fncells.session.words import card_in_words as in_words

    found = list_models()
    if as_json:
        print(json.dumps([_model_facts(model) for model in found], indent=2))
        return
    if not found:
        print("There are no models yet. Import weights with: fncells import-weights FILE")
    for model in found:
        print(model.name if model.card else f"{model.name}: {model.problem}")
        for title, said in in_words(model.card) if model.card else ():
            print(f"  {title}: {said}")


@app.command(name="open")
def open_(
    path: Annotated[Path | None, typer.Argument(help="A picture or a folder of them.")] = None,
) -> None:
    """Open the window, with a picture or a folder of them."""
    if path is not None and not path.exists():
        raise UserError(f"{path} does not exist.", "Check the name.")
    _need_display()
    import napari

    from napari_fncells.widgets.window import open_window, show_path

    _viewer, widget = open_window()
    if path is not None:
        show_path(widget, path)
    napari.run()


@app.command()
def demo(
    output: Annotated[
        Path, typer.Option(help="Where the unattended demo leaves what it makes.")
    ] = Path("demo-output"),
    unattended: Annotated[
        bool, typer.Option("--unattended", help="Do the main job by mouse and keys, then leave.")
    ] = False,
) -> None:
    """Show the program with a sample drafted; without a display, do the whole job by itself."""
    if not unattended and has_display():
        from napari_fncells.demo.attended import run_attended

        run_attended()
        return
    if not has_display():
        _restart_on_virtual_display(output)
    from napari_fncells.demo.unattended import run_unattended

    raise typer.Exit(0 if run_unattended(output) else 1)


@app.callback(invoke_without_command=True)
def _root(
    version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
) -> None:
    if version:
        print(__version__)
        raise typer.Exit


def has_display() -> bool:
    """Whether a window can be opened."""
    if sys.platform != "linux":
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def _need_display() -> None:
    if not has_display():
        raise UserError(
            "There is no display to open a window on.",
            "Run it on a desktop, or under xvfb-run.",
        )


def _restart_on_virtual_display(output: Path) -> None:
    """Replace this process by itself under xvfb-run."""
    command = ["xvfb-run", "-a", "-s", "-screen 0 1600x1000x24"]
    command += [sys.executable, "-m", "napari_fncells", "demo", "--unattended"]
    command += ["--output", str(output)]
    sys.stdout.flush()
    try:
        os.execvp(command[0], command)
    except FileNotFoundError as error:
        raise UserError(
            "There is no display, and xvfb-run, which makes a virtual one, is not installed.",
            "Install it with: apt-get install xvfb xauth",
        ) from error


def _complain(error: UserError | None) -> None:
    ERRORS.print(f"fncells: {error}", style="red", highlight=False, markup=False, soft_wrap=True)


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


def _model_facts(model: Any) -> dict[str, Any]:
    card = model.card.model_dump(mode="json") if model.card is not None else None
    facts = {"name": model.name, "file": str(model.path), "card": card}
    return facts | ({"problem": model.problem} if model.problem else {})


def _detection_table(evaluation: Evaluation) -> Table:
    table = Table(title=f"{len(evaluation.pictures)} pictures")
    for column in ("matching", "TP", "FP", "FN", "precision", "recall", "F1"):
        table.add_column(column, justify="left" if column == "matching" else "right")
    titles = {"v1": "FNC v1 (< 50 px)", "iou": "IoU > 0.5"}
    for rule in RULES:
        figures = detection_figures(evaluation.detection(rule))
        counts = [str(figures[name]) for name in ("tp", "fp", "fn")]
        ratios = [_figure(figures[name]) for name in ("precision", "recall", "f1")]
        table.add_row(titles[rule], *counts, *ratios)
    return table


def _figure(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"
