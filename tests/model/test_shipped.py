"""The weights that come with the package."""

from __future__ import annotations

from pathlib import Path

import pytest

from napari_fncells.core.evaluate import score_picture
from napari_fncells.core.segment import segment
from napari_fncells.io.images import read_image
from napari_fncells.io.masks import load_labels
from napari_fncells.io.samples import sample_image_path, sample_truth_path
from napari_fncells.model.library import DEFAULT_MODEL, add_model, find_model, list_models
from napari_fncells.model.predict import Model, load_model, predict
from napari_fncells.model.refusal import ModelError

pytest.importorskip("safetensors")


@pytest.fixture(scope="module")
def model() -> Model:
    return load_model(DEFAULT_MODEL, "cpu")


def test_they_are_listed_first_and_say_what_they_are(journals: Path) -> None:
    first = list_models()[0]
    assert (first.name, first.shipped) == (DEFAULT_MODEL, True)
    assert first.path == find_model(DEFAULT_MODEL)
    assert first.card is not None
    assert "Fluorescent Neuronal Cells" in first.card.training_data
    assert "DeepFLaSH" in first.card.training_data
    assert "CC BY-SA 4.0" in first.card.licence
    assert first.path.stat().st_size < 3.6e6
    assert "F1 iou, red pictures left out" in first.card.metrics


def test_nobody_takes_their_name(journals: Path) -> None:
    with pytest.raises(ModelError, match="came with the program"):
        add_model(find_model(DEFAULT_MODEL))
    add_model(find_model(DEFAULT_MODEL), "mine")
    assert [each.name for each in list_models()] == [DEFAULT_MODEL, "mine"]


@pytest.mark.parametrize("sample", ["sparse", "artefacts"])
def test_they_find_the_cells_of_a_sample(model: Model, sample: str) -> None:
    image = read_image(sample_image_path(sample))
    labels = segment(predict(model, image.pixels), model.card.draft_params)
    found = score_picture(sample, labels, load_labels(sample_truth_path(sample)).values)
    f1 = found.detections["v1"].f1
    assert f1 is not None
    assert f1 > 0.8
