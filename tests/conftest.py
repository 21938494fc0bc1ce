"""Fixtures shared by all tests."""

from __future__ import annotations

import gc
import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

REAL_DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
SAMPLES = Path(__file__).resolve().parents[1] / "sample_data"


def digests() -> dict[str, str]:
    """SHA-256 of every file that tests read but must not change."""
    return {
        str(path): hashlib.sha256(path.read_bytes()).hexdigest()
        for folder in (REAL_DATA, SAMPLES)
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.fixture(autouse=True, scope="session")
def inputs_untouched() -> Iterator[None]:
    """The whole run leaves every input as it was: none changed, none more, none less."""
    before = digests()
    yield
    assert digests() == before, "the tests changed the pictures that they were given"


@pytest.fixture(autouse=True, scope="module")
def modules_are_not_searched() -> None:
    """Leave what was imported so far out of the garbage collector's way.

    napari's viewer fixture collects several times a test, which takes 0.2 s each where
    scikit-learn, OpenVINO and torch are loaded.
    """
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True)
def journals(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Folder for the journals of a test: none is ever left in the user's own."""
    folder = tmp_path_factory.mktemp("journals")
    monkeypatch.setenv("FNCELLS_DATA_DIR", str(folder))
    return folder


@pytest.fixture(scope="session")
def real_data() -> Path:
    """Folder of real pictures beside the checkout; tests that need it skip without it."""
    if not REAL_DATA.is_dir():
        pytest.skip("the real pictures are not on this machine")
    return REAL_DATA


@pytest.fixture
def capture_notifications() -> Iterator[list[str]]:
    """Messages that napari would show to the user, as they come."""
    from napari.utils.notifications import notification_manager

    told: list[str] = []

    def take(notification: Any) -> None:
        told.append(notification.message)

    notification_manager.notification_ready.connect(take)
    yield told
    notification_manager.notification_ready.disconnect(take)


@pytest.fixture(scope="session")
def plugins() -> None:
    """Let napari know this plugin, as it does when a window opens."""
    from npe2 import PluginManager

    manager = PluginManager.instance()
    manager.discover(include_npe1=False)
    assert "napari-fncells" in manager
