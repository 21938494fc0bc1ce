"""`fncells patches` and `fncells augment`."""

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
from napari_fncells.core.params.augmentation import AugmentationParams
from napari_fncells.core.params.base import validated
from napari_fncells.core.params.patches import PatchParams, WeightParams
from napari_fncells.core.params.split import SPLITS, SplitParams
from napari_fncells.io.printable import printable

_WHOLE = "none"

SizeOption = Annotated[int | None, typer.Option(help="Side of a patch, in px; 512.")]
SchemeOption = Annotated[
    str | None, typer.Option(help="fnc: the 12 windows of 512 px of the training of FNC v1.")
]


def patches(
    folder: FolderArgument,
    output: Annotated[Path, typer.Option("-o", "--output", help="Folder that is made.")],
    size: SizeOption = None,
    overlap: Annotated[int | None, typer.Option(help="Of neighbours, in px; 0.")] = None,
    scheme: SchemeOption = None,
    form: Annotated[
        str, typer.Option("--format", help="folders, npz or webdataset (shards).")
    ] = "folders",
    split: Annotated[
        str,
        typer.Option(
            help="What is never divided: image, slice or animal (of FNC names); or published "
            "(the test split of FNC v1), given, none (all to train on)."
        ),
    ] = "animal",
    pattern: Annotated[
        str | None,
        typer.Option(help="Instead: a regular expression; what it finds in names is a group."),
    ] = None,
    shares: Annotated[
        str, typer.Option(help="Shares of train, val and test; 0 makes no such split.")
    ] = "70/15/15",
    seed: Annotated[int, typer.Option(help="Another one divides otherwise.")] = 0,
    keep: Annotated[
        Path | None,
        typer.Option(
            help="Patches made before, or their splits.csv: pictures stay where they are."
        ),
    ] = None,
    weights: Annotated[
        bool, typer.Option("--weights", help="Also a weight map for each.")
    ] = False,
    only_done: OnlyDoneOption = False,
    without_mask: WithoutMaskOption = False,
    annotator: AnnotatorOption = None,
    replace: Annotated[bool, typer.Option("--replace", help="Replace patches there.")] = False,
    settings: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="NAME=VALUE",
            help="empties=0.2, min_share=0.3, gap=true, ignore_value=128, seed=1, and of weights "
            "cell_weight, sigma and reach.",
        ),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Cut a folder's ground truth into patches to train on, split so that nothing leaks.

    Every patch is read back and compared before the folder gets its name.
    """
    from napari_fncells.io.patches.index import read_splits
    from napari_fncells.session.curated import Wanted, select
    from napari_fncells.session.patching import PatchJob, Truths, patch_steps

    job = PatchJob(
        params=_patch_params((size, overlap, scheme), settings or [], weights=weights),
        split=_split_params(split, pattern, shares, seed),
        form=form,
        earlier={} if keep is None else read_splits(keep),
        replace=replace,
    )
    truths = Truths(select(folder, Wanted(annotator, only_done, without_mask)))
    stopped = "Stopped. Nothing was kept of the new patches."
    report = watched(patch_steps(truths, output, job), stopped, quiet=as_json)
    if as_json:
        facts = report.manifest.model_dump(mode="json", exclude={"files"})
        print(json.dumps({"folder": str(report.folder), "proved": True} | facts, indent=2))
    else:
        print(report.sentence)
        print(printable(str(report.folder)))
        for note in report.manifest.notes:
            say(note)
    for each in truths.left_out:
        say(each.reason if not each.failed else f"fncells: {each.reason}")
    if any(each.failed for each in truths.left_out):
        raise typer.Exit(BAD_INPUT)


def augment(
    folder: FolderArgument,
    output: Annotated[Path, typer.Option("-o", "--output", help="PNG to write.")],
    count: Annotated[int, typer.Option(min=1, max=400, help="How many variants.")] = 15,
    seed: Annotated[int, typer.Option(min=0, help="Another one varies otherwise.")] = 0,
    size: SizeOption = None,
    scheme: SchemeOption = None,
    annotator: AnnotatorOption = None,
    replace: Annotated[bool, typer.Option("--replace", help="Replace the file there.")] = False,
    settings: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="NAME=VALUE",
            help="rotation, flips, brightness, contrast, blur, elastic, chance.",
        ),
    ] = None,
) -> None:
    """Show a patch as trainings see it: itself, then variants of it, with outlines, in one PNG."""
    from napari_fncells.io.atomic import write_atomic
    from napari_fncells.io.contact_sheet import contact_sheet
    from napari_fncells.session.augmentation import first_patch, preview
    from napari_fncells.session.curated import Wanted, select
    from napari_fncells.session.patching import Truths

    params = validated(AugmentationParams, pairs(settings or []))
    where = _patch_params((size, None, scheme), [], weights=False)
    patch = first_patch(Truths(select(folder, Wanted(annotator))), where)
    variants = preview(patch.image, patch.labels, params, seed, count)
    sheet = contact_sheet([(patch.image, patch.labels), *variants])
    write_atomic(output, sheet, replace=replace)
    print(f"A patch with {patch.cells} cells and {count} variants of it: {output}")


def _patch_params(
    place: tuple[int | None, int | None, str | None], settings: list[str], *, weights: bool
) -> PatchParams:
    given: dict[str, Any] = {
        name: value
        for name, value in zip(("size", "overlap", "scheme"), place, strict=True)
        if value is not None
    }
    of_weights = {}
    for name, value in pairs(settings).items():
        if name in WeightParams.model_fields:
            of_weights[name] = value
        else:
            given[name] = value
    if of_weights and not weights:
        raise ParameterError(f"{next(iter(of_weights))} is one of weights.", "Add --weights.")
    if weights:
        given["weights"] = of_weights
    return validated(PatchParams, given)


def _split_params(split: str, pattern: str | None, shares: str, seed: int) -> SplitParams:
    if split == _WHOLE:
        return SplitParams(by="image", train=1, val=0, test=0)
    parts = shares.split("/")
    if len(parts) != len(SPLITS):
        raise ParameterError(f"--shares cannot be {shares!r}.", "Write it as 70/15/15.")
    given: dict[str, Any] = {"by": split, "seed": seed} | dict(zip(SPLITS, parts, strict=True))
    if pattern is not None:
        given |= {"by": "pattern", "pattern": pattern}
    return validated(SplitParams, given)
