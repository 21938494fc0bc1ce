"""What must be known about weights to use them: the card beside them."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from napari_fncells.core.params import CleanUpParams, CutoffParams, DraftParams
from napari_fncells.model.refusal import refused

FORMAT: Literal["fncells-model/1"] = "fncells-model/1"
NOT_STATED = "not stated"
NAME_PATTERN = r"[A-Za-z0-9][A-Za-z0-9._-]{0,59}"
CARD_BYTES = 1 << 20
"""Largest card that is read."""

Channels = Literal["rgb", "stained"]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Normalisation(_Part):
    """What grey values are divided by before the network sees them.

    Attributes
    ----------
    method
        'full_scale' divides by the largest value that the picture's type can hold, which for 8
        bits is 255. 'percentile' divides by a percentile of the picture.
    percentile
        Which one.
    floor
        Least divisor, as a share of full scale, so that the noise of dark pictures is not
        blown up.
    """

    method: Literal["full_scale", "percentile"] = "full_scale"
    percentile: Annotated[float, Field(gt=0, le=100)] = 99.5
    floor: Annotated[float, Field(ge=0, le=1)] = 0.1


class Source(_Part):
    """The file from which weights were imported.

    Attributes
    ----------
    file, sha256
        Its name, and the hex digest of its bytes.
    kind
        What it was, for people.
    """

    file: str
    sha256: str
    kind: str


class ModelCard(_Part):
    """What weights are and how they are used.

    Attributes
    ----------
    name
        Of the model, and of its files.
    architecture
        The network.
    channels
        'rgb' gives the network red, green and blue; 'stained' thrice the channel whose brightest
        per cent stands highest above its median. Grey pictures are given thrice.
    normalisation
        Of grey values.
    reduction
        Sides of the blocks of pixels whose means the network sees; its answer is enlarged again.
    cutoff
        Probability from which a pixel belongs to a cell, where nothing else is said.
    clean_up
        What is done to the mask, likewise.
    training_data, licence
        In words.
    metrics
        Figures by name, such as 'F1 v1'.
    notes
        What else a user should know, in sentences.
    sha256
        Hex digest of the file of weights.
    source
        Where they were imported from; None for those trained here.
    int8_sha256
        Hex digest of the file of their int8 variant; None where there is none.
    int8_agrees
        Whether masks of the int8 variant were found to be those of float32, so that it may be
        used unasked; the figures are among the metrics.
    """

    format: Literal["fncells-model/1"] = FORMAT
    name: Annotated[str, Field(pattern=f"^{NAME_PATTERN}$")]
    architecture: Literal["c-resunet"] = "c-resunet"
    channels: Channels = "rgb"
    normalisation: Normalisation = Normalisation()
    reduction: Annotated[int, Field(ge=1, le=8)] = 1
    cutoff: Annotated[float, Field(gt=0, lt=1)] = 0.5
    clean_up: CleanUpParams = CleanUpParams()
    training_data: str = NOT_STATED
    metrics: dict[str, float] = {}
    licence: str = NOT_STATED
    notes: tuple[str, ...] = ()
    created: AwareDatetime | None = None
    sha256: Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
    source: Source | None = None
    int8_sha256: Annotated[str, Field(pattern="^[0-9a-f]{64}$")] | None = None
    int8_agrees: bool = False

    @property
    def draft_params(self) -> DraftParams:
        """Of a draft by this model: its name, cutoff and clean-up."""
        cutoff = CutoffParams(method="value", amount=self.cutoff)
        return DraftParams(cutoff=cutoff, clean_up=self.clean_up, model=self.name)


def parse_card(data: bytes, file: str) -> ModelCard:
    """Read a card.

    Raises
    ------
    ModelError
        It is no card, or one of a later version.
    """
    try:
        return ModelCard.model_validate_json(data)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        problem = f"is no card of a model ({place}: {first['msg'].lower()})"
        raise refused(file, problem, "Import the weights again.") from error
