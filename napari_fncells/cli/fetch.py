"""`fncells fetch`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn

from napari_fncells.cli.options import ERRORS, JsonOption
from napari_fncells.core.errors import ParameterError
from napari_fncells.core.steps import finish
from napari_fncells.io.datasets.catalogue import PUBLISHED, Published, published

if TYPE_CHECKING:
    from napari_fncells.io.datasets import DataSet
    from napari_fncells.io.datasets.fetch import Steps
    from napari_fncells.io.datasets.progress import Progress as Step

_INTERRUPTED = 130


def fetch(
    name: Annotated[str, typer.Argument(help=f"One of: {', '.join(PUBLISHED)}.")],
    to: Annotated[
        Path | None,
        typer.Option(help="Folder to make its folder in; that of your data where omitted."),
    ] = None,
    source: Annotated[
        Path | None,
        typer.Option(
            "--from",
            help="Take this zip, which is unpacked, or this folder, which is used where it is, "
            "instead of downloading.",
        ),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Get a Fluorescent Neuronal Cells data set: download it, check it, unpack it.

    Interrupt it whenever you like: the same command goes on where it stopped.
    """
    from napari_fncells.io.datasets import default_folder
    from napari_fncells.io.datasets import fetch as job

    which = published(name)
    if source is not None and source.is_dir() and to is not None:
        raise ParameterError(
            f"{source} is a folder: it is used where it is.", "Leave --to out, or give a zip."
        )
    folder = default_folder() if to is None else to
    if not as_json:
        _introduce(which)
    steps = job.fetch(which, folder) if source is None else job.take(which, source, folder)
    dataset = _watch(steps, quiet=as_json)
    if as_json:
        print(json.dumps(_facts(dataset), indent=2))
        return
    print(f"{dataset.in_words}: {dataset.root}")
    for note in dataset.notes:
        ERRORS.print(note, highlight=False, markup=False)
    print(f"Open them with: fncells open {dataset.folders[0]}")


def _introduce(which: Published) -> None:
    """Say what it is and under which licence, before anything is done."""
    print(which.title)
    print(f"Licence: {which.licence}, {which.licence_url} {which.licence_note}".rstrip())
    for citation in which.citations:
        print(f"Cite: {citation}")


def _watch(steps: Steps, *, quiet: bool) -> DataSet:
    """Run a job to its end, with a bar; an interrupt stops it where it is."""
    bar = Progress(
        TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(),
        console=ERRORS, transient=True, disable=quiet,
    )  # fmt: skip
    try:
        with bar:
            task = bar.add_task("Beginning", total=None)

            def show(step: Step) -> None:
                total = None if step.share is None else 1.0
                bar.update(task, description=str(step), total=total, completed=step.share)

            return finish(steps, show)
    except KeyboardInterrupt:
        steps.close()
        ERRORS.print("Stopped. What has been downloaded is kept: the same command goes on.")
        raise typer.Exit(_INTERRUPTED) from None


def _facts(dataset: DataSet) -> dict[str, Any]:
    which = dataset.published
    return {
        "dataset": which.key,
        "folder": str(dataset.root),
        "pictures": len(dataset.items),
        "with_ground_truth": dataset.labelled,
        "splits": {str(split or "unknown"): n for split, n in dataset.counts.items()},
        "notes": list(dataset.notes),
        "licence": which.licence,
        "items": [
            {
                "image": str(item.image),
                "mask": None if item.mask is None else str(item.mask),
                "split": item.split,
                "by_hand": item.by_hand,
                "empty": item.empty,
            }
            for item in dataset.items
        ],
    }
