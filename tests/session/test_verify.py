from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from napari_fncells.core.errors import UserError
from napari_fncells.io.exporters import EXPORTERS
from napari_fncells.io.report import REPORT_NAME, SEAL_NAME, seal_of
from napari_fncells.session.release import release_steps
from napari_fncells.session.verify import verify
from tests.session.sets import small_set


@pytest.fixture
def target(tmp_path: Path) -> Path:
    forms = [EXPORTERS["binary-png"], EXPORTERS["binary-png-gap"]]
    for _ in release_steps(small_set(), tmp_path / "set", forms):
        pass
    return tmp_path / "set"


def files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_every_changed_byte_is_found(target: Path, data: st.DataObject) -> None:
    path = data.draw(st.sampled_from(files(target)))
    before = path.read_bytes()
    place = data.draw(st.integers(0, len(before) - 1))
    flip = data.draw(st.integers(1, 255))
    spoiled = bytearray(before)
    spoiled[place] ^= flip
    path.write_bytes(spoiled)
    try:
        found = verify(target)
        assert not found
        name = path.relative_to(target).as_posix()
        if path.name in (REPORT_NAME, SEAL_NAME):
            assert f"{REPORT_NAME} or {SEAL_NAME} was changed." in found.differences
        else:
            assert found.differences == (f"{name} was changed.",)
    finally:
        path.write_bytes(before)
    assert verify(target)


def test_what_is_missing_cut_or_longer(target: Path) -> None:
    (target / "masks" / "0.png").unlink()
    (target / "masks" / "1.png").write_bytes((target / "masks" / "1.png").read_bytes()[:-1])
    gap = target / "binary-png-gap" / "0.png"
    gap.write_bytes(gap.read_bytes() + b"\0")
    assert sorted(verify(target).differences) == [
        "binary-png-gap/0.png was changed.",
        "masks/0.png is missing.",
        "masks/1.png was changed.",
    ]


def test_what_was_added(target: Path) -> None:
    (target / "masks" / "2.png").touch()
    (target / ".hidden").touch()
    (target / "empty").mkdir()
    (target / "link").symlink_to(target / "masks")
    more = []
    if hasattr(os, "mkfifo"):
        os.mkfifo(target / "pipe")
        more = ["pipe"]
    found = verify(target).inspection
    assert sorted(found.extra) == [".hidden", "empty", "link", "masks/2.png", *more]


def test_other_things_than_plain_files_in_their_place(target: Path, tmp_path: Path) -> None:
    mask = target / "masks" / "0.png"
    (tmp_path / "copy.png").write_bytes(mask.read_bytes())
    mask.unlink()
    mask.symlink_to(tmp_path / "copy.png")
    other = target / "masks" / "1.png"
    other.unlink()
    other.mkdir()
    assert verify(target).inspection.changed == ("masks/0.png", "masks/1.png")
    (target / "binary-png-gap").rename(tmp_path / "away")
    (target / "binary-png-gap").symlink_to(tmp_path / "away")
    found = verify(target).inspection
    assert found.missing == ("binary-png-gap/0.png", "binary-png-gap/1.png")
    assert found.extra == ("binary-png-gap",)


def test_the_report_itself(target: Path) -> None:
    report, seal = target / REPORT_NAME, target / SEAL_NAME
    before, sealed = report.read_bytes(), seal.read_bytes()
    seal.unlink()
    assert verify(target).differences == (f"{SEAL_NAME} is missing.",)
    seal.write_bytes(sealed + b"\n")
    assert len(verify(target).differences) == 1
    seal.write_bytes(sealed)
    for bad in (b"", b"{}", b"[" * 100_000, b'{"format": "fncells-release/9"}', b"\xff\xfe"):
        report.write_bytes(bad)
        found = verify(target)
        assert not found
        assert found.inspection.report is None
    report.unlink()
    assert "There is no export-report.json" in verify(target).differences[0]
    report.write_bytes(before)
    assert verify(target)


def test_names_in_a_hostile_report_are_never_opened(target: Path, tmp_path: Path) -> None:
    report = target / REPORT_NAME
    facts = json.loads(report.read_bytes())
    secret = tmp_path / "secret"
    secret.write_text("x")
    names = ["../secret", str(secret), "masks/../../secret", "/dev/zero"]
    facts["files"] += [{"name": name, "size": 1, "sha256": "0"} for name in names]
    data = json.dumps(facts).encode()
    report.write_bytes(data)
    (target / SEAL_NAME).write_bytes(seal_of(data))
    assert verify(target).inspection.missing == tuple(names)


def test_the_seal_is_read_by_other_programs(target: Path) -> None:
    import shutil
    import subprocess

    if shutil.which("sha256sum") is None:
        pytest.skip("no sha256sum")
    done = subprocess.run(["sha256sum", "-c", SEAL_NAME], cwd=target, check=False)
    assert done.returncode == 0


def test_what_is_no_folder(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no folder"):
        verify(tmp_path / "gone")
    (tmp_path / "other").mkdir()
    assert not verify(tmp_path / "other")
