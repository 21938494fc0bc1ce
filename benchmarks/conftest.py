"""Pictures that the benchmarks share."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from napari_fncells.core.segment import draft
from napari_fncells.core.simulate import simulate_image
from napari_fncells.io.images import Image
from napari_fncells.session.image import ImageSession


@pytest.fixture(scope="session")
def crowded() -> np.ndarray:
    """A crowded picture of 1200 x 1600."""
    return simulate_image("crowded", seed=4)[0]


@pytest.fixture(scope="session", params=[1, 3], ids=["1200x1600", "3600x4800"])
def session(request: pytest.FixtureRequest, crowded: np.ndarray) -> ImageSession:
    """A drafted picture, tiled to the size asked for."""
    pixels = np.tile(crowded, (request.param, request.param, 1))
    session = ImageSession(Image(pixels, name="crowded.png"))
    session.apply(draft(pixels))
    return session


@pytest.fixture(autouse=True, scope="session")
def journals(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A folder for the journals: none is ever left in the user's own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FNCELLS_DATA_DIR", str(tmp_path_factory.mktemp("journals")))
        yield
