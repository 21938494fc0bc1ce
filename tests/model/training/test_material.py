"""What is trained on: scenes, views, the pool, pieces and their weights."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from napari_fncells.core.errors import UserError
from napari_fncells.core.simulate import SimulationParams, simulate
from napari_fncells.model.training import views
from napari_fncells.model.training.crops import draw_batch
from napari_fncells.model.training.params import LossParams
from napari_fncells.model.training.pictures import read_pictures
from napari_fncells.model.training.scenes import draw_scene
from napari_fncells.model.training.views import Pool, View, parted
from tests.model.training.small import CARD, discs, view


@given(seed=st.integers(0, 2**40))
def test_scenes_are_within_range_and_the_same_again(seed: int) -> None:
    scene = draw_scene(seed)
    assert scene == draw_scene(seed)
    SimulationParams.model_validate(scene.model_dump())


def test_scenes_differ() -> None:
    scenes = [draw_scene(seed) for seed in range(40)]
    assert len({scene.colour for scene in scenes}) == 3
    assert len({scene.outline_offset_px for scene in scenes}) == 40


@settings(max_examples=40)
@given(data=st.data())
def test_touching_cells_are_parted_and_nothing_else(data: st.DataObject) -> None:
    seed = data.draw(st.integers(0, 10_000))
    labels = np.random.default_rng(seed).integers(0, 3, (9, 11)).astype(np.uint16)
    mask = parted(labels)
    for (row, column), value in np.ndenumerate(labels):
        near = labels[max(row - 1, 0) : row + 2, max(column - 1, 0) : column + 2]
        touches = bool(((near > 0) & (near != value)).any())
        assert mask[row, column] == (value > 0 and not touches)


def test_a_view_has_shares_of_cells_in_blocks() -> None:
    labels = np.zeros((4, 6), np.uint16)
    labels[0, 0] = labels[:2, 2:4] = 1
    seen = View.of(np.full((4, 6), 51, np.uint8), labels, CARD)
    assert seen.values.shape == seen.cells.shape == (2, 3)
    np.testing.assert_array_equal(seen.cells, [[64, 255, 0], [0, 0, 0]])
    # The level of a flat picture is above the floor of a tenth
    np.testing.assert_allclose(seen.values.astype(float), 1.0, atol=1e-3)


def test_the_pool_goes_on_where_it_stopped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[int] = []

    def small(scene: SimulationParams, seed: int) -> object:
        made.append(seed)
        return simulate(scene.model_copy(update={"height": 64, "width": 80}), seed)

    monkeypatch.setattr(views, "simulate", small)
    pool = Pool(tmp_path, 3, 7, CARD)
    first = pool.fill()
    assert next(first) == "Simulated picture 1 of 3"
    first.close()
    assert len(list(pool.fill())) == 2
    assert made == [7, 8, 9]
    assert not list(Pool(tmp_path, 3, 7, CARD).fill())
    assert [each.values.shape for each in pool[1:]] == [(32, 40)] * 2
    np.testing.assert_array_equal(pool[-1].cells, pool[2].cells)
    with pytest.raises(IndexError):
        pool[3]
    # Of other pictures nothing is left
    assert len(list(Pool(tmp_path, 2, 8, CARD).fill())) == 2
    assert len(list(tmp_path.glob("*.npy"))) == 4


def test_pieces_follow_from_the_seed() -> None:
    seen = [view(discs())] * 6
    first = draw_batch(np.random.default_rng(3), seen, 48, LossParams(), 2)
    again = draw_batch(np.random.default_rng(3), seen, 48, LossParams(), 2)
    for one, other in zip(first, again, strict=True):
        assert one.shape == (6, 48, 48)
        assert one.dtype == np.float32
        assert np.isfinite(one).all()
        np.testing.assert_array_equal(one, other)
    assert len({piece.tobytes() for piece in first.values}) == 6


def test_truth_moves_with_the_picture() -> None:
    batch = draw_batch(np.random.default_rng(0), [view(discs())] * 30, 48, LossParams(), 2)
    inside, outside = batch.cells > 0.95, batch.cells < 0.05
    assert inside.mean() > 0.05
    for values, is_cell, is_ground in zip(batch.values, inside, outside, strict=True):
        if is_cell.any() and is_ground.any():
            assert values[is_cell].mean() > values[is_ground].mean() + 0.2


def test_weights_are_those_of_the_publication() -> None:
    loss = LossParams(cell_weight=1.5, near_sigma_px=8.0)
    batch = draw_batch(np.random.default_rng(0), [view(discs())] * 20, 64, loss, 2)
    for cells, weights in zip(batch.cells, batch.weights, strict=True):
        if (cells == 1).any():
            assert weights[cells == 1].min() >= 1.5 - 1e-3
        assert weights[cells == 0].min() >= 1.0
    far = draw_batch(
        np.random.default_rng(0),
        [View(view(discs()).values, np.zeros((80, 100), np.uint8))],
        64,
        loss,
        2,
    )
    np.testing.assert_array_equal(far.weights, 1.0)


def test_between_close_cells_it_counts_most() -> None:
    labels = np.zeros((200, 200), np.uint16)
    labels[60:140, 40:98], labels[60:140, 102:160] = 1, 2
    seen = View.of(np.where(labels > 0, 200, 10).astype(np.uint8), labels, CARD)
    batch = draw_batch(np.random.default_rng(0), [seen] * 10, 96, LossParams(), 2)
    between = [
        weights[cells < 0.05].max()
        for cells, weights in zip(batch.cells, batch.weights, strict=True)
    ]
    assert max(between) > 1.8


def test_pictures_are_paired_by_name(tmp_path: Path) -> None:
    picture = discs()
    mask = (picture.labels > 0).astype(np.uint8) * 255
    for folder in (tmp_path / "a" / "images", tmp_path / "a" / "masks", tmp_path / "b"):
        folder.mkdir(parents=True)
    Image.fromarray(picture.pixels).save(tmp_path / "a" / "images" / "one.png")
    Image.fromarray(mask).save(tmp_path / "a" / "masks" / "one.png")
    Image.fromarray(mask).save(tmp_path / "a" / "masks" / "two.png")
    Image.fromarray(picture.pixels).save(tmp_path / "b" / "one_image.png")
    Image.fromarray(mask).save(tmp_path / "b" / "one_mask.png")
    for folder in (tmp_path / "a", tmp_path / "b"):
        (found,) = read_pictures(folder)
        assert found.name == "one"
        assert found.labels.max() == 4
    with pytest.raises(UserError, match="no pictures with masks"):
        read_pictures(tmp_path / "a" / "images")
