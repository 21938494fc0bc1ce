"""The package as users get it: wheel and sdist find manifest and samples."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
SAMPLES = {f"images/{n}.png" for n in ("sparse", "crowded", "artefacts", "dim", "empty")}


def run(*command: object, cwd: Path) -> str:
    environment = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "VIRTUAL_ENV")}
    done = subprocess.run(
        [str(word) for word in command],
        cwd=cwd,
        env=environment,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """An sdist of the checkout, and a wheel built from that sdist alone."""
    place = tmp_path_factory.mktemp("built")
    build = (sys.executable, "-m", "build", "--no-isolation", "--outdir", place)
    run(*build, "--sdist", ROOT, cwd=place)
    [sdist] = place.glob("*.tar.gz")
    shutil.unpack_archive(sdist, place / "source")
    [source] = (place / "source").iterdir()
    run(*build, "--wheel", source, cwd=place)
    [wheel] = place.glob("*.whl")
    return {"sdist": sdist, "wheel": wheel}


@pytest.fixture(scope="module")
def installed(built: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Python of a fresh environment with the wheel in it, the source out of reach.

    The libraries it depends on are lent by the environment of the tests; a .pth file lends a
    folder without its own .pth files, so the editable install there stays unseen.
    """
    place = tmp_path_factory.mktemp("installed")
    run(sys.executable, "-m", "venv", place / "env", cwd=place)
    python = place / "env" / "bin" / "python"
    run(python, "-m", "pip", "install", "-q", "--no-deps", built["wheel"], cwd=place)
    packages = Path(
        run(
            python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))", cwd=place
        ).strip()
    )
    (packages / "lent.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return python


def test_wheel_and_sdist_hold_manifest_samples_and_types(built: dict[str, Path]) -> None:
    with zipfile.ZipFile(built["wheel"]) as wheel:
        in_wheel = set(wheel.namelist())
    with tarfile.open(built["sdist"]) as sdist:
        in_sdist = {name.partition("/")[2] for name in sdist.getnames()}
    table = "io/datasets/fnc_v1.tsv"
    for name in (
        "napari.yaml",
        "py.typed",
        table,
        *(f"sample_data/{sample}" for sample in SAMPLES),
    ):
        assert f"napari_fncells/{name}" in in_wheel
    assert "napari.yaml" in in_sdist
    assert "pyproject.toml" in in_sdist
    assert not any(name.startswith("tests/") for name in in_wheel)


def test_the_wheel_is_small_enough(built: dict[str, Path]) -> None:
    assert built["wheel"].stat().st_size < 13_000_000


def test_installed_it_runs_from_its_own_place(installed: Path, tmp_path: Path) -> None:
    place = run(
        installed, "-c", "import napari_fncells; print(napari_fncells.__file__)", cwd=tmp_path
    )
    assert str(installed.parents[1]) in place
    assert str(ROOT) not in place


def test_installed_manifest_is_valid_and_its_functions_import(
    installed: Path, tmp_path: Path
) -> None:
    told = run(installed, "-m", "npe2", "validate", "napari-fncells", "--imports", cwd=tmp_path)
    assert "valid" in told


def test_installed_a_sample_opens(installed: Path, tmp_path: Path) -> None:
    code = (
        "from npe2 import PluginManager; PluginManager.instance().discover()\n"
        "from napari.components import ViewerModel\n"
        "[layer] = ViewerModel().open_sample('napari-fncells', 'sparse')\n"
        "print(layer.data.shape, layer.metadata['fncells']['image'].path)\n"
    )
    told = run(installed, "-c", code, cwd=tmp_path)
    assert told.startswith("(1200, 1600, 3)")
    assert str(installed.parents[1]) in told


def test_installed_command_line(installed: Path, tmp_path: Path) -> None:
    assert run(installed.parent / "fncells", "--help", cwd=tmp_path).count("draft") >= 1


def test_editable_install_finds_them_too() -> None:
    from importlib.resources import files

    package = files("napari_fncells")
    assert (package / "napari.yaml").is_file()
    assert all((package / "sample_data" / sample).is_file() for sample in SAMPLES)
