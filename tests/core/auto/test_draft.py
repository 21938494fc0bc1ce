from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from napari_fncells.core.auto import AutoResult, auto_steps
from napari_fncells.core.evaluate import Evaluation, score_picture
from napari_fncells.core.simulate import simulate_image
from napari_fncells.core.steps import finish
from napari_fncells.io.images import read_image
from napari_fncells.io.masks import load_labels
from tests.core.auto.scenes import disks, grid


def drafted(image: NDArray[np.generic]) -> AutoResult:
    return finish(auto_steps(image))


@pytest.fixture(scope="module")
def crowd() -> NDArray[np.uint8]:
    image, _ = simulate_image("crowded", 7)
    return image[300:900, 400:1200]


@pytest.fixture(scope="module")
def draft(crowd: NDArray[np.uint8]) -> AutoResult:
    return drafted(crowd)


def test_finds_disks_and_their_outlines() -> None:
    picture, truth = disks((400, 500), grid((400, 500), 15, 90))
    score = score_picture("disks", drafted(picture).labels, truth)
    assert score.detections["iou"].fp == score.detections["iou"].fn == 0


@pytest.mark.parametrize("kind", ["sparse", "crowded", "red", "green"])
def test_finds_most_simulated_cells(kind: str) -> None:
    image, truth = simulate_image(kind, 77)
    detection = score_picture(kind, drafted(image).labels, truth).detections["iou"]
    assert detection.f1 is not None
    assert detection.f1 > 0.65


@pytest.mark.parametrize("seed", [7, 8])
def test_an_empty_picture_gives_an_empty_draft(seed: int) -> None:
    found = drafted(simulate_image("empty", seed)[0])
    assert not found.labels.any()
    assert "No piece looks like a cell" in found.words


def test_is_the_same_each_time(crowd: NDArray[np.uint8], draft: AutoResult) -> None:
    again = drafted(crowd)
    assert (again.pieces == draft.pieces).all()
    assert (again.likenesses == draft.likenesses).all()
    assert again.words == draft.words


def test_is_the_same_in_16_bit_and_float(crowd: NDArray[np.uint8], draft: AutoResult) -> None:
    assert draft.labels.any()
    for copy in (crowd.astype(np.uint16) * 257, crowd.astype(np.float32), crowd.astype(float)):
        assert (drafted(copy).labels == draft.labels).all()


def test_the_other_channels_do_not_matter(crowd: NDArray[np.uint8], draft: AutoResult) -> None:
    assert (drafted(crowd[..., 0]).labels == draft.labels).all()


def test_an_empty_margin_changes_nothing(crowd: NDArray[np.uint8], draft: AutoResult) -> None:
    # A picture whose own first pixel is dark would lose dark lines of its own
    lit = np.maximum(crowd, 1)
    framed = np.pad(lit, ((40, 10), (25, 0), (0, 0)))
    assert (drafted(framed).labels[40:-10, 25:] == drafted(lit).labels).all()


def test_a_higher_cutoff_takes_pieces_away(draft: AutoResult) -> None:
    before = draft.labels_at(0.0) > 0
    assert (before == (draft.pieces > 0)).all()
    for cutoff in (0.2, 0.4, 0.6, 0.8, 1.0):
        labels = draft.labels_at(cutoff)
        assert not ((labels > 0) & ~before).any()
        before = labels > 0
    assert not before.any()


def test_pieces_are_numbered_by_likeness(draft: AutoResult) -> None:
    assert draft.likenesses.shape == (draft.pieces.max(),)
    assert (np.diff(draft.likenesses) <= 0).all()
    assert (
        draft.likeness[draft.pieces > 0] == draft.likenesses[draft.pieces[draft.pieces > 0] - 1]
    ).all()


def test_words_tell_how_many_cells_there_are(draft: AutoResult) -> None:
    assert "Typical cell about" in draft.words
    assert f"{draft.labels.max()} pieces look like cells" in draft.words


def test_nan_and_infinity_spoil_nothing() -> None:
    picture, truth = disks((300, 300), grid((300, 300), 15, 90))
    picture[5, 5], picture[7, 200] = np.nan, np.inf
    score = score_picture("", drafted(picture).labels, truth)
    assert score.detections["iou"].fn == 0


def test_a_mask_is_its_own_draft() -> None:
    _, truth = disks((300, 300), grid((300, 300), 15, 90))
    score = score_picture("", drafted(truth > 0).labels, truth)
    assert score.detections["iou"].fn == score.detections["iou"].fp == 0


@pytest.mark.parametrize(
    ("pattern", "v1", "iou"),
    [("fnc/yellow_*", 0.82, 0.55), ("fnc/red_*", 0.7, 0.4), ("deepflash/*", 0.8, 0.68)],
)
def test_real_pictures(real_data: Path, pattern: str, v1: float, iou: float) -> None:
    scores = []
    for path in sorted(real_data.glob(f"{pattern}_image.png")):
        truth = load_labels(path.with_name(path.name.replace("_image", "_mask"))).values
        scores.append(score_picture(path.name, drafted(read_image(path).pixels).labels, truth))
    found = Evaluation(pictures=tuple(scores))
    assert (found.detection("v1").f1 or 0) >= v1
    assert (found.detection("iou").f1 or 0) >= iou
