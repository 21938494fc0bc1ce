"""Measure simulated against real pictures; print the tables of docs/simulator.md.

Run from the repository root: `python tools/calibrate_simulator.py [--write]`. Real pictures are
looked for in ../shared/data/fnc; without them only the simulated columns are made. With --write,
the tables in docs/simulator.md and the picture docs/images/simulator_side_by_side.png are renewed.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

from napari_fncells.core.labels import boxes
from napari_fncells.core.matching import Rule, match_objects
from napari_fncells.core.params import FNC_V1_DRAFT
from napari_fncells.core.segment import draft
from napari_fncells.core.simulate import simulate_image

ROOT = Path(__file__).resolve().parents[1]
REAL = ROOT.parent / "shared" / "data" / "fnc"
PAGE = ROOT / "docs" / "simulator.md"
SIDE_BY_SIDE = ROOT / "docs" / "images" / "simulator_side_by_side.png"
BEGIN, END = "<!-- tables: begin -->", "<!-- tables: end -->"

Picture = tuple[NDArray[np.uint8], NDArray[np.integer]]

REAL_GROUPS = {
    "real yellow": (
        "yellow_Mar19bS1C4R2_LHr_200x",
        "yellow_Mar32bS2C2R2_DMl_200x",
        "yellow_empty",
    ),
    "real yellow, stretched": ("yellow_168", "yellow_big_hole", "yellow_252_37_y"),
    "real red": ("red_MAR32C2R3_PVHr_200x_r", "red_RT353S2C1R5_r1"),
}
SIMULATED_GROUPS = {
    "simulated yellow": (("sparse", 0, 12), ("crowded", 0, 3), ("empty", 0, 3)),
    "simulated dim": (("dim", 0, 6),),
    "simulated artefacts": (("artefacts", 0, 6),),
    "simulated red": (("red", 0, 6),),
}
COLUMNS = (
    ("real yellow", "simulated yellow", "real yellow, stretched", "simulated artefacts"),
    ("simulated dim", "real red", "simulated red"),
)


@dataclass
class Group:
    """Measurements of one group of pictures; lists hold one entry a picture or a cell."""

    means: list[NDArray[np.float64]] = field(default_factory=list)
    percentiles: list[NDArray[np.float64]] = field(default_factory=list)
    noise: list[NDArray[np.float64]] = field(default_factory=list)
    correlation: list[float] = field(default_factory=list)
    areas: list[int] = field(default_factory=list)
    contrasts: list[float] = field(default_factory=list)
    counts: dict[Rule, NDArray[np.int64]] = field(
        default_factory=lambda: {"v1": np.zeros(3, np.int64), "iou": np.zeros(3, np.int64)}
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help="renew the page and its picture")
    arguments = parser.parse_args()
    groups = {name: measure(read_group(names)) for name, names in REAL_GROUPS.items()}
    groups |= {name: measure(simulate_group(runs)) for name, runs in SIMULATED_GROUPS.items()}
    text = "\n\n".join(table({name: groups[name] for name in names}) for names in COLUMNS)
    print(text)
    if arguments.write:
        write_page(text)
        write_side_by_side()


def read_group(names: tuple[str, ...]) -> Iterator[Picture]:
    """Yield (image, labels) of real pictures; those that are not on this machine are left out."""
    for name in names:
        image_file, mask_file = REAL / f"{name}_image.png", REAL / f"{name}_mask.png"
        if not image_file.exists():
            continue
        mask = np.asarray(Image.open(mask_file).convert("L")) > 0
        labels = ndimage.label(mask, structure=np.ones((3, 3)))[0]
        yield np.asarray(Image.open(image_file).convert("RGB")), labels


def simulate_group(runs: tuple[tuple[str, int, int], ...]) -> Iterator[Picture]:
    """Yield (image, labels) of simulated pictures; runs are (kind, first seed, number)."""
    for kind, first, number in runs:
        for seed in range(first, first + number):
            yield simulate_image(kind, seed)


def measure(pictures: Iterator[Picture]) -> Group:
    """Measure the pictures of a group."""
    group = Group()
    for image, labels in pictures:
        values = image.astype(np.float32)
        flat = values.reshape(-1, 3)
        group.means.append(flat.mean(0))
        group.percentiles.append(np.percentile(flat, (50, 99, 99.9), axis=0))
        group.noise.append(noise_level(values, labels > 0))
        red, green = flat[:, 0], flat[:, 1]
        group.correlation.append(float(np.corrcoef(red, green)[0, 1]))
        main_channel = values[..., int(np.argmax(flat.mean(0)))]
        for area, contrast in cell_figures(main_channel, labels):
            group.areas.append(area)
            group.contrasts.append(contrast)
        proposal = draft(image, FNC_V1_DRAFT).labels
        for rule in group.counts:
            found = match_objects(proposal, labels, rule=rule)
            group.counts[rule] += (found.tp, found.fp, found.fn)
    return group


def noise_level(values: NDArray[np.float32], cells: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return the ground's pixel noise per channel (3,), grey levels, from neighbours.

    The mean absolute difference of horizontal neighbours, as the standard deviation that
    independent Gaussian noise of the same difference would have.
    """
    away = ~ndimage.binary_dilation(cells, iterations=15)
    step = np.abs(np.diff(values, axis=1))[away[:, 1:]]
    return np.asarray(step.mean(0) * np.sqrt(np.pi) / 2.0, dtype=np.float64)


def cell_figures(
    plane: NDArray[np.float32], labels: NDArray[np.integer]
) -> Iterator[tuple[int, float]]:
    """Yield (area in px, mean minus local ring) of each cell; the ring is 6 to 20 px away."""
    near, far = (
        cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1,) * 2) for reach in (6, 20)
    )
    for number, box in boxes(labels).items():
        window = tuple(slice(max(axis.start - 24, 0), axis.stop + 24) for axis in box)
        cell = labels[window] == number
        mask = cell.astype(np.uint8)
        ring = (cv2.dilate(mask, far) > 0) & (cv2.dilate(mask, near) == 0) & (labels[window] == 0)
        if ring.any():
            inside = plane[window][cell]
            yield int(cell.sum()), float(inside.mean() - np.median(plane[window][ring]))


def table(groups: dict[str, Group]) -> str:
    """Return a Markdown table with a column a group."""
    rows: dict[str, list[str]] = {}
    for group in groups.values():
        for name, value in figures(group):
            rows.setdefault(name, []).append(value)
    head = "| | " + " | ".join(groups) + " |"
    rule = "|---" * (len(groups) + 1) + "|"
    return "\n".join([head, rule, *(f"| {name} | {' | '.join(v)} |" for name, v in rows.items())])


def figures(group: Group) -> Iterator[tuple[str, str]]:
    """Yield (name, text) of each row."""
    yield "pictures", str(len(group.means))
    yield "cells", str(len(group.areas))
    yield "mean R / G / B", _slashed(group.means, 1)
    for index, name in enumerate(("p50", "p99", "p99.9")):
        yield f"{name} R / G / B", _slashed([p[index] for p in group.percentiles], 0)
    yield "ground noise R / G / B", _slashed(group.noise, 2)
    yield "R–G correlation", f"{np.mean(group.correlation):.3f}" if group.correlation else "–"
    levels = (5, 25, 50, 75, 95)
    for name, values in (("area (px)", group.areas), ("contrast (levels)", group.contrasts)):
        found = np.percentile(values, levels).tolist() if values else []
        text = " / ".join(f"{value:.0f}" for value in found) or "–"
        yield f"{name} p5 / 25 / 50 / 75 / 95", text
    for rule, counts in group.counts.items():
        tp, fp, fn = (int(count) for count in counts)
        precision, recall = tp / max(tp + fp, 1), tp / max(tp + fn, 1)
        f1 = 2 * tp / max(2 * tp + fp + fn, 1)
        yield f"authors' draft, {rule}: P / R / F1", f"{precision:.2f} / {recall:.2f} / {f1:.2f}"


def _slashed(values: list[NDArray[np.float64]], digits: int) -> str:
    if not values:
        return "–"
    return " / ".join(f"{value:.{digits}f}" for value in np.mean(values, axis=0))


def write_page(text: str) -> None:
    """Put the tables between the marks of the page."""
    page = PAGE.read_text(encoding="utf-8")
    before, rest = page.split(BEGIN)
    after = rest.split(END)[1]
    PAGE.write_text(f"{before}{BEGIN}\n\n{text}\n\n{END}{after}", encoding="utf-8")


def write_side_by_side() -> None:
    """Write real pictures (left) beside simulated ones (right), stretched and reduced."""
    pairs = (
        ("yellow_Mar32bS2C2R2_DMl_200x", "crowded", 4),
        ("yellow_Mar19bS1C4R2_LHr_200x", "sparse", 8),
    )
    rows = []
    for name, kind, seed in pairs:
        real = np.asarray(Image.open(REAL / f"{name}_image.png").convert("RGB"))
        rows.append(np.hstack([_thumbnail(real), _thumbnail(simulate_image(kind, seed)[0])]))
    SIDE_BY_SIDE.parent.mkdir(parents=True, exist_ok=True)
    picture = Image.fromarray(np.vstack(rows)).quantize(128, dither=Image.Dither.NONE)
    picture.save(SIDE_BY_SIDE, optimize=True)
    print(f"{SIDE_BY_SIDE.relative_to(ROOT)}: {SIDE_BY_SIDE.stat().st_size // 1024} kB")


def _thumbnail(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return (360, 480, 3) uint8 with the 99.7th percentile at white and gamma 0.6."""
    top = max(float(np.percentile(image, 99.7)), 20.0)
    bright = 255.0 * np.clip(image / top, 0.0, 1.0) ** 0.6
    small = cv2.resize(bright.astype(np.float32), (480, 360), interpolation=cv2.INTER_AREA)
    return np.asarray(np.rint(small), dtype=np.uint8)


if __name__ == "__main__":
    main()
