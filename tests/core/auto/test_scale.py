from __future__ import annotations

import numpy as np
import pytest

from napari_fncells.core.auto.scale import reduced, typical_diameter
from tests.core.auto.scenes import disks, grid


@pytest.mark.parametrize("radius", [6, 10, 18, 30])
def test_finds_the_diameter_of_disks(radius: int) -> None:
    shape = 600, 700
    picture, _ = disks(shape, grid(shape, radius, 6 * radius))
    assert 0.65 < typical_diameter(picture) / (2 * radius) < 1.4


def test_grows_with_the_picture() -> None:
    small, _ = disks((300, 300), grid((300, 300), 8, 60))
    large = np.kron(small, np.ones((2, 2), np.float32))
    assert typical_diameter(large) / typical_diameter(small) == pytest.approx(2, rel=0.2)


def test_fibres_do_not_pass_for_cells() -> None:
    picture, _ = disks((600, 600), grid((600, 600), 9, 80))
    striped = picture.copy()
    striped[:, 300:380] += 120
    assert typical_diameter(striped) == pytest.approx(typical_diameter(picture), rel=0.5)


@pytest.mark.parametrize("shape", [(8, 8), (9, 400), (1, 1)])
def test_tiny_pictures_have_some_scale(shape: tuple[int, int]) -> None:
    picture = np.random.default_rng(1).random(shape).astype(np.float32)
    assert typical_diameter(picture) > 0


def test_reduced_keeps_the_mean() -> None:
    picture = np.random.default_rng(2).random((90, 120)).astype(np.float32)
    small = reduced(picture, 3)
    assert small.shape == (30, 40)
    assert small.mean() == pytest.approx(picture.mean(), rel=1e-4)
