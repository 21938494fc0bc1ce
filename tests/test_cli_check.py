"""`fncells check`, as a person types it."""

from __future__ import annotations

import json
from pathlib import Path

from tests.session.gate.sets import blobs, picture, ring, worked_on
from tests.test_cli import fncells


def test_nothing_found_something_found_and_bad_input(tmp_path: Path, journals: Path) -> None:
    path = picture(tmp_path, "[b]a.png")
    worked_on(path, blobs((10, 10, 30, 30)))
    done = fncells("check", tmp_path)
    assert (done.returncode, done.stdout) == (
        0,
        "1 picture with 1 cell checked: nothing to mend.\n",
    )
    worked_on(path, ring())
    done = fncells("check", tmp_path)
    assert done.returncode == 1
    assert "[b]a.png" in done.stdout
    assert done.stdout.endswith(
        "1 picture with 2 cells checked: nothing forbids an export. Found: holes 1.\n"
    )
    done = fncells("check", tmp_path, "--json", "--set", "hole_area=50")
    assert done.returncode == 0
    assert json.loads(done.stdout)["findings"] == []
    for words in ((tmp_path / "none",), (tmp_path, "--set", "hole_area=x")):
        done = fncells("check", *words)
        assert done.returncode == 2
        assert done.stderr.startswith("fncells: ")
