"""Compare every draft method with the truth, on the samples and on real pictures beside the repo.

Prints the table of docs/drafts.md.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from time import perf_counter

from napari_fncells.core.evaluate import Detection, Evaluation, score_picture
from napari_fncells.core.params import PRESETS
from napari_fncells.core.segment import draft
from napari_fncells.io.images import read_image
from napari_fncells.io.masks import load_labels
from napari_fncells.io.samples import SAMPLES, sample_image_path, sample_truth_path

REAL = Path(__file__).resolve().parents[2] / "shared" / "data"
REAL_SETS = {
    "real yellow (6)": "fnc/yellow_*_image.png",
    "real red (2)": "fnc/red_*_image.png",
    "DeepFLaSH (8)": "deepflash/*_image.png",
}
Pair = tuple[Path, Path]


def sets() -> Iterator[tuple[str, list[Pair]]]:
    for name in SAMPLES:
        yield f"sample {name}", [(sample_image_path(name), sample_truth_path(name))]
    for title, pattern in REAL_SETS.items():
        images = sorted(REAL.glob(pattern))
        if images:
            masks = [p.with_name(p.name.replace("_image", "_mask")) for p in images]
            yield title, list(zip(images, masks, strict=True))


def evaluate(method: str, pairs: list[Pair]) -> tuple[Evaluation, float]:
    scores, seconds = [], 0.0
    for image_path, mask_path in pairs:
        image = read_image(image_path)
        start = perf_counter()
        labels = draft(image.pixels, method).labels
        seconds += perf_counter() - start
        scores.append(score_picture(image.name, labels, load_labels(mask_path).values))
    return Evaluation(pictures=tuple(scores)), seconds / len(pairs)


def figures(detection: Detection) -> str:
    f1 = "–" if detection.f1 is None else f"{detection.f1:.2f}"
    return f"{detection.tp} / {detection.fp} / {detection.fn} | {f1}"


def main() -> None:
    print(
        "| pictures | method | v1: TP / FP / FN | F1 | IoU > 0.5: TP / FP / FN | F1 | gestures "
        "| ms |"
    )
    print("|---|---|---|---|---|---|---|---|")
    for title, pairs in sets():
        for method in PRESETS:
            result, seconds = evaluate(method, pairs)
            v1, iou = (figures(result.detection(rule)) for rule in ("v1", "iou"))
            cost = f"{result.gestures.total} | {seconds * 1e3:.0f}"
            print(f"| {title} | {method} | {v1} | {iou} | {cost} |")


if __name__ == "__main__":
    main()
