"""Data sets of YOLO as ultralytics reads them: boxes, or segments.

`labels/<split>/<stem>.txt` has a line for each cell by rising id, `data.yaml` names the class and
the folders. Pictures belong in `images/<split>/` under the same stems: ultralytics finds the
labels of a picture by its path. A picture without cells has an empty file: it is a negative.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import yaml  # type: ignore[import-untyped]
from numpy.typing import NDArray

from napari_fncells.core.params.export import ExportParams
from napari_fncells.io.atomic import write_atomic
from napari_fncells.io.exporters.agreement import unreadable
from napari_fncells.io.exporters.base import Comparison, GroundTruth

CLASS = 0
DECIMALS = 9
"""A ten-thousandth of a pixel in the largest pictures."""

_SET_FILE = "data.yaml"
_SPLITS = ("train", "val", "test")
Points = NDArray[np.float64]


class Lines(Protocol):
    """What a cell's line holds after its class."""

    def __call__(self, truth: GroundTruth, /) -> Iterable[Points]:
        """Numbers of each cell by rising id, in shares of width and height: (N, 2) (x, y)."""


class CompareLines(Protocol):
    """The comparison of what lines hold with the truth."""

    def __call__(
        self, lines: Sequence[Points], truth: GroundTruth, file: str, notes: tuple[str, ...], /
    ) -> Comparison:
        """Compare (N, 2) px (x, y) of each line, in their order."""


@dataclass(frozen=True)
class YoloSet:
    """A set of files of text.

    Attributes
    ----------
    name, title, about
        As `Exporter` has them.
    lines, compare
        What a cell's line holds, and its proof.
    """

    name: str
    title: str
    about: str
    lines: Lines
    compare: CompareLines

    def writer(self, folder: Path, params: ExportParams) -> _Writer:
        """Begin to write into a folder."""
        return _Writer(self, folder, params)

    def reader(self, folder: Path, params: ExportParams) -> _Reader:
        """Begin to read what was written there."""
        return _Reader(self, folder, params)


@dataclass
class _Writer:
    form: YoloSet
    folder: Path
    params: ExportParams
    splits: set[str] = field(default_factory=set)

    def add(self, truth: GroundTruth) -> None:
        path = _path(self.folder, truth)
        path.parent.mkdir(parents=True, exist_ok=True)
        text = "".join(_line(points) for points in self.form.lines(truth))
        write_atomic(path, text.encode(), replace=False)
        self.splits.add(truth.split)

    def close(self) -> None:
        text = "".join(f"{line}\n" for line in _set_lines(self.splits, self.params.category))
        write_atomic(self.folder / _SET_FILE, text.encode(), replace=False)


@dataclass
class _Reader:
    form: YoloSet
    folder: Path
    params: ExportParams

    @cached_property
    def told(self) -> dict[str, Any] | None:
        """What the set's own file says; None where it is none."""
        try:
            told = yaml.safe_load((self.folder / _SET_FILE).read_bytes())
        except (OSError, yaml.YAMLError, ValueError, RecursionError):
            return None
        return told if isinstance(told, dict) else None

    def compare(self, truth: GroundTruth) -> Comparison:
        path = _path(self.folder, truth)
        told, split = self.told, truth.split or "train"
        folder = f"images/{truth.split}" if truth.split else "images"
        if told is None or told.get("names") != {CLASS: self.params.category}:
            return unreadable(truth, f"{_SET_FILE} does not name the class.")
        if told.get(split) != folder:
            return unreadable(truth, f"{_SET_FILE} does not name the folder of {truth.name}.")
        try:
            lines = [_parsed(line, truth) for line in path.read_text("ascii").splitlines()]
        except (OSError, ValueError):
            return unreadable(truth, f"{path.name} does not read back as {self.form.title}.")
        notes = ["Ids and states are not in it; lines are in the order of ids."]
        if truth.ignored is not None:
            notes.append("Ignored regions are not in it.")
        return self.form.compare(lines, truth, path.name, tuple(notes))


def _path(folder: Path, truth: GroundTruth) -> Path:
    return folder / "labels" / truth.split / f"{truth.stem}.txt"


def _line(points: Points) -> str:
    shares = np.clip(points, 0, 1).ravel().tolist()
    return " ".join([str(CLASS), *(_short(share) for share in shares)]) + "\n"


def _short(share: float) -> str:
    return f"{share:.{DECIMALS}f}".rstrip("0").rstrip(".")


def _parsed(line: str, truth: GroundTruth) -> Points:
    """Points of a line in px."""
    first, *rest = line.split()
    shares = np.array([float(text) for text in rest])
    if first != str(CLASS) or shares.size % 2 or not ((shares >= 0) & (shares <= 1)).all():
        raise ValueError("no line of this format")
    return shares.reshape(-1, 2) * (truth.shape[1], truth.shape[0])


def _set_lines(splits: set[str], category: str) -> Iterator[str]:
    yield "# Pictures belong in images/, under the names that their files in labels/ have."
    for split in _SPLITS:
        if split in splits:
            yield f"{split}: images/{split}"
    # Ultralytics asks for both
    for split in _SPLITS[:2]:
        if split not in splits:
            found = [other for other in _SPLITS if other in splits]
            yield f"{split}: images/{found[0]}" if found else f"{split}: images"
    yield "names:"
    yield f"  {CLASS}: {json.dumps(category)}"
