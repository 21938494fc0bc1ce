"""Journals of every format that was ever released go on opening."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from napari_fncells.session.keeping import Keeper
from napari_fncells.store.place import place_of
from tests.store.make_fixture import FOLDER, facts, fixture_image

JOURNALS = sorted(FOLDER.glob("*.sqlite"))


def test_there_are_some() -> None:
    assert JOURNALS


@pytest.mark.parametrize("kept", JOURNALS, ids=lambda path: path.stem)
def test_a_kept_journal_opens(tmp_path: Path, kept: Path) -> None:
    place = place_of(fixture_image(), "Ada", tmp_path)
    place.journal.parent.mkdir(parents=True)
    shutil.copyfile(kept, place.journal)
    keeper = Keeper.open(fixture_image(), "Ada", tmp_path)
    assert keeper.notes == ()
    assert facts(keeper.document) == json.loads(kept.with_suffix(".json").read_text("utf-8"))
    while keeper.document.undo():
        pass
    assert not keeper.document.labels.any()
    assert not keeper.document.ignored.any()
    assert keeper.close()
