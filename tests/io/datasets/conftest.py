"""A server, and data sets that are published there."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from napari_fncells.io.datasets import PUBLISHED, Published, Split
from tests.io.datasets.archives import v1_files, v2_files, write_zip
from tests.io.datasets.server import Served, Server

Publish = Callable[..., Published]


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> Iterator[Served]:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    server = Server()
    yield server.served
    server.close()


@pytest.fixture
def small(served: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Publish:
    """Publishes a small data set of a key on the server instead of the true one."""

    def publish(key: str = "v1", **changes: object) -> Published:
        if key == "v1":
            files, counts = v1_files(), {Split.TRAINVAL: 2, Split.TEST: 3}
        else:
            files = v2_files(PUBLISHED[key].colour)
            counts = {Split.TRAINVAL: 3, Split.TEST: 1, Split.UNLABELLED: 2}
            counts[Split.TRAINVAL] -= key != "v2-green"
        archive = write_zip(tmp_path / "served.zip", files)
        served.content = archive.read_bytes()
        archive.unlink()
        facts = {"url": served.url, "pictures": counts}
        if PUBLISHED[key].sha256 is not None:
            facts["sha256"] = hashlib.sha256(served.content).hexdigest()
        which = dataclasses.replace(PUBLISHED[key], **(facts | changes))
        monkeypatch.setitem(PUBLISHED, key, which)
        return which

    return publish
