"""Where a model runs: a GPU by CUDA or MPS, or the CPU."""

from __future__ import annotations

import platform
from dataclasses import dataclass

from napari_fncells.core.errors import ParameterError
from napari_fncells.model.refusal import ModelError, required

AUTO = "auto"
DEVICES = ("cuda", "mps", "cpu")
"""In the order in which 'auto' prefers them."""
_GET_GPU_BUILD = (
    "Use 'auto' or 'cpu'; for a GPU install the build of PyTorch that 'Get started' on "
    "pytorch.org names for your system."
)


@dataclass(frozen=True)
class Device:
    """A place to compute.

    Attributes
    ----------
    name
        As torch calls it: 'cuda', 'mps' or 'cpu'.
    title
        For people.
    """

    name: str
    title: str


def found_devices() -> list[Device]:
    """What this machine can run models on, best first; the CPU is always among them.

    Raises
    ------
    ModelError
        torch is not installed.
    """
    torch = required("torch")
    found = []
    if torch.cuda.is_available():
        found.append(Device("cuda", str(torch.cuda.get_device_name())))
    if torch.backends.mps.is_available():
        found.append(Device("mps", "GPU of this Mac"))
    cores = torch.get_num_threads()
    title = f"CPU, {cores} core{'s' if cores > 1 else ''} ({platform.machine()})"
    return [*found, Device("cpu", title)]


def choose_device(wanted: str = AUTO) -> Device:
    """The device asked for.

    Parameters
    ----------
    wanted
        One of `DEVICES`, or 'auto' for the best that is there.

    Raises
    ------
    ParameterError
        There is no such device.
    ModelError
        It is not here, or torch cannot use it.
    """
    if wanted not in (AUTO, *DEVICES):
        raise ParameterError(
            f"There is no device named {wanted!r}.", f"Known are: {', '.join((AUTO, *DEVICES))}."
        )
    found = found_devices()
    chosen = next((each for each in found if wanted in (AUTO, each.name)), None)
    if chosen is None:
        raise ModelError(_why_missing(wanted), _GET_GPU_BUILD)
    return chosen


def _why_missing(wanted: str) -> str:
    torch = required("torch")
    if wanted == "mps":
        return "MPS needs a Mac with a GPU of Apple's, and this machine has none that works."
    if torch.version.cuda is None and torch.version.hip is None:
        return f"This PyTorch ({torch.__version__}) was built without CUDA."
    return "No GPU that CUDA can use was found."
