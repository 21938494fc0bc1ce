"""`fncells train`."""

from __future__ import annotations

import json
from collections.abc import Generator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from napari_fncells.cli.options import ERRORS, JsonOption
from napari_fncells.core.errors import ParameterError
from napari_fncells.core.steps import finish

if TYPE_CHECKING:
    from napari_fncells.model.training.job import Trained
    from napari_fncells.model.training.pictures import Picture

Result = TypeVar("Result")


def train(
    folder: Annotated[
        Path, typer.Argument(help="For the training's state and the weights. Run again to go on.")
    ],
    real: Annotated[
        list[Path] | None,
        typer.Option(
            help="A folder of pictures with masks: images/ and masks/, or NAME_image beside "
            "NAME_mask. Again for another folder; a folder given twice counts twice."
        ),
    ] = None,
    hold_out: Annotated[
        list[str] | None,
        typer.Option(help="Pictures whose names begin so are judged on, not trained on."),
    ] = None,
    start: Annotated[
        str | None, typer.Option(help="A model to begin with: its name, or a file of weights.")
    ] = None,
    name: Annotated[str, typer.Option(help="Name of the new model.")] = "trained",
    steps: Annotated[int | None, typer.Option(help="How many batches.")] = None,
    simulated: Annotated[
        int | None, typer.Option(help="How many simulated pictures to train on; 0 for none.")
    ] = None,
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="NAME=VALUE", help="Any other parameter: seed=3."),
    ] = None,
    device: Annotated[str, typer.Option(help="auto, cuda, mps or cpu.")] = "auto",
    licence: Annotated[
        str | None, typer.Option(help="Licence of the weights, for the card.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Train a c-ResUnet on simulated and real pictures, and judge it on others.

    Interrupt it whenever you like: the same command goes on at the last look.
    """
    from napari_fncells.model.device import choose_device
    from napari_fncells.model.library import find_model
    from napari_fncells.model.training.job import Task, train_model_steps, write_trained
    from napari_fncells.model.training.params import chosen_params
    from napari_fncells.model.training.pictures import read_pictures
    from napari_fncells.model.training.recipe import card_of
    from napari_fncells.model.weights import checked_name, read_model

    given = {"steps": steps, "simulated": simulated}
    params = chosen_params(
        {key: value for key, value in given.items() if value is not None}, settings or []
    )
    chosen = choose_device(device)
    pictures = [each for place in real or [] for each in read_pictures(place)]
    trained_on, held_out = _divided(pictures, hold_out or [])
    begun = None if start is None else read_model(find_model(start))
    card = card_of(
        checked_name(name), len(trained_on), params.simulated, licence, begun and begun[1]
    )
    task = Task(
        folder, params, card, trained_on, held_out, start=None if begun is None else begun[0]
    )
    trained = _followed(train_model_steps(task, chosen), quiet=as_json)
    file = write_trained(folder, trained)
    _tell(file, trained, as_json)


def _divided(
    pictures: list[Picture], beginnings: list[str]
) -> tuple[list[Picture], list[Picture]]:
    """Pictures to train on, and those left out, each once."""
    held_out = {each.name: each for each in pictures if each.name.startswith(tuple(beginnings))}
    unused = [each for each in beginnings if not any(n.startswith(each) for n in held_out)]
    if unused:
        raise ParameterError(
            f"No picture's name begins with {unused[0]!r}.",
            "Give the beginning of a file's name, without folder.",
        )
    return [each for each in pictures if each.name not in held_out], list(held_out.values())


def _followed(steps: Generator[str, None, Result], *, quiet: bool) -> Result:
    """Run a job to its end, showing the words that it yields."""
    columns = SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn()
    with Progress(*columns, console=ERRORS, transient=True, disable=quiet) as shown:
        bar = shown.add_task("Getting ready", total=None)
        return finish(steps, lambda words: shown.update(bar, description=words))


def _tell(file: Path, trained: Trained, as_json: bool) -> None:
    if as_json:
        facts = {
            "model": str(file),
            "card": trained.card.model_dump(mode="json"),
            "looks": trained.progress.looks,
            "figures": {name: found.summary() for name, found in trained.figures.items()},
        }
        print(json.dumps(facts, indent=2))
        return
    print(f"Weights: {file}")
    print(f"Best after {trained.progress.best_step} steps, cutoff {trained.card.cutoff:g}")
    for what, value in trained.card.metrics.items():
        print(f"{what}: {value:.3f}")
    print(f"To use it in the program: fncells import-weights {file}")
