"""`fncells open` and `fncells demo`."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from napari_fncells.core.errors import UserError


def open_(
    path: Annotated[Path | None, typer.Argument(help="A picture or a folder of them.")] = None,
) -> None:
    """Open the window, with a picture or a folder of them."""
    if path is not None and not path.exists():
        raise UserError(f"{path} does not exist.", "Check the name.")
    _need_display()
    import napari

    from napari_fncells.widgets.window import open_window, show_path

    _viewer, widget = open_window()
    if path is not None:
        show_path(widget, path)
    napari.run()


def demo(
    output: Annotated[
        Path, typer.Option(help="Where the unattended demo leaves what it makes.")
    ] = Path("demo-output"),
    unattended: Annotated[
        bool, typer.Option("--unattended", help="Do the main job by mouse and keys, then leave.")
    ] = False,
) -> None:
    """Show the program with a sample drafted; without a display, do the whole job by itself."""
    if not unattended and has_display():
        from napari_fncells.demo.attended import run_attended

        run_attended()
        return
    if not has_display():
        _restart_on_virtual_display(output)
    from napari_fncells.demo.unattended import run_unattended

    raise typer.Exit(0 if run_unattended(output) else 1)


def has_display() -> bool:
    """Whether a window can be opened."""
    if sys.platform != "linux":
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def _need_display() -> None:
    if not has_display():
        raise UserError(
            "There is no display to open a window on.",
            "Run it on a desktop, or under xvfb-run.",
        )


def _restart_on_virtual_display(output: Path) -> None:
    """Replace this process by itself under xvfb-run."""
    command = ["xvfb-run", "-a", "-s", "-screen 0 1600x1000x24"]
    command += [sys.executable, "-m", "napari_fncells", "demo", "--unattended"]
    command += ["--output", str(output)]
    sys.stdout.flush()
    try:
        os.execvp(command[0], command)
    except FileNotFoundError as error:
        raise UserError(
            "There is no display, and xvfb-run, which makes a virtual one, is not installed.",
            "Install it with: apt-get install xvfb xauth",
        ) from error
