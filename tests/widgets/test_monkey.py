"""A short run of random mouse and keys on the real window; the long ones are in the soak."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tests.rampage import rampage


def test_random_events(make_napari_viewer: Callable, plugins: None, tmp_path: Path) -> None:
    rampage(make_napari_viewer, tmp_path, seed=7, events=300)
