"""What is shown as saved survives a kill of the process."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from napari_fncells.session.keeping import Keeper
from tests.store.kills import MOST_UNSAVED_SECONDS, kill_again_and_again
from tests.store.scribble import picture

KILLS = 20


@pytest.mark.skipif(os.name == "nt", reason="SIGKILL")
def test_nothing_shown_as_saved_is_lost(tmp_path: Path) -> None:
    image = picture(tmp_path / "pictures")
    tally = kill_again_and_again(image, tmp_path / "data", KILLS, seed=20)
    print(tally.sentence)
    assert tally.kills == KILLS
    assert max(tally.lost_seconds, default=0) <= MOST_UNSAVED_SECONDS, tally.sentence
    keeper = Keeper.open(image, "Ada", tmp_path / "data")
    while keeper.document.undo():
        pass
    assert not keeper.document.labels.any()
    assert keeper.close()
    again = Keeper.open(image, "Ada", tmp_path / "data")
    np.testing.assert_array_equal(again.document.labels, keeper.document.labels)
    assert again.document.history == keeper.document.history
    again.close()
