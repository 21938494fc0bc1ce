"""What a simulated annotator notices, and what it takes amiss."""

from __future__ import annotations

import numpy as np

from napari_fncells.core.annotator.params import AnnotatorParams


class Attention:
    """Decides by chance, once for each thing, whether it is perceived as it is.

    Who overlooked something does so again when it comes into sight once more: each thing is
    decided on once, by its name.
    """

    def __init__(self, params: AnnotatorParams) -> None:
        self._params = params
        self._rng = np.random.default_rng([params.seed, 1])
        self._known: dict[tuple[str, int], bool] = {}

    def seems_wrong(self, kind: str, name: int, *, wrong: bool) -> bool:
        """Whether a thing seems wrong that is so, or is not.

        Parameters
        ----------
        kind, name
            Which thing: 'cell' of the mask, 'missed' true cell, 'candidate'.
        wrong
            Whether something is to be done about it.
        """
        key = kind, name
        if key not in self._known:
            rate = self._params.errors if wrong else self._params.alarms
            self._known[key] = bool(self._rng.random() < rate)
        return wrong != self._known[key]

    def overlook(self, kind: str, name: int) -> None:
        """From now on, take it for granted that nothing is wrong with a thing."""
        self._known[kind, name] = True
