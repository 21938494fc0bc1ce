"""The training itself: step by step, looked at now and then, resumable at every look."""

from __future__ import annotations

import math
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from napari_fncells.model.card import ModelCard
from napari_fncells.model.cresunet import CResUnet
from napari_fncells.model.device import Device
from napari_fncells.model.layout import COUNTER
from napari_fncells.model.training.average import Average
from napari_fncells.model.training.crops import Batch, draw_batch
from napari_fncells.model.training.loss import loss_of
from napari_fncells.model.training.params import TrainParams
from napari_fncells.model.training.state import Progress, load_state, save_state
from napari_fncells.model.training.views import View
from napari_fncells.model.values import Values

_LEAST_RATE = 0.01
_LARGEST_GRADIENT = 5.0

Judge = Callable[[Values], float]
"""Score of values on pictures that are not trained on; the higher the better."""


@dataclass(frozen=True, eq=False)
class Material:
    """What is trained on.

    Attributes
    ----------
    simulated, real
        Views; either may be empty, not both.
    start
        Values to begin with; None for those drawn by chance.
    """

    simulated: Sequence[View]
    real: Sequence[View]
    start: Values | None = None


def train_steps(
    params: TrainParams,
    card: ModelCard,
    material: Material,
    judge: Judge,
    folder: Path,
    device: Device,
) -> Generator[str, None, tuple[Values, Progress]]:
    """Train, yielding in words after each step.

    Parameters
    ----------
    params
        Everything but the pictures.
    card
        How pictures are seen.
    material
        What is trained on.
    judge
        Looked at every `params.check_every` steps, and in the end.
    folder
        The state to resume from is kept there; a training that was cut off goes on.
    device
        Where to compute.

    Returns
    -------
    dict
        The averaged values at the best look.
    Progress
        How it went.

    Raises
    ------
    ModelError, SaveError
        See `state`.
    """
    torch.manual_seed(params.seed)
    network = CResUnet()
    if material.start is not None:
        tensors = {name: torch.tensor(value) for name, value in material.start.items()}
        network.load_state_dict(network.state_dict() | tensors)
    network = network.to(device.name, memory_format=torch.channels_last)
    optimiser = torch.optim.AdamW(
        network.parameters(), params.learning_rate, weight_decay=params.weight_decay
    )
    average = Average(network, params.average)
    facts = params.model_dump_json(exclude={"check_every", "patience"})
    progress = load_state(folder, facts, network, optimiser, average)
    losses: list[float] = []
    while progress.step < params.steps and not _stale(progress, params):
        loss = _step(network, optimiser, params, card, material, progress.step, device)
        average.follow(network, progress.step)
        progress.step += 1
        losses.append(loss)
        if progress.step % params.check_every == 0 or progress.step == params.steps:
            _look(progress, average, judge, float(np.mean(losses)))
            losses.clear()
            save_state(folder, facts, network, optimiser, average, progress)
        yield f"Step {progress.step} of {params.steps}, loss {loss:.3f}"
    return values_of(progress.best_values), progress


def values_of(tensors: dict[str, Tensor]) -> Values:
    """Values as files hold them, of those of a network."""
    return {
        name: np.ascontiguousarray(value.float().cpu().numpy())
        for name, value in tensors.items()
        if not name.endswith(COUNTER)
    }


def _stale(progress: Progress, params: TrainParams) -> bool:
    """Whether looks have not become better for long."""
    return progress.step - progress.best_step >= params.patience * params.check_every


def _look(progress: Progress, average: Average, judge: Judge, loss: float) -> None:
    score = judge(values_of(average.values))
    progress.looks.append((progress.step, loss, score))
    if progress.best is None or score >= progress.best:
        progress.best, progress.best_step = score, progress.step
        progress.best_values = {name: value.clone() for name, value in average.values.items()}


def _step(
    network: CResUnet,
    optimiser: torch.optim.Optimizer,
    params: TrainParams,
    card: ModelCard,
    material: Material,
    step: int,
    device: Device,
) -> float:
    """One batch; which one follows from seed and step alone, so that resuming changes nothing."""
    batch = _batch(params, card, material, step)
    values, cells, weights = (torch.from_numpy(part).to(device.name) for part in batch)
    for group in optimiser.param_groups:
        group["lr"] = params.learning_rate * _rate(step / params.steps, params.warm_up)
    network.train()
    seen = values[:, None].expand(-1, 3, -1, -1).contiguous(memory_format=torch.channels_last)
    with torch.autocast(device.name, torch.bfloat16, enabled=params.reduced_precision):
        logits = network(seen)
    loss = loss_of(logits[:, 0].float(), cells, weights, params.loss)
    optimiser.zero_grad(set_to_none=True)
    loss.backward()
    torch.nn.utils.clip_grad_norm_(network.parameters(), _LARGEST_GRADIENT)
    optimiser.step()
    return float(loss.detach())


def _batch(params: TrainParams, card: ModelCard, material: Material, step: int) -> Batch:
    rng = np.random.default_rng((params.seed, step))
    real = len(material.real) > 0
    share = params.real_share if real and len(material.simulated) else float(real)
    views = []
    for _ in range(params.batch):
        source = material.real if rng.random() < share else material.simulated
        views.append(source[int(rng.integers(len(source)))])
    return draw_batch(rng, views, params.crop, params.loss, card.reduction)


def _rate(part: float, warm_up: float) -> float:
    """Learning rate at a part of the training, as a share of the highest."""
    if part < warm_up:
        return max(part / warm_up, _LEAST_RATE)
    rest = (part - warm_up) / (1 - warm_up)
    return max(0.5 * (1 + math.cos(math.pi * rest)), _LEAST_RATE)
