"""A whole training, from pictures to a file of weights with its card."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from napari_fncells.core.evaluate import RULES, Evaluation
from napari_fncells.model.card import ModelCard
from napari_fncells.model.device import Device
from napari_fncells.model.predict import ready_model
from napari_fncells.model.refusal import ModelError
from napari_fncells.model.training.judge import Groups, evaluate_cutoffs, judge_of, score
from napari_fncells.model.training.params import TrainParams
from napari_fncells.model.training.pictures import Picture, simulated_pictures
from napari_fncells.model.training.run import Material, train_steps
from napari_fncells.model.training.state import Progress
from napari_fncells.model.training.views import Pool, View
from napari_fncells.model.values import Values
from napari_fncells.model.weights import write_model

SIMULATED = "simulated"
HELD_OUT = "held out"
_FIRST_OF_POOL = 1_000


@dataclass(frozen=True, eq=False)
class Task:
    """What is to be trained.

    Attributes
    ----------
    folder
        For states and results; a training that was cut off goes on there.
    params
        Everything but the pictures.
    card
        How pictures are seen, clean-up, and all else that is known about the weights beforehand.
    real
        Pictures to train on beside the simulated ones; one that is there twice counts twice.
    held_out
        Pictures that help to tell when it is best, and that figures are reported for.
    start
        Values to begin with; None for those drawn by chance.
    pool
        Folder of simulated pictures, where it is not the training's own.
    judged
        Simulated pictures, of none that is trained on, to judge by beside those held out.
    """

    folder: Path
    params: TrainParams
    card: ModelCard
    real: Sequence[Picture] = ()
    held_out: Sequence[Picture] = ()
    start: Values | None = None
    pool: Path | None = None
    judged: int = 16


@dataclass(frozen=True, eq=False)
class Trained:
    """What came of a training.

    Attributes
    ----------
    values
        The averaged values at the best look.
    card
        With the best cutoff, and figures.
    progress
        Looks on the way.
    figures
        Of each group of pictures that were not trained on, at the best cutoff.
    """

    values: Values
    card: ModelCard
    progress: Progress
    figures: dict[str, Evaluation]


def train_model_steps(task: Task, device: Device) -> Generator[str, None, Trained]:
    """Train in steps, yielding in words how far it is.

    Raises
    ------
    ModelError
        There is nothing to train on, or the folder is of another training.
    SaveError
        A state cannot be written.
    """
    params = task.params
    if not params.simulated and not task.real:
        raise ModelError("There are no pictures to train on.", "Give real ones or simulate some.")
    task.folder.mkdir(parents=True, exist_ok=True)
    place = task.folder / "pool" if task.pool is None else task.pool
    pool = Pool(place, params.simulated, _FIRST_OF_POOL, task.card)
    yield from pool.fill()
    yield "Looking at the real pictures"
    views = {id(each): View.of(each.pixels, each.labels, task.card) for each in task.real}
    real = [views[id(each)] for each in task.real]
    groups: Groups = {SIMULATED: simulated_pictures(task.judged if params.simulated else 0)}
    groups = {name: found for name, found in (groups | {HELD_OUT: task.held_out}).items() if found}
    groups = groups or {"trained on": task.real}
    judge = judge_of(groups, task.card, device)
    material = Material(pool, real, task.start)
    values, progress = yield from train_steps(
        params, task.card, material, judge, task.folder, device
    )
    yield "Measuring"
    by_cutoff = evaluate_cutoffs(ready_model(values, task.card, device), groups)
    cutoff = max(by_cutoff, key=lambda each: score(by_cutoff[each]))
    card = task.card.model_copy(
        update={
            "cutoff": cutoff,
            "metrics": task.card.metrics | metrics(by_cutoff[cutoff]),
            "created": datetime.now(UTC),
        }
    )
    return Trained(values, card, progress, by_cutoff[cutoff])


def write_trained(folder: Path, trained: Trained) -> Path:
    """Write weights in 16 bits and their card; an earlier result of the same name is replaced."""
    return write_model(folder, trained.values, trained.card, half=True, replace=True)


def metrics(figures: dict[str, Evaluation]) -> dict[str, float]:
    """Figures for a card, by name."""
    found = {}
    for group, evaluation in figures.items():
        for rule in RULES:
            f1 = evaluation.detection(rule).f1
            if f1 is not None:
                found[f"F1 {rule}, {group}"] = round(f1, 3)
    return found
