"""Let a simulated annotator correct drafts, with our gestures and with those of others.

Prints the tables of docs/annotator.md, over the samples and real pictures (which are read, not
written to), each with several seeds.

    python -m tools.evaluate_annotator [--seeds 3] [--errors 0.05] [--json FILE] [GROUP ...]
"""

from __future__ import annotations

import argparse
import json
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_fncells.core.annotator.params import AnnotatorParams
from napari_fncells.core.annotator.tally import GOALS, AnnotatorReport
from napari_fncells.core.params import AUTO
from napari_fncells.core.segment import Draft, draft_steps
from napari_fncells.core.steps import finish
from napari_fncells.io.images import Image, read_image
from napari_fncells.io.masks import load_labels
from napari_fncells.io.samples import (
    SAMPLE_WITH_DRAFT,
    SAMPLES,
    sample_draft_path,
    sample_image_path,
    sample_truth_path,
)
from napari_fncells.session.scoring import ModelScorer, chosen_model
from napari_fncells.viewer.annotator import Strategy, by_other_schemes, simulate_annotator

REAL = Path(__file__).resolve().parents[2] / "shared" / "data" / "fnc"
GIVEN = "given"
MODEL = "fncells-1"
WAYS: tuple[Strategy, ...] = ("queue", "sweep", "both")
HAND = ("notches", "px traced")
GROUPS = ("samples", "yellow", "red", "green")
Results = dict[tuple[str, str], dict[str, list[AnnotatorReport]]]


def pictures(group: str) -> Iterator[tuple[Image, NDArray[np.integer]]]:
    """Pictures of a group, with their truth."""
    if group == "samples":
        for name in SAMPLES:
            truth = load_labels(sample_truth_path(name)).values
            yield read_image(sample_image_path(name)), truth
        return
    for path in sorted(REAL.glob(f"{group}_*_image.png")):
        mask = path.with_name(path.name.replace("_image", "_mask"))
        yield read_image(path), load_labels(mask).values


def drafts(
    image: Image, group: str
) -> Iterator[tuple[str, Draft | NDArray[np.integer], ModelScorer | None]]:
    """What is corrected, by name, and what runs its model."""
    if group == "samples" and image.name == f"{SAMPLE_WITH_DRAFT}.png":
        yield GIVEN, load_labels(sample_draft_path()).values, None
    yield AUTO, finish(draft_steps(image.pixels, AUTO)), None
    scorer, params = chosen_model(MODEL)
    yield MODEL, finish(draft_steps(image.pixels, params, scorer=scorer)), scorer


def run(groups: Sequence[str], seeds: int, errors: float) -> Results:
    """All reports, by group and draft, then by scheme."""
    found: Results = defaultdict(lambda: defaultdict(list))
    for group in groups:
        for image, truth in pictures(group):
            for name, draft, scorer in drafts(image, group):
                for seed in range(seeds):
                    params = AnnotatorParams(
                        errors=errors, alarms=0 if errors == 0 else 0.01, seed=seed
                    )
                    ours = [
                        simulate_annotator(image, truth, draft, way, params, scorer)
                        for way in WAYS
                    ]
                    for report in (*ours, *by_other_schemes(truth, draft, params)):
                        scheme = f"{report.scheme}, {report.strategy}"
                        found[group, name][scheme].append(report)
                print(f"{image.name}, {name}", flush=True)
    return found


def row(reports: list[AnnotatorReport], seeds: int) -> str:
    """Sums over pictures, means over seeds."""
    errors = sum(r.errors.total for r in reports) / seeds
    gestures = sum(r.end.gestures for r in reports) / seeds
    actions = sum(r.end.actions for r in reports) / seeds
    looks = sum(sum(r.end.looks.values()) for r in reports) / seeds
    tp, fp, fn = (sum(getattr(r.after, k) for r in reports) for k in ("tp", "fp", "fn"))
    goals = " | ".join(goal(reports, f"{g:.2f}", seeds) for g in GOALS)
    per_error = f"{gestures / errors:.2f}" if errors else "-"
    notches, traced = (sum(r.end.hand.get(k, 0) for r in reports) / seeds for k in HAND)
    each = f"{actions / errors:.2f}" if errors else "-"
    f1 = 2 * tp / (2 * tp + fp + fn) if tp + fp + fn else 1.0
    return (
        f"{errors:.0f} | {f1_before(reports):.3f} | {goals} | {gestures:.1f} | "
        f"**{per_error}** | {actions:.0f} | {each} | {notches:.0f} | {traced:,.0f} | "
        f"{looks:.0f} | {f1:.3f} | "
        f"{(fp + fn) / seeds:.1f}"
    )


def goal(reports: list[AnnotatorReport], name: str, seeds: int) -> str:
    """Gestures of the pictures that reached an F1, and how many did not."""
    reached = [cost for r in reports if (cost := r.reached[name]) is not None]
    short = (len(reports) - len(reached)) / seeds
    return f"{sum(c.gestures for c in reached) / seeds:.1f}" + (f" ({short:.1f})" if short else "")


def f1_before(reports: list[AnnotatorReport]) -> float:
    tp, fp, fn = (sum(getattr(r.before, k) for r in reports) for k in ("tp", "fp", "fn"))
    return 2 * tp / (2 * tp + fp + fn) if tp + fp + fn else 1.0


def main() -> None:
    parser = argparse.ArgumentParser(description=re.sub(r"\s+", " ", __doc__ or ""))
    parser.add_argument("groups", nargs="*", metavar="GROUP", help=", ".join(GROUPS))
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--errors", type=float, default=0.05)
    parser.add_argument("--json", type=Path, help="All reports go there, too.")
    arguments = parser.parse_args()
    found = run(arguments.groups or GROUPS, arguments.seeds, arguments.errors)
    print(
        "\n| pictures | draft | by | errors | F1 | to 0.90 | to 0.95 | to 0.99 | gestures | "
        "per error | actions | per error | notches | px traced | looks | F1 at the end | left |"
    )
    print("|" + "---|" * 17)
    for (group, draft), schemes in found.items():
        for scheme, reports in schemes.items():
            print(f"| {group} | {draft} | {scheme} | {row(reports, arguments.seeds)} |")
    if arguments.json is not None:
        facts: list[dict[str, Any]] = [
            {"pictures": group, "draft": draft, **report.summary()}
            for (group, draft), schemes in found.items()
            for reports in schemes.values()
            for report in reports
        ]
        arguments.json.write_text(json.dumps(facts, indent=1))


if __name__ == "__main__":
    main()
