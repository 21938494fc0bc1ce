"""Our own format, and files that are none that is known."""

from __future__ import annotations

import json
import struct
from pathlib import Path

import numpy as np
import pytest

from napari_fncells.core.errors import UserError
from napari_fncells.core.params import CleanUpParams
from napari_fncells.model import library
from napari_fncells.model.card import ModelCard, Normalisation
from napari_fncells.model.library import add_model, find_model, list_models, model_folder
from napari_fncells.model.refusal import ModelError
from napari_fncells.model.weights import card_path, import_weights, read_model, write_model
from tests.model.weights_of import random_values

pytest.importorskip("safetensors")
from safetensors.numpy import save, save_file

CARD = ModelCard(
    name="mine",
    channels="stained",
    normalisation=Normalisation(method="percentile", percentile=99, floor=0.2),
    cutoff=0.6,
    clean_up=CleanUpParams(min_area=50),
    training_data="simulated",
    metrics={"F1 v1": 0.9},
    licence="CC BY-SA 4.0",
    sha256="0" * 64,
)


def test_written_and_read_back(tmp_path: Path) -> None:
    values = random_values()
    file = write_model(tmp_path / "new" / "folder", values, CARD)
    found, card = read_model(file)
    assert card.model_copy(update={"sha256": CARD.sha256}) == CARD
    for name, value in values.items():
        np.testing.assert_array_equal(found[name], value)
    assert card.draft_params.cutoff.amount == 0.6


def test_half_precision_keeps_normalisations(tmp_path: Path) -> None:
    values = random_values()
    norm = "encoder.conv_block.conv_block.batchnorm2d_0.running_var"
    values[norm][:] = 1e-9
    file = write_model(tmp_path, values, CARD, half=True)
    assert file.stat().st_size < 0.52 * 4 * sum(v.size for v in values.values())
    found, _ = read_model(file)
    assert found[norm] == np.float32(1e-9)
    for name, value in values.items():
        np.testing.assert_allclose(found[name], value, rtol=1e-3, atol=1e-7)


def test_a_file_that_its_card_does_not_describe(tmp_path: Path) -> None:
    file = write_model(tmp_path, random_values(), CARD)
    data = bytearray(file.read_bytes())
    data[-1] ^= 1
    file.write_bytes(data)
    with pytest.raises(ModelError, match="not the file that its card describes"):
        read_model(file)


def test_weights_without_a_card_or_with_a_broken_one(tmp_path: Path) -> None:
    file = write_model(tmp_path, random_values(), CARD)
    card = card_path(file)
    for broken in ("", "{", "[" * 100_000, '{"format": "fncells-model/2"}', "\0" * 9):
        card.write_text(broken)
        with pytest.raises(ModelError, match=r"mine\.json"):
            read_model(file)
    card.unlink()
    with pytest.raises(ModelError, match="no card"):
        read_model(file)


def test_names_stay_with_their_weights(tmp_path: Path) -> None:
    write_model(tmp_path, random_values(1), CARD)
    write_model(tmp_path, random_values(1), CARD)  # the same once more changes nothing
    with pytest.raises(ModelError, match="another model named 'mine'"):
        write_model(tmp_path, random_values(2), CARD)
    file = write_model(tmp_path, random_values(2), CARD, replace=True)
    np.testing.assert_array_equal(
        read_model(file)[0]["head.heatmap.conv2d.bias"],
        random_values(2)["head.heatmap.conv2d.bias"],
    )


def test_foreign_safetensors(tmp_path: Path) -> None:
    values = random_values()
    file = tmp_path / "some weights (1).safetensors"
    save_file(values, file)
    found, card = import_weights(file)
    assert card.name == "some-weights-1"
    assert card.source is not None
    assert card.source.file == file.name
    assert set(found) == set(values)


def test_our_own_keep_their_card(tmp_path: Path) -> None:
    file = write_model(tmp_path, random_values(), CARD, half=True)
    _, card = import_weights(file, "theirs")
    assert (card.name, card.cutoff, card.licence) == ("theirs", 0.6, "CC BY-SA 4.0")


def header(text: bytes, length: int | None = None) -> bytes:
    return struct.pack("<Q", len(text) if length is None else length) + text


def described(shape: list[int], offsets: list[int]) -> bytes:
    entry = {"dtype": "F32", "shape": shape, "data_offsets": offsets}
    return header(json.dumps({"head.heatmap.conv2d.bias": entry}).encode())


@pytest.mark.parametrize(
    "data",
    [
        header(b"{" * 10, 1 << 62),
        header(b'{"a":' * 50_000 + b"1"),
        header(b"{" + b" " * (2 << 20) + b"}"),
        described([1], [0, 1 << 40]),
        described([1 << 40, 1 << 40], [0, 4]) + b"abcd",
        described([1], [4, 0]) + b"abcd",
        save(random_values())[:-1],
        save(random_values())[:3000],
        save({"a": np.zeros(3, np.float32)}),
    ],
    ids=["length", "nested", "long", "beyond", "overflow", "backwards", "cut", "cut2", "other"],
)
def test_safetensors_that_are_refused(tmp_path: Path, data: bytes) -> None:
    file = tmp_path / "x.safetensors"
    file.write_bytes(data)
    with pytest.raises(ModelError, match=r"x\.safetensors .*it was not taken"):
        import_weights(file)


@pytest.mark.parametrize(
    "data", [b"", b"x", b"\0" * 100, b"\x89PNG\r\n\x1a\n" + b"\0" * 50, b"#!/bin/sh\n"]
)
def test_other_files(tmp_path: Path, data: bytes) -> None:
    file = tmp_path / "x.pth"
    file.write_bytes(data)
    with pytest.raises(ModelError, match=r"x\.pth"):
        import_weights(file)


def test_missing_files_folders_and_names(tmp_path: Path) -> None:
    for place in (tmp_path, tmp_path / "none"):
        with pytest.raises(ModelError):
            import_weights(place)
    file = tmp_path / "x.safetensors"
    save_file(random_values(), file)
    for name in ("", "../x", "a/b", "a b", ".x", "x" * 61, "x\n", "ü", "x.", "NUL", "con.x"):
        with pytest.raises(ModelError, match="cannot be named"):
            import_weights(file, name)


def test_a_file_too_large_is_not_read(tmp_path: Path) -> None:
    file = tmp_path / "x.pth"
    with file.open("wb") as stream:
        stream.truncate(300 << 20)
    with pytest.raises(ModelError, match="larger than"):
        import_weights(file)


def test_the_users_models(tmp_path: Path, journals: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(library, "_SHIPPED", tmp_path / "shipped")
    assert list_models() == []
    source = tmp_path / "first.safetensors"
    save_file(random_values(), source)
    file, card = add_model(source)
    assert file.parent == model_folder() == journals / "models"
    add_model(source, "second")
    (model_folder() / "third.safetensors").write_bytes(b"x")
    listed = list_models()
    assert [model.name for model in listed] == ["first", "second", "third"]
    assert listed[0].card == card
    assert listed[2].card is None
    assert "no card" in listed[2].problem
    assert find_model("first") == file
    assert find_model(source) == source
    monkeypatch.chdir(tmp_path)
    (tmp_path / "second").mkdir()  # a folder is no model
    assert find_model("second") == model_folder() / "second.safetensors"
    with pytest.raises(UserError, match="first, second, third"):
        find_model("fourth")
    with pytest.raises(UserError, match="no model named"):
        find_model("../models/first")
