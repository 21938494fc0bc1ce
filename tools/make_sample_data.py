"""Make everything under sample_data/ anew: pictures, truth, one draft with known errors, README.

Run from the repository root: `python tools/make_sample_data.py`. Seeds are fixed, so the same
code gives the same files.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

from napari_fncells.core.simulate import KINDS, Distractor, simulate

ROOT = Path(__file__).resolve().parents[1] / "sample_data"
SEEDS = {"sparse": 8, "crowded": 4, "artefacts": 4, "dim": 4, "empty": 6}
PURPOSE = {
    "sparse": "the usual picture: a few cells, some smears out of focus",
    "crowded": "many cells, some touching; comes with a draft to correct",
    "artefacts": "bright stripe, filaments, a 'macaroni' blob of fluorophore, dark holes",
    "dim": "faint cells barely above the ground",
    "empty": "no cell at all, only haze, debris and a fibre",
}
DRAFTED = "crowded"
DRAFT_SEED = 20
BUDGET_BYTES = 8_000_000
EIGHT = np.ones((3, 3), bool)

Labels = NDArray[np.uint16]
Mask = NDArray[np.bool_]


@dataclass
class Error:
    """One known error of the draft; ids are those of the files, place and area in px."""

    kind: str
    y: float
    x: float
    area: int
    truth_ids: list[int]
    draft_ids: list[int]
    note: str = ""


def main() -> None:
    for name in ("images", "truth", "drafts"):
        (ROOT / name).mkdir(parents=True, exist_ok=True)
    counts = {}
    for kind, seed in SEEDS.items():
        result = simulate(KINDS[kind], seed)
        write_png(ROOT / "images" / f"{kind}.png", result.image)
        write_png(ROOT / "truth" / f"{kind}.png", result.labels)
        counts[kind] = int(result.labels.max())
        if kind == DRAFTED:
            draft, errors = make_draft(result.image, result.labels, result.distractors)
            write_png(ROOT / "drafts" / f"{kind}.png", draft)
            write_errors(kind, result.labels, draft, errors)
    (ROOT / "README.md").write_text(readme(counts), encoding="utf-8")
    report()


def write_png(path: Path, pixels: NDArray[np.generic]) -> None:
    """Write a PNG as small as Pillow makes it, and check what two readers find in it."""
    Image.fromarray(pixels).save(path, optimize=True)
    with Image.open(path) as opened:
        by_pillow = np.asarray(opened)
    by_opencv = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    if by_opencv is None:
        raise OSError(f"{path} cannot be read back.")
    if by_opencv.ndim == 3:
        by_opencv = by_opencv[..., ::-1]
    for found in (by_pillow, by_opencv):
        if found.dtype.itemsize < pixels.dtype.itemsize or not np.array_equal(found, pixels):
            raise OSError(f"{path} reads back differently from what was written.")


def make_draft(
    image: NDArray[np.uint8], truth: Labels, distractors: tuple[Distractor, ...]
) -> tuple[Labels, list[Error]]:
    """Return the truth with errors put in, and the list of these errors.

    Each true cell takes part in one error at most.
    """
    rng = np.random.default_rng(DRAFT_SEED)
    draft = truth.copy()
    first, second = touching_pair(truth)
    large = [i for i in np.argsort(-areas(truth)) + 1 if i not in (first, second)]
    whole = int(large[0])
    rest = [int(i) for i in rng.permutation(large[1:])]
    missing, shifted = rest[:7], rest[7:12]

    errors = [merge(draft, truth, first, second), split(draft, truth, whole)]
    errors += [remove(draft, truth, number) for number in missing]
    errors += [shift(rng, draft, truth, number) for number in shifted]
    errors += false_positives(image, draft, truth, distractors)
    table = numbers_from_the_top(draft)
    for found in errors:
        found.draft_ids = [int(table[number]) for number in found.draft_ids]
    return table[draft], errors


def areas(labels: Labels) -> NDArray[np.int64]:
    return np.bincount(labels.ravel())[1:]


def touching_pair(truth: Labels) -> tuple[int, int]:
    """Return the two cells with the longest common border."""
    borders: dict[tuple[int, int], int] = {}
    for here, there in ((truth[:, 1:], truth[:, :-1]), (truth[1:], truth[:-1])):
        meet = (here != there) & (here > 0) & (there > 0)
        for one, other in zip(here[meet].tolist(), there[meet].tolist(), strict=True):
            pair = (min(one, other), max(one, other))
            borders[pair] = borders.get(pair, 0) + 1
    return max(borders, key=lambda pair: borders[pair])


def merge(draft: Labels, truth: Labels, first: int, second: int) -> Error:
    draft[truth == second] = first
    return error("merged", (truth == first) | (truth == second), [first, second], [first])


def split(draft: Labels, truth: Labels, number: int) -> Error:
    """Cut a cell across its long axis; a gap of two px parts it in a binary mask, too."""
    rows, columns = np.nonzero(truth == number)
    centred = np.stack([rows - rows.mean(), columns - columns.mean()])
    axis = np.linalg.eigh(np.cov(centred))[1][:, -1]
    along = axis @ centred
    draft[rows[np.abs(along) < 1.0], columns[np.abs(along) < 1.0]] = 0
    part = along >= 1.0
    other = int(draft.max()) + 1
    draft[rows[part], columns[part]] = other
    return error("split", truth == number, [number], [number, other])


def remove(draft: Labels, truth: Labels, number: int) -> Error:
    draft[draft == number] = 0
    return error("false_negative", truth == number, [number], [])


def shift(rng: np.random.Generator, draft: Labels, truth: Labels, number: int) -> Error:
    """Move an outline by 6 to 9 px in a random direction, where no other cell lies."""
    angle, far = rng.uniform(0.0, 2.0 * np.pi), rng.uniform(6.0, 9.0)
    dy, dx = round(far * np.sin(angle)), round(far * np.cos(angle))
    cell = truth == number
    moved = np.asarray(ndimage.shift(cell.astype(np.uint8), (dy, dx), order=0)) > 0
    draft[draft == number] = 0
    draft[largest_piece(moved & (draft == 0))] = number
    return error("shifted", cell, [number], [number], f"moved by {dy} rows and {dx} columns")


def false_positives(
    image: NDArray[np.uint8],
    draft: Labels,
    truth: Labels,
    distractors: tuple[Distractor, ...],
) -> list[Error]:
    """Mark the brightest smears, debris and fibre bits that lie away from cells."""
    plane = ndimage.gaussian_filter(image[..., 0].astype(np.float32), 2.5)
    busy = ndimage.binary_dilation((truth > 0) | (draft > 0), structure=EIGHT, iterations=6)
    wanted = {"out_of_focus": 5, "debris": 2, "neurite": 2}
    candidates: list[tuple[float, Distractor, Mask]] = []
    for found in distractors:
        grown = bright_region(plane, busy, found) if found.kind in wanted else None
        if grown is not None:
            candidates.append((float(plane[grown].mean()), found, grown))
    errors = []
    for _, found, grown in sorted(candidates, key=lambda entry: -entry[0]):
        if wanted[found.kind] == 0 or (grown & (draft > 0)).any():
            continue
        wanted[found.kind] -= 1
        number = int(draft.max()) + 1
        draft[grown] = number
        errors.append(error("false_positive", grown, [], [number], f"on {found.kind}"))
    return errors


def bright_region(plane: NDArray[np.floating], busy: Mask, found: Distractor) -> Mask | None:
    """Return the part brighter than half its peak around a distractor, or None where unfit."""
    reach = int(found.radius_px) + 12
    y, x = round(found.y), round(found.x)
    if not (reach < y < plane.shape[0] - reach and reach < x < plane.shape[1] - reach):
        return None
    window = (slice(y - reach, y + reach + 1), slice(x - reach, x + reach + 1))
    patch = plane[window]
    ground = float(np.percentile(patch, 15))
    middle = patch[reach - 3 : reach + 4, reach - 3 : reach + 4]
    bright = patch > 0.5 * (ground + float(middle.max()))
    pieces, _ = ndimage.label(bright, structure=EIGHT)
    seed = pieces[reach - 3 : reach + 4, reach - 3 : reach + 4]
    piece = pieces == int(seed.flat[int(middle.argmax())])
    touches_frame = piece[0].any() or piece[-1].any() or piece[:, 0].any() or piece[:, -1].any()
    if touches_frame or not 80 <= piece.sum() <= 4000 or (piece & busy[window]).any():
        return None
    grown = np.zeros(plane.shape, bool)
    grown[window] = ndimage.binary_fill_holes(piece)
    return grown


def largest_piece(mask: Mask) -> Mask:
    pieces, _ = ndimage.label(mask, structure=EIGHT)
    return np.asarray(pieces == np.bincount(pieces.ravel())[1:].argmax() + 1)


def error(
    kind: str, mask: Mask, truth_ids: list[int], draft_ids: list[int], note: str = ""
) -> Error:
    """Return the record of an error that concerns the pixels of `mask`."""
    y, x = (round(float(centre), 1) for centre in ndimage.center_of_mass(mask))
    return Error(kind, y, x, int(mask.sum()), truth_ids, draft_ids, note)


def numbers_from_the_top(draft: Labels) -> Labels:
    """Return new numbers by old ones: from top to bottom, as a threshold would number."""
    present, first_seen = np.unique(draft, return_index=True)
    order = present[np.argsort(first_seen)]
    table = np.zeros(int(draft.max()) + 1, np.uint16)
    table[order[order > 0]] = np.arange(1, (order > 0).sum() + 1, dtype=np.uint16)
    return table


def write_errors(kind: str, truth: Labels, draft: Labels, errors: list[Error]) -> None:
    record = {
        "picture": f"images/{kind}.png",
        "truth": f"truth/{kind}.png",
        "draft": f"drafts/{kind}.png",
        "units": "y, x: centre in px from the upper left pixel; area: px",
        "truth_cells": int(truth.max()),
        "draft_objects": int(draft.max()),
        "errors": [asdict(found) for found in errors],
    }
    text = json.dumps(record, indent=1, ensure_ascii=False)
    (ROOT / "drafts" / f"{kind}.json").write_text(text + "\n", encoding="utf-8")


def readme(counts: dict[str, int]) -> str:
    rows = "\n".join(
        f"| `{kind}.png` | {SEEDS[kind]} | {counts[kind]} | {PURPOSE[kind]} |" for kind in SEEDS
    )
    return f"""# Sample data

Pictures to try the plugin on. All of them are **simulated by this project**
(`napari_fncells.core.simulate`, by `python tools/make_sample_data.py`); none shows a real animal's
tissue. They are built to look and measure like the Fluorescent Neuronal Cells pictures; how
closely they do is in `docs/simulator.md`.

Licence: [CC0 1.0](https://creativecommons.org/publicdomain/zero/1.0/). Do with them what you like.

| picture | seed | cells | what it is for |
|---|---|---|---|
{rows}

- `images/`: RGB, 8 bits a channel, 1200x1600 px. They are nearly black, like the real ones:
  raise the contrast to see anything.
- `truth/`: the same names; grey, 16 bits, the value of a pixel is the number of its cell,
  0 is ground.
- `drafts/{DRAFTED}.png`: a proposal to correct, same format as the truth.
  `drafts/{DRAFTED}.json` lists every error in it: cells missed (`false_negative`), things marked
  that are no cells (`false_positive`), one pair `merged`, one cell `split`, some outlines
  `shifted`; with place, area and the ids in truth and draft. All other outlines are the true ones.
"""


def report() -> None:
    """Print sizes; fail above the budget."""
    total = 0
    for path in files():
        total += path.stat().st_size
        print(f"{path.relative_to(ROOT)}: {path.stat().st_size / 1000:.0f} kB")
    print(f"total: {total / 1e6:.2f} MB")
    if total > BUDGET_BYTES:
        raise SystemExit(f"sample_data holds {total} bytes; at most {BUDGET_BYTES} are wanted.")


def files() -> Iterator[Path]:
    yield from sorted(path for path in ROOT.rglob("*") if path.is_file())


if __name__ == "__main__":
    main()
