"""Make the int8 variant of a model's weights, and measure whether its masks are float32's.

Calibrated on simulated pictures and on real ones, where there are any; measured on 200 simulated
pictures that are used for nothing else, and on all real ones. Both the variant and what the card
says of it are written beside the weights. It is used unasked only where the card says that it
agrees.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from napari_fncells.core.steps import finish
from napari_fncells.model.agreement import Agreement, agreement_steps
from napari_fncells.model.device import Device
from napari_fncells.model.library import find_model
from napari_fncells.model.predict import ready_model
from napari_fncells.model.quantise import quantise
from napari_fncells.model.quantised import read_quantised
from napari_fncells.model.training.pictures import Picture, read_pictures, simulated_pictures
from napari_fncells.model.weights import read_model, write_int8

REAL = Path(__file__).resolve().parents[2] / "shared" / "data"
MEASURED_SEED = 950_000
CALIBRATION_SEED = 970_000
"""Seeds of pictures that no training draws."""


def real_pictures() -> list[Picture]:
    """Pictures of the data set and others, where they are here."""
    folders = (REAL / "fnc", REAL / "deepflash")
    return [picture for folder in folders if folder.is_dir() for picture in read_pictures(folder)]


def told(name: str, found: Agreement) -> None:
    f1 = ", ".join(
        f"{rule} {found.first[rule]:.4f} to {found.second[rule]:.4f}" for rule in found.first
    )
    print(
        f"{name}: {found.pictures} pictures, IoU {found.iou:.4f}, F1 {f1}, "
        f"probabilities within {found.farthest:.3f}",
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model", help="a file of weights, or the name of a model")
    parser.add_argument("--calibration", type=int, default=48, help="simulated pictures")
    parser.add_argument("--measured", type=int, default=200, help="simulated pictures")
    parser.add_argument(
        "--write", action="store_true", help="beside the weights and into the card"
    )
    given = parser.parse_args()

    path = find_model(given.model)
    values, card = read_model(path)
    real = real_pictures()
    calibration = simulated_pictures(given.calibration, CALIBRATION_SEED) + real
    data = quantise(values, card, [picture.pixels for picture in calibration])
    print(f"{len(data):,} bytes, calibrated on {len(calibration)} pictures", flush=True)

    cpu = Device("cpu", "CPU")
    plain = ready_model(values, card, cpu, "float32")
    int8 = ready_model(values, card, cpu, "int8", read_quantised(data, path.name))
    simulated = (
        picture
        for seed in range(MEASURED_SEED, MEASURED_SEED + given.measured)
        for picture in simulated_pictures(1, seed)
    )
    found = finish(agreement_steps(plain, int8, simulated))
    told("simulated", found)
    agrees = found.agrees
    metrics = {
        "int8 IoU with float32": round(found.iou, 4),
        "int8 loss of F1": round(found.loss, 4),
    }
    if real:
        on_real = finish(agreement_steps(plain, int8, real))
        told("real", on_real)
        agrees = agrees and on_real.loss <= 0
        metrics["int8 loss of F1, real pictures"] = round(on_real.loss, 4)
    print("It agrees." if agrees else "It does not agree: float32 stays the default.")
    if given.write:
        print(write_int8(path, data, agrees=agrees, metrics=metrics))


if __name__ == "__main__":
    main()
