"""The command line, as a person types it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from napari_fncells import __version__
from napari_fncells.model.weights import read_card
from tests.model.weights_of import write_bright_model
from tests.pictures import cell_picture, save_picture


def fncells(*words: object, **environment: str) -> subprocess.CompletedProcess[str]:
    import os

    return subprocess.run(
        [sys.executable, "-m", "napari_fncells", *map(str, words)],
        capture_output=True,
        text=True,
        timeout=120,
        env=os.environ | environment,
        check=False,
    )


def test_version() -> None:
    done = fncells("--version")
    assert (done.returncode, done.stdout.strip()) == (0, __version__)


def test_draft_writes_masks_and_records(tmp_path: Path) -> None:
    folder = tmp_path / "pictures"
    folder.mkdir()
    for name in ("a.png", "b.png"):
        save_picture(folder, name)
    out = tmp_path / "out"
    settings = ("--method", "mean-sd", "--set", "amount=3.5")
    done = fncells("draft", folder, "-o", out, "--json", *settings)
    assert done.returncode == 0, done.stderr
    facts = json.loads(done.stdout)
    assert [Path(fact["mask"]).name for fact in facts] == ["a.png", "b.png"]
    mask = np.asarray(Image.open(out / "a.png"))
    assert set(np.unique(mask)) == {0, 255}
    assert mask.shape == (200, 240)
    record = json.loads((out / "a.json").read_text())
    assert record["draft"]["params"]["cutoff"]["amount"] == 3.5
    assert record["cells"]["final"] == facts[0]["cells"] >= 3
    assert record["image"]["sha256"]


def test_draft_by_a_model(tmp_path: Path) -> None:
    pytest.importorskip("torch")
    weights = write_bright_model()
    folder = tmp_path / "pictures"
    folder.mkdir()
    for name in ("a.png", "b.png"):
        save_picture(folder, name)
    out = tmp_path / "out"
    words = ("--method", "model", "--weights", "bright", "--device", "cpu")
    done = fncells(
        "draft", folder, "-o", out, "--json", *words, "--set", "cutoff.amount=0.9",
        "--precision", "float32",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert [fact["cells"] for fact in json.loads(done.stdout)] == [3, 3]
    record = json.loads((out / "b.json").read_text())
    assert (record["draft"]["method"], record["draft"]["cutoff"]) == ("model", 0.9)
    told = record["draft"]["params"]["scored_by"]
    assert told["model"] == "bright"
    assert told["sha256"] == read_card(weights).sha256
    assert told["precision"] == "float32"
    assert "CPU" in told["device"]
    by_file = fncells(
        "draft", folder / "a.png", "-o", out, "--replace", "--method", "model",
        "--weights", weights,
    )  # fmt: skip
    assert by_file.returncode == 0, by_file.stderr
    assert "4 cells" in by_file.stdout


@pytest.mark.parametrize(
    ("words", "match"),
    [
        (("--method", "model", "--weights", "none"), "no model named 'none'"),
        (("--method", "model", "--weights", "bright", "--device", "abacus"), "abacus"),
        (("--method", "model", "--weights", "bright", "--precision", "rough"), "rough"),
        (("--method", "model", "--weights", "bright", "--set", "amount=2"), "between 0 and 1"),
        (("--weights", "bright"), "Add --method model"),
        (("--from", ".", "--device", "cpu"), "Give one of them"),
    ],
)
def test_models_that_cannot_run_are_refused_once(
    tmp_path: Path, words: tuple[str, ...], match: str
) -> None:
    pytest.importorskip("torch")
    write_bright_model()
    out = tmp_path / "out"
    pictures = [save_picture(tmp_path, name) for name in ("a.png", "b.png")]
    done = fncells("draft", *pictures, "-o", out, *words)
    assert done.returncode == 2
    assert done.stderr.count(match) == 1
    assert "Traceback" not in done.stderr
    assert not list(out.glob("*.png"))


def test_models_are_listed() -> None:
    pytest.importorskip("safetensors")
    weights = write_bright_model()
    broken = write_bright_model("broken")
    broken.with_suffix(".json").write_text("{}")
    done = fncells("models", "--json")
    assert done.returncode == 0, done.stderr
    found = {model["name"]: model for model in json.loads(done.stdout)}
    assert found["bright"]["card"]["sha256"] == read_card(weights).sha256
    assert found["bright"]["file"] == str(weights)
    assert found["broken"]["card"] is None
    assert "card" in found["broken"]["problem"]
    told = fncells("models").stdout
    assert "  Trained on: nothing: it was made by hand" in told
    assert read_card(weights).sha256 in told
    assert "broken: " in told


def test_draft_by_the_authors_recipe(tmp_path: Path) -> None:
    path = save_picture(tmp_path)
    out = tmp_path / "out"
    done = fncells("draft", path, "-o", out, "--method", "fnc-v1-draft")
    assert done.returncode == 0, done.stderr
    share = (np.asarray(Image.open(out / "cells.png")) > 0).mean()
    assert share == pytest.approx(0.03, abs=0.002)


def test_draft_does_not_overwrite(tmp_path: Path) -> None:
    path, out = save_picture(tmp_path), tmp_path / "out"
    assert fncells("draft", path, "-o", out).returncode == 0
    before = (out / "cells.png").read_bytes()
    again = fncells("draft", path, "-o", out, "--method", "fnc-v1-draft")
    assert again.returncode == 2
    assert "cells.png" in again.stderr
    assert (out / "cells.png").read_bytes() == before
    replaced = fncells("draft", path, "-o", out, "--method", "fnc-v1-draft", "--replace")
    assert replaced.returncode == 0
    assert (out / "cells.png").read_bytes() != before


def test_a_bad_picture_is_one_sentence_and_the_others_go_on(tmp_path: Path) -> None:
    good = save_picture(tmp_path, "good.png")
    text, cut = tmp_path / "text.png", tmp_path / "cut.tif"
    text.write_text("no picture")
    Image.fromarray(cell_picture()).save(cut)
    cut.write_bytes(cut.read_bytes()[:5000])
    missing = tmp_path / "missing.png"
    out = tmp_path / "out"
    done = fncells("draft", text, cut, missing, good, "-o", out)
    assert done.returncode == 2
    complaints = [line for line in done.stderr.splitlines() if line.startswith("fncells:")]
    assert len(complaints) == 3
    for name, line in zip(("text.png", "cut.tif", "missing.png"), complaints, strict=True):
        assert name in line
    assert "Traceback" not in done.stderr
    assert sorted(p.name for p in out.iterdir()) == ["good.json", "good.png"]


def drafts_and_pictures(folder: Path) -> tuple[Path, Path]:
    """Pictures a and b; a draft of labels for a, probabilities for b."""
    pictures, drafts = folder / "pictures", folder / "drafts"
    for place in (pictures, drafts):
        place.mkdir()
    for name in ("a.png", "b.png"):
        save_picture(pictures, name)
    labels = np.zeros((200, 240), np.uint16)
    labels[10:40, 10:40], labels[10:40, 40:60] = 300, 7
    Image.fromarray(labels).save(drafts / "a_cp_masks.png")
    np.save(drafts / "b_prob.npy", np.where(labels > 0, 0.8, 0.25).astype(np.float32))
    return pictures, drafts


def test_draft_from_another_program(tmp_path: Path) -> None:
    pictures, drafts = drafts_and_pictures(tmp_path)
    out = tmp_path / "out"
    done = fncells("draft", pictures, "--from", drafts, "-o", out, "--json")
    assert done.returncode == 0, done.stderr
    facts = json.loads(done.stdout)
    assert [fact["cells"] for fact in facts] == [2, 1]
    assert [Path(fact["source"]).name for fact in facts] == ["a_cp_masks.png", "b_prob.npy"]
    record = json.loads((out / "a.json").read_text())
    assert record["draft"]["params"]["source"]["file"] == "a_cp_masks.png"
    assert json.loads((out / "b.json").read_text())["draft"]["method"] == "imported probability"
    expected = np.zeros((200, 240), np.uint8)
    expected[10:40, 10:60] = 255
    for name in ("a.png", "b.png"):
        np.testing.assert_array_equal(np.asarray(Image.open(out / name)), expected)
    stricter = fncells(
        "draft", pictures / "b.png", "--from", drafts, "-o", tmp_path / "2", "--set", "amount=0.9"
    )
    assert stricter.returncode == 0
    assert not np.asarray(Image.open(tmp_path / "2" / "b.png")).any()


def test_draft_from_annotations_of_several_pictures(tmp_path: Path) -> None:
    pictures, _ = drafts_and_pictures(tmp_path)
    outline = [10, 10, 60, 10, 60, 40, 10, 40]
    images = [
        {"id": number, "file_name": f"x\\{name}.png", "height": 200, "width": 240}
        for number, name in enumerate("ab")
    ]
    annotations = [{"id": 1, "image_id": 0, "category_id": 1, "segmentation": [outline]}]
    place = tmp_path / "instances.json"
    place.write_text(json.dumps({"images": images, "annotations": annotations}))
    done = fncells("draft", pictures, "--from", place, "-o", tmp_path / "out", "--json")
    assert done.returncode == 0, done.stderr
    facts = json.loads(done.stdout)
    assert [(fact["cells"], Path(fact["source"]).name) for fact in facts] == [
        (1, "instances.json"),
        (0, "instances.json"),
    ]
    mask = np.asarray(Image.open(tmp_path / "out" / "a.png"))
    assert mask[10:40, 10:60].all()
    assert np.count_nonzero(mask) == 1500


def test_draft_from_one_file_said_to_be_a_mask(tmp_path: Path) -> None:
    pictures, drafts = drafts_and_pictures(tmp_path)
    words = ["draft", pictures / "a.png", "--from", drafts / "a_cp_masks.png", "--as", "mask"]
    done = fncells(*words, "-o", tmp_path / "out")
    assert done.returncode == 0, done.stderr
    assert "(1 cell)" in done.stdout
    assert "separate parts" in done.stderr


def test_a_picture_without_a_draft_is_told_and_the_others_go_on(tmp_path: Path) -> None:
    pictures, drafts = drafts_and_pictures(tmp_path)
    save_picture(pictures, "c.png")
    (drafts / "a_seg.npy").write_bytes(b"another")
    Image.fromarray(np.zeros((5, 5), np.uint8)).save(drafts / "b_mask.png")
    out = tmp_path / "out"
    done = fncells("draft", pictures, "--from", drafts, "-o", out)
    assert done.returncode == 2
    # Of two drafts, the one that is readable and has the picture's shape
    assert sorted(p.name for p in out.iterdir()) == ["a.json", "a.png", "b.json", "b.png"]
    assert "c.png: there is no draft of that name" in done.stderr
    assert "Traceback" not in done.stderr


def test_drafts_beside_the_pictures(tmp_path: Path) -> None:
    pictures, drafts = drafts_and_pictures(tmp_path)
    for path in drafts.iterdir():
        path.rename(pictures / path.name)
    done = fncells("draft", pictures, "--from", pictures, "-o", tmp_path / "out", "--json")
    assert done.returncode == 0, done.stderr
    assert [Path(fact["image"]).name for fact in json.loads(done.stdout)] == ["a.png", "b.png"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--from", "DRAFTS", "--method", "fnc-v1-draft"], "Give one of them"),
        (["--from", "DRAFTS", "--as", "soup"], "--as cannot be 'soup'"),
        (["--from", "DRAFTS/gone"], "does not exist"),
        (["--from", "DRAFTS/a_cp_masks.png"], "2 pictures"),
        (["--as", "mask"], "go with --from"),
        (["--from", "DRAFTS", "--set", "nonsense=1"], "no setting named"),
    ],
)
def test_wrong_words_with_from(tmp_path: Path, words: list[str], said: str) -> None:
    pictures, drafts = drafts_and_pictures(tmp_path)
    words = [word.replace("DRAFTS", str(drafts)) for word in words]
    done = fncells("draft", pictures, "-o", tmp_path / "out", *words)
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--method", "magic"], "no draft method named 'magic'"),
        (["--set", "amount"], "'amount' is no setting"),
        (["--set", "colour=2"], "no setting named 'colour'"),
        (["--set", "min_area=-5"], "min_area cannot be"),
    ],
)
def test_a_wrong_setting_is_one_sentence(tmp_path: Path, words: list[str], said: str) -> None:
    done = fncells("draft", save_picture(tmp_path), "-o", tmp_path / "out", *words)
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_an_output_folder_that_cannot_be_made(tmp_path: Path) -> None:
    blocker = tmp_path / "file"
    blocker.write_text("")
    done = fncells("draft", save_picture(tmp_path), "-o", blocker / "out")
    assert done.returncode == 2
    assert str(blocker) in done.stderr
    assert "Traceback" not in done.stderr


def masks(folder: Path, **cells: list[tuple[int, int]]) -> Path:
    folder.mkdir()
    for name, corners in cells.items():
        mask = np.zeros((100, 100), np.uint8)
        for row, column in corners:
            mask[row : row + 10, column : column + 10] = 255
        Image.fromarray(mask).save(folder / f"{name}.png")
    return folder


def test_evaluate_folders(tmp_path: Path) -> None:
    pred = masks(tmp_path / "pred", a=[(0, 0), (50, 50)], b=[], only=[])
    # a: one exact, one moved by 8 px (within 50 px, IoU below 0.5); b: one missed
    true = masks(tmp_path / "true", a=[(0, 0), (50, 58)], b=[(20, 20)])
    done = fncells("evaluate", pred, true, "--json")
    assert done.returncode == 0, done.stderr
    facts = json.loads(done.stdout)
    summary = facts["summary"]
    assert [summary["v1"][k] for k in ("tp", "fp", "fn")] == [2, 0, 1]
    assert [summary["iou"][k] for k in ("tp", "fp", "fn")] == [1, 1, 2]
    assert summary["v1"]["f1"] == pytest.approx(4 / 5)
    assert summary["iou"]["f1"] == pytest.approx(2 / 5)
    assert summary["mae"] == 0.5
    assert summary["medae"] == 0.5
    assert summary["mpe_percent"] == pytest.approx(-50)
    assert summary["dice"] == pytest.approx(2 * 120 / (200 + 300))
    assert [Path(p).name for p in facts["unpaired"]] == ["only.png"]


def test_evaluate_files_for_people(tmp_path: Path) -> None:
    folder = masks(tmp_path / "m", a=[(0, 0)])
    done = fncells("evaluate", folder / "a.png", folder / "a.png")
    assert done.returncode == 0
    assert "IoU > 0.5" in done.stdout
    assert "Dice 1.000" in done.stdout


def test_evaluate_refuses_masks_of_different_shapes(tmp_path: Path) -> None:
    folder = masks(tmp_path / "m", a=[(0, 0)])
    Image.fromarray(np.zeros((50, 100), np.uint8)).save(folder / "small.png")
    done = fncells("evaluate", folder / "small.png", folder / "a.png")
    assert done.returncode == 2
    assert "50 x 100 and 100 x 100" in done.stderr
    assert "Traceback" not in done.stderr


def test_evaluate_a_missing_file(tmp_path: Path) -> None:
    done = fncells("evaluate", tmp_path / "no.png", tmp_path / "no.png")
    assert done.returncode == 2
    assert "does not exist" in done.stderr


def test_open_without_a_display_says_so(tmp_path: Path) -> None:
    if sys.platform != "linux":
        pytest.skip("there is always a display")
    done = fncells("open", tmp_path, DISPLAY="", WAYLAND_DISPLAY="")
    assert done.returncode == 2
    assert "no display" in done.stderr


def test_import_weights(tmp_path: Path, journals: Path) -> None:
    pytest.importorskip("safetensors")
    from safetensors.numpy import save_file

    from tests.model.weights_of import random_values

    file = tmp_path / "theirs.safetensors"
    save_file(random_values(), file)
    done = fncells("import-weights", file, "--name", "mine", "--json")
    assert done.returncode == 0, done.stderr
    facts = json.loads(done.stdout)
    assert Path(facts["model"]) == journals / "models" / "mine.safetensors"
    assert facts["card"]["source"]["file"] == "theirs.safetensors"
    told = fncells("import-weights", file)
    assert told.returncode == 0, told.stderr
    assert "your model 'theirs'" in told.stdout
    assert facts["card"]["sha256"] in told.stdout


def test_weights_that_are_refused(tmp_path: Path, journals: Path) -> None:
    file = tmp_path / "x.pth"
    file.write_bytes(b"something else")
    for words in ((file,), (tmp_path / "none.pth",), (file, "--name", "../x", "--json")):
        done = fncells("import-weights", *words)
        assert done.returncode == 2
        assert done.stderr.count("fncells: ") == 1
        assert "Traceback" not in done.stderr
    assert not (journals / "models").exists()
