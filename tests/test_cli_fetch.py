"""`fncells fetch`, as a person types it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.io.datasets.archives import v1_files, v2_files, write_folder, write_zip
from tests.test_cli import fncells


def test_from_a_zip(tmp_path: Path) -> None:
    archive = write_zip(tmp_path / "fluocells.zip", v1_files())
    words = ("fetch", "v1", "--from", archive, "--to", tmp_path / "data")
    done = fncells(*words, "--json")
    assert done.returncode == 0, done.stderr
    facts = json.loads(done.stdout)
    assert facts["splits"] == {"trainval": 2, "test": 3}
    assert facts["pictures"] == facts["with_ground_truth"] == 5
    assert Path(facts["folder"]) == tmp_path / "data" / "fnc-v1"
    assert [item["by_hand"] for item in facts["items"]] == [True, False, True, False, False]
    assert all(Path(item["mask"]).is_file() for item in facts["items"])
    told = fncells(*words)
    assert told.returncode == 0, told.stderr
    assert "CC BY-SA 4.0" in told.stdout
    assert "Cite: Morelli" in told.stdout
    assert "5 pictures (2 trainval, 3 test), 5 with ground truth" in told.stdout
    assert "5 of the 283" in told.stderr


def test_from_a_folder(tmp_path: Path, journals: Path) -> None:
    write_folder(tmp_path, v2_files("red"))
    done = fncells("fetch", "v2-red", "--from", tmp_path, "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["splits"] == {"trainval": 2, "test": 1, "unlabelled": 2}
    places = json.loads((journals / "datasets" / "places.json").read_text())
    assert places == {"v2-red": str(tmp_path / "red")}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["v3"], "no data set named 'v3'"),
        (["v1", "--from", "GONE"], "does not exist"),
        (["v1", "--from", "TMP"], "none of the"),
        (["v1", "--from", "TMP", "--to", "TMP"], "used where it is"),
    ],
)
def test_wrong_words(tmp_path: Path, words: list[str], said: str) -> None:
    words = [w.replace("GONE", str(tmp_path / "gone.zip")) for w in words]
    done = fncells("fetch", *[w.replace("TMP", str(tmp_path)) for w in words])
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_the_help_names_all() -> None:
    done = fncells("fetch", "--help", COLUMNS="200")
    assert "v1, v2-green, v2-red, v2-yellow" in done.stdout


SLOW_SERVER = """
import dataclasses, signal, sys, threading
# In the background of a shell it would be ignored
signal.signal(signal.SIGINT, signal.default_int_handler)
from tests.io.datasets.server import Server
from napari_fncells.io.datasets import PUBLISHED
server = Server()
server.served.content = b"PK" + bytes(300_000)
server.served.gate = threading.Event()
PUBLISHED["v1"] = dataclasses.replace(PUBLISHED["v1"], url=server.served.url)
import napari_fncells.io.datasets.download as download
original = download.ResumingDownloader._receive
def receive(self, *args):
    print("receiving", flush=True)
    original(self, *args)
download.ResumingDownloader._receive = receive
sys.argv = ["fncells", "fetch", "v1", "--to", sys.argv[1]]
from napari_fncells.cli import main
try:
    main()
finally:
    server.close()
"""


def test_an_interrupt_keeps_what_came(tmp_path: Path) -> None:
    if sys.platform == "win32":
        pytest.skip("no such signal there")
    place = tmp_path / "data"
    process = subprocess.Popen(
        [sys.executable, "-c", SLOW_SERVER, str(place)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": str(Path.cwd())},
    )
    assert process.stdout is not None
    for line in process.stdout:
        if line.strip() == "receiving":
            break
    process.send_signal(signal.SIGINT)
    _, told = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "the same command goes on" in told
    assert "Traceback" not in told
    assert (place / ".fnc-v1.download" / "fnc-v1.zip.part").exists()
    assert not (place / "fnc-v1").exists()
