"""Many crashes while one works through a folder."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.pictures import save_picture
from tests.viewer.queue_kills import kill_again_and_again

KILLS = int(os.environ.get("FNCELLS_QUEUE_KILLS", "60"))


@pytest.mark.soak
@pytest.mark.timeout(3600)
@pytest.mark.skipif(os.name == "nt", reason="SIGKILL")
def test_place_edits_and_files_survive_many_kills(tmp_path: Path) -> None:
    for number in range(8):
        save_picture(tmp_path, f"{number}.png")
    edits = kill_again_and_again(tmp_path, KILLS, int.from_bytes(os.urandom(2)))
    print(f"{KILLS} kills, {edits} edits: 0 lost")
    assert edits > KILLS
