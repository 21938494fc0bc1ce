"""What a training is made of: every number with its range and meaning."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from pydantic import Field

from napari_fncells.core.errors import ParameterError
from napari_fncells.core.params.base import Params, validated

_PLAIN = (bool, int, float)


class LossParams(Params):
    """What a wrong pixel costs.

    Notes
    -----
    Cross entropy weighted as in the published training (Morelli et al. 2021, section 'Weight
    maps'): pixels of cells count more, and so do those near cells, most between close ones. A
    share of soft Dice (Milletari et al. 2016) is added, which counts pictures with few and with
    many cells alike.
    """

    cell_weight: Annotated[float, Field(ge=0.1, le=100)] = 1.5
    near_sigma_px: Annotated[
        float, Field(gt=0, le=200, description="Fall of the weight with distance, full-scale px")
    ] = 25.0
    dice_share: Annotated[float, Field(ge=0, le=10)] = 0.5


class TrainParams(Params):
    """All parameters of a training.

    Attributes
    ----------
    seed
        Of everything drawn by chance; the same seed gives the same training on one machine.
    steps
        How many batches.
    batch, crop
        Pieces per step, and their sides in px that the network sees; a multiple of 8.
    simulated
        How many simulated pictures make up the pool that pieces are cut from.
    real_share
        Share of pieces cut from real pictures, where there are any.
    learning_rate, weight_decay
        Of AdamW (Loshchilov and Hutter 2019); the rate rises for `warm_up` of the steps, then
        falls as half a cosine to nearly nothing.
    average
        Decay of the moving average of weights that is kept in the end.
    check_every
        Steps between looks at the held-out pictures, at which a state to resume from is saved.
    patience
        Looks without improvement after which the training ends.
    reduced_precision
        Whether to compute in bfloat16 where the processor or GPU does that.
    """

    seed: Annotated[int, Field(ge=0)] = 0
    steps: Annotated[int, Field(ge=1, le=10_000_000)] = 12_000
    batch: Annotated[int, Field(ge=1, le=1024)] = 8
    crop: Annotated[int, Field(ge=32, le=1024, multiple_of=8)] = 192
    simulated: Annotated[int, Field(ge=0, le=100_000)] = 1_000
    real_share: Annotated[float, Field(ge=0, le=1)] = 0.4
    learning_rate: Annotated[float, Field(gt=0, le=1)] = 2e-3
    weight_decay: Annotated[float, Field(ge=0, le=1)] = 1e-4
    warm_up: Annotated[float, Field(ge=0, lt=1)] = 0.05
    average: Annotated[float, Field(ge=0, lt=1)] = 0.998
    check_every: Annotated[int, Field(ge=1)] = 1_000
    patience: Annotated[int, Field(ge=1)] = 6
    reduced_precision: bool = True
    loss: LossParams = LossParams()


def chosen_params(given: Mapping[str, Any], settings: Sequence[str]) -> TrainParams:
    """Parameters with some of them changed.

    Parameters
    ----------
    given
        Values by name.
    settings
        NAME=VALUE as text; of a group with its name, as `loss.cell_weight`.

    Raises
    ------
    ParameterError
        For a name that there is not, or a value outside its range.
    """
    tree = TrainParams().model_dump() | dict(given)
    for setting in settings:
        name, equals, value = setting.partition("=")
        group, _, field = name.strip().rpartition(".")
        part = tree.get(group) if group else tree
        if not equals or not isinstance(part, dict) or not isinstance(part.get(field), _PLAIN):
            raise ParameterError(
                f"{setting!r} is no setting of a training.", f"Known are: {', '.join(tree)}."
            )
        part[field] = value.strip()
    return validated(TrainParams, tree)
