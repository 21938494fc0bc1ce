"""A crash while one works through a folder."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.pictures import save_picture
from tests.viewer.queue_kills import kill_again_and_again


@pytest.mark.skipif(os.name == "nt", reason="SIGKILL")
def test_place_edits_and_files_survive_kills(tmp_path: Path) -> None:
    for number in range(6):
        save_picture(tmp_path, f"{number}.png")
    assert kill_again_and_again(tmp_path, kills=3, seed=1) > 0
