"""Where a model runs: a GPU by CUDA or MPS, or the CPU by OpenVINO or torch."""

from __future__ import annotations

import ctypes
import platform
import sys
import time
from dataclasses import dataclass
from importlib import metadata
from typing import TYPE_CHECKING

import numpy as np
import psutil  # type: ignore[import-untyped]

from napari_fncells.core.errors import ParameterError
from napari_fncells.model.refusal import ModelError, installed, required

if TYPE_CHECKING:
    from napari_fncells.model.predict import Model

AUTO = "auto"
DEVICES = ("cuda", "mps", "cpu")
"""In the order in which 'auto' prefers them."""
_INSTALL = "Install it with: pip install 'napari-fncells[model]'"
_GPU_BUILD = (
    "for a GPU install the build of PyTorch that 'Get started' on pytorch.org names for your "
    "system."
)
_FASTER_CPU = (
    "A CPU is several times faster with OpenVINO (pip install 'napari-fncells[openvino]')"
)
_COMMON = (1200, 1600)
_MEASURED_SECONDS = 2.0


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


@dataclass(frozen=True)
class DeviceCheck:
    """What this machine can run models on.

    Attributes
    ----------
    found
        Devices, best first; none where neither torch nor OpenVINO is installed.
    used
        That which 'auto' chooses.
    engine
        What computes there: 'OpenVINO', 'PyTorch' or nothing.
    torch, openvino
        Their versions, '' where they are not installed.
    advice
        One sentence on what would make it faster; '' where nothing would.
    """

    found: tuple[Device, ...]
    used: Device | None
    engine: str
    torch: str
    openvino: str
    advice: str

    @property
    def lines(self) -> tuple[str, ...]:
        """All of it for people, a sentence each."""
        found = ", ".join(device.title for device in self.found) or "nothing that runs models"
        packages = ", ".join(
            f"{title} {version or 'not installed'}"
            for title, version in (("PyTorch", self.torch), ("OpenVINO", self.openvino))
        )
        lines = [f"Found: {found}.", f"Packages: {packages}."]
        if self.used is not None:
            lines.append(f"Used: {self.used.title}, by {self.engine}.")
        return (*lines, self.advice) if self.advice else tuple(lines)


def check_devices() -> DeviceCheck:
    """Look at what there is. Nothing is raised; the first look imports torch, some seconds."""
    try:
        found = tuple(found_devices())
    except ModelError:
        found = ()
    used = found[0] if found else None
    openvino, torch = _version("openvino"), _version("torch")
    engine = "OpenVINO" if used is not None and used.name == "cpu" and openvino else "PyTorch"
    return DeviceCheck(
        found, used, engine if used else "", torch, openvino, _advice(used, openvino)
    )


def measure_speed(model: Model, seconds: float = _MEASURED_SECONDS) -> float:
    """Pictures of 1200x1600 a second, after one that is not counted.

    Parameters
    ----------
    model
        As `load_model` gives it.
    seconds
        Pictures are computed until so much time has passed, one at least.
    """
    # That module needs this one
    from napari_fncells.model.predict import predict

    picture = np.random.default_rng(0).integers(0, 256, (*_COMMON, 3), dtype=np.uint8)
    predict(model, picture)
    count, start = 0, time.perf_counter()
    while count == 0 or time.perf_counter() - start < seconds:
        predict(model, picture)
        count += 1
    return count / (time.perf_counter() - start)


def found_devices() -> list[Device]:
    """What this machine can run models on, best first; the CPU is always among them.

    Raises
    ------
    ModelError
        Neither torch nor OpenVINO is installed.
    """
    found = []
    if installed("torch") and may_have_gpu():
        torch = required("torch")
        if torch.cuda.is_available():
            found.append(Device("cuda", str(torch.cuda.get_device_name())))
        if torch.backends.mps.is_available():
            found.append(Device("mps", "GPU of this Mac"))
    elif not installed("torch") and not installed("openvino"):
        raise ModelError("Models need OpenVINO or PyTorch, and neither is installed.", _INSTALL)
    cores = core_count()
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
        raise ModelError(_why_missing(wanted), f"Use 'auto' or 'cpu'; {_GPU_BUILD}")
    return chosen


def may_have_gpu() -> bool:
    """Whether torch must be asked for GPUs; importing it takes seconds, the first draft's most."""
    version = _version("torch")
    if "+cpu" in version:
        return False
    if sys.platform == "darwin" or "rocm" in version:
        return True
    try:
        ctypes.CDLL("nvcuda.dll" if sys.platform == "win32" else "libcuda.so.1")
    except OSError:
        # Without its driver no GPU of NVIDIA's works
        return False
    return True


def core_count() -> int:
    """Cores that this process may use, without the second thread of each."""
    threads = psutil.cpu_count() or 1
    cores = psutil.cpu_count(logical=False) or threads
    # macOS binds no process to cores
    affinity = getattr(psutil.Process(), "cpu_affinity", None)
    return max(1, min(cores, len(affinity()) if affinity else threads))


def _why_missing(wanted: str) -> str:
    if not installed("torch"):
        return "A GPU is used by PyTorch, which is not installed."
    torch = required("torch")
    if wanted == "mps":
        return "MPS needs a Mac with a GPU of Apple's, and this machine has none that works."
    if torch.version.cuda is None and torch.version.hip is None:
        return f"This PyTorch ({torch.__version__}) was built without CUDA."
    return "No GPU that CUDA can use was found."


def _advice(used: Device | None, openvino: str) -> str:
    if used is None:
        return f"Models need OpenVINO or PyTorch: {_INSTALL[0].lower()}{_INSTALL[1:]}"
    if used.name != "cpu":
        return ""
    if not openvino:
        return f"{_why_missing('cuda')} {_FASTER_CPU}; {_GPU_BUILD}"
    return f"{_why_missing('cuda')} {_GPU_BUILD[0].upper()}{_GPU_BUILD[1:]}"


def _version(package: str) -> str:
    """Of an installed package; '' where it is not."""
    try:
        return metadata.version(package) if installed(package) else ""
    except metadata.PackageNotFoundError:
        return ""
