"""The chain of a draft gives the mask that scikit-image and SciPy give, written plainly."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import ndimage as ndi

from benchmarks import chains
from napari_fncells.core.simulate import simulate_image


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


@pytest.mark.parametrize("kind", ["sparse", "artefacts", "dim"])
def test_on_any_picture_only_ground_open_to_the_border_differs(kind: Any) -> None:
    """What the border cuts off is a hole for the libraries, small as it is; here it is ground."""
    light = np.ascontiguousarray(simulate_image(kind, seed=1)[0][..., 0], dtype=np.float32)
    mask, expected = chains.ours(light, exact=True)[0] > 0, chains.scikit_image(light)[0] > 0
    assert not (mask & ~expected).any()
    pockets, count = ndi.label(expected & ~mask)
    for rows, columns in ndi.find_objects(pockets):
        sides = (
            rows.start,
            columns.start,
            rows.stop - light.shape[0],
            columns.stop - light.shape[1],
        )
        assert 0 in sides
    assert (count > 0) == (kind == "artefacts")
    assert chains.overlap(chains.ours(light)[0], mask) >= 0.998


def test_the_quick_chain_is_nearly_that(plane: chains.Plane) -> None:
    labels, _ = chains.ours(plane)
    assert chains.overlap(labels, chains.scikit_image(plane)[0]) >= 0.998
