"""Many kills of a process that works, accumulating on one journal."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.store.kills import MOST_UNSAVED_SECONDS, Tally, kill_again_and_again
from tests.store.scribble import picture

KILLS = int(os.environ.get("FNCELLS_KILLS", "500"))
ROUND = 50


@pytest.mark.soak
@pytest.mark.timeout(3600)
@pytest.mark.skipif(os.name == "nt", reason="SIGKILL")
def test_nothing_shown_as_saved_is_lost_in_many_kills(tmp_path: Path) -> None:
    image, root, tally = picture(tmp_path / "pictures"), tmp_path / "data", Tally()
    seed = int.from_bytes(os.urandom(3))
    while tally.kills < KILLS:
        kill_again_and_again(image, root, min(ROUND, KILLS - tally.kills), seed, tally)
        print(tally.sentence, flush=True)
        seed += ROUND
    assert tally.kills == KILLS
    assert max(tally.lost_seconds, default=0) <= MOST_UNSAVED_SECONDS, tally.sentence
