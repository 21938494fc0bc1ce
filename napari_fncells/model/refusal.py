"""Why a model cannot be used, in words for the person who wanted to."""

from __future__ import annotations

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
        return import_module(package)
    except ImportError as error:
        title, extra = _PACKAGES.get(package, (package, "model"))
        raise ModelError(
            f"Models need {title}, which is not installed.",
            f"Install it with: pip install 'napari-fncells[{extra}]'",
        ) from error
