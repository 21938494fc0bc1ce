"""After a power cut an export is the earlier one or the later one, or shows that it is neither."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from napari_fncells.io.masks import read_mask
from napari_fncells.io.record import Record
from tests.io.power_loss import Names, lay_out, recorded, states_after_a_cut
from tests.pictures import save_picture
from tests.session.test_export import LABELS, adopted, contents, run


def is_whole(state: Names) -> bool:
    """Whether a mask is there with the record that belongs to it."""
    if not {"cells.png", "cells.json"} <= set(state):
        return False
    record = Record.model_validate_json(state["cells.json"])
    return record.mask.sha256 == hashlib.sha256(state["cells.png"]).hexdigest()


@pytest.mark.parametrize("replacing", [False, True])
def test_mask_and_record(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, replacing: bool) -> None:
    out, after = tmp_path / "out", tmp_path / "after"
    for folder in (out, after, tmp_path / "in"):
        folder.mkdir()
    session = adopted(save_picture(tmp_path / "in", "cells.png"))
    allowed: list[Names] = []
    if replacing:
        run(session, out)
        allowed.append(contents(out))
    session.adopt(LABELS[::-1].copy(), "test")
    with recorded(out, monkeypatch) as log:
        run(session, out, replace=replacing)
        log.mark("exported")
    allowed.append(contents(out))
    masks = [one["cells.png"] for one in allowed]
    for marks, state in states_after_a_cut(log):
        shown = {name: data for name, data in state.items() if not name.startswith(".fncells-")}
        if marks:
            assert shown == allowed[-1], "what counted as exported is not there"
        if is_whole(shown):
            assert shown in allowed, "a mixture shown as good"
        if "cells.png" in shown:
            # also without its record it is a whole mask
            assert shown["cells.png"] in masks
            lay_out(after, shown)
            assert read_mask(after / "cells.png").any()
        elif replacing:
            pytest.fail("the earlier mask is gone")
