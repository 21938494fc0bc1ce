"""Random mouse and keys on the real window: nothing raises, and no mask is ever broken."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.rampage import rampage


@pytest.mark.soak
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("seed", range(6))
def test_random_events(
    make_napari_viewer: Callable, plugins: None, tmp_path: Path, seed: int
) -> None:
    rampage(make_napari_viewer, tmp_path, seed, events=2000)
