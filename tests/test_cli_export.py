"""`fncells export`, `verify` and `import`, as a person types them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image as PilImage

from napari_fncells.cli import main
from napari_fncells.io.exporters import EXPORTERS
from tests.session.sets import labels_of, saved_picture, tree, worked_on
from tests.session.test_release import Stub, honest, lies
from tests.test_cli import fncells


class Typed:
    """Runs commands in this process, as it takes a second to start one."""

    def __init__(self, capsys: pytest.CaptureFixture[str], patch: pytest.MonkeyPatch) -> None:
        self._capsys = capsys
        self._patch = patch

    def __call__(self, *words: object) -> subprocess.CompletedProcess[str]:
        self._patch.setattr(sys, "argv", ["fncells", *map(str, words)])
        with pytest.raises(SystemExit) as left:
            main()
        told = self._capsys.readouterr()
        code = left.value.code
        return subprocess.CompletedProcess(words, code or 0, told.out, told.err)


@pytest.fixture
def typed(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Typed:
    return Typed(capsys, monkeypatch)


def test_in_a_process_of_its_own(tmp_path: Path) -> None:
    worked_on(tmp_path / "p")
    done = fncells("export", tmp_path / "p", "-o", tmp_path / "out", "--formats", "binary-png")
    assert done.returncode == 0, done.stderr
    assert "1 picture with 3 cells in 1 format" in done.stdout
    (tmp_path / "out" / "masks" / "a.png").unlink()
    spoiled = fncells("verify", tmp_path / "out")
    assert (spoiled.returncode, spoiled.stdout) == (1, "masks/a.png is missing.\n")


def test_the_card_of_a_set(typed: Typed, tmp_path: Path) -> None:
    mlcroissant = pytest.importorskip("mlcroissant")
    folder, out = tmp_path / "p", tmp_path / "out"
    worked_on(folder, "a.png")
    worked_on(folder, "b.png", 1)
    words = ("export", folder, "-o", out, "--formats", "binary-png", "--images")
    about = ("title=My *cells*", "licence=CC-BY-4.0", "authors=Ada; Zoë")
    rows = "picture,split,group,cells,patches,sha256,identity"
    (tmp_path / "s.csv").write_text(f"{rows}\na.png,train,a,3,0,,\nb.png,test,b,3,0,,\n")
    splits = ("--splits", tmp_path / "s.csv")
    done = typed(*words, *splits, *(word for each in about for word in ("--about", each)))
    assert done.returncode == 0, done.stderr
    text = (out / "README.md").read_text("utf-8")
    assert text.startswith("# My \\*cells\\*\n")
    assert "State of the pictures: 2 done." in text
    assert "[CC-BY-4.0]" in text
    assert "| train | 1 | 0 | 3 |" in text
    report = json.loads((out / "export-report.json").read_text())
    assert [each["split"] for each in report["pictures"]] == ["train", "test"]
    assert "Ada, Zoë" in text
    found = mlcroissant.Dataset(jsonld=out / "croissant.json")
    assert [row["pictures/cells"] for row in found.records("pictures")] == [3, 3]
    assert len(list(found.records("images.png-records"))) == 2
    assert typed("verify", out).returncode == 0
    (tmp_path / "mice").mkdir()
    folder.rename(tmp_path / "mice" / "images")
    again = typed("export", tmp_path / "mice" / "images", *words[2:5], "binary-png", "--replace")
    assert again.returncode == 0, again.stderr
    assert (out / "README.md").read_text("utf-8").startswith("# mice\n")
    words = ("export", tmp_path / "mice", *words[2:])
    wrong = typed(*words, "--about", "licence=whatever you like")
    assert wrong.returncode == 2
    assert "licence cannot be" in wrong.stderr


def test_export_and_verify(typed: Typed, tmp_path: Path) -> None:
    folder, out = tmp_path / "p", tmp_path / "out"
    worked_on(folder, "a.png")
    worked_on(folder, "b.png", 1, done=False)
    saved_picture(folder, "c.png")
    words = ("export", folder, "-o", out, "--formats", "binary-png,binary-png-gap")
    done = typed(*words, "--json", "--images", "--set", "category=soma")
    assert done.returncode == 0, done.stderr
    facts = json.loads(done.stdout)
    assert facts["proved"] is True
    assert Path(facts["folder"]) == out
    assert [each["name"] for each in facts["pictures"]] == ["a.png", "b.png"]
    assert facts["params"]["category"] == "soma"
    assert facts["totals"]["cells"] == 6
    assert sorted(path.name for path in (out / "masks").iterdir()) == ["a.png", "b.png"]
    assert (out / "images" / "a.png").read_bytes() == (folder / "a.png").read_bytes()
    mask = np.asarray(PilImage.open(out / "masks" / "a.png"))
    np.testing.assert_array_equal(mask > 0, labels_of(0) > 0)
    assert typed("verify", out).returncode == 0
    again = typed(*words)
    assert again.returncode == 2
    assert "holds a set already" in again.stderr
    told = typed(*words, "--replace", "--only-done")
    assert told.returncode == 0, told.stderr
    assert "1 picture with 3 cells in 2 formats" in told.stdout
    assert "2 pictures of the folder" in told.stderr
    (out / "masks" / "a.png").write_bytes(b"x")
    spoiled = typed("verify", out, "--json")
    assert spoiled.returncode == 1
    assert json.loads(spoiled.stdout)["changed"] == ["masks/a.png"]
    assert typed("verify", out).stdout == "masks/a.png was changed.\n"


def test_export_tells_what_it_could_not_read(typed: Typed, tmp_path: Path) -> None:
    folder = tmp_path / "p"
    worked_on(folder, "a.png")
    worked_on(folder, "b.png")
    (folder / "b.png").write_bytes(b"no picture")
    done = typed("export", folder, "-o", tmp_path / "out", "--formats", "binary-png")
    assert done.returncode == 2
    assert "b.png" in done.stderr
    assert "Traceback" not in done.stderr
    assert typed("verify", tmp_path / "out").returncode == 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--formats", "jpeg"), "no format named 'jpeg'"),
        (("--set", "category"), "no setting"),
        (("--set", "ignore_value=300"), "ignore_value cannot be"),
        (("--set", "colour=red"), "colour"),
        (("--annotator", "Bob"), "there is work of: Ada"),
    ],
)
def test_wrong_words(typed: Typed, tmp_path: Path, words: tuple[str, ...], said: str) -> None:
    worked_on(tmp_path / "p", author="Ada")
    done = typed("export", tmp_path / "p", "-o", tmp_path / "out", *words)
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "out").exists()


def test_a_proof_that_fails_is_a_no(
    typed: Typed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(EXPORTERS, "stub", Stub(write=lies, compare_=honest))
    worked_on(tmp_path / "p")
    words = ("export", tmp_path / "p", "-o", tmp_path / "out", "--formats", "stub")
    told = typed(*words)
    assert told.returncode == 1
    assert "was not proved" in told.stderr
    as_json = typed(*words, "--json")
    assert as_json.returncode == 1
    assert json.loads(as_json.stdout)["proved"] is False
    assert not (tmp_path / "out").exists()


def test_verify_of_no_set(typed: Typed, tmp_path: Path) -> None:
    assert typed("verify", tmp_path / "gone").returncode == 2
    done = typed("verify", tmp_path)
    assert done.returncode == 1
    assert "There is no export-report.json" in done.stdout


def test_import_and_back(typed: Typed, tmp_path: Path) -> None:
    """Masks of another program in, as truth, and out again: the same pixels."""
    folder, masks = tmp_path / "p", tmp_path / "masks"
    masks.mkdir()
    for number, name in enumerate("ab"):
        saved_picture(folder, f"{name}.png", number)
        tifffile.imwrite(masks / f"{name}.tif", labels_of(number))
    done = typed("import", masks, folder, "--as", "truth", "--json")
    assert done.returncode == 0, done.stderr
    assert [each["cells"] for each in json.loads(done.stdout)] == [3, 3]
    again = typed("import", masks, folder)
    assert again.returncode == 0
    assert "Imported 0 of 2 pictures." in again.stdout
    assert "somebody has worked on it" in again.stderr
    out = tmp_path / "out"
    assert typed("export", folder, "-o", out, "--only-done").returncode == 0
    for number, name in enumerate("ab"):
        mask = np.asarray(PilImage.open(out / "masks" / f"{name}.png"))
        np.testing.assert_array_equal(mask > 0, labels_of(number) > 0)
    other = tmp_path / "other"
    for number, name in enumerate("ab"):
        saved_picture(other, f"{name}.png", number)
    back = typed("import", out / "masks", other, "--as", "draft")
    assert back.returncode == 0, back.stderr
    assert "Imported 2 of 2 pictures." in back.stdout


def test_import_of_wrong_words_and_bad_files(typed: Typed, tmp_path: Path) -> None:
    saved_picture(tmp_path / "p")
    (tmp_path / "masks").mkdir()
    (tmp_path / "masks" / "a.tif").write_bytes(b"II*\0no")
    before = tree(tmp_path / "p")
    for words, said in (
        (("--as", "fact"), "draft, truth"),
        (("--content", "fact"), "labels, mask, probability"),
        ((), "a.tif"),
    ):
        done = typed("import", tmp_path / "masks", tmp_path / "p", *words)
        assert done.returncode == 2
        assert said in done.stderr
        assert "Traceback" not in done.stderr
    assert tree(tmp_path / "p") == before
