"""How pictures are divided into those to train on, to validate on and to test on."""

from __future__ import annotations

import re
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from napari_fncells.core.params.base import Params

SplitBy = Literal["image", "slice", "animal", "pattern", "published", "given"]

SPLITS = ("train", "val", "test")

_Share = Annotated[float, Field(ge=0, le=1_000)]


class SplitParams(Params):
    """What goes into which split.

    Attributes
    ----------
    by
        What is never divided: a picture, the slice or the animal that an FNC name tells, or what
        `pattern` finds in the name. 'published' is the test split of FNC v1 with the rest divided
        by slices, 'given' the splits that the pictures have already.
    pattern
        Regular expression; names of the same first group, or of the same match where it has no
        groups, stay together.
    train, val, test
        Shares of the pictures, relative to their sum; 0 makes no such split.
    seed
        Another one divides otherwise.
    stratify
        Whether pictures with few, many and no cells are spread alike.
    """

    by: Annotated[
        SplitBy,
        Field(
            description="What is never divided between splits.",
            json_schema_extra={
                "label": "Keep together",
                "titles": {
                    "image": "nothing but a picture",
                    "slice": "a slice (FNC names)",
                    "animal": "an animal (FNC names)",
                    "pattern": "what a pattern finds in names",
                    "published": "test split of FNC v1",
                    "given": "splits as they are",
                },
            },
        ),
    ] = "animal"
    pattern: Annotated[
        str,
        Field(
            max_length=200,
            description="Regular expression that finds in a name what stays together.",
            json_schema_extra={"needs": {"by": ["pattern"]}},
        ),
    ] = ""
    train: Annotated[
        _Share, Field(description="Share to train on.", json_schema_extra={"unit": "share"})
    ] = 0.7
    val: Annotated[
        _Share, Field(description="Share to validate on.", json_schema_extra={"unit": "share"})
    ] = 0.15
    test: Annotated[
        _Share, Field(description="Share to test on.", json_schema_extra={"unit": "share"})
    ] = 0.15
    seed: Annotated[
        int, Field(ge=0, le=2**31 - 1, description="Another one divides otherwise.")
    ] = 0
    stratify: Annotated[
        bool, Field(description="Spread pictures with few, many and no cells alike.")
    ] = True

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.train + self.val + self.test <= 0:
            raise ValueError("one of train, val and test must be above 0")
        if self.by == "published" and self.train + self.val <= 0:
            raise ValueError("train or val must be above 0 beside the published test split")
        if (self.by == "pattern") != bool(self.pattern):
            raise ValueError("a pattern goes with by='pattern', and by='pattern' needs one")
        try:
            re.compile(self.pattern)
        except re.error as error:
            raise ValueError(f"{self.pattern!r} is no regular expression: {error}") from error
        return self

    @property
    def shares(self) -> dict[str, float]:
        """Of each split that is wanted, as a part of 1."""
        given = {name: float(getattr(self, name)) for name in SPLITS}
        total = sum(given.values())
        return {name: share / total for name, share in given.items() if share > 0}
