from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from napari_fncells.store.locks import Claim, Owner

HOLDER = """
import sys
from pathlib import Path
from napari_fncells.store.locks import Claim
claim = Claim(Path(sys.argv[1]))
print(claim.take(), flush=True)
sys.stdin.readline()
"""


def test_one_at_a_time(tmp_path: Path) -> None:
    first, second = Claim(tmp_path / "a" / "x.lock"), Claim(tmp_path / "a" / "x.lock")
    assert first.take() is None
    assert first.take() is None
    owner = second.take()
    assert owner is not None
    assert owner.pid == os.getpid()
    assert not second.held
    second.release()
    assert first.held
    first.release()
    assert second.take() is None
    second.release()
    assert list((tmp_path / "a").iterdir()) == []


def test_an_owner_that_is_not_known(tmp_path: Path) -> None:
    first, second = Claim(tmp_path / "x.lock"), Claim(tmp_path / "x.lock")
    assert first.take() is None
    (tmp_path / "x.lock.json").write_text("{")
    owner = second.take()
    assert owner is not None
    assert owner.sentence_part == "another window"
    first.release()


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError, match="file"):
        Claim(tmp_path / "file" / "x.lock").take()


def test_the_owner_says_who_it_is() -> None:
    assert Owner().sentence_part.startswith("another window (of ")
    assert Owner.model_validate_json(Owner().model_dump_json()).pid == os.getpid()


def test_a_process_that_is_killed_holds_nothing(tmp_path: Path) -> None:
    path = tmp_path / "x.lock"
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == "None\n"
    claim = Claim(path)
    owner = claim.take()
    assert owner is not None
    assert owner.pid == holder.pid
    holder.kill()
    holder.communicate()
    assert claim.take() is None
    claim.release()
