"""What a model makes of a picture: a probability for each pixel."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from napari_fncells.core.blur import enlarged
from napari_fncells.core.score import PROBABILITY, ScoreMap
from napari_fncells.core.steps import finish
from napari_fncells.model.card import ModelCard
from napari_fncells.model.channels import NetworkInput, in_picture
from napari_fncells.model.device import AUTO, Device, choose_device
from napari_fncells.model.library import find_model
from napari_fncells.model.refusal import required
from napari_fncells.model.tiles import PIXELS_AT_ONCE, pad, parts
from napari_fncells.model.values import Values
from napari_fncells.model.weights import read_model

if TYPE_CHECKING:
    from napari_fncells.model.cresunet import CResUnet


@dataclass(frozen=True, eq=False)
class Model:
    """A network with its weights, ready on a device.

    Attributes
    ----------
    network
        In evaluation mode, channels last.
    card
        What is known about the weights.
    device
        Where it computes.
    """

    network: CResUnet
    card: ModelCard
    device: Device


def load_model(path: str | Path, device: str = AUTO) -> Model:
    """Load a model.

    Parameters
    ----------
    path
        A file of weights in our format, with its card beside it, or the name of a model of the
        user's; see `library`. Weights of others are imported first.
    device
        'auto' for the best that is there, 'cuda', 'mps' or 'cpu'.

    Raises
    ------
    ModelError
        It cannot be read or is not what its card says; torch or the device is missing.
    ParameterError
        There is no such device.
    """
    file = find_model(path)
    required("torch")
    values, card = read_model(file)
    return ready_model(values, card, choose_device(device))


def ready_model(values: Values, card: ModelCard, device: Device) -> Model:
    """Put checked values into a network on a device."""
    import torch

    from napari_fncells.model.cresunet import CResUnet

    network = CResUnet()
    tensors = {name: torch.tensor(value) for name, value in values.items()}
    # Only counters of training are not among them
    network.load_state_dict(network.state_dict() | tensors)
    network.requires_grad_(False).eval()
    return Model(network.to(device.name, memory_format=torch.channels_last), card, device)


def predict(model: Model, image: NDArray[np.generic]) -> ScoreMap:
    """Probability of 'cell' for each pixel of a picture of any size.

    Parameters
    ----------
    model
        As `load_model` gives it.
    image
        (Y, X) or (Y, X, C), any real dtype. Grey pictures are shown to the network thrice.

    Returns
    -------
    ScoreMap
        Values from 0 to 1.

    Raises
    ------
    ParameterError
        For an array that is no picture.
    """
    return finish(predict_steps(model, image))


def predict_steps(
    model: Model, image: NDArray[np.generic], at_once: int = PIXELS_AT_ONCE
) -> Generator[str, None, ScoreMap]:
    """Do what `predict` does part by part, yielding in words what comes next.

    A job that is not continued leaves nothing behind; parts of large pictures are computed with
    what lies around them, so that they fit together as if the picture were one.

    Parameters
    ----------
    model, image
        See `predict`.
    at_once
        Most pixels that are computed together.
    """
    source = NetworkInput.of(image, model.card)
    probability = np.empty(image.shape[:2], dtype=np.float32)
    todo = parts(source.shape, at_once)
    for number, (rows, columns) in enumerate(todo, start=1):
        yield f"Model {model.card.name}, part {number} of {len(todo)}"
        logits = _logits(model, pad(source.window((rows.read, columns.read))))
        kept = tuple(in_picture(side.kept, source.reduction) for side in (rows, columns))
        place = probability[kept]
        seen = tuple(in_picture(side.kept_of_read, source.reduction) for side in (rows, columns))
        large = enlarged(logits, source.reduction) if source.reduction > 1 else logits
        # Blocks that the border cuts reach beyond the picture
        place[...] = expit(large[seen][: place.shape[0], : place.shape[1]])
    return ScoreMap(probability, PROBABILITY)


def _logits(model: Model, values: NDArray[np.float32]) -> NDArray[np.float32]:
    """(3, Y, X) to (Y, X) float32, both sides multiples of 8."""
    import torch

    # Within this call alone: the mode belongs to a thread, and a job may change threads
    with torch.inference_mode():
        batch = torch.from_numpy(values)[None].to(
            model.device.name, memory_format=torch.channels_last
        )
        return np.asarray(model.network(batch)[0, 0].float().cpu().numpy())
