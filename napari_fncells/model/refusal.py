"""Why a model cannot be used, in words for the person who wanted to."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType

from napari_fncells.core.errors import UserError

KNOWN = (
    "Known are weights of a c-ResUnet: checkpoints of PyTorch and fastai, the Keras .h5, the "
    "authors' .pkl, and safetensors."
)
_PACKAGES = {
    "torch": ("PyTorch", "model"),
    "openvino": ("OpenVINO", "openvino"),
    "nncf": ("NNCF", "train"),
}
"""Titles, and the extras that bring them."""
_TELEMETRY = "openvino_telemetry"


class ModelError(UserError):
    """Weights, a model or what runs it cannot be used."""


def refused(file: str, problem: str, remedy: str = KNOWN) -> ModelError:
    """Refusal of a file of weights.

    Parameters
    ----------
    file
        Its name.
    problem
        What goes on from the name, without a full stop.
    remedy
        What to do.
    """
    return ModelError(f"{file} {problem}; it was not taken.", remedy)


def installed(package: str) -> bool:
    """Whether a package can be imported; it is not imported."""
    try:
        return find_spec(package) is not None
    except (ImportError, ValueError):
        # So it is while a package is replaced by nothing
        return False


def required(package: str) -> ModuleType:
    """A package that only models need.

    Raises
    ------
    ModelError
        It is not installed.
    """
    try:
        with _without_telemetry():
            return import_module(package)
    except ImportError as error:
        title, extra = _PACKAGES.get(package, (package, "model"))
        raise ModelError(
            f"Models need {title}, which is not installed.",
            f"Install it with: pip install 'napari-fncells[{extra}]'",
        ) from error


@contextmanager
def _without_telemetry() -> Iterator[None]:
    """Imports as if `openvino_telemetry` were not installed.

    OpenVINO and NNCF ask it at their import to report their use over the network, and do without
    where it is missing.
    """
    if _TELEMETRY in sys.modules:
        yield
        return
    # So Python notes a package that cannot be imported
    sys.modules[_TELEMETRY] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        sys.modules.pop(_TELEMETRY, None)
