"""A training on disk, to go on from after any interruption."""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from napari_fncells.io.atomic import write_atomic
from napari_fncells.model.refusal import ModelError, refused
from napari_fncells.model.training.average import Average

FILE = "training.pt"


@dataclass
class Progress:
    """How far a training has come.

    Attributes
    ----------
    step
        Steps done.
    best
        Best score so far; None before the first look.
    best_step
        When it was.
    best_values
        The averaged values then.
    looks
        (step, loss, score) of each look.
    """

    step: int = 0
    best: float | None = None
    best_step: int = 0
    best_values: dict[str, Tensor] = field(default_factory=dict)
    looks: list[tuple[int, float, float]] = field(default_factory=list)


def save_state(
    folder: Path,
    facts: str,
    network: nn.Module,
    optimiser: torch.optim.Optimizer,
    average: Average,
    progress: Progress,
) -> None:
    """Write all that is needed to go on, whole or not at all.

    Parameters
    ----------
    folder
        Of the training.
    facts
        What must be the same for a training to go on from here.
    network, optimiser, average, progress
        As they are.

    Raises
    ------
    SaveError
        It cannot be written.
    """
    state = {
        "facts": facts,
        "network": network.state_dict(),
        "optimiser": optimiser.state_dict(),
        "average": average.values,
        "progress": vars(progress),
    }
    stream = io.BytesIO()
    torch.save(state, stream)
    write_atomic(folder / FILE, stream.getvalue(), replace=True)


def load_state(
    folder: Path,
    facts: str,
    network: nn.Module,
    optimiser: torch.optim.Optimizer,
    average: Average,
) -> Progress:
    """Go back to where a training stopped; to its beginning where none was begun.

    Raises
    ------
    ModelError
        What lies there is of a training with other parameters, or cannot be read.
    """
    file = folder / FILE
    if not file.exists():
        return Progress()
    try:
        # Tensors and plain values only: nothing in the file can run
        state: dict[str, Any] = torch.load(file, map_location="cpu", weights_only=True)
        found = state["facts"]
    except Exception as error:
        raise refused(file.name, "cannot be gone on from", "Train into a new folder.") from error
    if found != facts:
        raise ModelError(
            f"The training in {folder} was begun with other parameters or pictures.",
            "Give the same ones to go on with it, or another folder to begin anew.",
        )
    network.load_state_dict(state["network"])
    optimiser.load_state_dict(state["optimiser"])
    for name, value in state["average"].items():
        average.values[name].copy_(value)
    return Progress(**state["progress"])
