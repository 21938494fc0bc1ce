"""The simulated annotator, on the real workspace without a window."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image as PillowImage

from napari_fncells.cli.annotator import simulate_annotator as command
from napari_fncells.core.annotator.params import AnnotatorParams
from napari_fncells.core.annotator.sight import Labels, TruthWindows
from napari_fncells.core.annotator.tally import Tally
from napari_fncells.core.errors import UserError
from napari_fncells.core.geometry import Box
from napari_fncells.io.images import Image, read_image
from napari_fncells.io.masks import load_labels
from napari_fncells.io.samples import sample_draft_path, sample_image_path, sample_truth_path
from napari_fncells.session.image import ImageSession
from napari_fncells.viewer import annotator
from napari_fncells.viewer.annotating.desk import Desk
from napari_fncells.viewer.annotator import Strategy, simulate_annotator
from napari_fncells.viewer.workspace import Workspace
from tests.core.naive import disk
from tests.pictures import CELLS, cell_picture, save_picture
from tests.test_cli import fncells

PERFECT = AnnotatorParams(errors=0, alarms=0)
HASTY = AnnotatorParams(errors=0.3, alarms=0.1, jitter=5, seed=7)
STRATEGIES: tuple[Strategy, ...] = ("queue", "sweep", "both")


@pytest.fixture(scope="module")
def sample() -> tuple[Image, Labels, Labels]:
    """A picture with its truth and a draft: a part of the sample that comes with one."""
    part = (slice(500, 1100), slice(300, 1000))
    whole = read_image(sample_image_path("crowded"))
    image = Image(np.ascontiguousarray(whole.pixels[part]), None, "part.png")
    truth, draft = (
        load_labels(path("crowded")).values[part]
        for path in (sample_truth_path, sample_draft_path)
    )
    return image, truth, draft


@pytest.fixture
def sessions(monkeypatch: pytest.MonkeyPatch) -> list[ImageSession]:
    """Sessions that were worked on, in order."""
    found: list[ImageSession] = []
    real = annotator.work

    def work(workspace: Any, *rest: Any) -> None:
        real(workspace, *rest)
        found.append(workspace.require_session())

    monkeypatch.setattr(annotator, "work", work)
    return found


def truth_of_picture() -> np.ndarray:
    truth = np.zeros(cell_picture().shape[:2], np.uint16)
    for number, (row, column, radius, _) in enumerate(CELLS[:3], start=1):
        truth[row - radius : row + radius, column - radius : column + radius] = number
    return truth


def test_a_perfect_annotator_finds_every_error_by_the_sweep(
    sample: tuple[Image, Labels, Labels], sessions: list[ImageSession]
) -> None:
    report = simulate_annotator(*sample, "sweep", PERFECT)
    assert report.before.fp + report.before.fn > 5
    assert report.end.f1 == 1.0
    assert (report.after.fp, report.after.fn) == (0, 0)
    assert all(report.reached.values())
    assert report.per_error is not None
    assert report.per_error < 2
    assert sessions[0].document.counts.untouched == 0, "it is done"


def disks(radius: int, aside: int = 0) -> np.ndarray:
    labels = np.zeros(cell_picture().shape[:2], np.uint16)
    for number, (row, column, *_) in enumerate(CELLS[:3], start=1):
        labels[disk(labels.shape, row, column + aside, radius)] = number
    return labels


@pytest.mark.parametrize(
    ("draft", "gestures"),
    [
        # Too wide by 8 px, four turns: the wheel over each, no click before
        (disks(20), {"wheel": 3}),
        # Beside the cell: drawn anew over what there is, nothing is removed
        (disks(12, aside=8), {"trace": 3}),
    ],
)
def test_an_outline_costs_one_gesture(
    sessions: list[ImageSession], draft: np.ndarray, gestures: dict[str, int]
) -> None:
    truth = disks(12)
    image = Image(cell_picture())
    report = simulate_annotator(image, truth, draft, "sweep", PERFECT)
    assert report.end.corrections == gestures
    assert report.end.f1 == 1.0
    assert sorted(cell.id for cell in sessions[0].document.cells) == [1, 2, 3]


def test_parts_that_would_not_fit_together_are_drawn_over(sessions: list[ImageSession]) -> None:
    truth, draft = disks(14), np.zeros(cell_picture().shape[:2], np.uint16)
    row, column, *_ = CELLS[0]
    truth[truth != 1] = 0
    for number, (down, right) in enumerate([(-7, -5), (7, -5), (0, 8)], start=1):
        draft[disk(draft.shape, row + down, column + right, 3)] = number
    report = simulate_annotator(Image(cell_picture()), truth, draft, "sweep", PERFECT)
    assert report.end.corrections == {"trace": 1}
    assert report.end.f1 == 1.0
    assert len(list(sessions[0].document.cells)) == 1


def test_both_finds_what_the_queue_does_not_lead_to(sample: tuple[Image, Labels, Labels]) -> None:
    queue, both = (simulate_annotator(*sample, way, PERFECT) for way in ("queue", "both"))
    assert both.end.looks["part"] >= 1
    assert both.end.looks["cell"] == queue.end.looks["cell"]
    assert both.after.fn < queue.after.fn or queue.after.fn == 0
    assert both.end.f1 == 1.0


def test_what_is_counted_is_what_the_session_counts(
    sample: tuple[Image, Labels, Labels], sessions: list[ImageSession]
) -> None:
    for strategy in STRATEGIES:
        report = simulate_annotator(*sample, strategy, HASTY)
        counted = sessions.pop().effort.gestures
        made = {**report.end.corrections, **report.end.moves}
        expected = {
            "accept": made.get("accept", 0),
            "adopt": made.get("adopt", 0),
            "cut or join": made.get("cut", 0) + made.get("join", 0),
            "lasso": made.get("lasso", 0),
            "resize": report.end.hand.get("notches", 0),
            "trace": made.get("trace", 0),
            "finish": 1,
        }
        assert {kind: counted.get(kind, 0) for kind in expected} == expected
        clicks = sum(made.get(kind, 0) for kind in ("add", "remove"))
        assert counted.get("fix", 0) + counted.get("remove", 0) == clicks


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_the_same_seed_gives_the_same_work(
    sample: tuple[Image, Labels, Labels], strategy: Strategy
) -> None:
    first, again = (simulate_annotator(*sample, strategy, HASTY) for _ in range(2))
    assert first == again
    other = HASTY.model_copy(update={"seed": 8})
    assert simulate_annotator(*sample, strategy, other) != first


def test_the_queue_mends_what_it_is_led_to(sample: tuple[Image, Labels, Labels]) -> None:
    report = simulate_annotator(*sample, "queue", PERFECT)
    assert report.after.fp == 0
    assert report.after.tp > report.before.tp
    assert report.end.looks["cell"] == len(np.unique(sample[2])) - 1
    assert report.end.looks["candidate"] > 0


def test_errors_are_left_by_who_overlooks_them(sample: tuple[Image, Labels, Labels]) -> None:
    blind = simulate_annotator(*sample, "sweep", AnnotatorParams(errors=1, alarms=0))
    assert blind.end.corrections == {}
    assert blind.after == blind.before


class Watched(TruthWindows):
    """Sees to it that what is read of the truth is on the screen at that moment."""

    def __init__(self, labels: Labels) -> None:
        super().__init__(labels)
        self.viewer: Any = None
        self.most = 0.0
        self.read = np.zeros(labels.shape, bool)

    def window(self, box: Box) -> Labels:
        camera, size = self.viewer.scene.camera, self.viewer.canvas.size
        for centre, side, first, last in (
            (camera.center[-2], size[0] / camera.zoom, box.top, box.bottom),
            (camera.center[-1], size[1] / camera.zoom, box.left, box.right),
        ):
            assert centre - side / 2 - 1 <= first <= last <= centre + side / 2 + 2
        self.read[box.slices] = True
        self.most = max(self.most, box.height * box.width / self.read.size)
        return super().window(box)


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_it_never_reads_truth_that_is_not_on_the_screen(
    sample: tuple[Image, Labels, Labels], monkeypatch: pytest.MonkeyPatch, strategy: Strategy
) -> None:
    image, truth, draft = sample
    kept: list[Watched] = []

    def watched(labels: Labels) -> Watched:
        kept.append(Watched(labels))
        return kept[-1]

    class WatchedDesk(Desk):
        def __init__(self, workspace: Workspace, *rest: Any) -> None:
            super().__init__(workspace, *rest)
            kept[-1].viewer = workspace.viewer

    monkeypatch.setattr(annotator, "TruthWindows", watched)
    monkeypatch.setattr(annotator, "Desk", WatchedDesk)
    monkeypatch.setattr(annotator, "CANVAS", (250, 300))
    simulate_annotator(image, truth, draft, strategy, HASTY)
    [seen] = kept
    assert 0 < seen.most < 0.9, "a part at a time"
    if strategy != "queue":
        assert seen.read.all()


def test_the_folder_of_the_picture_is_not_touched(tmp_path: Path, journals: Path) -> None:
    path = save_picture(tmp_path)
    image, truth = read_image(path), truth_of_picture()
    report = simulate_annotator(image, truth, np.zeros_like(truth), "sweep", PERFECT)
    assert report.end.corrections
    assert sorted(tmp_path.iterdir()) == [path]
    assert not [item for item in journals.rglob("*") if item.is_file()]


def test_shapes_and_strategies_are_refused_in_words(
    sample: tuple[Image, Labels, Labels],
) -> None:
    image, truth, draft = sample
    with pytest.raises(UserError, match="differ in shape"):
        simulate_annotator(image, truth[:50], draft)
    with pytest.raises(UserError, match="no strategy named 'guess'"):
        simulate_annotator(image, truth, draft, "guess")  # type: ignore[arg-type]


def test_on_the_command_line(tmp_path: Path) -> None:
    path, true = save_picture(tmp_path), tmp_path / "truth.png"
    PillowImage.fromarray(truth_of_picture()).save(true)
    words = ("simulate-annotator", path, true, "--strategy", "sweep")
    done = fncells(*words, "--json")
    assert done.returncode == 0, done.stderr
    facts = json.loads(done.stdout)
    assert [report["scheme"] for report in facts["reports"]] == [
        "napari-fncells",
        "napari alone",
        "Cellpose window",
    ]
    assert {"0.90", "0.95", "0.99"} == set(facts["reports"][0]["reached"])


def test_words_on_the_command_line_are_looked_at_first(tmp_path: Path) -> None:
    nothing = tmp_path / "none.png"
    with pytest.raises(UserError, match="no strategy named 'guess'"):
        command(nothing, nothing, strategy="guess")
    with pytest.raises(UserError, match="errors cannot be 2"):
        command(nothing, nothing, errors=2)


def test_the_tally_is_told_of_everything(sample: tuple[Image, Labels, Labels]) -> None:
    _, truth, draft = sample
    report = Tally(truth, draft).report("nobody", "sweep")
    assert report.end == report.start
    assert report.after == report.before
