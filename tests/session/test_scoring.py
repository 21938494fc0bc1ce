"""Models at work: loaded once, their score maps kept, the record telling which they were."""

from __future__ import annotations

import gc
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from napari_fncells.core.errors import UserError
from napari_fncells.core.params import AUTO, DraftParams
from napari_fncells.core.segment import draft, draft_steps
from napari_fncells.core.steps import finish
from napari_fncells.io.images import Image, read_image
from napari_fncells.io.record import Record
from napari_fncells.model.card import ModelCard
from napari_fncells.model.refusal import ModelError
from napari_fncells.model.weights import read_card
from napari_fncells.session import scoring as module
from napari_fncells.session.batch import draft_files
from napari_fncells.session.image import ImageSession
from napari_fncells.session.scoring import (
    ModelScorer,
    Place,
    check_steps,
    chosen_model,
    import_steps,
    speed_steps,
)
from napari_fncells.session.seen_weights import last_digest, note_steps
from tests.model.weights_of import write_bright_model
from tests.pictures import CELLS, cell_picture, save_picture

pytest.importorskip("torch")
pytest.importorskip("safetensors")


@pytest.fixture
def file() -> Path:
    return write_bright_model()


@pytest.fixture
def card(file: Path) -> ModelCard:
    return read_card(file)


@pytest.fixture
def loads(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Files of the models that are loaded, as they are."""
    loaded: list[Path] = []
    load = module.load_model

    def note(path: Path, *where: str) -> Any:
        loaded.append(path)
        return load(path, *where)

    monkeypatch.setattr(module, "load_model", note)
    return loaded


def scored(scorer: ModelScorer, image: np.ndarray, params: DraftParams) -> Any:
    return finish(scorer(image, params))


def test_a_draft_by_name(card: ModelCard) -> None:
    found = draft(cell_picture(), card.draft_params, scorer=ModelScorer(place=Place("cpu")))
    assert found.labels.max() == len(CELLS)
    assert found.params.model == "bright"
    assert found.score.source["sha256"] == card.sha256
    assert "CPU" in found.score.source["device"]
    assert found.score.source["precision"] == "float32"


def test_loading_is_told_and_what_is_known_is_not_made_again(
    card: ModelCard, loads: list[Path]
) -> None:
    scorer, image = ModelScorer(), cell_picture()
    assert scorer.known(image, "bright") is None
    words = []
    steps = scorer(image, card.draft_params)
    try:
        while True:
            words.append(next(steps))
    except StopIteration as finished:
        first = finished.value
    assert words[0] == "Loading the model bright"
    assert "part 1 of 1" in words[1]
    assert scorer.known(image, "bright") is first
    assert list(scorer(image, card.draft_params)) == []
    assert scored(scorer, image, card.draft_params.with_settings({"amount": 0.9})) is first
    assert scored(scorer, cell_picture(), card.draft_params) is not first, "another picture"
    assert len(loads) == 1


def test_the_newest_model_alone_is_kept(card: ModelCard, loads: list[Path]) -> None:
    write_bright_model("other", 60)
    scorer = ModelScorer()
    other = card.draft_params.with_settings({"model": "other"})
    for params in (card.draft_params, other, other, card.draft_params):
        scored(scorer, cell_picture(), params)
    assert [path.stem for path in loads] == ["bright", "other", "bright"]


def test_another_device_is_another_model(card: ModelCard, loads: list[Path]) -> None:
    scorer, image = ModelScorer(), cell_picture()
    changed: list[None] = []
    scorer.changed.connect(lambda: changed.append(None))
    first = scored(scorer, image, card.draft_params)
    scorer.run_at(Place())
    assert not changed
    scorer.run_at(Place(device="cpu"))
    assert len(changed) == 1
    assert scorer.known(image, "bright") is None
    assert scored(scorer, image, card.draft_params) is not first
    assert len(loads) == 2


def test_a_file_that_was_replaced_is_read_again(card: ModelCard) -> None:
    scorer, image = ModelScorer(), cell_picture()
    first = scored(scorer, image, card.draft_params)
    write_bright_model(level=80, replace=True)
    second = scored(scorer, image, card.draft_params)
    assert second.source["sha256"] != first.source["sha256"]
    assert second.values.mean() < first.values.mean()


def test_maps_of_pictures_that_are_gone_are_let_go(
    card: ModelCard, monkeypatch: pytest.MonkeyPatch
) -> None:
    scorer, image = ModelScorer(), cell_picture()
    scored(scorer, image, card.draft_params)
    kept = cell_picture()
    del image
    gc.collect()
    scored(scorer, kept, card.draft_params)
    assert len(scorer._maps) == 1
    monkeypatch.setattr(module, "_MOST_BYTES", 1)
    newest = cell_picture()
    scored(scorer, newest, card.draft_params)
    assert scorer.known(kept, "bright") is None
    assert scorer.known(newest, "bright") is not None


def test_a_job_given_up_keeps_nothing(card: ModelCard) -> None:
    scorer, image = ModelScorer(), cell_picture()
    steps = scorer(image, card.draft_params)
    next(steps)
    steps.close()
    assert scorer.known(image, "bright") is None
    assert scored(scorer, image, card.draft_params).values.shape == image.shape[:2]


def test_a_model_that_is_not_there() -> None:
    params = DraftParams().with_settings({"method": "value", "amount": 0.5, "model": "none"})
    scorer = ModelScorer()
    assert scorer.known(cell_picture(), "none") is None
    with pytest.raises(ModelError, match="no model named 'none'"):
        scored(scorer, cell_picture(), params)
    with pytest.raises(ModelError, match="no model named 'none'"):
        chosen_model("none")


def test_without_what_runs_models(card: ModelCard, monkeypatch: pytest.MonkeyPatch) -> None:
    for package in ("torch", "openvino"):
        monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(ModelError, match="pip install"):
        scored(ModelScorer(), cell_picture(), card.draft_params)


def test_a_file_in_any_folder(tmp_path: Path, file: Path) -> None:
    elsewhere = tmp_path / "else" / "renamed.safetensors"
    elsewhere.parent.mkdir()
    elsewhere.write_bytes(file.read_bytes())
    elsewhere.with_suffix(".json").write_bytes(file.with_suffix(".json").read_bytes())
    file.unlink()
    scorer, params = chosen_model(elsewhere)
    assert params.model == "bright"
    assert draft(cell_picture(), params, scorer=scorer).labels.max() == len(CELLS)


def test_a_folder_takes_one_load_and_tells_the_model(
    tmp_path: Path, card: ModelCard, loads: list[Path]
) -> None:
    paths = [save_picture(tmp_path, name) for name in ("a.png", "b.png", "c.png")]
    out = tmp_path / "out"
    out.mkdir()
    params = card.draft_params
    results = list(draft_files(paths, out, params, scorer=ModelScorer()))
    assert [result.report.cells for result in results] == [4, 4, 4]
    assert len(loads) == 1
    record = Record.from_bytes((out / "b.json").read_bytes())
    assert record.draft is not None
    assert record.draft.method == "model"
    assert record.draft.cutoff == 0.5
    told = record.draft.params["scored_by"]
    assert told["model"] == record.draft.params["model"] == "bright"
    assert told["sha256"] == card.sha256
    assert told["device"]


def test_other_weights_of_the_same_name_are_told(tmp_path: Path, card: ModelCard) -> None:
    paths = [save_picture(tmp_path, name) for name in ("a.png", "b.png")]
    out = tmp_path / "out"
    out.mkdir()

    def notes() -> list[tuple[str, ...]]:
        steps = draft_files(paths, out, card.draft_params, scorer=ModelScorer(), replace=True)
        return [result.notes for result in steps]

    assert notes() == [(), ()]
    assert notes() == [(), ()]
    write_bright_model(level=60, replace=True)
    first, second = notes()
    assert "weights of bright are others than when this folder" in first[0]
    assert card.sha256[:8] in first[0]
    assert second == ()


def test_the_picture_remembers_its_weights_by_its_history(card: ModelCard) -> None:
    path = None
    image = Image(cell_picture(), None, "cells", None)
    session = ImageSession(image)
    made = draft(image.pixels, card.draft_params, scorer=ModelScorer())
    session.apply(made)
    session.apply(draft(image.pixels, AUTO))
    assert last_digest(session.document, "bright") == card.sha256
    assert last_digest(session.document, "other") == ""
    write_bright_model(level=60, replace=True)
    again = finish(draft_steps(image.pixels, card.draft_params, scorer=ModelScorer()))
    known = last_digest(session.document, "bright")
    told = finish(note_steps(again, path, known))
    assert "others than when this picture" in told.words
    assert finish(note_steps(again, path, again.score.source["sha256"])).words == ""
    assert finish(note_steps(draft(image.pixels, AUTO), path)).score.source == {}


@pytest.mark.parametrize("content", [b"", b"nonsense", b"[1, 2]", b'{"x": 3}'])
def test_a_damaged_memory_is_no_reason_to_fail(
    tmp_path: Path, journals: Path, card: ModelCard, content: bytes
) -> None:
    (journals / "weights-seen.json").write_bytes(content)
    made = draft(cell_picture(), card.draft_params, scorer=ModelScorer())
    assert finish(note_steps(made, tmp_path)).words == ""
    write_bright_model(level=60, replace=True)
    other = draft(cell_picture(), card.draft_params, scorer=ModelScorer())
    assert "this folder" in finish(note_steps(other, tmp_path)).words


def test_draft_and_model_that_disagree(tmp_path: Path, card: ModelCard) -> None:
    session = ImageSession(read_image(save_picture(tmp_path)))
    image = session.image.pixels
    session.apply(draft(image, DraftParams().with_settings({"amount": 0.3})))
    assert session.disagreements() == {}, "there is one draft only"
    high = card.draft_params.with_settings({"amount": 0.9})
    session.apply(draft(image, high, scorer=ModelScorer()))
    assert set(session.disagreements()) == {cell.id for cell in session.document.cells}
    assert max(session.disagreements().values()) < 0.5
    session.document.undo()
    dim = session.document.cell_at(*CELLS[3][:2])
    bright = session.document.cell_at(*CELLS[1][:2])
    assert dim is not None
    assert bright is not None
    found = session.disagreements()
    assert found[dim.id] == 1.0
    assert found[bright.id] < 0.5
    assert "draft and model disagree" in session.describe(dim.id)
    assert "disagree" not in session.describe(bright.id)


def test_a_redraft_by_a_model_keeps_what_was_touched(tmp_path: Path, card: ModelCard) -> None:
    session = ImageSession(read_image(save_picture(tmp_path)))
    scorer = ModelScorer()
    session.apply(draft(session.image.pixels, card.draft_params, scorer=scorer))
    first, second, third, _ = session.document.cells
    session.remove(first.id)
    session.accept(second.id)
    session.resize(third.id, -1)
    kept = session.document.labels == third.id
    session.apply(draft(session.image.pixels, card.draft_params, scorer=scorer))
    assert session.document.cell_at(*CELLS[0][:2]) is None, "no tombstone is dug up"
    assert session.document.cell_at(*CELLS[1][:2]).id == second.id
    np.testing.assert_array_equal(session.document.labels == third.id, kept)
    assert session.document.counts.untouched == 1


def test_importing_in_steps(tmp_path: Path, file: Path) -> None:
    other = tmp_path / "mine.safetensors"
    other.write_bytes(file.read_bytes())
    steps = import_steps(other)
    assert next(steps) == "Reading mine.safetensors"
    assert finish(steps).name == "mine"
    (tmp_path / "bad.pth").write_bytes(b"nothing of the kind")
    with pytest.raises(UserError, match=r"bad\.pth"):
        finish(import_steps(tmp_path / "bad.pth"))


def test_devices_and_speed(card: ModelCard, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "cpu" in [device.name for device in finish(check_steps()).found]
    measured: list[str] = []

    def measure(model: Any) -> float:
        measured.append(model.card.name)
        return 2.5

    monkeypatch.setattr(module, "measure_speed", measure)
    found = finish(speed_steps(ModelScorer(), "bright"))
    assert measured == ["bright"]
    assert str(found).startswith("bright: 2.5 pictures of 1200x1600 a second on ")
