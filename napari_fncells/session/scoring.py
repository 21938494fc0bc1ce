"""Models at work on pictures: loaded by name at their first use, their score maps kept."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Generator, Hashable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Lock
from typing import Any
from weakref import ref

from numpy.typing import NDArray
from psygnal import Signal

from napari_fncells.core.errors import UserError
from napari_fncells.core.params import DraftParams
from napari_fncells.core.score import ScoreMap
from napari_fncells.model.card import ModelCard
from napari_fncells.model.device import AUTO, DeviceCheck, check_devices, measure_speed
from napari_fncells.model.library import DEFAULT_MODEL, add_model, find_model
from napari_fncells.model.predict import Model, load_model, predict_steps
from napari_fncells.model.weights import read_card

_MOST_BYTES = 256 << 20
"""Of score maps that are kept; the newest is kept however large it is."""


@dataclass(frozen=True)
class Place:
    """Where models run.

    Attributes
    ----------
    device
        'auto', or one of `model.device.DEVICES`.
    precision
        'auto', 'float32', 'half' or 'int8'; see `load_model`.
    """

    device: str = AUTO
    precision: str = AUTO


@dataclass(frozen=True, eq=False)
class _Kept:
    pixels: ref[NDArray[Any]]
    score: ScoreMap


class ModelScorer:
    """Makes the score maps of drafts by a model; any thread may use it.

    A model is loaded at its first use, which is when torch or OpenVINO is imported; the newest
    one is kept. So are the score maps made last: whatever is asked again of the same picture and
    model costs nothing.

    Parameters
    ----------
    files
        Files of weights by the name of their model, for those that are not in the user's folder.
    place
        Where models run.

    Attributes
    ----------
    changed
        Signal(): models run elsewhere from now on, or are others; what was made by them before
        is forgotten.
    """

    changed = Signal()

    def __init__(
        self, files: Mapping[str, Path] | None = None, place: Place | None = None
    ) -> None:
        self._files = dict(files or {})
        self._place = place or Place()
        self._lock = Lock()
        self._loaded: tuple[Hashable, Model] | None = None
        self._maps: OrderedDict[Hashable, _Kept] = OrderedDict()

    def __call__(self, image: NDArray[Any], params: DraftParams) -> Generator[str, None, ScoreMap]:
        """Score a picture by the model that parameters name; see `core.scorer.Scorer`.

        Raises
        ------
        ModelError
            There is no such model, it is damaged, or what runs it is missing.
        """
        known = self.known(image, params.model)
        if known is not None:
            return known
        model = yield from self.load_steps(params.model)
        found = yield from predict_steps(model, image)
        score = replace(found, source=source_of(model))
        self._keep(self._key(params.model), image, score)
        return score

    @property
    def place(self) -> Place:
        """Where models run."""
        return self._place

    def run_at(self, place: Place) -> None:
        """Let models run elsewhere from now on."""
        if place != self._place:
            self._place = place
            self.forget()

    def forget(self) -> None:
        """Load models anew from now on, as their files may be others."""
        with self._lock:
            self._loaded = None
            self._maps.clear()
        self.changed.emit()

    def known(self, image: NDArray[Any], name: str) -> ScoreMap | None:
        """The score map of a picture by a model, where it was made before."""
        try:
            key = self._key(name), id(image)
        except UserError:
            return None
        with self._lock:
            kept = self._maps.get(key)
            if kept is None or kept.pixels() is not image:
                return None
            self._maps.move_to_end(key)
            return kept.score

    def load_steps(self, name: str) -> Generator[str, None, Model]:
        """Load a model, or take the one loaded last where it is that.

        Raises
        ------
        ModelError
            See `load_model`.
        """
        key = self._key(name)
        with self._lock:
            loaded = self._loaded
        if loaded is not None and loaded[0] == key:
            return loaded[1]
        yield f"Loading the model {name}"
        model = load_model(self._file(name), self._place.device, self._place.precision)
        with self._lock:
            self._loaded = key, model
        return model

    def _file(self, name: str) -> Path:
        return self._files.get(name) or find_model(name)

    def _key(self, name: str) -> Hashable:
        """What a model depends on; another one where its file was replaced."""
        file = self._file(name)
        try:
            facts = file.stat()
        except OSError:
            return file, self._place
        return file, facts.st_mtime_ns, facts.st_size, self._place

    def _keep(self, key: Hashable, image: NDArray[Any], score: ScoreMap) -> None:
        with self._lock:
            self._maps[key, id(image)] = _Kept(ref(image), score)
            for other in [k for k, kept in self._maps.items() if kept.pixels() is None]:
                del self._maps[other]
            while len(self._maps) > 1 and self._bytes() > _MOST_BYTES:
                self._maps.popitem(last=False)

    def _bytes(self) -> int:
        return sum(kept.score.values.nbytes for kept in self._maps.values())


def source_of(model: Model) -> dict[str, str]:
    """What the record tells about a draft by a model."""
    return {
        "model": model.card.name,
        "sha256": model.card.sha256,
        "device": model.device.title,
        "precision": model.engine.precision,
    }


def chosen_model(
    weights: str | Path = DEFAULT_MODEL, place: Place | None = None
) -> tuple[ModelScorer, DraftParams]:
    """A scorer for one model, and the draft that its card asks for.

    Parameters
    ----------
    weights
        Name of a model, or a file of weights in our format.
    place
        Where it runs.

    Raises
    ------
    ModelError
        There is no such model, or its card cannot be read.
    """
    file = find_model(weights)
    card = read_card(file)
    return ModelScorer({card.name: file}, place), card.draft_params


def import_steps(path: Path) -> Generator[str, None, ModelCard]:
    """Take weights of any known kind into the user's models, in steps; see `add_model`.

    Raises
    ------
    ModelError, SaveError
        They are refused, or cannot be written.
    """
    yield f"Reading {path.name}"
    _, card = add_model(path)
    return card


def check_steps() -> Generator[str, None, DeviceCheck]:
    """Look at what models can run on, in steps; the first look takes some seconds."""
    yield "Looking at what there is"
    return check_devices()


@dataclass(frozen=True)
class Speed:
    """How fast a model is.

    Attributes
    ----------
    pictures
        Of 1200x1600, a second.
    model, device, precision
        Name of the model, where it ran, in words, and in what numbers.
    """

    pictures: float
    model: str
    device: str
    precision: str

    def __str__(self) -> str:
        return (
            f"{self.model}: {self.pictures:.2g} pictures of 1200x1600 a second on {self.device}, "
            f"in {self.precision}."
        )


def speed_steps(scorer: ModelScorer, name: str) -> Generator[str, None, Speed]:
    """Measure how fast a model is where it runs now, in steps.

    Raises
    ------
    ModelError
        See `ModelScorer.load_steps`.
    """
    model = yield from scorer.load_steps(name)
    yield "Measuring for some seconds"
    speed = measure_speed(model)
    return Speed(speed, model.card.name, model.device.title, model.engine.precision)
