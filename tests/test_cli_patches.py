"""`fncells patches` and `fncells augment`, as a person types them."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from napari_fncells.cli import app
from napari_fncells.core.errors import UserError
from napari_fncells.io.save_error import SaveError
from tests.test_cli import fncells
from tests.truths import a_truth


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Both sides of four slices, with masks beside, and a picture without one."""
    folder = tmp_path_factory.mktemp("set")
    for part in ("images", "masks"):
        (folder / part).mkdir()
    for at in range(8):
        name = f"Mar{20 + at // 2}bS1C1R1_LH{'lr'[at % 2]}_200x_y.png"
        truth = a_truth(name, at)
        Image.fromarray(truth.read_pixels().pixels).save(folder / "images" / name)
        mask = (truth.labels > 0).astype(np.uint8) * 255
        Image.fromarray(mask).save(folder / "masks" / name)
    Image.fromarray(np.zeros((50, 60), np.uint8)).save(folder / "images" / "without.png")
    return folder


def test_patches(pictures: Path, tmp_path: Path) -> None:
    words = ("patches", pictures, "-o", tmp_path / "out", "--size", 48, "--weights")
    done = fncells(*words, "--split", "slice", "--set", "sigma=5", "--set", "min_share=0.2")
    assert done.returncode == 0, done.stderr
    assert "read back and found equal, and nothing is in two splits" in done.stdout
    assert "without.png has no mask" in done.stderr
    facts = json.loads((tmp_path / "out" / "patches.json").read_text())
    assert facts["params"]["patches"]["weights"]["sigma"] == 5
    assert facts["params"]["patches"]["min_share"] == 0.2
    assert len(list((tmp_path / "out").glob("*/weights/*.tif"))) == 8 * 6
    other = ("--keep", tmp_path / "out", "--split", "slice", "--seed", 7, "--format", "npz")
    told = fncells(*words[:2], "-o", tmp_path / "b", "--size", 48, *other, "--json")
    assert told.returncode == 0, told.stderr
    found = json.loads(told.stdout)
    assert (found["form"], found["proved"]) == ("npz", True)
    first, second = (
        [line.split(",")[:2] for line in (tmp_path / n / "splits.csv").read_text().splitlines()]
        for n in ("out", "b")
    )
    assert first == second


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--size", "48", "--overlap", "48"], "cannot overlap"),
        (["--scheme", "fnc", "--size", "48"], "scheme 'grid'"),
        (["--split", "mouse"], "by cannot be 'mouse'"),
        (["--shares", "70/30"], "Write it as 70/15/15"),
        (["--pattern", "("], "no regular expression"),
        (["--format", "zip"], "cannot be written as 'zip'"),
        (["--set", "sigma=3"], "Add --weights"),
        (["--set", "colour=3"], "colour"),
        (["--keep", "NOWHERE"], "cannot be read as a table of splits"),
        (["--split", "given"], "have no split yet"),
    ],
)
def test_wrong_words(pictures: Path, tmp_path: Path, words: list[str], said: str) -> None:
    words = [str(tmp_path / "splits.csv") if word == "NOWHERE" else word for word in words]
    found = CliRunner().invoke(app, ["patches", str(pictures), "-o", str(tmp_path / "o"), *words])
    assert isinstance(found.exception, UserError)
    assert said in str(found.exception)
    assert not (tmp_path / "o").exists()


def test_augment(pictures: Path, tmp_path: Path) -> None:
    pytest.importorskip("albumentations")
    words = ("augment", pictures, "-o", tmp_path / "sheet.png", "--size", 64, "--count", 3)
    done = fncells(*words, "--set", "rotation=20")
    assert done.returncode == 0, done.stderr
    assert "and 3 variants" in done.stdout
    assert Image.open(tmp_path / "sheet.png").size == (2 * 262 + 6, 2 * 262 + 6)
    again = CliRunner().invoke(app, [str(word) for word in words])
    assert isinstance(again.exception, SaveError)
