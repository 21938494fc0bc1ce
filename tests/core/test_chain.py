"""The chain of a draft gives the mask that scikit-image and SciPy give, written plainly."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks import chains


@pytest.fixture(scope="module")
def plane() -> chains.Plane:
    return np.ascontiguousarray(chains.plane_of()[:700, :900])


def test_the_exact_chain_is_that_of_the_libraries(plane: chains.Plane) -> None:
    labels, table = chains.ours(plane, exact=True)
    expected, figures = chains.scikit_image(plane)
    assert 0.01 < (expected > 0).mean() < 0.2
    np.testing.assert_array_equal(labels > 0, expected > 0)
    np.testing.assert_array_equal(labels > 0, chains.scipy(plane)[0] > 0)
    np.testing.assert_array_equal(np.sort(table.area), np.sort(figures["area"]))
    np.testing.assert_allclose(np.sort(table.mean), np.sort(figures["mean_intensity"]), rtol=1e-4)


def test_the_quick_chain_is_nearly_that(plane: chains.Plane) -> None:
    labels, _ = chains.ours(plane)
    assert chains.overlap(labels, chains.scikit_image(plane)[0]) >= 0.998
