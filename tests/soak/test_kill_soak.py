"""Many kills of a process that works, accumulating on one journal."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.store.kills import MOST_UNSAVED_SECONDS, kill_again_and_again
from tests.store.scribble import picture

KILLS = int(os.environ.get("FNCELLS_KILLS", "500"))


@pytest.mark.soak
@pytest.mark.timeout(3600)
@pytest.mark.skipif(os.name == "nt", reason="SIGKILL")
def test_nothing_shown_as_saved_is_lost_in_many_kills(tmp_path: Path) -> None:
    tally = kill_again_and_again(
        picture(tmp_path / "pictures"),
        tmp_path / "data",
        KILLS,
        seed=int.from_bytes(os.urandom(3)),
    )
    print(tally.sentence)
    assert tally.kills == KILLS
    assert max(tally.lost_seconds, default=0) <= MOST_UNSAVED_SECONDS, tally.sentence
