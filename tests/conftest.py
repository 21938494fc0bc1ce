"""Fixtures shared by all tests."""

from __future__ import annotations

from pathlib import Path

import pytest

REAL_DATA = Path(__file__).resolve().parents[2] / "shared" / "data"


@pytest.fixture(scope="session")
def real_data() -> Path:
    """Folder of real pictures beside the checkout; tests that need it skip without it."""
    if not REAL_DATA.is_dir():
        pytest.skip("the real pictures are not on this machine")
    return REAL_DATA
