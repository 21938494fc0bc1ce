from __future__ import annotations

import numpy as np
import pytest

from napari_fncells.core.geometry import Box
from napari_fncells.core.grow import (
    OutlinePrior,
    OutlineSample,
    Region,
    grow,
    outline_sample,
)
from napari_fncells.core.score import ScoreMap, score_map
from tests.core.naive import disk
from tests.core.test_grow import NOTHING, SHAPE, blob, scored, whole


def drawn(row: int, column: int, radius: float) -> Region:
    """A disk as an expert's outline."""
    mask = disk(SHAPE, row, column, radius)
    box = Box.around(mask)
    assert box is not None
    return Region(box, mask[box.slices], 0.0)


def learned(score: ScoreMap, *regions: Region) -> OutlinePrior:
    samples = [outline_sample(score, region) for region in regions]
    return OutlinePrior.of(sample for sample in samples if sample is not None)


def test_the_offset_tells_outside_from_inside() -> None:
    score = scored(blob(100, 110, 20))
    offsets = []
    for radius in (17, 19, 21, 23, 25):
        sample = outline_sample(score, drawn(100, 110, radius))
        assert sample is not None
        offsets.append(sample.offset)
    np.testing.assert_allclose(np.diff(offsets), 2, atol=0.8)
    assert offsets[0] < 0 < offsets[-1]


def test_what_a_sample_holds() -> None:
    region = drawn(100, 110, 15)
    sample = outline_sample(scored(blob(100, 110, 14)), region)
    assert sample is not None
    assert sample.area == np.count_nonzero(region.mask)
    assert 0.85 < sample.compactness <= 1
    assert 0 < sample.level < 1
    assert sample.inner > sample.outer


@pytest.mark.parametrize("factor", [1 / 255, 257.0])
def test_contrast_does_not_change_what_is_learned(factor: float) -> None:
    light = np.random.default_rng(4).normal(10, 1, SHAPE) + blob(100, 110, 14)
    one = outline_sample(score_map(light), drawn(100, 110, 15))
    other = outline_sample(score_map(light * factor), drawn(100, 110, 15))
    assert one is not None
    assert other is not None
    assert other.offset == pytest.approx(one.offset, abs=0.05)
    assert other.level == pytest.approx(one.level, abs=0.02)
    assert other.inner - other.outer == pytest.approx(one.inner - one.outer, abs=0.02)


def test_nothing_is_learned_without_light_or_from_a_speck() -> None:
    dark = score_map(np.zeros(SHAPE))
    assert outline_sample(dark, drawn(100, 110, 15)) is None
    speck = Region(Box(50, 50, 51, 51), np.ones((1, 1), bool), 0.0)
    assert outline_sample(scored(blob(100, 110, 14)), speck) is None


def test_nothing_is_learned_from_a_giant() -> None:
    shape = (420, 420)
    mask = disk(shape, 210, 210, 190)
    box = Box.around(mask)
    assert box is not None
    score = score_map(mask * 50.0)
    assert outline_sample(score, Region(box, mask[box.slices], 0.0)) is None


def test_a_cell_at_the_side_teaches_too() -> None:
    mask = disk(SHAPE, 0, 110, 15)
    region = Region(Box(0, 95, 16, 126), mask[0:16, 95:126], 0.0)
    sample = outline_sample(scored(blob(0, 110, 15)), region)
    assert sample is not None
    assert abs(sample.offset) < 3


def test_the_prior_is_the_mean_of_the_samples() -> None:
    one = OutlineSample(400.0, 2.0, 0.4, 0.8, 1.0, 0.0)
    other = OutlineSample(400.0, -1.0, 0.6, 0.6, 3.0, 1.0)
    prior = OutlinePrior.of(iter([one, other]))
    assert prior.count == 2
    assert prior.offset == pytest.approx(0.5)
    assert prior.level == pytest.approx(0.5)
    assert prior.size == pytest.approx(one.size)
    assert prior.inner == pytest.approx(2.0)


def test_a_prior_of_nothing_changes_nothing() -> None:
    score = scored(blob(100, 110, 14))
    empty = OutlinePrior.of([])
    assert empty.count == 0
    plain = whole(grow(score, NOTHING, (100, 110)))
    np.testing.assert_array_equal(whole(grow(score, NOTHING, (100, 110), prior=empty)), plain)


def test_outlines_follow_those_confirmed() -> None:
    """Three cells drawn far outside make the next one larger, three drawn inside smaller."""
    places = [(40, 40), (40, 170), (160, 40)]
    score = scored(*(blob(*place, 16) for place in [*places, (130, 150)]))
    tight = learned(score, *(drawn(*place, 12) for place in places))
    wide = learned(score, *(drawn(*place, 22) for place in places))
    assert tight.offset < wide.offset
    small = whole(grow(score, NOTHING, (130, 150), prior=tight)).sum()
    plain = whole(grow(score, NOTHING, (130, 150))).sum()
    large = whole(grow(score, NOTHING, (130, 150), prior=wide)).sum()
    assert small <= plain <= large
    assert small < 0.8 * large


def test_more_cells_are_trusted_more() -> None:
    sample = OutlineSample(400.0, 2.0, 0.4, 0.8, 1.0, 0.0)
    trust = [OutlinePrior.of([sample] * count).trust for count in (0, 1, 3, 100)]
    assert trust == sorted(trust)
    assert trust[0] == 0
    assert trust[2] == pytest.approx(1)
    assert trust[-1] < 4 / 3
