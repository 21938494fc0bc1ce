"""Train the weights that come with the package, and measure them on pictures left out.

Three stages, each of which goes on where it was cut off:

1. `base`: simulated pictures, DeepFLaSH's, and the reduced green ones;
2. `fold-NAME`, one for each yellow and red picture: from the base on, with all the others;
3. `final`: the same with all of them. These weights are shipped.

What each fold does on the picture that it never saw makes up the figures: they are printed, and
written into the card of the shipped weights.
"""

from __future__ import annotations

import argparse
from collections.abc import Generator, Sequence
from pathlib import Path
from typing import TypeVar

import cv2
import torch

from napari_fncells.core.evaluate import RULES, Evaluation
from napari_fncells.model import library
from napari_fncells.model.device import choose_device
from napari_fncells.model.predict import ready_model
from napari_fncells.model.training.job import Task, Trained, train_model_steps, write_trained
from napari_fncells.model.training.judge import evaluate_cutoffs, interval
from napari_fncells.model.training.params import TrainParams
from napari_fncells.model.training.pictures import Picture, read_pictures
from napari_fncells.model.training.recipe import card_of

REAL = Path(__file__).resolve().parents[2] / "shared" / "data"
SHIPPED = Path(library.__file__).with_name("shipped")
COLOURS = ("yellow", "red")
CUTOFF = 0.5
"""Fixed beforehand for the figures: a picture left out chooses nothing."""
TRAINING_DATA = (
    "1,000 simulated pictures of this package; 6 yellow, 2 red and 2 reduced green pictures of "
    "the Fluorescent Neuronal Cells data by L. Clissa, R. Morelli et al. (AMSActa 6706 and 7347, "
    "CC BY-SA 4.0); 8 pictures of DeepFLaSH by M. Segebarth et al. (MIT)"
)
LICENCE = "CC BY-SA 4.0, as the Fluorescent Neuronal Cells pictures that it was trained on"
CARD = card_of(library.DEFAULT_MODEL, 18, 1_000, LICENCE).model_copy(
    update={"training_data": TRAINING_DATA}
)
BASE = TrainParams(steps=8_000, check_every=1_000, patience=8, real_share=0.12)
TUNE = TrainParams(
    seed=1, steps=400, check_every=400, real_share=0.5, learning_rate=7e-4, average=0.99
)
Result = TypeVar("Result")


class Recipe:
    """The stages, which share pictures and the pool."""

    def __init__(self, folder: Path, simulated: int) -> None:
        self.folder = folder
        self.simulated = simulated
        fnc = read_pictures(REAL / "fnc")
        self.own = [picture for picture in fnc if picture.name.startswith(COLOURS)]
        self.others = read_pictures(REAL / "deepflash")
        self.others += [picture for picture in fnc if not picture.name.startswith(COLOURS)]

    def base(self) -> Trained:
        """What all others begin with."""
        return self._train("base", BASE, self.others, None)

    def tuned(self, without: Picture | None = None) -> Trained:
        """The base, gone on with on all pictures but one, or on all."""
        name = "final" if without is None else f"fold-{without.name}"
        own = [picture for picture in self.own if picture is not without]
        # Those of the data set count thrice beside the others
        return self._train(name, TUNE, own * 3 + self.others, self.base())

    def _train(
        self, name: str, params: TrainParams, real: Sequence[Picture], start: Trained | None
    ) -> Trained:
        task = Task(
            self.folder / name,
            params.model_copy(update={"simulated": self.simulated}),
            CARD,
            real,
            start=None if start is None else start.values,
            pool=self.folder / "pool",
        )
        return told(train_model_steps(task, choose_device("auto")), name)


def told(steps: Generator[str, None, Result], title: str) -> Result:
    """Run a job to its end, telling now and then where it is."""
    number = 0
    while True:
        try:
            words = next(steps)
        except StopIteration as end:
            result: Result = end.value
            return result
        if number % 100 == 0:
            print(f"{title}: {words}", flush=True)
        number += 1


def left_out(recipe: Recipe) -> dict[str, Evaluation]:
    """Figures of the pictures of each colour, each by weights that never saw it."""
    found: dict[str, Evaluation] = {}
    device = choose_device("auto")
    for colour in COLOURS:
        scores = []
        for picture in (each for each in recipe.own if each.name.startswith(colour)):
            trained = recipe.tuned(without=picture)
            model = ready_model(trained.values, CARD, device)
            result = evaluate_cutoffs(model, {colour: [picture]}, [CUTOFF])[CUTOFF][colour]
            scores += result.pictures
            print(picture.name, {r: result.detection(r) for r in RULES}, flush=True)
        found[colour] = Evaluation(pictures=tuple(scores))
    return found


def figures_of(found: dict[str, Evaluation]) -> dict[str, float]:
    """Figures for the card, with 95 % intervals printed."""
    figures = {}
    for colour, result in found.items():
        for rule in RULES:
            f1 = result.detection(rule).f1 or 0.0
            low, high = interval(result.pictures, rule)
            print(f"{colour}, {rule}: F1 {f1:.3f} ({low:.2f} to {high:.2f})")
            figures[f"F1 {rule}, {colour} pictures left out"] = round(f1, 3)
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="for the pool and the states of all stages")
    parser.add_argument("--pool", type=int, default=1_000, help="simulated pictures")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--stage", choices=("base", "folds", "final"), help="one stage alone")
    parser.add_argument("--write", action="store_true", help="replace the shipped weights")
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    cv2.setNumThreads(given.threads)
    recipe = Recipe(given.folder, given.pool)
    if given.stage in ("base", None):
        print(recipe.base().figures["simulated"].summary())
    figures = figures_of(left_out(recipe)) if given.stage in ("folds", None) else {}
    if given.stage in ("final", None):
        trained = recipe.tuned()
        card = trained.card.model_copy(
            update={"cutoff": CUTOFF, "metrics": trained.card.metrics | figures}
        )
        if given.write:
            print(write_trained(SHIPPED, Trained(trained.values, card, trained.progress, {})))


if __name__ == "__main__":
    main()
