"""What the outline offset adds to drafts once three cells of a picture are confirmed.

Three true cells that the draft found are put in place of the drafted ones and accepted, as an
expert would correct them; the offset that *Match my outlines* then finds is applied to the draft.
Ten draws a picture. `python -m tools.evaluate_offset` prints the table of docs/drafts.md.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from napari_fncells.core.evaluate import Evaluation, score_picture
from napari_fncells.core.matching import match_objects
from napari_fncells.core.params import AUTO, MEAN_SD, preset
from napari_fncells.core.pipeline import Pipeline
from napari_fncells.io.images import read_image
from napari_fncells.io.masks import load_labels
from napari_fncells.session.image import ImageSession
from tools.evaluate_drafts import sets

DRAWS, CONFIRMED = 10, 3


def learned_offset(
    session: ImageSession, truth: NDArray[np.integer], rng: np.random.Generator
) -> float:
    """Offset after three confirmed cells; 0 where it is not known."""
    document = session.document
    found = match_objects(document.labels, truth, "v1").pairs
    if len(found) < CONFIRMED:
        return 0.0
    chosen = rng.choice(len(found), CONFIRMED, replace=False)
    labels = document.labels.copy()
    true_cells = [found[k] for k in chosen]
    for drafted, _ in true_cells:
        labels[labels == drafted] = 0
    for drafted, true in true_cells:
        labels[truth == true] = drafted
    other = ImageSession(session.image)
    other.adopt(labels, "with three corrected")
    for _, true in true_cells:
        row, column = np.argwhere(truth == true)[0]
        other.accept(int(other.document.labels[row, column]))
    return other.draft_offset or 0.0


def main() -> None:
    print("| pictures | method | before: v1 F1 | IoU > 0.5 F1 | after: v1 F1 | IoU > 0.5 F1 |")
    print("|---|---|---|---|---|---|")
    for title, pairs in sets():
        if not title.startswith("real"):
            continue
        for method in (AUTO, MEAN_SD):
            rng = np.random.default_rng(0)
            before, after = [], []
            for image_path, mask_path in pairs:
                image, truth = read_image(image_path), load_labels(mask_path).values
                pipeline, params = Pipeline(image.pixels), preset(method)
                session = ImageSession(image)
                drafted = pipeline.draft(params)
                session.apply(drafted)
                plain = score_picture(image.name, drafted.labels, truth)
                for _ in range(DRAWS):
                    offset = round(2 * learned_offset(session, truth, rng)) / 2
                    moved = params.with_settings(
                        {"outline_offset": float(np.clip(offset, -10, 10))}
                    )
                    before.append(plain)
                    after.append(score_picture(image.name, pipeline.draft(moved).labels, truth))
            parts = [Evaluation(pictures=tuple(scores)) for scores in (before, after)]
            f1 = [part.detection(rule).f1 or 0 for part in parts for rule in ("v1", "iou")]
            print(f"| {title} | {method} | " + " | ".join(f"{value:.2f}" for value in f1) + " |")


if __name__ == "__main__":
    main()
