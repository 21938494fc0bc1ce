"""Speed, first-draft latency and memory of drafts by a network on this CPU.

Hands take turns, so that whatever else the machine does disturbs all of them alike; medians of
the rounds are compared. The peak is the best of several convolutions and matrix products.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import psutil
import torch
from numpy.typing import NDArray

from benchmarks.literal import LiteralNetwork
from napari_fncells.core.simulate import simulate_image
from napari_fncells.model.card import ModelCard
from napari_fncells.model.device import choose_device
from napari_fncells.model.openvino import compiled
from napari_fncells.model.predict import Model, predict, ready_model
from napari_fncells.model.quantise import quantise
from napari_fncells.model.quantised import read_quantised
from napari_fncells.model.refusal import required
from napari_fncells.model.torch_engine import TorchEngine, network_of
from napari_fncells.model.values import Values
from napari_fncells.model.weights import read_model, write_model

GFLOP = 216.0
"""Of the network on 1200 x 1600 pixels."""
FIRST_DRAFT = """
import sys, time
import numpy as np
import napari_fncells as fn
image = np.load(sys.argv[2])
model = fn.load_model(sys.argv[1], precision=sys.argv[3])
fn.segment(fn.predict(model, image), model.card.draft_params)
"""


def peak() -> float:
    """GFLOP/s of float32 that this machine reaches where nothing but multiplying is to be done."""
    openvino = required("openvino")
    opset13 = openvino.opset13
    found = []
    rng = np.random.default_rng(0)
    for channels, side in ((128, 5), (256, 3)):
        x = opset13.parameter([1, channels, 160, 160], np.float32)
        kernel = rng.random((channels, channels, side, side), dtype=np.float32)
        around = [side // 2] * 2
        result = opset13.convolution(x, kernel, [1, 1], around, around, [1, 1])
        run = compiled(openvino.Model([result], [x])).create_infer_request()
        values = rng.random((1, channels, 160, 160), dtype=np.float32)
        seconds = fastest(lambda run=run, values=values: run.infer([values], share_inputs=True))
        found.append(2 * channels**2 * side**2 * 160**2 / seconds / 1e9)
    a, b = (torch.rand(2048, 2048) for _ in range(2))
    found.append(2 * 2048**3 / fastest(lambda: torch.mm(a, b)) / 1e9)
    c, d = (rng.random((2048, 2048), dtype=np.float32) for _ in range(2))
    found.append(2 * 2048**3 / fastest(lambda: c @ d) / 1e9)
    return max(found)


def fastest(act: Callable[[], object], rounds: int = 10) -> float:
    """Seconds of the fastest of some rounds."""
    seconds = []
    for _ in range(rounds):
        start = time.perf_counter()
        act()
        seconds.append(time.perf_counter() - start)
    return min(seconds)


def in_turns(hands: dict[str, Callable[[], object]], rounds: int) -> dict[str, list[float]]:
    """Seconds of each round of each hand, after one that is not counted."""
    seconds: dict[str, list[float]] = {name: [] for name in hands}
    for number in range(rounds + 1):
        for name, act in hands.items():
            start = time.perf_counter()
            act()
            if number:
                seconds[name].append(time.perf_counter() - start)
    return seconds


def speed(values: Values, picture: NDArray[np.uint8], rounds: int) -> None:
    """Ratios to the literal implementation."""
    cpu = choose_device("cpu")
    literal = LiteralNetwork(values)
    before = peak()
    for reduction in (1, 2):
        card = ModelCard(name="speed", reduction=reduction, sha256="0" * 64)
        int8 = read_quantised(quantise(values, card, [picture]), "int8")
        models = {
            "torch": Model(TorchEngine(network_of(values), cpu), card, cpu),
            "float32": ready_model(values, card, cpu, "float32"),
            "int8": ready_model(values, card, cpu, "int8", int8),
        }
        hands: dict[str, Callable[[], object]] = {
            "literal": lambda reduction=reduction: literal.predict(picture, reduction)
        }
        hands |= {
            name: lambda model=model: predict(model, picture) for name, model in models.items()
        }
        found = in_turns(hands, rounds)
        print(f"\nThe network sees the picture reduced by {reduction}:")
        for name, seconds in found.items():
            ratio = np.median(found["literal"]) / np.median(seconds)
            best = min(found["literal"]) / min(seconds)
            print(
                f"  {name:8} median {np.median(seconds):.3f} s, fastest {min(seconds):.3f} s, "
                f"{1 / np.median(seconds):.2f} pictures/s, {ratio:.1f}x ({best:.1f}x by fastest)"
            )
        reached = GFLOP / reduction**2 / min(found["float32"])
        at_best = max(before, peak())
        print(
            f"  float32 computes {reached:.0f} GFLOP/s, {reached / at_best:.0%} of the peak of "
            f"{at_best:.0f}"
        )


def first_draft(values: Values, picture: NDArray[np.uint8], rounds: int) -> None:
    """Seconds from the start of a process to its first draft."""
    with tempfile.TemporaryDirectory() as folder:
        np.save(Path(folder) / "picture.npy", picture)
        for reduction in (1, 2):
            card = ModelCard(name=f"speed-{reduction}", reduction=reduction, sha256="0" * 64)
            file = write_model(Path(folder), values, card)
            asked = [sys.executable, "-c", FIRST_DRAFT, file, f"{folder}/picture.npy", "float32"]
            seconds = []
            for _ in range(rounds):
                start = time.perf_counter()
                subprocess.run(asked, check=True)
                seconds.append(time.perf_counter() - start)
            print(
                f"first draft, reduced by {reduction}: median {np.median(seconds):.2f} s, "
                f"fastest {min(seconds):.2f} s"
            )


def memory(model: Model, side: int, folder: Path) -> None:
    """What a large picture takes that is mapped from disk, as is its result."""
    image = np.lib.format.open_memmap(folder / "image.npy", "w+", np.uint8, (side, side, 3))
    tile = simulate_image("crowded", seed=4)[0][:1000, :1000]
    for top in range(0, side, 1000):
        for left in range(0, side, 1000):
            image[top : top + 1000, left : left + 1000] = tile[: side - top, : side - left]
    out = np.lib.format.open_memmap(folder / "out.npy", "w+", np.float32, (side, side))
    image.flush()
    process, ended, most = psutil.Process(), threading.Event(), [0]

    def watch() -> None:
        while not ended.wait(0.05):
            held = process.memory_info()
            # Pages of mapped files are counted as shared; they are input and output
            most[0] = max(most[0], held.rss - held.shared)

    before = process.memory_info()
    watcher = threading.Thread(target=watch)
    watcher.start()
    start = time.perf_counter()
    predict(model, image, out=out)
    seconds = time.perf_counter() - start
    ended.set()
    watcher.join()
    print(
        f"{side}x{side}: {seconds:.0f} s, most {most[0] / 1e9:.2f} GB beyond input and output, "
        f"of which {(before.rss - before.shared) / 1e9:.2f} GB before"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("weights", type=Path, help="a file of weights with its card")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--side", type=int, help="measure memory at this size alone")
    given = parser.parse_args()
    values, card = read_model(given.weights)
    if given.side:
        with tempfile.TemporaryDirectory(dir=Path.cwd()) as folder:
            model = ready_model(values, card, choose_device("cpu"), "float32")
            memory(model, given.side, Path(folder))
        return
    picture = simulate_image("crowded", seed=4)[0]
    speed(values, picture, given.rounds)
    first_draft(values, picture, given.rounds)


if __name__ == "__main__":
    main()
