"""`fncells evaluate`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import track
from rich.table import Table

from napari_fncells.cli.options import ERRORS, JsonOption
from napari_fncells.core.evaluate import RULES, Evaluation, detection_figures


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
