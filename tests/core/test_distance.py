from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from napari_fncells.core.distance import distance_to_ground


@settings(max_examples=60, deadline=None, derandomize=True, database=None)
@given(
    seed=st.integers(0, 1000),
    shape=st.tuples(st.integers(1, 150), st.integers(1, 150)),
    ground=st.floats(0.001, 0.5),
)
def test_it_is_exact_wherever_a_pixel_lies(
    seed: int, shape: tuple[int, int], ground: float
) -> None:
    mask = np.random.default_rng(seed).random(shape) > ground
    mask[0, 0] = False
    expected = ndimage.distance_transform_edt(mask).astype(np.float32)
    np.testing.assert_array_equal(distance_to_ground(mask), expected)


def test_a_band_is_as_deep_at_every_place() -> None:
    # OpenCV's own roots are 3.9999998 here and 4 there
    mask = np.zeros((40, 300), bool)
    mask[10:17] = True
    assert (distance_to_ground(mask)[13] == 4).all()
