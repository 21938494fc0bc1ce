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
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import TypeVar

import cv2
import torch

from napari_fncells.core.evaluate import RULES, Evaluation, PictureScore
from napari_fncells.core.steps import finish
from napari_fncells.model import library
from napari_fncells.model.device import choose_device
from napari_fncells.model.predict import ready_model
from napari_fncells.model.training.average import between
from napari_fncells.model.training.job import Task, metrics, train_model_steps
from napari_fncells.model.training.judge import CUTOFFS, evaluate_cutoffs, interval, score
from napari_fncells.model.training.params import TrainParams
from napari_fncells.model.training.pictures import Picture, read_pictures, simulated_pictures
from napari_fncells.model.training.recipe import card_of
from napari_fncells.model.values import Values
from napari_fncells.model.weights import read_model, write_model

REAL = Path(__file__).resolve().parents[2] / "shared" / "data"
SHIPPED = Path(library.__file__).with_name("shipped")
COLOURS = ("yellow", "red")
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
    seed=1, steps=500, check_every=500, real_share=0.9, learning_rate=7e-4, average=0.99
)
KEPT = 0.7
"""How far values go from the base to the tuned ones: between they do better on others."""
Result = TypeVar("Result")


class Recipe:
    """The stages, which share pictures and the pool. One that was finished is not done again."""

    def __init__(self, folder: Path, simulated: int) -> None:
        self.folder = folder
        self.simulated = simulated
        fnc = read_pictures(REAL / "fnc")
        self.own = [picture for picture in fnc if picture.name.startswith(COLOURS)]
        self.others = read_pictures(REAL / "deepflash")
        self.others += [picture for picture in fnc if not picture.name.startswith(COLOURS)]

    def base(self) -> Values:
        """What all others begin with."""
        return self._trained("base", BASE, self.others)

    def tuned(self, without: Picture | None = None) -> Values:
        """The base, gone on with on all pictures but one, or on all, and brought back a little."""
        name = "final" if without is None else f"fold-{without.name}"
        own = [picture for picture in self.own if picture is not without]
        # Which dim cells experts leave out only the pictures of the data set tell
        base = self.base()
        tuned = self._trained(name, TUNE, own * 6 + self.others, base)
        return between(base, tuned, KEPT)

    def _trained(
        self,
        name: str,
        params: TrainParams,
        real: Sequence[Picture],
        start: Values | None = None,
    ) -> Values:
        place = self.folder / name
        file = place / f"{CARD.name}.safetensors"
        if not file.exists():
            task = Task(
                place,
                params.model_copy(update={"simulated": self.simulated}),
                CARD,
                real,
                start=start,
                pool=self.folder / "pool",
                # Only the base has several looks to choose from
                judged=20 if start is None else 4,
            )
            trained = told(train_model_steps(task, choose_device("auto")), name)
            write_model(place, trained.values, trained.card)
        return read_model(file)[0]


def told(steps: Generator[str, None, Result], title: str) -> Result:
    """Run a job to its end, telling now and then where it is."""
    numbers = count()

    def tell(words: str) -> None:
        if next(numbers) % 100 == 0:
            print(f"{title}: {words}", flush=True)

    return finish(steps, tell)


def left_out(recipe: Recipe, beginning: str) -> list[dict[float, PictureScore]]:
    """What weights make, at each cutoff, of the pictures that they never saw."""
    found = []
    for picture in recipe.own:
        if picture.name.startswith(beginning):
            model = ready_model(recipe.tuned(without=picture), CARD, choose_device("auto"))
            by_cutoff = evaluate_cutoffs(model, {"": [picture]})
            found.append({cut: groups[""].pictures[0] for cut, groups in by_cutoff.items()})
    return found


def best_cutoff(scores: Sequence[dict[float, PictureScore]]) -> float:
    return max(CUTOFFS, key=lambda cutoff: score(by_colour([each[cutoff] for each in scores])))


def by_colour(scores: Sequence[PictureScore]) -> dict[str, Evaluation]:
    found = {
        colour: tuple(each for each in scores if each.name.startswith(colour))
        for colour in COLOURS
    }
    return {colour: Evaluation(pictures=each) for colour, each in found.items() if each}


def figures_of(scores: list[dict[float, PictureScore]]) -> dict[str, float]:
    """Figures for the card; printed with their 95 % intervals, and picture by picture.

    The cutoff, too, is left to the others: that which is best for all pictures but the one.
    """
    chosen = []
    for number, each in enumerate(scores):
        cutoff = best_cutoff(scores[:number] + scores[number + 1 :])
        chosen.append(each[cutoff])
        counts = {rule: (d.tp, d.fp, d.fn) for rule, d in each[cutoff].detections.items()}
        print(f"{each[cutoff].name}: cutoff {cutoff}, TP, FP, FN {counts}", flush=True)
    figures = {}
    for colour, result in by_colour(chosen).items():
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
    parser.add_argument("--fold", help="only the folds of pictures whose names begin so")
    parser.add_argument("--write", action="store_true", help="replace the shipped weights")
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    cv2.setNumThreads(given.threads)
    recipe = Recipe(given.folder, given.pool)
    if given.fold is not None:
        left_out(recipe, given.fold)
        return
    scores = left_out(recipe, "")
    values, cutoff = recipe.tuned(), best_cutoff(scores)
    model = ready_model(values, CARD, choose_device("auto"))
    simulated = {"simulated": simulated_pictures(20)}
    found = metrics(evaluate_cutoffs(model, simulated, [cutoff])[cutoff])
    described = CARD.model_copy(
        update={
            "cutoff": cutoff,
            "metrics": found | figures_of(scores),
            "created": datetime.now(UTC),
        }
    )
    print(described.model_dump_json(indent=2))
    if given.write:
        print(write_model(SHIPPED, values, described, half=True, replace=True))


if __name__ == "__main__":
    main()
