"""What a model makes of a picture: a probability for each pixel."""

from __future__ import annotations

from collections import deque
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from napari_fncells.core.blur import enlarged
from napari_fncells.core.errors import ParameterError
from napari_fncells.core.score import PROBABILITY, ScoreMap
from napari_fncells.core.steps import finish
from napari_fncells.model.card import ModelCard
from napari_fncells.model.channels import NetworkInput, in_picture
from napari_fncells.model.device import AUTO, Device, choose_device
from napari_fncells.model.engine import Engine
from napari_fncells.model.engines import Spare, checked_precision, choose_engine
from napari_fncells.model.library import find_model
from napari_fncells.model.memory import LEAST_PART, pixels_at_once
from napari_fncells.model.quantised import Quantised
from napari_fncells.model.refusal import ModelError
from napari_fncells.model.tiles import Part, pad, parts, read_pixels, recut
from napari_fncells.model.values import Values
from napari_fncells.model.weights import read_int8, read_model

_LOOK_SECONDS = 0.05
"""How often a job says that it is still at a part, so that it can be left."""
_SMALLER = 3
"""How many times smaller parts become where memory did not suffice."""


@dataclass(frozen=True, eq=False)
class Model:
    """A network with its weights, ready on a device.

    Attributes
    ----------
    engine
        What computes it.
    card
        What is known about the weights.
    device
        Where it computes.
    spare
        Makes an engine on the CPU, for a device whose memory does not suffice; None on the CPU.
    """

    engine: Engine
    card: ModelCard
    device: Device
    spare: Spare | None = None


def load_model(path: str | Path, device: str = AUTO, precision: str = AUTO) -> Model:
    """Load a model.

    Parameters
    ----------
    path
        A file of weights in our format, with its card beside it, or the name of a model of the
        user's; see `library`. Weights of others are imported first.
    device
        'auto' for the best that is there, 'cuda', 'mps' or 'cpu'.
    precision
        'float32'; 'int8' on the CPU, where the model has that variant; 'half' on a GPU; or
        'auto' for the fastest that does not change the masks, as far as is known.

    Raises
    ------
    ModelError
        It cannot be read or is not what its card says; what computes it, the device, or the
        precision on it is missing.
    ParameterError
        There is no such device or precision.
    """
    wanted = checked_precision(precision)
    chosen = choose_device(device)
    file = find_model(path)
    values, card = read_model(file)
    asked = wanted == "int8" or (wanted == AUTO and card.int8_agrees and chosen.name == "cpu")
    return ready_model(values, card, chosen, wanted, read_int8(file, card) if asked else None)


def ready_model(
    values: Values,
    card: ModelCard,
    device: Device,
    precision: str = AUTO,
    int8: Quantised | None = None,
) -> Model:
    """Put checked values into a network on a device; see `load_model`.

    Parameters
    ----------
    values, card
        Of the weights.
    device, precision
        Where and how to compute.
    int8
        The int8 variant of the weights, where there is one.
    """
    engine, spare = choose_engine(values, card, device, checked_precision(precision), int8)
    return Model(engine, card, device, spare)


def predict(
    model: Model, image: NDArray[np.generic], out: NDArray[np.float32] | None = None
) -> ScoreMap:
    """Probability of 'cell' for each pixel of a picture of any size.

    Parameters
    ----------
    model
        As `load_model` gives it.
    image
        (Y, X) or (Y, X, C), any real dtype; it may be mapped from disk. Grey pictures are shown
        to the network thrice.
    out
        (Y, X) float32 to write to, which may be mapped from disk; a new array where omitted.

    Returns
    -------
    ScoreMap
        Values from 0 to 1; its notices say what did not go as usual.

    Raises
    ------
    ParameterError
        For an array that is no picture, or a wrong `out`.
    ModelError
        Memory does not suffice even for small parts.
    """
    return finish(predict_steps(model, image, out=out))


def predict_steps(
    model: Model,
    image: NDArray[np.generic],
    at_once: int | None = None,
    out: NDArray[np.float32] | None = None,
) -> Generator[str, None, ScoreMap]:
    """Do what `predict` does in steps of 50 ms, yielding in words what is being done.

    A job that is not continued leaves nothing behind; parts of large pictures are computed with
    what lies around them, so that they fit together as if the picture were one. Where memory
    does not suffice parts become smaller, and then the CPU computes; the result says so.

    Parameters
    ----------
    model, image, out
        See `predict`.
    at_once
        Most pixels, of those the network sees, that are computed together; what memory allows
        where omitted.
    """
    source = NetworkInput.of(image, model.card)
    job = _Job(model, source, _checked(out, image.shape[:2]), at_once)
    while job.todo:
        words = f"Model {model.card.name}, part {job.number} of {job.total}"
        yield words
        part = job.todo.popleft()
        try:
            logits = yield from _computed(job.engine, pad(source.window(_read(part))), words)
        except MemoryError as error:
            yield job.retreat(part, error)
        else:
            job.keep(part, logits)
    job.engine.rest(job.most)
    return ScoreMap(job.probability, PROBABILITY, notices=tuple(job.notices))


class _Job:
    """A picture on its way through a network."""

    def __init__(
        self, model: Model, source: NetworkInput, out: NDArray[np.float32], at_once: int | None
    ) -> None:
        self.engine = model.engine
        self.spare = model.spare
        self.source = source
        self.probability = out
        self.notices: list[str] = []
        self._begin(at_once)
        self.todo = deque(parts(source.shape, self.most))
        self.number = 1

    def _begin(self, at_once: int | None = None) -> None:
        free = self.engine.free_bytes()
        self.most = pixels_at_once(self.source.shape, free) if at_once is None else at_once

    @property
    def total(self) -> int:
        """Parts done and to do."""
        return self.number - 1 + len(self.todo)

    def keep(self, part: Part, logits: NDArray[np.float32]) -> None:
        """Put what counts of a part into the picture."""
        reduction = self.source.reduction
        kept = tuple(in_picture(side.kept, reduction) for side in part)
        seen = tuple(in_picture(side.kept_of_read, reduction) for side in part)
        place = self.probability[kept]
        large = enlarged(logits, reduction) if reduction > 1 else logits
        # Blocks that the border cuts reach beyond the picture
        place[...] = expit(large[seen][: place.shape[0], : place.shape[1]])
        self.number += 1

    def retreat(self, part: Part, error: MemoryError) -> str:
        """Smaller parts, or the CPU; says so.

        Raises
        ------
        ModelError
            Neither helps.
        """
        self.engine.rest(self.most)
        if read_pixels(part) > LEAST_PART:
            self.most = max(LEAST_PART, read_pixels(part) // _SMALLER)
            notice = "Memory did not suffice, so the picture is computed in smaller parts."
        elif self.spare is not None:
            self.engine, self.spare = self.spare(), None
            self._begin(self.most)
            notice = "The GPU's memory did not suffice, so the CPU computes."
        else:
            raise ModelError(
                "The memory does not suffice for the model.", "Close other programs and try again."
            ) from error
        self.todo.appendleft(part)
        self.todo = deque(piece for each in self.todo for piece in recut(each, self.most))
        if notice not in self.notices:
            self.notices.append(notice)
        return notice


def _computed(
    engine: Engine, values: NDArray[np.float32], words: str
) -> Generator[str, None, NDArray[np.float32]]:
    """Logits of a part, (Y, X)."""
    run = engine.start(values)
    try:
        while not run.done(_LOOK_SECONDS):
            yield words
    except (GeneratorExit, KeyboardInterrupt):
        run.leave()
        raise
    return run.result()


def _read(part: Part) -> tuple[slice, slice]:
    rows, columns = part
    return rows.read, columns.read


def _checked(out: NDArray[Any] | None, shape: tuple[int, ...]) -> NDArray[np.float32]:
    """The array to write to."""
    if out is None:
        return np.empty(shape, np.float32)
    if out.shape != shape or out.dtype != np.float32:
        raise ParameterError(
            f"Probabilities of this picture are float32 of the shape {shape}, not "
            f"{out.dtype.name} of {out.shape}."
        )
    return out
