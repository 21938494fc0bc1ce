"""`fncells export`, `fncells verify` and `fncells import`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from napari_fncells.cli.options import (
    BAD_INPUT,
    AnnotatorOption,
    FolderArgument,
    JsonOption,
    OnlyDoneOption,
    WithoutMaskOption,
    pairs,
)
from napari_fncells.cli.watching import say, watched
from napari_fncells.core.errors import ParameterError
from napari_fncells.core.params.base import validated
from napari_fncells.core.params.card import CardParams
from napari_fncells.core.params.export import ExportParams
from napari_fncells.io.printable import printable

_NO = 1


def export(
    folder: FolderArgument,
    output: Annotated[Path, typer.Option("-o", "--output", help="Folder that the set is to be.")],
    formats: Annotated[
        str, typer.Option(help="Formats with commas between them; 'all' for every one.")
    ] = "all",
    only_done: OnlyDoneOption = False,
    without_mask: WithoutMaskOption = False,
    annotator: AnnotatorOption = None,
    images: Annotated[bool, typer.Option("--images", help="Copy the pictures, too.")] = False,
    splits: Annotated[
        Path | None,
        typer.Option(help="Patches made before, or their splits.csv: tells each picture's split."),
    ] = None,
    replace: Annotated[
        bool, typer.Option("--replace", help="Replace the set that is there.")
    ] = False,
    settings: Annotated[
        list[str] | None,
        typer.Option(
            "--set", metavar="NAME=VALUE", help="What formats are asked: category=neuron."
        ),
    ] = None,
    about: Annotated[
        list[str] | None,
        typer.Option(
            "--about",
            metavar="NAME=VALUE",
            help="What the card of the set says: title, description, licence (CC-BY-SA-4.0), "
            "authors (A; B), citation, doi, url, version, date.",
        ),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Export the ground truth of a folder of pictures, read back and compared.

    Nothing gets its name before all of it is proved. Interrupt it whenever you like: a set that
    was there stays.
    """
    from napari_fncells.io.patches.index import read_splits
    from napari_fncells.session.curated import Wanted, select
    from napari_fncells.session.release import ProofError, chosen_formats, release_steps, titled

    params = validated(ExportParams, pairs(settings or []))
    forms = chosen_formats(formats)
    known = {} if splits is None else read_splits(splits)
    pictures = select(folder, Wanted(annotator, only_done, without_mask, splits=known))
    card = validated(CardParams, titled(pictures).model_dump() | pairs(about or []))
    steps = release_steps(pictures, output, forms, params, card, images=images, replace=replace)
    try:
        report = watched(steps, "Stopped. Nothing was published.", quiet=as_json)
    except ProofError as error:
        _tell_failure(error.sentence, error.problems, as_json=as_json)
        raise typer.Exit(_NO) from error
    if as_json:
        # The page and the list of all files are in the folder
        facts = report.model_dump(mode="json", exclude={"files"})
        print(json.dumps({"folder": str(output.resolve()), "proved": True} | facts, indent=2))
    else:
        print(f"{report.sentence}\n{printable(str(output))}")
        for note in report.notes:
            say(note)
    for each in report.failed:
        say(f"fncells: {each.reason}", style="red")
    if report.failed:
        raise typer.Exit(BAD_INPUT)


def verify(
    folder: Annotated[Path, typer.Argument(help="An exported set.")],
    as_json: JsonOption = False,
) -> None:
    """Tell whether every byte of an exported set is as it was: exit code 0, or 1 if not."""
    from napari_fncells.session.verify import verify_steps

    found = watched(verify_steps(folder), "Stopped.", quiet=as_json)
    for note in found.notes:
        say(note)
    if as_json:
        seen = found.inspection
        facts = {
            "folder": str(folder),
            "holds": found.holds,
            "changed": list(seen.changed),
            "missing": list(seen.missing),
            "added": list(seen.extra),
            "report": list(seen.problems),
        }
        print(json.dumps(facts, indent=2))
    else:
        print(found)
    if not found.holds:
        raise typer.Exit(_NO)


def import_(
    source: Annotated[
        Path,
        typer.Argument(help="Masks or annotations of another program: a folder, or one file."),
    ],
    folder: FolderArgument,
    standing: Annotated[
        str,
        typer.Option(
            "--as",
            help="draft: to be corrected; truth: every cell is accepted, every picture done.",
        ),
    ] = "draft",
    content: Annotated[
        str | None, typer.Option(help="What the files hold: labels, mask or probability.")
    ] = None,
    ending: Annotated[
        str | None,
        typer.Option(help="Take only files whose names end so before the suffix: _cp_masks."),
    ] = None,
    annotator: Annotated[
        str | None, typer.Option(help="Whose work they go into; yours where omitted.")
    ] = None,
    worked_on: Annotated[
        bool,
        typer.Option(
            "--worked-on",
            help="Also into pictures that somebody has worked on; what was touched there stays.",
        ),
    ] = False,
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="NAME=VALUE", help="Cutoff and clean-up of probabilities."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Put masks of another program into the work on a folder's pictures, matched by name.

    Each is one step that can be undone. Pictures that somebody has worked on stay as they are.
    """
    from napari_fncells.io.importers import Meaning
    from napari_fncells.session.folder_import import ImportOptions, Standing, import_steps
    from napari_fncells.session.imports import PROBABILITY_PARAMS

    options = ImportOptions(
        Standing(_one_of("--as", standing, list(Standing))),
        None if content is None else Meaning(_one_of("--content", content, list(Meaning))),
        annotator,
        worked_on,
        ending,
        PROBABILITY_PARAMS.with_settings(pairs(settings or [])),
    )
    steps = import_steps(source, folder, options)
    done = watched(steps, "Stopped. What was imported before stays.", quiet=as_json)
    if as_json:
        print(json.dumps([_facts_of(each) for each in done.pictures], indent=2))
    else:
        print(f"Imported {len(done.taken):,} of {len(done.pictures):,} pictures.")
        for each in done.pictures:
            for words in (*each.notes, each.reason):
                if words and not each.failed:
                    say(words if each.picture.name in words else f"{each.picture.name}: {words}")
        for path in done.unused:
            say(f"{path.name} belongs to none of the pictures.")
    for each in done.failed:
        say(f"fncells: {each.reason}", style="red")
    if done.failed:
        raise typer.Exit(BAD_INPUT)


def _tell_failure(sentence: str, problems: tuple[str, ...], *, as_json: bool) -> None:
    if as_json:
        print(json.dumps({"proved": False, "problems": list(problems)}, indent=2))
        return
    say(f"fncells: {sentence} Nothing was published.", style="red")
    for problem in problems[1:]:
        say(problem)


def _facts_of(each: Any) -> dict[str, Any]:
    return {
        "image": str(each.picture),
        "source": None if each.source is None else str(each.source),
        "cells": each.cells,
        "notes": list(each.notes),
    } | ({"reason": each.reason} if each.reason else {})


def _one_of(option: str, word: str, choices: list[Any]) -> str:
    if word not in choices:
        raise ParameterError(f"{option} cannot be {word!r}.", f"Choose of: {', '.join(choices)}.")
    return word
